/**
 * Tokens for programs: random, shown once, kept as a hash, with the rights that they have. Those of the page stand in the file
 * of accounts. The command line has a file of its own beside it, which it alone writes and the service reads again when it has
 * changed: so neither can undo what the other has done, whether the controller runs or not.
 */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { type Right, rights } from "../../app/links/asks.table.ts";
import { writeWhole } from "../../app/store/files.ts";

export const tokensMax = 50;
/** Ids of revoked tokens that are remembered; the token of an older one is long gone from its own file. */
export const revokedMax = 200;
/** The file is looked at again after this time at the earliest, ms. */
const lookEveryMs = 500;

export const namePattern = /^[\p{L}\p{N} .@_-]{1,40}$/u;

export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  hash: z.string(),
  madeAtMs: z.number(),
  rights: z.array(z.enum(rights)).default([]),
});
export type Token = z.infer<typeof tokenSchema>;

const fileSchema = z.object({
  version: z.literal(1),
  tokens: z.array(tokenSchema).max(tokensMax),
  /** Of the tokens that the page has made. */
  revoked: z.array(z.string()).max(revokedMax),
});
type TokenFile = z.infer<typeof fileSchema>;

const nothing: TokenFile = { version: 1, tokens: [], revoked: [] };

export const tokenDigest = (token: string): string => createHash("sha256").update(token).digest("base64url");

/** Beside the file of accounts. */
export const tokenFileBeside = (accountsFile: string): string => join(dirname(accountsFile), tokenFileName);
export const tokenFileName = "api-tokens.json";

/** A new token; `token` is shown once, `entry` is kept. */
export function makeSecret(name: string, given: readonly Right[], nowMs: number): { token: string; entry: Token } {
  const token = `islet_${randomBytes(32).toString("base64url")}`;
  const id = randomBytes(6).toString("base64url");
  return { token, entry: { id, name, hash: tokenDigest(token), madeAtMs: nowMs, rights: [...new Set(given)] } };
}

/** Throws where there is a file that can't be read. */
export function readTokenFile(file: string): TokenFile {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return nothing;
    throw new Error(`${file} can't be read: ${failure instanceof Error ? failure.message.split("\n")[0] : failure}`);
  }
}

export const writeTokenFile = (file: string, tokens: TokenFile): void =>
  writeWhole(file, JSON.stringify(tokens, null, 2));

/** The file's content as of a moment ago. One that can't be read has no tokens, and what it had revoked stays so. */
export function watchTokenFile(file: string | null): () => TokenFile {
  let latest = nothing;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let changedMs = Number.NaN;
  return () => {
    if (file === null || performance.now() - lookedMs < lookEveryMs) return latest;
    lookedMs = performance.now();
    try {
      const { mtimeMs } = statSync(file);
      if (mtimeMs === changedMs) return latest;
      changedMs = mtimeMs;
      latest = readTokenFile(file);
    } catch {
      changedMs = Number.NaN;
      latest = { ...nothing, revoked: latest.revoked };
    }
    return latest;
  };
}

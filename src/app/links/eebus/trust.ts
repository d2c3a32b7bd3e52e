/**
 * Whom a person trusts: a file that `islet eebus` writes and the running controller reads again when it has changed, beside what the
 * configuration names; and who has been seen, a file that the controller writes and the command shows.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../../store/files.ts";

/** Peers that are trusted or remembered as seen. */
export const trustedMax = 20;
export const seenMax = 50;
/** The file is looked at again after this time at the earliest, ms. */
const lookEveryMs = 500;

const skiPattern = /^[0-9a-f]{40}$/;
/** As written in manuals: with blanks, dashes or colons, in either case; null where it is no SKI. */
export function readSki(text: string): string | null {
  const plain = text.toLowerCase().replace(/[\s:-]/g, "");
  return skiPattern.test(plain) ? plain : null;
}

const trustSchema = z.object({
  version: z.literal(1),
  trusted: z
    .array(
      z.object({
        ski: z.string().regex(skiPattern),
        name: z.string().max(60),
        address: z.string().max(120).nullable(),
        atMs: z.number(),
      }),
    )
    .max(trustedMax),
  /** Whom a person trusts no longer though the configuration names them. */
  refused: z.array(z.string().regex(skiPattern)).max(trustedMax).default([]),
});
type TrustFile = z.infer<typeof trustSchema>;
export type Trusted = Pick<TrustFile["trusted"][number], "ski" | "name" | "address">;

const seenSchema = z.object({
  version: z.literal(1),
  ski: z.string(),
  peers: z
    .array(
      z.object({
        ski: z.string(),
        name: z.string(),
        address: z.string().nullable(),
        state: z.enum(["announced", "asks", "connected", "gone"]),
        atMs: z.number(),
      }),
    )
    .max(seenMax),
});
export type Seen = z.infer<typeof seenSchema>["peers"][number];

const trustFile = (stateDir: string): string => join(stateDir, "eebus-trust.json");
const seenFile = (stateDir: string): string => join(stateDir, "eebus-seen.json");
const nobody: TrustFile = { version: 1, trusted: [], refused: [] };

/** Throws where there is a file that can't be read. */
export function readTrust(stateDir: string): TrustFile {
  const file = trustFile(stateDir);
  try {
    return trustSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return nobody;
    throw new Error(`${file} can't be read: ${failure instanceof Error ? failure.message.split("\n")[0] : failure}`);
  }
}

export const writeTrust = (stateDir: string, trust: Omit<TrustFile, "version">): void =>
  writeWhole(trustFile(stateDir), JSON.stringify({ version: 1, ...trust }, null, 2));

/** Who has been seen; nobody where the file is missing or can't be read. */
export function readSeen(stateDir: string): readonly Seen[] {
  try {
    return seenSchema.parse(JSON.parse(readFileSync(seenFile(stateDir), "utf8"))).peers;
  } catch {
    return [];
  }
}

export const writeSeen = (stateDir: string, ski: string, peers: readonly Seen[]): void =>
  writeWhole(seenFile(stateDir), JSON.stringify({ version: 1, ski, peers: peers.slice(0, seenMax) }, null, 2));

/** Those of the file and of the configuration; a person's word that one is not trusted stands over the configuration. */
export function allTrusted({ trusted, refused }: TrustFile, configured: readonly Trusted[]): readonly Trusted[] {
  const more = configured.filter(({ ski }) => !refused.includes(ski) && !trusted.some((one) => one.ski === ski));
  return [...trusted, ...more];
}

/** Those that are trusted as of a moment ago. While the file can't be read, those of before stay. */
export function watchTrust(stateDir: string, configured: readonly Trusted[]): () => readonly Trusted[] {
  let latest = allTrusted(nobody, configured);
  let lookedMs = Number.NEGATIVE_INFINITY;
  let changedMs = Number.NaN;
  return () => {
    if (performance.now() - lookedMs < lookEveryMs) return latest;
    lookedMs = performance.now();
    try {
      const { mtimeMs } = statSync(trustFile(stateDir));
      if (mtimeMs === changedMs) return latest;
      changedMs = mtimeMs;
      latest = allTrusted(readTrust(stateDir), configured);
    } catch {
      changedMs = Number.NaN;
    }
    return latest;
  };
}

/**
 * One file with everything of a site, readable with its password alone: files and what they are, packed, compressed and sealed
 * with AES-256-GCM under a key that scrypt makes of the password. Altered or cut anywhere it is refused as a whole.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { z } from "zod";
import { err, ok, type Result } from "../../domain/result.ts";

const firstLine = "islet-backup-1";
/** A tenth of a second and 32 MB on a gateway; whoever guesses pays it for each guess. */
const cost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const headerBytesMax = 1_000;
/** A whole backup, unpacked. */
export const backupBytesMax = 1_000_000_000;
const filesMax = 500;
export const backupPasswordMin = 10;

/** What the site's own folders are called in a backup. */
const places = ["config", "state"] as const;
export type Place = (typeof places)[number];

export interface BackupFile {
  readonly place: Place;
  /** Relative to the place, with slashes. */
  readonly path: string;
  readonly bytes: Buffer;
}

const metaSchema = z.strictObject({
  site: z.string().max(200),
  /** Version of Islet that made it. */
  version: z.string().max(40),
  madeAtMs: z.number(),
  /** The site's file within `config`. */
  siteFile: z.string().max(200),
  auditHead: z.strictObject({ records: z.int().min(0), hash: z.string().max(64) }),
});
export type BackupMeta = z.infer<typeof metaSchema>;

const relativePath = z
  .string()
  .min(1)
  .max(300)
  .refine((path) => !path.startsWith("/") && !path.split("/").some((step) => step === ".." || step === ""));
const indexSchema = z.strictObject({
  meta: metaSchema,
  files: z.array(z.strictObject({ place: z.enum(places), path: relativePath, bytes: z.int().min(0) })).max(filesMax),
});

export interface Backup {
  readonly meta: BackupMeta;
  readonly files: readonly BackupFile[];
}

/** Seals a backup. Throws when it is larger than a backup may be. */
export function sealBackup({ meta, files }: Backup, password: string): Buffer {
  const index = { meta, files: files.map(({ place, path, bytes }) => ({ place, path, bytes: bytes.length })) };
  const plain = Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...files.map(({ bytes }) => bytes)]);
  if (plain.length > backupBytesMax || files.length > filesMax)
    throw new Error(`the site's files are more than a backup holds (${filesMax} files, ${backupBytesMax / 1e6} MB)`);
  const [salt, iv] = [randomBytes(16), randomBytes(ivBytes)];
  const header = Buffer.from(
    `${firstLine}\n${JSON.stringify({ salt: salt.toString("hex"), iv: iv.toString("hex") })}\n`,
  );
  const cipher = createCipheriv("aes-256-gcm", scryptSync(password, salt, keyBytes, cost), iv).setAAD(header);
  return Buffer.concat([header, cipher.update(gzipSync(plain)), cipher.final(), cipher.getAuthTag()]);
}

const headerSchema = z.strictObject({
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  iv: z.string().regex(/^[0-9a-f]{24}$/),
});

/** Opens a sealed backup, or says in a sentence what is wrong with it. Nothing of it counts unless all of it is whole. */
export function openBackup(sealed: Buffer, password: string): Result<Backup, string> {
  const head = sealed.subarray(0, headerBytesMax).toString("latin1").split("\n");
  if (head[0] !== firstLine || head.length < 3) return err("This is no backup of Islet, or its beginning is missing.");
  let salt: Buffer;
  let iv: Buffer;
  try {
    const parsed = headerSchema.parse(JSON.parse(head[1]!));
    [salt, iv] = [Buffer.from(parsed.salt, "hex"), Buffer.from(parsed.iv, "hex")];
  } catch {
    return err("The beginning of this backup is damaged.");
  }
  const headerLength = head[0].length + head[1]!.length + 2;
  const body = sealed.subarray(headerLength);
  if (body.length <= tagBytes) return err("This backup was cut off.");
  let plain: Buffer;
  try {
    const decipher = createDecipheriv("aes-256-gcm", scryptSync(password, salt, keyBytes, cost), iv)
      .setAAD(sealed.subarray(0, headerLength))
      .setAuthTag(body.subarray(-tagBytes));
    const packed = Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]);
    plain = gunzipSync(packed, { maxOutputLength: backupBytesMax });
  } catch {
    return err("The password is another one, or the backup was altered or cut off.");
  }
  return unpack(plain);
}

function unpack(plain: Buffer): Result<Backup, string> {
  const lineEnd = plain.indexOf(10);
  try {
    const { meta, files } = indexSchema.parse(JSON.parse(plain.subarray(0, lineEnd).toString("utf8")));
    let at = lineEnd + 1;
    const read = files.map(({ place, path, bytes }) => {
      at += bytes;
      return { place, path, bytes: plain.subarray(at - bytes, at) };
    });
    if (at !== plain.length) return err("The backup's files do not have the length that it says.");
    return ok({ meta, files: read });
  } catch {
    return err("The backup's list of files can't be read: a newer Islet may have made it.");
  }
}

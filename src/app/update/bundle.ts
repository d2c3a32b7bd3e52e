/**
 * A signed version of Islet in one file: a line that says what it is, a line of JSON about what follows, its Ed25519 signature,
 * then a tar archive, compressed, with one folder. Nothing of it is unpacked before signature, length and hash hold.
 */
import { createHash, createPrivateKey, sign, verify } from "node:crypto";
import { closeSync, createReadStream, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { err, ok, type Result } from "../../domain/result.ts";
import { type TrustAnchor, trustAnchor } from "../permits/permit-format.ts";

const firstLine = "islet-update-1";
const headerBytesMax = 4_000;
/** A whole bundle, compressed. */
const bundleBytesMax = 500_000_000;
const anchorsMax = 16;

const manifestSchema = z.strictObject({
  version: z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/),
  arch: z.enum(["amd64", "arm64"]),
  /** Of the archive that follows. */
  bytes: z.int().min(1).max(bundleBytesMax),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Manifest = z.infer<typeof manifestSchema>;

export interface Bundle {
  readonly manifest: Manifest;
  /** Who signed it: the trust anchor's name. */
  readonly signedBy: string;
  /** Where the archive begins in the file. */
  readonly from: number;
}

const signedBytes = (line: string): Buffer => Buffer.from(`${firstLine}\n${line}`, "utf8");

/** The beginning of a bundle for an archive of this hash and length. */
export function bundleHeader(manifest: Manifest, privateKeyPem: string): Buffer {
  const line = JSON.stringify(manifestSchema.parse(manifest));
  const signature = sign(null, signedBytes(line), createPrivateKey(privateKeyPem)).toString("base64");
  return Buffer.from(`${firstLine}\n${line}\n${signature}\n`, "utf8");
}

/** The public keys that may sign versions, PEM files in a folder. Throws a sentence for one that can't be used. */
export function updateAnchors(folder: string): TrustAnchor[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".pem"));
  } catch {
    names = [];
  }
  if (names.length > anchorsMax) throw new Error(`${folder} holds more than ${anchorsMax} keys.`);
  return names.sort().map((name) => trustAnchor(name, readFileSync(join(folder, name), "utf8")));
}

/** Reads and verifies a bundle's beginning and its archive's hash; a sentence where it is refused. */
export async function verifyBundle(file: string, anchors: readonly TrustAnchor[]): Promise<Result<Bundle, string>> {
  if (anchors.length === 0)
    return err("No key is trusted to sign versions. Put the maker's public key (PEM) into the folder of trusted keys.");
  const size = statSync(file).size;
  const [first, line, signature] = headerOf(file);
  if (first !== firstLine || line === undefined || signature === undefined)
    return err(`${file} is no signed version of Islet.`);
  const signer = anchors.find(({ key }) => isSigned(line, signature, key));
  if (signer === undefined)
    return err("The signature is of no key that is trusted here, or what it signs was altered. Nothing was unpacked.");
  let manifest: Manifest;
  try {
    manifest = manifestSchema.parse(JSON.parse(line));
  } catch {
    return err("What the bundle says of itself can't be read: a newer Islet may have made it.");
  }
  const from = Buffer.byteLength(`${first}\n${line}\n${signature}\n`, "utf8");
  if (size - from !== manifest.bytes)
    return err(`The bundle is ${size - from} bytes long instead of ${manifest.bytes}: it was cut off. Fetch it again.`);
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { start: from })) hash.update(chunk as Buffer);
  if (hash.digest("hex") !== manifest.sha256) return err("The bundle's archive was altered. Fetch it again.");
  return ok({ manifest, signedBy: signer.name, from });
}

function isSigned(line: string, signature: string, key: TrustAnchor["key"]): boolean {
  try {
    return verify(null, signedBytes(line), key, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}

function headerOf(file: string): (string | undefined)[] {
  const buffer = Buffer.alloc(headerBytesMax);
  const handle = openSync(file, "r");
  try {
    const read = readSync(handle, buffer, 0, headerBytesMax, 0);
    const lines = buffer.subarray(0, read).toString("utf8").split("\n");
    return lines.length > 3 ? lines.slice(0, 3) : [lines[0]];
  } finally {
    closeSync(handle);
  }
}

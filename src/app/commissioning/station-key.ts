/**
 * The station's own key for documents that it vouches for: Ed25519, made once, kept in the state folder and readable by its
 * owner only. Whoever keeps the public key can tell later that a document is the one that the station made.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, writeWhole } from "../store/files.ts";

/** Its name in the state folder. */
export const stationKeyFile = "station.key.pem";

/** A signature with what is needed to check it. */
export interface DocumentSignature {
  readonly algorithm: "Ed25519";
  /** SHA-256 of the text, hexadecimal. */
  readonly sha256: string;
  /** Of the text itself, base64. */
  readonly signature: string;
  readonly publicKeyPem: string;
}

/** Signs a text with the station's key; makes the key where there is none. */
export function signDocument(stateDir: string, text: string): DocumentSignature {
  const key = createPrivateKey(keyOf(stateDir));
  return {
    algorithm: "Ed25519",
    sha256: createHash("sha256").update(text).digest("hex"),
    signature: sign(null, Buffer.from(text), key).toString("base64"),
    publicKeyPem: createPublicKey(key).export({ type: "spki", format: "pem" }).toString(),
  };
}

/** Whether a text is the one that was signed. */
export const isSigned = (text: string, { signature, publicKeyPem }: DocumentSignature): boolean =>
  verify(null, Buffer.from(text), createPublicKey(publicKeyPem), Buffer.from(signature, "base64"));

/** Names a public key (PEM): the first 16 hexadecimal digits of its SHA-256. Throws where it is none. */
export const keyFingerprint = (pem: string): string =>
  createHash("sha256")
    .update(createPublicKey(pem).export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);

/** Names the station's own key without making one; "" where there is none yet. */
export function stationKeyFingerprint(stateDir: string): string {
  try {
    const key = createPublicKey(readFileSync(join(stateDir, stationKeyFile), "utf8"));
    return keyFingerprint(key.export({ type: "spki", format: "pem" }).toString());
  } catch {
    return "";
  }
}

function keyOf(stateDir: string): string {
  const file = join(stateDir, stationKeyFile);
  try {
    return readFileSync(file, "utf8");
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== "ENOENT") throw failure;
  }
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  makeFolder(stateDir);
  writeWhole(file, pem);
  return pem;
}

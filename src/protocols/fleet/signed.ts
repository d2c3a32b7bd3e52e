/**
 * What a fleet says to a site: a document for one site, signed (Ed25519) by the fleet's dispatcher over the line that names its
 * format and the canonical form of what it says, as permits are signed. The broker that carries it can neither make nor alter one.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { messageBytesMax } from "./subjects.ts";

/** Why a document is not heeded. Stable: they appear in events and in the audit log. */
export type DocumentFault = "too-large" | "malformed" | "newer-format" | "foreign-key" | "forged" | "other-site";

export const signatureSchema = z.object({
  algorithm: z.literal("Ed25519"),
  key: z.string().max(80),
  value: z.string().max(120),
});
type Signature = z.output<typeof signatureSchema>;

/** A key that may sign documents. */
export interface DispatcherKey {
  readonly key: KeyObject;
  readonly fingerprint: string;
}

/** Names a public key: the SHA-256 of its SubjectPublicKeyInfo, as permits do. */
const fingerprintOf = (key: KeyObject): string =>
  `sha256:${createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex")}`;

/** A dispatcher's public key from PEM. Throws a sentence where it is none, or not Ed25519. */
export function dispatcherKey(pem: string): DispatcherKey {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error("it is no public key in PEM");
  }
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`it is a key of type ${key.asymmetricKeyType}, not Ed25519`);
  return { key, fingerprint: fingerprintOf(key) };
}

const signedBytes = (format: string, said: object): Buffer => Buffer.from(`${format}\n${canonicalJson(said)}`, "utf8");

/** Signs what is said in a format with a private key (PEM), which is read once. */
export function signer(format: string, privateKeyPem: string): (said: object) => Signature {
  const privateKey = createPrivateKey(privateKeyPem);
  const key = fingerprintOf(createPublicKey(privateKey));
  return (said) => ({
    algorithm: "Ed25519",
    key,
    value: sign(null, signedBytes(format, said), privateKey).toString("base64"),
  });
}

/** A format: its name with its number at the end, the member that says something, and the whole. */
export interface DocumentFormat<M extends string, T> {
  readonly format: string;
  readonly member: M;
  readonly schema: z.ZodType<{ readonly signature: Signature } & Readonly<Record<M, T>>>;
}

/** Reads a document and judges it: size, form, signature, site. The rest is the reader's to judge. */
export function readSigned<M extends string, T extends { readonly site: string }>(
  { format, member, schema }: DocumentFormat<M, T>,
  bytes: Uint8Array,
  site: string,
  keys: readonly DispatcherKey[],
): T | DocumentFault {
  if (bytes.length > messageBytesMax) return "too-large";
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return "malformed";
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) return isOtherFormat(value, format) ? "newer-format" : "malformed";
  const { signature, [member]: said } = parsed.data;
  const by = keys.find(({ fingerprint }) => fingerprint === signature.key);
  if (by === undefined) return "foreign-key";
  const of = Buffer.from(signature.value, "base64");
  // What was signed is what was sent, not what we understand of it.
  const whole = (value as Readonly<Record<M, object>>)[member];
  if (of.length !== 64 || !verify(null, signedBytes(format, whole), by.key, of)) return "forged";
  return said.site === site ? said : "other-site";
}

const isOtherFormat = (value: unknown, format: string): boolean => {
  const given = (value as { readonly format?: unknown } | null)?.format;
  const name = format.replace(/\d+$/, "");
  return (
    typeof given === "string" && given.startsWith(name) && /^\d+$/.test(given.slice(name.length)) && given !== format
  );
};

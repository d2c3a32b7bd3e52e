/**
 * Orders: one document of standing leases for each site, with a version that only grows, signed (Ed25519) by the fleet's
 * dispatcher like a permit by its utility. The broker that carries it can neither make nor alter one; an older one is told by its
 * version. What is signed are the bytes of the canonical form after a line that names the format.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { leaseId, leasesMax } from "./payloads.ts";
import { messageBytesMax, siteIdPattern } from "./subjects.ts";

const ordersFormat = "islet-fleet-orders-1";

/** What a fleet may ask: a request for power, or something that tightens. */
export const leaseKinds = ["power", "cap-charge", "cap-discharge", "cap-import", "cap-export", "stop"] as const;
export type LeaseKind = (typeof leaseKinds)[number];

/** A lease lasts at most a day, ms. */
export const leaseMaxMs = 86_400_000;

/** One lease. A member that is not known makes it unreadable: what it would have narrowed must not be overlooked. */
export const leaseSchema = z.strictObject({
  id: leaseId,
  kind: z.enum(leaseKinds),
  /** EVSE from 1; 0 for the site. */
  evse: z.int().min(0).max(1_000),
  /** Power: positive from the grid to the vehicle. A cap: a magnitude. Of `stop`: 0. */
  valueW: z.number().min(-1e7).max(1e7),
  fromMs: z.int().min(0),
  untilMs: z.int().min(0),
  /** For people: why. */
  cause: z.string().max(200),
  /** For people: who has asked. */
  issuedBy: z.string().max(80),
});

export type Lease = z.output<typeof leaseSchema>;

const ordersSchema = z.object({
  site: z.string().regex(siteIdPattern),
  version: z.int().min(1),
  issuedAtMs: z.int().min(0),
  /** Read one by one, so that one that can't be read is refused by its name and the others stand. */
  leases: z.array(z.unknown()).max(leasesMax),
});
export type Orders = z.output<typeof ordersSchema>;

/** The document as it is carried. */
export const signedOrdersSchema = z.object({
  format: z.literal(ordersFormat),
  orders: ordersSchema,
  signature: z.object({ algorithm: z.literal("Ed25519"), key: z.string().max(80), value: z.string().max(120) }),
});
export type SignedOrders = z.output<typeof signedOrdersSchema>;

/** Why a document is not heeded. Stable: they appear in events and in the audit log. */
export type OrdersFault = "too-large" | "malformed" | "newer-format" | "foreign-key" | "forged" | "other-site";

/** A key that may sign orders. */
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

const signedBytes = (orders: Orders): Buffer => Buffer.from(`${ordersFormat}\n${canonicalJson(orders)}`, "utf8");

/** Signs documents with the dispatcher's private key (PEM), which is read once for all of them. */
export function orderSigner(privateKeyPem: string): (orders: Orders) => SignedOrders {
  const privateKey = createPrivateKey(privateKeyPem);
  const key = fingerprintOf(createPublicKey(privateKey));
  return (orders) => {
    const value = sign(null, signedBytes(orders), privateKey).toString("base64");
    return { format: ordersFormat, orders, signature: { algorithm: "Ed25519", key, value } };
  };
}

/** Signs one document. */
export const signOrders = (orders: Orders, privateKeyPem: string): SignedOrders => orderSigner(privateKeyPem)(orders);

/** Reads a document and judges it: size, form, signature, site. Version and leases are the reader's to judge. */
export function readOrders(bytes: Uint8Array, site: string, keys: readonly DispatcherKey[]): Orders | OrdersFault {
  if (bytes.length > messageBytesMax) return "too-large";
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return "malformed";
  }
  const parsed = signedOrdersSchema.safeParse(value);
  if (!parsed.success) return isOtherFormat(value) ? "newer-format" : "malformed";
  const { orders, signature } = parsed.data;
  // What was signed is what was sent, not what we understand of it.
  const whole = (value as { readonly orders: Orders }).orders;
  const by = keys.find(({ fingerprint }) => fingerprint === signature.key);
  if (by === undefined) return "foreign-key";
  const of = Buffer.from(signature.value, "base64");
  if (of.length !== 64 || !verify(null, signedBytes(whole), by.key, of)) return "forged";
  return orders.site === site ? orders : "other-site";
}

const isOtherFormat = (value: unknown): boolean => {
  const format = (value as { readonly format?: unknown } | null)?.format;
  return typeof format === "string" && /^islet-fleet-orders-\d+$/.test(format) && format !== ordersFormat;
};

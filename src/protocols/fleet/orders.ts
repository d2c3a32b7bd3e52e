/**
 * Orders: one document of standing leases for each site, with a version that only grows, signed (Ed25519) by the fleet's
 * dispatcher like a permit by its utility. The broker that carries it can neither make nor alter one; an older one is told by its
 * version. What is signed are the bytes of the canonical form after a line that names the format.
 */
import { z } from "zod";
import { leaseId, leasesMax } from "./payloads.ts";
import { type DispatcherKey, type DocumentFault, readSigned, signatureSchema, signer } from "./signed.ts";
import { siteIdPattern } from "./subjects.ts";

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
  signature: signatureSchema,
});
export type SignedOrders = z.output<typeof signedOrdersSchema>;

/** Signs documents with the dispatcher's private key (PEM), which is read once for all of them. */
export function orderSigner(privateKeyPem: string): (orders: Orders) => SignedOrders {
  const sign = signer(ordersFormat, privateKeyPem);
  return (orders) => ({ format: ordersFormat, orders, signature: sign(orders) });
}

/** Signs one document. */
export const signOrders = (orders: Orders, privateKeyPem: string): SignedOrders => orderSigner(privateKeyPem)(orders);

/** Reads a document and judges it: size, form, signature, site. Version and leases are the reader's to judge. */
export const readOrders = (bytes: Uint8Array, site: string, keys: readonly DispatcherKey[]): Orders | DocumentFault =>
  readSigned<"orders", Orders>(
    { format: ordersFormat, member: "orders", schema: signedOrdersSchema },
    bytes,
    site,
    keys,
  );

/**
 * The permission to operate as a file: who grants what to which site, with which equipment, from when until when, and the
 * Ed25519 signature of whoever may grant it. What is signed are the bytes of the canonical form (keys sorted, no spaces)
 * after a line that names the format, so that a signature made for something else never fits.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { placedSentence } from "../../config/issue-words.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { serviceModes } from "../../domain/modes.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import type { PermitRefusal } from "./permit-refusals.table.ts";

const permitFormat = "islet-permit-1";
/** Largest permit file that is read, bytes. */
export const permitBytesMax = 65_536;
/** Most pieces of equipment in one permit. */
const equipmentMax = 200;
/** Most pairs of EVSE and vehicle. */
const pairsMax = 200;

const word = (max: number) => z.string().min(1).max(max);
const moment = z.iso.datetime({ offset: true });

/** One power stage that the permit covers. */
const equipment = z.strictObject({
  serialNumber: word(64),
  /** Firmware versions that were examined; another one is not covered. */
  firmware: z.array(word(64)).min(1).max(20),
  model: word(64).optional(),
  /** Certification record of the inverter, for people. */
  certificate: word(200).optional(),
});

/** An EVSE and a vehicle whose inverter feeds through it, examined together: neither may with another. */
const pair = z.strictObject({
  /** Serial number of the EVSE: one of `equipment`. */
  evse: word(64),
  /** Identifier of the vehicle as its sessions tell it (EVCCID). */
  vehicle: word(40),
  /** Certification record of the EVSE (UL 1741 SC) and of the vehicle's inverter (SAE J3072), for people. */
  evseCertificate: word(200),
  vehicleCertificate: word(200),
});

const permitSchema = z.strictObject({
  /** Names this permit for ever; a permit with a larger `serial` of the same reference replaces it. */
  id: word(64),
  serial: z.int().min(1).max(1_000_000),
  utility: word(120),
  reference: word(120),
  /** The site's name exactly as in its configuration. */
  site: word(80),
  serviceMode: z.enum(serviceModes),
  /** Magnitude that may be exported at the PCC, W; 0 unless the mode is `parallel-export`. */
  exportLimitW: z.number().min(0).max(100_000_000),
  gridProfile: word(300).optional(),
  validFrom: moment,
  validUntil: moment,
  equipment: z.array(equipment).max(equipmentMax),
  /** Controllers that do not know pairs refuse a permit that has some: nothing is granted by being overlooked. */
  pairs: z.array(pair).max(pairsMax).optional(),
  transferDevice: z.enum(["none", "open-transition", "microgrid-interconnect"]).optional(),
  /** When the utility was told in writing that the site backs itself up. */
  backupNotified: moment.optional(),
});
export type Permit = z.infer<typeof permitSchema>;

const signedSchema = z.strictObject({
  format: z.literal(permitFormat),
  permit: permitSchema,
  signature: z.strictObject({ algorithm: z.literal("Ed25519"), key: word(80), value: word(120) }),
});
export type SignedPermit = z.infer<typeof signedSchema>;

/** Why a permit is refused: a key of the table of sentences and what exactly was found. */
export interface Refusal {
  readonly reason: PermitRefusal;
  readonly detail: string;
}

/** A public key that may sign permits for this site, installed by the installer. */
export interface TrustAnchor {
  /** Where it came from, for people. */
  readonly name: string;
  readonly key: KeyObject;
  readonly fingerprint: string;
}

const signedBytes = (permit: Permit): Buffer => Buffer.from(`${permitFormat}\n${canonicalJson(permit)}`, "utf8");

/** Names a public key: the SHA-256 of its SubjectPublicKeyInfo. */
const fingerprintOf = (key: KeyObject): string =>
  `sha256:${createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex")}`;

/** A trust anchor from a PEM public key. Throws a sentence when it is none, or not Ed25519. */
export function trustAnchor(name: string, pem: string): TrustAnchor {
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw new Error(`${name} is not a public key. Give the utility's Ed25519 public key as a PEM file.`);
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new Error(`${name} is a key of type ${key.asymmetricKeyType}. Permits are signed with Ed25519.`);
  return { name, key, fingerprint: fingerprintOf(key) };
}

/** Signs a permit with an Ed25519 private key (PEM). Throws a sentence when the permit or the key can't be used. */
export function signPermit(permit: Permit, privateKeyPem: string): SignedPermit {
  const checked = checkPermit(permit);
  if (!checked.ok) throw new Error(checked.error.detail);
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKeyPem);
  } catch {
    throw new Error("The private key can't be read. Give an unencrypted Ed25519 private key as a PEM file.");
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw new Error(`The private key is of type ${key.asymmetricKeyType}. Permits are signed with Ed25519.`);
  const value = sign(null, signedBytes(checked.value), key).toString("base64");
  return {
    format: permitFormat,
    permit: checked.value,
    signature: { algorithm: "Ed25519", key: fingerprintOf(createPublicKey(key)), value },
  };
}

/** A draft or the signed part: complete, in range, and not at odds with itself. */
export function checkPermit(value: unknown): Result<Permit, Refusal> {
  const parsed = permitSchema.safeParse(value);
  if (!parsed.success) return err({ reason: "malformed", detail: complaints(parsed.error) });
  const permit = parsed.data;
  if (!(Date.parse(permit.validFrom) < Date.parse(permit.validUntil)))
    return err({ reason: "malformed", detail: "validUntil must be later than validFrom" });
  if (permit.exportLimitW > 0 && permit.serviceMode !== "parallel-export")
    return err({ reason: "malformed", detail: `exportLimitW must be 0 for ${permit.serviceMode}` });
  if (permit.serviceMode.startsWith("parallel") && permit.equipment.length === 0)
    return err({
      reason: "malformed",
      detail: "a permit for parallel operation must list the equipment that it covers",
    });
  const serials = permit.equipment.map(({ serialNumber }) => serialNumber);
  if (new Set(serials).size !== serials.length)
    return err({ reason: "malformed", detail: "equipment lists a serial number twice" });
  const wrong = wrongPair(permit);
  return wrong === undefined ? ok(permit) : err({ reason: "malformed", detail: wrong });
}

/** A pair rests on equipment that the permit covers, and feeds: both must be granted. */
function wrongPair({ serviceMode, equipment: covered, pairs = [] }: Permit): string | undefined {
  if (pairs.length > 0 && !serviceMode.startsWith("parallel"))
    return `pairs need parallel operation, which ${serviceMode} does not grant`;
  const foreign = pairs.find(({ evse }) => !covered.some(({ serialNumber }) => serialNumber === evse));
  if (foreign !== undefined) return `pairs names the EVSE ${foreign.evse}, which equipment does not list`;
  const keys = pairs.map(({ evse, vehicle }) => `${evse}|${vehicle}`);
  return new Set(keys).size === keys.length ? undefined : "pairs lists an EVSE and a vehicle twice";
}

/** Reads a permit file's text: size, JSON, shape. The signature is judged by `verifySignature`. */
export function parsePermit(text: string): Result<SignedPermit, Refusal> {
  if (Buffer.byteLength(text) > permitBytesMax)
    return err({ reason: "malformed", detail: `larger than ${permitBytesMax} bytes` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err({ reason: "malformed", detail: "not JSON" });
  }
  if (
    typeof value === "object" &&
    value !== null &&
    !("signature" in value) &&
    ("permit" in value || "serviceMode" in value)
  )
    return err({ reason: "unsigned", detail: "no signature" });
  const parsed = signedSchema.safeParse(value);
  if (!parsed.success) return err({ reason: "malformed", detail: complaints(parsed.error) });
  const checked = checkPermit(parsed.data.permit);
  return checked.ok ? ok(parsed.data) : checked;
}

/** Which anchor signed it, or why none did. */
export function verifySignature(signed: SignedPermit, anchors: readonly TrustAnchor[]): Result<TrustAnchor, Refusal> {
  const { key, value } = signed.signature;
  const anchor = anchors.find(({ fingerprint }) => fingerprint === key);
  if (!anchor) return err({ reason: "foreign-key", detail: `signed by ${key}` });
  const signature = Buffer.from(value, "base64");
  const good = signature.length === 64 && verify(null, signedBytes(signed.permit), anchor.key, signature);
  return good ? ok(anchor) : err({ reason: "forged", detail: `not what ${anchor.name} signed` });
}

const complaintsMax = 5;

function complaints({ issues }: z.ZodError): string {
  const said = issues.slice(0, complaintsMax).map((issue) => placedSentence(issue, "the file"));
  return [...said, ...(issues.length > complaintsMax ? [`and ${issues.length - complaintsMax} more`] : [])].join("; ");
}

/** A public key infrastructure for tests: roots, authorities and contracts, X.509 v3 written in DER (RFC 5280, section 4.1). */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";

export interface Made {
  readonly name: string;
  readonly key: KeyObject;
  readonly der: Uint8Array;
  readonly pem: string;
}

export interface CertificateWish {
  readonly name: string;
  /** Self-signed without. */
  readonly by?: Made;
  readonly curve?: "prime256v1" | "secp521r1";
  readonly authority?: boolean;
  /** Authorities that may follow below it. */
  readonly pathLength?: number;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Roots of the field have one, and must work all the same. */
  readonly extendedKeyUsage?: boolean;
}

export const nowMs = Date.UTC(2026, 5, 1);

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const bits = (bytes: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), bytes);
const yes = der(0x01, Buffer.from([0xff]));
const time = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));
const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(text)))));
const extension = (id: string, value: Uint8Array, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), der(0x04, value));

export function certificate(wish: CertificateWish): Made {
  const { name, by, curve = "prime256v1", authority = false, pathLength } = wish;
  const { fromMs = Date.UTC(2020, 0), toMs = Date.UTC(2049, 0) } = wish;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const signer = by?.key ?? privateKey;
  const large = signer.asymmetricKeyDetails?.namedCurve === "secp521r1";
  const algorithm = sequence(oid(large ? "2a8648ce3d040304" : "2a8648ce3d040302"));
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(8)]);
  const constraints = sequence(
    ...(authority ? [yes, ...(pathLength === undefined ? [] : [der(0x02, Buffer.from([pathLength]))])] : []),
  );
  const extensions = sequence(
    extension("551d13", constraints, true),
    extension("551d0f", authority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7), true),
    ...(wish.extendedKeyUsage ? [extension("551d25", sequence(oid("2b06010505070302")))] : []),
  );
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    nameOf(by?.name ?? name),
    sequence(time(fromMs), time(toMs)),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, extensions),
  );
  const bytes = sequence(body, algorithm, bits(sign(large ? "sha512" : "sha256", body, signer)));
  return { name, key: privateKey, der: new Uint8Array(bytes), pem: new X509Certificate(bytes).toString() };
}

export interface Hierarchy {
  readonly root: Made;
  readonly between: readonly Made[];
  readonly leaf: Made;
}

/** A root, two authorities and a contract. */
export function hierarchy(
  curve: "prime256v1" | "secp521r1",
  emaid = "DEABCC12345678",
  more: { readonly root?: Partial<CertificateWish>; readonly leaf?: Partial<CertificateWish> } = {},
): Hierarchy {
  const root = certificate({ name: "Root of operators", curve, authority: true, ...more.root });
  const first = certificate({ name: "Operator 1", by: root, curve, authority: true, pathLength: 1 });
  const second = certificate({ name: "Operator 2", by: first, curve, authority: true, pathLength: 0 });
  const leaf = certificate({ name: emaid, by: second, curve, ...more.leaf });
  return { root, between: [second, first], leaf };
}

/** A small certificate authority for tests: X.509 v3 with P-256 keys, written as DER here so that nothing has to be kept. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const seq = (...parts: Uint8Array[]): Buffer => tlv(0x30, ...parts);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
const bool = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
const name = (commonName: string): Buffer => seq(tlv(0x31, seq(oid("550403"), tlv(0x0c, Buffer.from(commonName)))));
const time = (ms: number): Buffer =>
  tlv(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")
    .trimEnd()}\n-----END CERTIFICATE-----\n`;
const ecdsaSha256 = seq(oid("2a8648ce3d040302"));

export interface Issued {
  pem: string;
  key: KeyObject;
  keyPem: string;
  name: string;
}

export interface IssueOptions {
  name: string;
  issuer?: Issued;
  ca?: boolean;
  hosts?: string[];
  fromMs?: number;
  toMs?: number;
  /** A key that exists already, as SPKI of a certification request. */
  publicKey?: KeyObject;
}

let serial = 0x1000;

export function issue({
  name: commonName,
  issuer,
  ca = false,
  hosts = [],
  fromMs = Date.UTC(2020, 0),
  toMs = Date.UTC(2040, 0),
  publicKey,
}: IssueOptions): Issued {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subjectKey = publicKey ?? pair.publicKey;
  const spki = subjectKey.export({ type: "spki", format: "der" });
  const extensions = [seq(oid("551d13"), bool(true), tlv(0x04, ca ? seq(bool(true)) : seq()))];
  if (hosts.length > 0)
    extensions.push(seq(oid("551d11"), tlv(0x04, seq(...hosts.map((host) => tlv(0x82, Buffer.from(host)))))));
  extensions.push(seq(oid("551d0e"), tlv(0x04, tlv(0x04, createHash("sha1").update(spki).digest()))));
  const tbs = seq(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.from([serial++ >> 8, serial & 255])),
    ecdsaSha256,
    name(issuer?.name ?? commonName),
    seq(time(fromMs), time(toMs)),
    name(commonName),
    spki,
    tlv(0xa3, seq(...extensions)),
  );
  const der = seq(tbs, ecdsaSha256, tlv(0x03, Buffer.from([0]), sign("sha256", tbs, issuer?.key ?? pair.privateKey)));
  return {
    pem: pem(der),
    key: pair.privateKey,
    keyPem: pair.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    name: commonName,
  };
}

/** The public key of a PEM certification request, found by its fixed header (P-256 SPKI). */
export function keyOfRequest(csr: string): KeyObject {
  const der = Buffer.from(csr.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const header = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d030107034200", "hex");
  const at = der.indexOf(header);
  return createPublicKey({ key: der.subarray(at, at + 91), format: "der", type: "spki" });
}

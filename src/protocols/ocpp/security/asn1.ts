/** As much DER (X.690) as certificates need: reading a certificate's fields, writing a certification request (PKCS #10). */

export interface Tlv {
  tag: number;
  /** The whole element, header included. */
  start: number;
  content: number;
  end: number;
}

/** Reads the element at an offset. Throws when it does not fit. */
function readTlv(bytes: Uint8Array, start: number): Tlv {
  const tag = bytes[start];
  let length = bytes[start + 1];
  if (tag === undefined || length === undefined) throw new Error("The certificate ends too early.");
  let content = start + 2;
  if (length >= 0x80) {
    const size = length & 0x7f;
    if (size === 0 || size > 4) throw new Error("The certificate has an unusual length.");
    length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[content + i] ?? Number.NaN);
    content += size;
  }
  const end = content + length;
  if (!(end <= bytes.length)) throw new Error("The certificate ends too early.");
  return { tag, start, content, end };
}

function children(bytes: Uint8Array, parent: Tlv): Tlv[] {
  const list: Tlv[] = [];
  for (let at = parent.content; at < parent.end; ) {
    const child = readTlv(bytes, at);
    list.push(child);
    at = child.end;
  }
  return list;
}

/** The parts of a certificate that its OCSP identity is made of. */
export interface CertificateParts {
  /** DER of the issuer's name. */
  issuerName: Uint8Array;
  /** Contents of subjectPublicKey without the count of unused bits. */
  publicKey: Uint8Array;
  /** Hexadecimal without leading zeros. */
  serialNumber: string;
}

const contextVersion = 0xa0;

/** Takes a DER certificate apart. Throws when it is none. */
export function certificateParts(der: Uint8Array): CertificateParts {
  const [tbs] = children(der, readTlv(der, 0));
  if (!tbs) throw new Error("This is no certificate.");
  const fields = children(der, tbs);
  const first = fields[0]?.tag === contextVersion ? 1 : 0;
  const [serial, , issuer, , , keyInfo] = fields.slice(first);
  const keyBits = keyInfo && children(der, keyInfo)[1];
  if (!serial || !issuer || !keyBits) throw new Error("This is no certificate.");
  const hex = Buffer.from(der.subarray(serial.content, serial.end))
    .toString("hex")
    .replace(/^0+(?=.)/, "");
  return {
    issuerName: der.subarray(issuer.start, issuer.end),
    publicKey: der.subarray(keyBits.content + 1, keyBits.end),
    serialNumber: hex,
  };
}

function element(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), body]);
}

const sequence = (...parts: Uint8Array[]): Uint8Array => element(0x30, ...parts);
const oid = (...bytes: number[]): Uint8Array => element(0x06, Uint8Array.from(bytes));
const utf8 = (text: string): Uint8Array => element(0x0c, Buffer.from(text, "utf8"));
const printable = (text: string): Uint8Array => element(0x13, Buffer.from(text, "ascii"));
const ia5 = (text: string): Uint8Array => element(0x16, Buffer.from(text, "ascii"));
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** Subject of a request, in the order that it is written. */
export interface Subject {
  country?: string;
  organization?: string;
  commonName: string;
  domainComponent?: string;
}

const attribute = (type: Uint8Array, value: Uint8Array): Uint8Array => element(0x31, sequence(type, value));

function name({ country, organization, commonName, domainComponent }: Subject): Uint8Array {
  const parts: Uint8Array[] = [];
  if (country) parts.push(attribute(oid(0x55, 0x04, 0x06), printable(country)));
  if (organization) parts.push(attribute(oid(0x55, 0x04, 0x0a), utf8(organization)));
  parts.push(attribute(oid(0x55, 0x04, 0x03), utf8(commonName)));
  if (domainComponent)
    parts.push(attribute(oid(0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19), ia5(domainComponent)));
  return sequence(...parts);
}

/** A PEM certification request for a P-256 key. `sign` returns the DER signature (ECDSA with SHA-256) of what it gets. */
export function certificationRequest(
  subject: Subject,
  publicKeyDer: Uint8Array,
  sign: (content: Uint8Array) => Uint8Array,
): string {
  const version = element(0x02, Uint8Array.of(0));
  const content = sequence(version, name(subject), publicKeyDer, element(contextVersion));
  const der = sequence(content, ecdsaWithSha256, element(0x03, Uint8Array.of(0), sign(content)));
  const base64 = Buffer.from(der)
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")
    .trimEnd();
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
}

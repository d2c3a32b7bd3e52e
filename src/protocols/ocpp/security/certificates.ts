/** Certificates of this station: roots by use, own certificates with their keys, their OCPP identity (hash data). */
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { collectionOf } from "../collection.ts";
import type { OcppStore } from "../ports.ts";
import type { CertificateHashData, RequestOf } from "../transport/messages.table.ts";
import { certificateParts } from "./asn1.ts";

/** What a root certificate is trusted for. */
export type RootUse = RequestOf<"InstallCertificate">["certificateType"];
/** What a certificate of the station's own is for. */
export type OwnUse = "ChargingStationCertificate" | "V2GCertificate";

/** SecurityCtrlr CertificateEntries. */
const rootsMax = 100;

interface Root {
  use: RootUse;
  pem: string;
}

/** A certificate of the station's own with its chain and private key, PEM. */
export interface Own {
  chain: string[];
  key: string;
}

/** Root certificates and the station's own. */
export interface Certificates {
  roots(use: RootUse): string[];
  allRoots(): Root[];
  install(use: RootUse, pem: string): "installed" | "full";
  remove(match: (pem: string) => boolean): boolean;
  own(use: OwnUse): Own | undefined;
  setOwn(use: OwnUse, own: Own): void;
  removeOwn(use: OwnUse): void;
  count(): number;
}

const pemPattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** The certificates of a PEM text, in its order. */
export const splitPem = (text: string): string[] => text.match(pemPattern) ?? [];

/** Certificates that can be read; anything else is null. */
export function parse(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

const hash = (bytes: Uint8Array, algorithm: CertificateHashData["hashAlgorithm"]): string =>
  createHash(algorithm.toLowerCase()).update(bytes).digest("hex");

/** OCPP's identity of a certificate; the issuer is itself where none is given (roots). */
export function hashData(
  pem: string,
  issuerPem: string = pem,
  hashAlgorithm: CertificateHashData["hashAlgorithm"] = "SHA256",
): CertificateHashData {
  const own = certificateParts(new X509Certificate(pem).raw);
  const issuer = certificateParts(new X509Certificate(issuerPem).raw);
  return {
    hashAlgorithm,
    issuerNameHash: hash(own.issuerName, hashAlgorithm),
    issuerKeyHash: hash(issuer.publicKey, hashAlgorithm),
    serialNumber: own.serialNumber,
  };
}

/** Case does not count in hexadecimal. */
export const sameHash = (a: CertificateHashData, b: CertificateHashData): boolean =>
  a.hashAlgorithm === b.hashAlgorithm &&
  a.issuerNameHash.toLowerCase() === b.issuerNameHash.toLowerCase() &&
  a.issuerKeyHash.toLowerCase() === b.issuerKeyHash.toLowerCase() &&
  a.serialNumber.toLowerCase().replace(/^0+(?=.)/, "") === b.serialNumber.toLowerCase().replace(/^0+(?=.)/, "");

/** Why a root may not be installed, or null. */
export function judgeRoot(pem: string, nowMs: number): string | null {
  const certificate = parse(pem);
  if (!certificate) return "The certificate cannot be read.";
  if (nowMs > certificate.validToDate.getTime()) return "The certificate has expired.";
  if (!certificate.ca) return "The certificate is not one of an authority.";
  return null;
}

/** Why a signed chain is not acceptable as our own, or null: key, dates, each link, and the root at its top. */
export function judgeChain(
  chain: readonly string[],
  keyPem: string,
  roots: readonly string[],
  nowMs: number,
): string | null {
  const certificates = chain.map(parse);
  const [leaf] = certificates;
  if (!leaf || certificates.some((certificate) => certificate === null))
    return "A certificate of the chain cannot be read.";
  if (!leaf.checkPrivateKey(createPrivateKey(keyPem))) return "The certificate does not belong to the requested key.";
  for (const certificate of certificates) {
    if (nowMs < certificate!.validFromDate.getTime()) return "The certificate is not valid yet.";
    if (nowMs > certificate!.validToDate.getTime()) return "The certificate has expired.";
  }
  for (let i = 0; i + 1 < certificates.length; i++) {
    const issuer = certificates[i + 1]!;
    if (!certificates[i]!.checkIssued(issuer) || !certificates[i]!.verify(issuer.publicKey))
      return "The chain does not hold together.";
  }
  if (roots.length === 0) return null;
  const top = certificates.at(-1)!;
  const anchored = roots
    .map(parse)
    .some(
      (root) =>
        root !== null &&
        (root.fingerprint256 === top.fingerprint256 || (top.checkIssued(root) && top.verify(root.publicKey))),
    );
  return anchored ? null : "The chain does not lead to an installed root.";
}

/** `configured` is the station's own certificate until a backend has issued another. */
export function createCertificates(store: OcppStore, configured?: Own): Certificates {
  const roots = collectionOf<Root>(store, "root-certificate");
  const own = collectionOf<Own>(store, "own-certificate");
  const keyOf = (use: RootUse, pem: string): string => `${use}|${new X509Certificate(pem).fingerprint256}`;
  const all = (): Root[] => roots.all().map(({ value }) => value);
  return {
    roots: (use) =>
      all()
        .filter((root) => root.use === use)
        .map((root) => root.pem),
    allRoots: all,
    install(use, pem) {
      const key = keyOf(use, pem);
      if (roots.get(key) === undefined && all().length >= rootsMax) return "full";
      roots.put(key, { use, pem });
      return "installed";
    },
    remove(match) {
      const gone = roots.all().filter(({ value }) => match(value.pem));
      for (const { key } of gone) roots.remove(key);
      return gone.length > 0;
    },
    own: (use) => own.get(use) ?? (use === "ChargingStationCertificate" ? configured : undefined),
    setOwn: (use, value) => own.put(use, value),
    removeOwn: (use) => own.remove(use),
    count: () => all().length + own.all().length,
  };
}

/** Which certificate the dashboard serves with: the owner's, one of its own that it keeps, or none on loopback. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import type { KeyPair } from "../../app/self-signed.ts";
import { keepSelfSigned } from "./certificate.ts";
import { isLoopback } from "./security.ts";

export interface ServingSettings {
  readonly host: string;
  /** The owner's certificate and key, PEM; both or neither. */
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Names under which the page is reached. */
  readonly hostNames?: readonly string[] | undefined;
}

export interface Serving {
  readonly tls: KeyPair | null;
  /** What to print about it; null when there is nothing to say. */
  readonly note: string | null;
  /** For `createDashboard`. */
  readonly hostNames: readonly string[];
}

/** Everything listens: then every address of this machine may be typed into a browser. */
const wildcards: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);
const namesMax = 32;

/** Throws with a sentence when the owner's files cannot be used. `folder` keeps a certificate that is made here. */
export function chooseServing(settings: ServingSettings, folder: string, nowMs: number): Serving {
  const { host, certificateFile, keyFile } = settings;
  const hostNames = [...(settings.hostNames ?? []), hostname().toLowerCase(), `${hostname().toLowerCase()}.local`];
  if (certificateFile !== undefined || keyFile !== undefined) {
    if (certificateFile === undefined || keyFile === undefined)
      throw new Error("The dashboard needs both a certificate and its key: set certificateFile and keyFile.");
    return { tls: readPair(certificateFile, keyFile, nowMs), note: null, hostNames };
  }
  if (isLoopback(host)) return { tls: null, note: null, hostNames };
  const own = wildcards.has(host)
    ? Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address.replace(/%.*$/, "")))
    : [host];
  const names = [...new Set([...hostNames, ...own, "localhost", "127.0.0.1"])].slice(0, namesMax);
  const made = keepSelfSigned(folder, names, nowMs);
  const fingerprint = `SHA-256 fingerprint ${made.fingerprint}`;
  return {
    tls: { key: made.key, cert: made.cert },
    note: `${made.made ? "A certificate was made for the page" : "The page uses the certificate that was made for it"}; browsers ask about it once. ${fingerprint}`,
    hostNames,
  };
}

function readPair(certificateFile: string, keyFile: string, nowMs: number): KeyPair {
  const read = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      throw new Error(`${file} cannot be read (${error instanceof Error ? error.message : error}).`);
    }
  };
  const pair = { cert: read(certificateFile), key: read(keyFile) };
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pair.cert);
  } catch {
    throw new Error(`${certificateFile} is not a certificate in PEM form.`);
  }
  let fits = false;
  try {
    fits = certificate.checkPrivateKey(createPrivateKey(pair.key));
  } catch {
    throw new Error(`${keyFile} is not a private key in PEM form without a passphrase.`);
  }
  if (!fits) throw new Error(`The key in ${keyFile} does not belong to the certificate in ${certificateFile}.`);
  if (Date.parse(certificate.validTo) <= nowMs)
    throw new Error(`The certificate in ${certificateFile} has expired on ${certificate.validTo}.`);
  return pair;
}

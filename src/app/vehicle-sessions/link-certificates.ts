/**
 * The certificate that each place shows to vehicles: from the files of its link, or the one that the backend has issued (OCPP
 * A02, `V2GCertificate`), and the roots of vehicles' own certificates. Looked at again and again: a new one comes into use
 * without a restart, and one that has expired goes.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import type { VehicleLinkConfig } from "../../config/site/vehicle-link.ts";
import { secondMs } from "../../domain/units.ts";
import type { Certificates } from "../../protocols/ocpp/security/certificates.ts";
import type { Encryption } from "./messages.ts";

const lookEveryMs = 2 * secondMs;
/** A chain with its authorities, or a list of roots, is not larger. */
const fileBytesMax = 262_144;

export interface LinkCertificatesOptions {
  readonly links: ReadonlyMap<number, VehicleLinkConfig>;
  /** What the backend has issued and installed; null without a backend. */
  readonly store: Pick<Certificates, "own" | "roots"> | null;
  /** UTC, ms. */
  readonly now: () => number;
  /** A place's certificate is another than before, or is none. */
  readonly changed: (index: number, encryption: Encryption) => void;
}

/** Starts to look; stops with what it returns. */
export function watchLinkCertificates({ links, store, now, changed }: LinkCertificatesOptions): () => void {
  const told = new Map<number, string>();
  /** Two files are not replaced in one moment: what can't be used counts when it is seen twice. */
  const doubted = new Map<number, string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function look(): Promise<void> {
    for (const [index, link] of links) {
      const encryption = await encryptionOf(link, store, now());
      const text = JSON.stringify(encryption);
      if (stopped || told.get(index) === text) continue;
      const isWorse = told.has(index) && encryption.tls === undefined;
      if (isWorse && doubted.get(index) !== text) {
        doubted.set(index, text);
        continue;
      }
      doubted.delete(index);
      told.set(index, text);
      changed(index, encryption);
    }
    if (!stopped) timer = setTimeout(() => void look(), lookEveryMs);
  }
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

const none = (why: string): Encryption => ({ tls: undefined, why });

async function encryptionOf(
  { tls, certificateFile, keyFile, vehicleCaFile }: VehicleLinkConfig,
  store: LinkCertificatesOptions["store"],
  nowMs: number,
): Promise<Encryption> {
  if (tls === "prohibit") return none("");
  try {
    let cert: string;
    let key: string;
    if (certificateFile !== undefined && keyFile !== undefined)
      [cert, key] = [await readText(certificateFile), await readText(keyFile)];
    else {
      const own = store?.own("V2GCertificate");
      if (own === undefined)
        return none(
          store === null
            ? "there is no certificate (certificateFile and keyFile of the link)"
            : "there is no certificate: neither certificateFile and keyFile of the link nor one that the backend has issued",
        );
      [cert, key] = [own.chain.join("\n"), own.key];
    }
    const wrong = wrongWith(cert, key, nowMs);
    if (wrong !== "") return none(wrong);
    const roots = [
      ...(vehicleCaFile === undefined ? [] : [await readText(vehicleCaFile)]),
      ...(store?.roots("V2GRootCertificate") ?? []),
    ];
    return { tls: { cert, key, ca: roots.length === 0 ? undefined : roots.join("\n") }, why: "" };
  } catch (failure) {
    return none((failure as Error).message);
  }
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax} bytes`);
    return await readFile(file, "utf8");
  } catch (failure) {
    throw new Error(`${file} can't be read: ${(failure as Error).message}`);
  }
}

/** Why vehicles would refuse it, or an empty sentence: what it is, its times, its key. */
function wrongWith(chain: string, key: string, nowMs: number): string {
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(chain);
  } catch {
    return "the certificate is no X.509 certificate in PEM";
  }
  const { validFromDate, validToDate, subject } = leaf;
  const name = subject.replaceAll("\n", ", ");
  if (nowMs > validToDate.getTime())
    return `the certificate of ${name} has expired on ${validToDate.toISOString()}: replace it`;
  if (nowMs < validFromDate.getTime())
    return `the certificate of ${name} is valid from ${validFromDate.toISOString()} on`;
  try {
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return `the key does not belong to the certificate of ${name}`;
  } catch {
    return "the key is no private key in PEM without a passphrase";
  }
  return "";
}

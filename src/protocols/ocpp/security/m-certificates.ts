/** M03–M05, A02, A03: installed certificates, and new ones of our own: request, waiting, judgement, change-over. */
import { generateKeyPairSync, sign } from "node:crypto";
import { type Block, type Context, info } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { CertificateHashData, RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { certificationRequest, type Subject } from "./asn1.ts";
import {
  type Certificates,
  hashData,
  judgeChain,
  judgeRoot,
  type OwnUse,
  parse,
  sameHash,
  splitPem,
} from "./certificates.ts";

/** A certificate is renewed when less than this is left, ms (use case A03). */
const renewBeforeMs = 30 * 24 * 3_600_000;
const renewLookMs = 24 * 3_600_000;

interface Pending {
  key: string;
  csr: string;
  timer: Cancel | null;
  repeats: number;
}

/** Certificates by the backend: installing, deleting, renewing. */
export interface CertificateBlock extends Block {
  /** Starts a request for a new certificate of our own. */
  request(use: OwnUse): void;
  start(): void;
}

export interface CertificateFacts {
  /** The present connection is encrypted, so that nobody between here and the backend has written the request. */
  encrypted(): boolean;
  ownChanged(use: OwnUse): void;
}

export function createCertificateBlock(
  context: Context,
  certificates: Certificates,
  facts: CertificateFacts,
): CertificateBlock {
  const { model, session, clock } = context;
  const pending = new Map<OwnUse, Pending>();
  model.provide("SecurityCtrlr", "CertificateEntries", () => String(certificates.count()));

  function subject(use: OwnUse): Subject {
    const organization = model.text(use === "V2GCertificate" ? "ISO15118Ctrlr" : "SecurityCtrlr", "OrganizationName");
    const own = { ...(organization !== "" && { organization }) };
    if (use === "ChargingStationCertificate")
      return { ...own, commonName: context.config.serialNumber || context.config.identity };
    return {
      ...own,
      country: model.text("ISO15118Ctrlr", "CountryName"),
      commonName: model.text("ISO15118Ctrlr", "SeccId") || context.config.identity,
      domainComponent: "CPO",
    };
  }

  const plainLink = info("UnsecuredLink", "Certificates are managed over an encrypted connection only.");
  const trusted = (): boolean => context.config.plainCertificates || facts.encrypted();

  function request(use: OwnUse): void {
    pending.get(use)?.timer?.();
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = privateKey.export({ type: "pkcs8", format: "pem" });
    const csr = certificationRequest(subject(use), publicKey.export({ type: "spki", format: "der" }), (content) =>
      sign("sha256", content, privateKey),
    );
    const entry: Pending = { key, csr, timer: null, repeats: 0 };
    pending.set(use, entry);
    void ask(use, entry);
  }

  /** A02: repeated with doubled waiting while the backend accepts the request but sends no certificate. */
  async function ask(use: OwnUse, entry: Pending): Promise<void> {
    try {
      const { status } = await session.call("SignCertificate", { csr: entry.csr, certificateType: use });
      if (status === "Rejected") {
        context.log("warn", "The backend refuses to sign a certificate.", { use });
        pending.delete(use);
        return;
      }
    } catch (error) {
      context.log("warn", `A certificate request was not answered: ${(error as Error).message}`, { use });
    }
    if (pending.get(use) !== entry || entry.repeats >= model.number("SecurityCtrlr", "CertSigningRepeatTimes")) return;
    const waitMs = model.number("SecurityCtrlr", "CertSigningWaitMinimum") * 2 ** entry.repeats * 1000;
    entry.timer = clock.after("certificate request", waitMs, () => {
      entry.repeats += 1;
      if (pending.get(use) === entry) void ask(use, entry);
    });
  }

  function signed({
    certificateChain,
    certificateType = "ChargingStationCertificate",
  }: RequestOf<"CertificateSigned">): ResponseOf<"CertificateSigned"> {
    const entry = pending.get(certificateType);
    const refuse = (why: string): ResponseOf<"CertificateSigned"> => {
      context.securityEvent("InvalidChargingStationCertificate", why);
      return { status: "Rejected", statusInfo: info("InvalidCertificate", why) };
    };
    if (certificateType !== "ChargingStationCertificate" && !trusted())
      return { status: "Rejected", statusInfo: plainLink };
    if (!entry) return refuse("No certificate was asked for.");
    if (certificateChain.length > model.number("SecurityCtrlr", "MaxCertificateChainSize"))
      return refuse("The chain is too long.");
    const chain = splitPem(certificateChain);
    const roots = certificates.roots(
      certificateType === "V2GCertificate" ? "V2GRootCertificate" : "CSMSRootCertificate",
    );
    const why =
      chain.length === 0 ? "No certificate could be found." : judgeChain(chain, entry.key, roots, context.nowMs());
    if (why) return refuse(why);
    entry.timer?.();
    pending.delete(certificateType);
    certificates.setOwn(certificateType, { chain, key: entry.key });
    context.securityEvent("ReconfigurationOfSecurityParameters", `new ${certificateType}`);
    context.afterAnswer("new certificate", () => facts.ownChanged(certificateType));
    return { status: "Accepted" };
  }

  /** Own certificates by their hash; the issuer is the next of the chain, or an installed root. */
  function ownHashes(use: OwnUse): CertificateHashData[] {
    const own = certificates.own(use);
    if (!own) return [];
    const issuers = [...own.chain.slice(1), ...certificates.allRoots().map((root) => root.pem)];
    return own.chain.map((pem, index) => hashData(pem, issuers[index] ?? pem));
  }

  function list({
    certificateType,
  }: RequestOf<"GetInstalledCertificateIds">): ResponseOf<"GetInstalledCertificateIds"> {
    const wanted = (use: string): boolean => !certificateType || certificateType.some((type) => type === use);
    type Chain = NonNullable<ResponseOf<"GetInstalledCertificateIds">["certificateHashDataChain"]>[number];
    const chains: Chain[] = certificates
      .allRoots()
      .filter((root) => wanted(root.use))
      .map((root) => ({ certificateType: root.use, certificateHashData: hashData(root.pem) }));
    const [leaf, ...children] = wanted("V2GCertificateChain") ? ownHashes("V2GCertificate") : [];
    if (leaf)
      chains.push({
        certificateType: "V2GCertificateChain",
        certificateHashData: leaf,
        ...(children.length > 0 && { childCertificateHashData: children }),
      });
    return chains.length > 0 ? { status: "Accepted", certificateHashDataChain: chains } : { status: "NotFound" };
  }

  function remove({ certificateHashData }: RequestOf<"DeleteCertificate">): ResponseOf<"DeleteCertificate"> {
    if (!trusted()) return { status: "Failed", statusInfo: plainLink };
    const { hashAlgorithm } = certificateHashData;
    const own = certificates.own("ChargingStationCertificate");
    if (own && ownHashes("ChargingStationCertificate").some((data) => sameHash(data, certificateHashData)))
      return { status: "Failed", statusInfo: info("InUse", "The charging station certificate cannot be deleted.") };
    const [v2gLeaf] = ownHashes("V2GCertificate");
    if (v2gLeaf && sameHash(v2gLeaf, certificateHashData)) {
      certificates.removeOwn("V2GCertificate");
      return { status: "Accepted" };
    }
    const gone = certificates.remove((pem) => sameHash(hashData(pem, pem, hashAlgorithm), certificateHashData));
    return { status: gone ? "Accepted" : "NotFound" };
  }

  function install({
    certificateType,
    certificate,
  }: RequestOf<"InstallCertificate">): ResponseOf<"InstallCertificate"> {
    // The backend's own root and our certificate are what the change from a plain connection to TLS needs (use case A05).
    if (certificateType !== "CSMSRootCertificate" && !trusted()) return { status: "Rejected", statusInfo: plainLink };
    const why = judgeRoot(certificate, context.nowMs());
    if (why) return { status: "Rejected", statusInfo: info("InvalidCertificate", why) };
    if (certificates.install(certificateType, certificate) === "full")
      return { status: "Failed", statusInfo: info("TooManyCertificates", "No more certificates can be installed.") };
    context.securityEvent("ReconfigurationOfSecurityParameters", `new ${certificateType}`);
    return { status: "Accepted" };
  }

  function renewal(): void {
    const own = certificates.own("ChargingStationCertificate");
    const leaf = own?.chain[0];
    if (leaf && context.online() && !pending.has("ChargingStationCertificate")) {
      const untilMs = expiryMs(leaf);
      if (untilMs - context.nowMs() < renewBeforeMs) request("ChargingStationCertificate");
    }
    clock.after("certificate renewal", renewLookMs, renewal);
  }

  return {
    handlers: {
      CertificateSigned: signed,
      GetInstalledCertificateIds: list,
      DeleteCertificate: remove,
      InstallCertificate: install,
    },
    request,
    start: renewal,
  };
}

const expiryMs = (pem: string): number => parse(pem)?.validToDate.getTime() ?? Number.POSITIVE_INFINITY;

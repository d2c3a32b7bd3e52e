/** M03–M05, A02, A03: installed certificates, and new ones of our own: request, waiting, judgement, change-over. */
import { generateKeyPairSync, sign } from "node:crypto";
import { type Block, type Context, info } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { certificationRequest, type Subject } from "./asn1.ts";
import { type Certificates, judgeChain, type OwnUse, parse, splitPem } from "./certificates.ts";
import { createInstalled, plainLink } from "./m-installed.ts";

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

/** What certificates need to know of the connection, and whom they tell of a new one. */
export interface CertificateFacts {
  /** The present connection is encrypted, so that nobody between here and the backend has written the request. */
  encrypted(): boolean;
  ownChanged(use: OwnUse): void;
}

/** Functional block of certificates; our own is looked at once a day and renewed in time. */
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

  const trusted = (): boolean => context.config.plainCertificates || facts.encrypted();
  const installed = createInstalled(context, certificates, trusted);

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
    const refuse = (why: string): ResponseOf<"CertificateSigned"> => {
      context.securityEvent("InvalidChargingStationCertificate", why);
      return { status: "Rejected", statusInfo: info("InvalidCertificate", why) };
    };
    // Asked for is never one for ISO 15118-20 alone: vehicles are shown the one of ISO 15118-2.
    if (certificateType === "V2G20Certificate") return refuse("No certificate was asked for.");
    if (certificateType !== "ChargingStationCertificate" && !trusted())
      return { status: "Rejected", statusInfo: plainLink };
    const entry = pending.get(certificateType);
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
      GetInstalledCertificateIds: installed.list,
      DeleteCertificate: installed.remove,
      InstallCertificate: installed.install,
    },
    request,
    start: renewal,
  };
}

const expiryMs = (pem: string): number => parse(pem)?.validToDate.getTime() ?? Number.POSITIVE_INFINITY;

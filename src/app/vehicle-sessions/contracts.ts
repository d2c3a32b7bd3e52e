/**
 * Contracts in vehicles, on the service's side: which roots are trusted, what the backend says of a contract (OCPP C07) and
 * which certificates it gives vehicles (M01, M02), and the receipts that vehicles sign.
 */
import { X509Certificate } from "node:crypto";
import type { ContractFault } from "../../protocols/iso15118/sessions/plug-and-charge.ts";
import type { ContractCertificate, Decision } from "../../protocols/ocpp/blocks/c-authorization.ts";
import { hashData } from "../../protocols/ocpp/security/certificates.ts";
import type { OcppStation } from "../../protocols/ocpp/station-api.ts";
import type { Presented } from "../../protocols/ocpp/transactions/e-tokens.ts";
import type { ContractOffer, ContractQuestion, ContractReply } from "./messages.ts";

/** Hash data of as many certificates of a chain as OCPP takes. */
const hashesMax = 4;
/** A responder's address that OCPP takes has at most so many characters. */
const responderMax = 512;

export interface Contracts {
  /** Null while contracts are not accepted: switched off, or no root to judge them by. */
  offer(): ContractOffer | null;
  ask(evseId: number, question: ContractQuestion): Promise<ContractReply>;
}

type Station = Pick<OcppStation, "certificates" | "iso15118" | "model" | "presentToken">;

/** `ocpp` decides; the settings of its ISO15118Ctrlr say what is offered. */
export function createContracts({ certificates, iso15118, model, presentToken }: Station): Contracts {
  const isOn = (variable: string): boolean => model.flag("ISO15118Ctrlr", variable);

  async function authorize(evseId: number, emaid: string, pem: readonly string[]): Promise<ContractReply> {
    const presented = await presentToken({ idToken: emaid, type: "eMAID" }, evseId, { hashData: hashesOf(pem) });
    return { what: "contract", answer: answerOf(presented) };
  }

  async function certificate(schema: string, update: boolean, exi: Uint8Array): Promise<ContractReply> {
    const { status, exiResponse, statusInfo } = await iso15118.contractCertificate({
      iso15118SchemaVersion: schema,
      action: update ? "Update" : "Install",
      exiRequest: Buffer.from(exi).toString("base64"),
    });
    const answer =
      status === "Accepted"
        ? new Uint8Array(Buffer.from(exiResponse, "base64"))
        : { none: `the backend has none: ${statusInfo?.additionalInfo ?? statusInfo?.reasonCode ?? status}` };
    return { what: "certificate", answer };
  }

  return {
    offer() {
      const roots = [...certificates.roots("MORootCertificate"), ...certificates.roots("V2GRootCertificate")];
      if (!isOn("Enabled") || !isOn("PnCEnabled") || roots.length === 0) return null;
      const everyS = model.number("SampledDataCtrlr", "TxUpdatedInterval");
      return {
        roots,
        provisions: isOn("ContractCertificateInstallationEnabled"),
        receiptEveryMs: isOn("RequestMeteringReceipt") && everyS > 0 ? everyS * 1_000 : undefined,
      };
    },
    async ask(evseId, question) {
      try {
        return question.what === "contract"
          ? await authorize(evseId, question.emaid, question.pem)
          : await certificate(question.schema, question.update, question.exi);
      } catch (failure) {
        return { what: "failed", why: (failure as Error).message };
      }
    },
  };
}

/** OCPP's identity of each certificate below the root, with its responder where it names one. */
function hashesOf(pem: readonly string[]): NonNullable<ContractCertificate["hashData"]> {
  const hashes = pem.slice(0, -1).map((own, i) => ({
    ...hashData(own, pem[i + 1]!),
    responderURL: responderOf(new X509Certificate(own)),
  }));
  const [first, ...rest] = hashes.slice(0, hashesMax);
  return [first!, ...rest] as NonNullable<ContractCertificate["hashData"]>;
}

const responderOf = ({ infoAccess }: X509Certificate): string =>
  (/^OCSP - URI:(.*)$/m.exec(infoAccess ?? "")?.[1] ?? "").slice(0, responderMax);

const certificateFaults: Readonly<Record<NonNullable<Decision["certificateStatus"]>, ContractFault | null>> = {
  Accepted: null,
  SignatureError: "chain",
  CertificateExpired: "expired",
  CertificateRevoked: "revoked",
  NoCertificateAvailable: "unknown",
  CertChainError: "chain",
  ContractCancelled: "canceled",
};

/** What a driver's refusal is for the vehicle. */
const tokenFaults: Readonly<Record<Decision["status"], ContractFault>> = {
  Accepted: "notAllowed",
  Blocked: "canceled",
  ConcurrentTx: "notAllowed",
  Expired: "canceled",
  Invalid: "unknown",
  NoCredit: "canceled",
  NotAllowedTypeEVSE: "notAllowed",
  NotAtThisLocation: "notAllowed",
  NotAtThisTime: "notAllowed",
  Unknown: "unknown",
};

function answerOf({ outcome, decision }: Presented): "accepted" | { readonly refused: ContractFault } {
  if (outcome !== "refused") return "accepted";
  if (decision === null) return { refused: "notAllowed" };
  const ofCertificate = decision.certificateStatus === undefined ? null : certificateFaults[decision.certificateStatus];
  return { refused: ofCertificate ?? tokenFaults[decision.status] };
}

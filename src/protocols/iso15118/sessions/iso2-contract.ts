/**
 * ISO 15118-2, paid by a contract in the vehicle: what is offered, the contract's chain and challenge, certificates from the
 * backend, and signed receipts.
 */
import type { Roots, SchemaSet } from "../../exi/schema.ts";
import { iso2 } from "../messages/iso2.ts";
import type { SignedElement } from "../signatures.ts";
import { statusOf } from "./iso2-status.ts";
import { type ContractFault, sameOctets } from "./plug-and-charge.ts";
import { takeReceipt } from "./receipts.ts";
import { notYet, type RowsOf, type SessionContext } from "./session.ts";
import { backendAnswerMaxMs } from "./times.ts";

type Bodies = Roots<typeof iso2>;
type Code = Bodies["AuthorizationRes"]["ResponseCode"];

/** The service by which a vehicle gets a certificate; of its parameter sets, which it wants. */
export const certificateServiceId = 2;
const parameterSets = [
  { ParameterSetID: 1, Parameter: [{ Name: "Service", stringValue: "Installation" }] },
  { ParameterSetID: 2, Parameter: [{ Name: "Service", stringValue: "Update" }] },
];

const refusals: Readonly<Record<ContractFault, Code>> = {
  expired: "FAILED_CertificateExpired",
  notYetValid: "FAILED_CertificateExpired",
  chain: "FAILED_CertChainError",
  revoked: "FAILED_CertificateRevoked",
  canceled: "FAILED_ContractCanceled",
  unknown: "FAILED",
  notAllowed: "FAILED_CertificateNotAllowedAtThisEVSE",
};
const sequenceError = { ResponseCode: "FAILED_SequenceError" } as const;

/** What the vehicle may pay by. A session that is resumed keeps what it had. */
export function paymentOptions({ contract, joined, paused }: SessionContext): ("Contract" | "ExternalPayment")[] {
  const offered =
    contract.desk === undefined ? (["ExternalPayment"] as const) : (["Contract", "ExternalPayment"] as const);
  if (!joined || paused === undefined) return [...offered];
  return [paused.emaid !== "" ? "Contract" : "ExternalPayment"];
}

/** The list of further services, with the certificates that the backend gives. */
export const serviceList = ({ contract }: SessionContext) =>
  contract.desk?.provisions === true
    ? {
        ServiceList: {
          Service: [
            {
              ServiceID: certificateServiceId,
              ServiceName: "Certificate",
              ServiceCategory: "ContractCertificate" as const,
              FreeService: true,
            },
          ],
        },
      }
    : {};

export const certificateService = {
  ServiceID: certificateServiceId,
  ServiceParameterList: { ParameterSet: parameterSets },
};

const signed = (
  name: "AuthorizationReq" | "MeteringReceiptReq" | "CertificateInstallationReq" | "CertificateUpdateReq",
  value: object,
): SignedElement => ({
  set: iso2 as unknown as SchemaSet,
  element: { name },
  value,
});

/** The contract's proof: the challenge, once, signed by its key. The code that refuses it, or OK. */
export function proveContract(context: SessionContext, request: Bodies["AuthorizationReq"]): Code {
  const { contract, carried } = context;
  const { desk, challenge, contract: own, proven } = contract;
  if (desk === undefined || own === undefined) return "FAILED_SequenceError";
  // Only the first request of a processing that goes on is signed.
  if (proven) return "OK";
  if (!sameOctets(request.GenChallenge, challenge)) return "FAILED_ChallengeInvalid";
  if (desk.verify(own.certificate, signed("AuthorizationReq", request), carried.signature) !== "")
    return "FAILED_SignatureError";
  contract.proven = true;
  contract.challenge = undefined;
  return "OK";
}

/** The backend's word on a proven contract. */
export function contractAuthorization(context: SessionContext): Partial<Bodies["AuthorizationRes"]> {
  const { desk, contract: own } = context.contract;
  // A session that is resumed is still authorised, for the contract that it had.
  if (context.joined && context.paused?.emaid === own!.emaid) return {};
  const answer = desk!.authorize(own!);
  if (answer === "waiting") return { EVSEProcessing: "Ongoing" };
  // The response's codes are few: what the contract lacks was said with its details, if it was known then.
  return answer === "accepted" ? { EVSEProcessing: "Finished" } : { ResponseCode: "FAILED" };
}

const nobody = new Uint8Array(1);
const blankCertificates = {
  ResponseCode: "FAILED_NoCertificateAvailable",
  SAProvisioningCertificateChain: { Certificate: nobody },
  ContractSignatureCertChain: { Id: "id1", Certificate: nobody },
  ContractSignatureEncryptedPrivateKey: { Id: "id2", value: nobody },
  DHpublickey: { Id: "id3", value: nobody },
  eMAID: { Id: "id4", value: "00000000000000" },
} as const;

type Provided = Omit<Bodies["CertificateInstallationRes"], "ResponseCode">;

/** A certificate from the backend, which the answer waits for as long as the vehicle does. */
function provide(context: SessionContext, update: boolean, certificate: Uint8Array, request: { Id: string }) {
  const { contract, carried, waitedMs } = context;
  const { desk } = contract;
  if (desk === undefined || !contract.chosen || !contract.provisions) return sequenceError;
  if (waitedMs === 0) {
    const name = update ? "CertificateUpdateReq" : "CertificateInstallationReq";
    if (desk.verify(certificate, signed(name, request), carried.signature) !== "")
      return { ResponseCode: "FAILED_SignatureError" } as const;
  }
  const provision = desk.provide({ set: "iso2", update, exi: carried.exi });
  if (provision === "waiting")
    return waitedMs < backendAnswerMaxMs ? notYet : ({ ResponseCode: "FAILED_NoCertificateAvailable" } as const);
  if ("none" in provision) return { ResponseCode: "FAILED_NoCertificateAvailable" } as const;
  context.answerSignature = provision.signature;
  return provision.body as unknown as Provided & { ResponseCode: Code };
}

/** Requests that only a vehicle with a contract sends. */
export const contractRows: RowsOf<
  Bodies,
  "PaymentDetails" | "CertificateInstallation" | "CertificateUpdate" | "MeteringReceipt"
> = {
  PaymentDetails: {
    blank: ({ facts, contract }) => ({
      ResponseCode: "OK",
      GenChallenge: contract.challenge ?? new Uint8Array(16),
      EVSETimeStamp: BigInt(Math.max(0, Math.round(facts.unixS))),
    }),
    serve(context, { eMAID, ContractSignatureCertChain: { Certificate, SubCertificates } }) {
      const { contract, facts, waitedMs } = context;
      const { desk, chosen } = contract;
      if (desk === undefined || !chosen) return sequenceError;
      // Nobody is asked about a contract that could not be served: people would read that it was refused.
      if (facts.trouble !== "") return { ResponseCode: "FAILED" };
      if (contract.contract === undefined) {
        const chain = { certificate: Certificate, between: SubCertificates?.Certificate ?? [] };
        const judgement = desk.judge(chain, eMAID, facts.unixS);
        if (!judgement.ok) {
          context.detail = judgement.detail;
          return { ResponseCode: refusals[judgement.fault] };
        }
        contract.contract = judgement.contract;
        context.vehicle.emaid = judgement.contract.emaid;
      }
      // What the backend finds wrong is said here, where there are words for it; it may take longer, and go on later.
      const answer = desk.authorize(contract.contract);
      if (answer === "waiting" && waitedMs < backendAnswerMaxMs) return notYet;
      if (typeof answer === "object") return { ResponseCode: refusals[answer.refused] };
      contract.challenge ??= desk.challenge();
      return {
        ResponseCode: contract.contract.expiresSoon ? "OK_CertificateExpiresSoon" : "OK",
        GenChallenge: contract.challenge,
      };
    },
  },
  CertificateInstallation: {
    blank: () => blankCertificates,
    serve: (context, request) => provide(context, false, request.OEMProvisioningCert, request),
  },
  CertificateUpdate: {
    blank: () => blankCertificates,
    serve: (context, request) => provide(context, true, request.ContractSignatureCertChain.Certificate, request),
  },
  MeteringReceipt: {
    blank: (context) => ({ ResponseCode: "OK", ...statusOf(context) }),
    serve(context, request) {
      if (context.contract.asked === undefined) return sequenceError;
      const { MeterID, MeterReading } = request.MeterInfo;
      const wrong = takeReceipt(context, signed("MeteringReceiptReq", request), {
        MeterID,
        meterWh: Number(MeterReading ?? Number.NaN),
      });
      context.detail = wrong;
      return wrong === "" ? {} : { ResponseCode: "FAILED_MeteringSignatureNotValid" };
    },
  },
};

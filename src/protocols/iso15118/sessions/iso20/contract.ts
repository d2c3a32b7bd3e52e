/**
 * ISO 15118-20, who pays: by a card or by a contract in the vehicle, whose chain and signed challenge come in one request;
 * certificates from the backend; signed meter readings. What is wrong with a contract is a warning: the vehicle may go on
 * with another one, or with a card.
 */
import type { SchemaSet } from "../../../exi/schema.ts";
import { iso20Common } from "../../messages/iso20-common-messages.ts";
import type { SignedElement } from "../../signatures.ts";
import { attemptsMax, type ContractFault, sameOctets } from "../plug-and-charge.ts";
import { takeReceipt } from "../receipts.ts";
import { notYet, type SessionContext } from "../session.ts";
import { backendAnswerMaxMs } from "../times.ts";
import { hexOf } from "../wire-values.ts";
import type { Body, Iso20Rows } from "./bodies.ts";

type Code = Body<"AuthorizationRes">["ResponseCode"];

const warnings: Readonly<Record<ContractFault, Code>> = {
  expired: "WARNING_CertificateExpired",
  notYetValid: "WARNING_CertificateNotYetValid",
  chain: "WARNING_CertificateValidationError",
  revoked: "WARNING_CertificateRevoked",
  canceled: "WARNING_NoContractMatchingPCIDFound",
  unknown: "WARNING_eMSPUnknown",
  notAllowed: "WARNING_GeneralPnCAuthorizationError",
};

const signed = (
  name: "PnC_AReqAuthorizationMode" | "OEMProvisioningCertificateChain" | "SignedMeteringData",
  value: { readonly Id: string },
): SignedElement => ({ set: iso20Common as unknown as SchemaSet, element: { name }, value });

/** A contract, its proof and the backend's word, in this order. */
function byContract(context: SessionContext, request: Body<"AuthorizationReq">): Partial<Body<"AuthorizationRes">> {
  const { contract, carried, facts, vehicle } = context;
  const { desk } = contract;
  const mode = request.PnC_AReqAuthorizationMode;
  if (desk === undefined || mode === undefined) return { ResponseCode: "WARNING_AuthorizationSelectionInvalid" };
  if (!contract.proven) {
    if (++contract.attempts > attemptsMax) return { ResponseCode: "FAILED" };
    if (!sameOctets(mode.GenChallenge, contract.challenge)) return { ResponseCode: "WARNING_ChallengeInvalid" };
    const { Certificate, SubCertificates } = mode.ContractCertificateChain;
    const judgement = desk.judge(
      { certificate: Certificate, between: SubCertificates.Certificate },
      undefined,
      facts.unixS,
    );
    if (!judgement.ok) {
      context.detail = judgement.detail;
      return { ResponseCode: warnings[judgement.fault] };
    }
    const wrong = desk.verify(Certificate, signed("PnC_AReqAuthorizationMode", mode), carried.signature);
    if (wrong !== "") {
      context.detail = wrong;
      return { ResponseCode: "FAILED_SignatureError" };
    }
    contract.contract = judgement.contract;
    contract.proven = true;
    contract.chosen = true;
    vehicle.emaid = judgement.contract.emaid;
  }
  const answer = desk.authorize(contract.contract!);
  if (answer === "waiting") return { EVSEProcessing: "Ongoing" };
  if (answer === "accepted") return {};
  contract.proven = false;
  return { ResponseCode: warnings[answer.refused] };
}

const nobody = new Uint8Array(1);

/** Who pays, and what a contract needs. */
export const paymentRows: Iso20Rows<
  "AuthorizationSetup" | "Authorization" | "CertificateInstallation" | "MeteringConfirmation"
> = {
  AuthorizationSetup: {
    blank: ({ contract: { desk, challenge } }) =>
      desk === undefined
        ? {
            ResponseCode: "OK",
            AuthorizationServices: ["EIM"],
            CertificateInstallationService: false,
            EIM_ASResAuthorizationMode: {},
          }
        : {
            ResponseCode: "OK",
            AuthorizationServices: ["PnC", "EIM"],
            CertificateInstallationService: desk.provisions,
            PnC_ASResAuthorizationMode: { GenChallenge: challenge ?? new Uint8Array(16) },
          },
    serve({ contract }) {
      contract.challenge = contract.desk?.challenge();
      return {};
    },
  },
  Authorization: {
    blank: () => ({ ResponseCode: "OK", EVSEProcessing: "Finished" }),
    serve(context, request) {
      const { facts, contract } = context;
      if (facts.trouble !== "") return { ResponseCode: "FAILED" };
      if (request.SelectedAuthorizationService === "PnC") return byContract(context, request);
      contract.chosen = false;
      // A refused card is told at once, and the vehicle may ask again.
      if (facts.authorization === "rejected") return { ResponseCode: "WARNING_EIMAuthorizationFailure" };
      return { EVSEProcessing: facts.authorization === "accepted" ? "Finished" : "Ongoing" };
    },
  },
  CertificateInstallation: {
    blank: () => ({
      ResponseCode: "OK",
      EVSEProcessing: "Finished",
      CPSCertificateChain: { Certificate: nobody },
      SignedInstallationData: {
        Id: "id1",
        ContractCertificateChain: { Certificate: nobody, SubCertificates: { Certificate: [nobody] } },
        ECDHCurve: "SECP521",
        DHPublicKey: new Uint8Array(133),
        SECP521_EncryptedPrivateKey: new Uint8Array(94),
      },
      RemainingContractCertificateChains: 0,
    }),
    serve(context, { OEMProvisioningCertificateChain: chain }) {
      const { contract, carried, waitedMs } = context;
      const { desk } = contract;
      if (desk === undefined || !desk.provisions) return { ResponseCode: "FAILED_SequenceError" };
      if (waitedMs === 0) {
        if (++contract.attempts > attemptsMax) return { ResponseCode: "FAILED" };
        const element = signed("OEMProvisioningCertificateChain", chain);
        context.detail = desk.verify(chain.Certificate, element, carried.signature);
        if (context.detail !== "") return { ResponseCode: "FAILED_SignatureError" };
      }
      const provision = desk.provide({ set: "iso20", update: false, exi: carried.exi });
      if (provision === "waiting")
        return waitedMs < backendAnswerMaxMs ? notYet : { ResponseCode: "WARNING_NoCertificateAvailable" };
      if ("none" in provision) return { ResponseCode: "WARNING_NoCertificateAvailable" };
      context.answerSignature = provision.signature;
      return provision.body as unknown as Body<"CertificateInstallationRes">;
    },
  },
  MeteringConfirmation: {
    blank: () => ({ ResponseCode: "OK" }),
    serve(context, { SignedMeteringData: data }) {
      if (context.contract.asked === undefined) return { ResponseCode: "FAILED_SequenceError" };
      const wrong =
        hexOf(data.SessionID) === context.sessionId
          ? takeReceipt(context, signed("SignedMeteringData", data), {
              MeterID: data.MeterInfo.MeterID,
              meterWh: Number(data.MeterInfo.ChargedEnergyReadingWh),
            })
          : "the reading is of another session";
      context.detail = wrong;
      return wrong === "" ? {} : { ResponseCode: "FAILED_MeteringSignatureNotValid" };
    },
  },
};

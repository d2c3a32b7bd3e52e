/**
 * ISO 15118-2: the messages.
 */
import { abstract, attribute, group, namespace, optional } from "../../exi/dsl.ts";
import { xs } from "../../exi/simple-types.ts";
import {
  AC_EVSEStatus,
  Certificate,
  CertificateChain,
  ChargeProgress,
  ChargeService,
  ChargingProfile,
  ChargingSession,
  ContractSignatureEncryptedPrivateKey,
  DC_EVSEStatus,
  DC_EVStatus,
  DHpublickey,
  EMAID,
  EnergyTransferMode,
  EVCCID,
  EVChargeParameter,
  EVPowerDeliveryParameter,
  EVSEChargeParameter,
  EVSEID,
  EVSEProcessing,
  EVSEStatus,
  eMAID,
  GenChallenge,
  ListOfRootCertificateIDs,
  MeterInfo,
  PaymentOption,
  PaymentOptionList,
  PhysicalValue,
  ResponseCode,
  SAID,
  SASchedules,
  SelectedServiceList,
  ServiceCategory,
  ServiceID,
  ServiceList,
  ServiceParameterList,
  ServiceScope,
  SessionID,
} from "./iso2-data-types.ts";

const { elements, sequence } = namespace("urn:iso:15118:2:2013:MsgBody", {
  prefix: "v2gci_b",
  attributes: "qualified",
});

// Session and services ─────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle opens a session, or resumes one, and names its communication controller. */
const SessionSetupReq = sequence({ EVCCID });

/** The charger answers with the session and the identifier of the EVSE. */
const SessionSetupRes = sequence({ ResponseCode, EVSEID, EVSETimeStamp: optional(xs.long) });

/** The vehicle asks which services there are, perhaps only of one scope or category. */
const ServiceDiscoveryReq = sequence({
  ServiceScope: optional(ServiceScope),
  ServiceCategory: optional(ServiceCategory),
});

/** The charger lists payment options, the charge service and value-added services. */
const ServiceDiscoveryRes = sequence({
  ResponseCode,
  PaymentOptionList,
  ChargeService,
  ServiceList: optional(ServiceList),
});

/** The vehicle asks for the parameters of one service. */
const ServiceDetailReq = sequence({ ServiceID });

/** The charger lists the parameter sets of that service. */
const ServiceDetailRes = sequence({
  ResponseCode,
  ServiceID,
  ServiceParameterList: optional(ServiceParameterList),
});

/** The vehicle selects how it pays and which services it uses. */
const PaymentServiceSelectionReq = sequence({ SelectedPaymentOption: PaymentOption, SelectedServiceList });

/** The charger accepts the selection or not. */
const PaymentServiceSelectionRes = sequence({ ResponseCode });

// Authorization and certificates ───────────────────────────────────────────────────────────────────────────────────

/** The vehicle presents its contract and the certificate chain behind it. */
const PaymentDetailsReq = sequence({ eMAID, ContractSignatureCertChain: CertificateChain });

/** The charger answers with a challenge that the vehicle will sign. */
const PaymentDetailsRes = sequence({ ResponseCode, GenChallenge, EVSETimeStamp: xs.long });

/** The vehicle proves its contract by signing the challenge, or asks whether external payment is done. */
const AuthorizationReq = sequence({ Id: optional(attribute(xs.ID)), GenChallenge: optional(GenChallenge) });

/** The charger tells whether the authorization is finished. */
const AuthorizationRes = sequence({ ResponseCode, EVSEProcessing });

/** The vehicle asks for a new contract certificate in exchange for the one it has. */
const CertificateUpdateReq = sequence({
  Id: attribute(xs.ID),
  ContractSignatureCertChain: CertificateChain,
  eMAID,
  ListOfRootCertificateIDs,
});

/** The charger passes on the new contract certificate with its encrypted private key. */
const CertificateUpdateRes = sequence({
  ResponseCode,
  SAProvisioningCertificateChain: CertificateChain,
  ContractSignatureCertChain: CertificateChain,
  ContractSignatureEncryptedPrivateKey,
  DHpublickey,
  eMAID: EMAID,
  RetryCounter: optional(xs.short),
});

/** The vehicle asks for a contract certificate, by the certificate of its manufacturer. */
const CertificateInstallationReq = sequence({
  Id: attribute(xs.ID),
  OEMProvisioningCert: Certificate,
  ListOfRootCertificateIDs,
});

/** The charger passes on the contract certificate with its encrypted private key. */
const CertificateInstallationRes = sequence({
  ResponseCode,
  SAProvisioningCertificateChain: CertificateChain,
  ContractSignatureCertChain: CertificateChain,
  ContractSignatureEncryptedPrivateKey,
  DHpublickey,
  eMAID: EMAID,
});

// Charging, AC and DC ──────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle tells its energy transfer mode, its limits and its needs. */
const ChargeParameterDiscoveryReq = sequence({
  MaxEntriesSAScheduleTuple: optional(xs.unsignedShort),
  RequestedEnergyTransferMode: EnergyTransferMode,
  EVChargeParameter,
});

/** The charger tells its limits and offers schedules, perhaps with tariffs. */
const ChargeParameterDiscoveryRes = sequence({
  ResponseCode,
  EVSEProcessing,
  SASchedules: optional(SASchedules),
  EVSEChargeParameter,
});

/** The vehicle asks to switch power on or off, or to renegotiate, and tells its charging profile. */
const PowerDeliveryReq = sequence({
  ChargeProgress,
  SAScheduleTupleID: SAID,
  ChargingProfile: optional(ChargingProfile),
  EVPowerDeliveryParameter: optional(EVPowerDeliveryParameter),
});

/** The charger confirms and tells its status. */
const PowerDeliveryRes = sequence({ ResponseCode, EVSEStatus });

/** The vehicle signs the meter reading that the charger sent. */
const MeteringReceiptReq = sequence({
  Id: optional(attribute(xs.ID)),
  SessionID,
  SAScheduleTupleID: optional(SAID),
  MeterInfo,
});

/** The charger accepts the receipt or not. */
const MeteringReceiptRes = sequence({ ResponseCode, EVSEStatus });

/** The vehicle ends or pauses the session. */
const SessionStopReq = sequence({ ChargingSession });

/** The charger confirms the end or the pause. */
const SessionStopRes = sequence({ ResponseCode });

// Charging, AC ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle asks for the state of AC charging; this is the AC charging loop. */
const ChargingStatusReq = sequence({});

/** The charger tells its current limit, the meter reading and its status. */
const ChargingStatusRes = sequence({
  ResponseCode,
  EVSEID,
  SAScheduleTupleID: SAID,
  EVSEMaxCurrent: optional(PhysicalValue),
  MeterInfo: optional(MeterInfo),
  ReceiptRequired: optional(xs.boolean),
  AC_EVSEStatus,
});

// Charging, DC ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle asks for the isolation test before DC charging. */
const CableCheckReq = sequence({ DC_EVStatus });

/** The charger tells how far the isolation test is. */
const CableCheckRes = sequence({ ResponseCode, DC_EVSEStatus, EVSEProcessing });

/** The vehicle asks the charger to bring its voltage to that of the battery. */
const PreChargeReq = sequence({ DC_EVStatus, EVTargetVoltage: PhysicalValue, EVTargetCurrent: PhysicalValue });

/** The charger tells the voltage that it has reached. */
const PreChargeRes = sequence({ ResponseCode, DC_EVSEStatus, EVSEPresentVoltage: PhysicalValue });

/** The vehicle asks for current and voltage; this is the DC charging loop. */
const CurrentDemandReq = sequence({
  DC_EVStatus,
  EVTargetCurrent: PhysicalValue,
  EVMaximumVoltageLimit: optional(PhysicalValue),
  EVMaximumCurrentLimit: optional(PhysicalValue),
  EVMaximumPowerLimit: optional(PhysicalValue),
  BulkChargingComplete: optional(xs.boolean),
  ChargingComplete: xs.boolean,
  RemainingTimeToFullSoC: optional(PhysicalValue),
  RemainingTimeToBulkSoC: optional(PhysicalValue),
  EVTargetVoltage: PhysicalValue,
});

/** The charger tells what it delivers, which limits it has reached and the meter reading. */
const CurrentDemandRes = sequence({
  ResponseCode,
  DC_EVSEStatus,
  EVSEPresentVoltage: PhysicalValue,
  EVSEPresentCurrent: PhysicalValue,
  EVSECurrentLimitAchieved: xs.boolean,
  EVSEVoltageLimitAchieved: xs.boolean,
  EVSEPowerLimitAchieved: xs.boolean,
  EVSEMaximumVoltageLimit: optional(PhysicalValue),
  EVSEMaximumCurrentLimit: optional(PhysicalValue),
  EVSEMaximumPowerLimit: optional(PhysicalValue),
  EVSEID,
  SAScheduleTupleID: SAID,
  MeterInfo: optional(MeterInfo),
  ReceiptRequired: optional(xs.boolean),
});

/** The vehicle asks for the voltage while it tests its contactors for welding. */
const WeldingDetectionReq = sequence({ DC_EVStatus });

/** The charger tells the voltage at its outlet. */
const WeldingDetectionRes = sequence({ ResponseCode, DC_EVSEStatus, EVSEPresentVoltage: PhysicalValue });

// The body ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The global elements of this schema. */
export const bodyElements = elements({
  BodyElement: abstract,
  SessionSetupReq,
  SessionSetupRes,
  ServiceDiscoveryReq,
  ServiceDiscoveryRes,
  ServiceDetailReq,
  ServiceDetailRes,
  PaymentServiceSelectionReq,
  PaymentServiceSelectionRes,
  PaymentDetailsReq,
  PaymentDetailsRes,
  AuthorizationReq,
  AuthorizationRes,
  ChargeParameterDiscoveryReq,
  ChargeParameterDiscoveryRes,
  PowerDeliveryReq,
  PowerDeliveryRes,
  MeteringReceiptReq,
  MeteringReceiptRes,
  SessionStopReq,
  SessionStopRes,
  CertificateUpdateReq,
  CertificateUpdateRes,
  CertificateInstallationReq,
  CertificateInstallationRes,
  ChargingStatusReq,
  ChargingStatusRes,
  CableCheckReq,
  CableCheckRes,
  PreChargeReq,
  PreChargeRes,
  CurrentDemandReq,
  CurrentDemandRes,
  WeldingDetectionReq,
  WeldingDetectionRes,
});

/** All messages, one of which is in the body. */
const BodyElement = group(bodyElements);
export const Body = sequence({ BodyElement: optional(BodyElement) });

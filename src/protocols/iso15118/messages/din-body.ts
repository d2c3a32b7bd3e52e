/**
 * DIN SPEC 70121: the messages. The standard covers DC charging with external payment; the schema has more.
 */
import { attribute, namespace, optional } from "../../exi/dsl.ts";
import { xs } from "../../exi/simple-types.ts";
import {
  AC_EVSEStatus,
  Certificate,
  CertificateChain,
  ChargingProfile,
  ContractID,
  DC_EVSEStatus,
  DC_EVStatus,
  DHParams,
  EVCCID,
  EVChargeParameter,
  EVPowerDeliveryParameter,
  EVRequestedEnergyTransfer,
  EVSEChargeParameter,
  EVSEID,
  EVSEProcessing,
  EVSEStatus,
  GenChallenge,
  ListOfRootCertificateIDs,
  MeterInfo,
  PaymentOption,
  PaymentOptions,
  PhysicalValue,
  PrivateKey,
  ResponseCode,
  SAID,
  SASchedules,
  SelectedServiceList,
  ServiceCategory,
  ServiceCharge,
  ServiceID,
  ServiceParameterList,
  ServiceScope,
  ServiceTagList,
  SessionID,
} from "./din-data-types.ts";

const { elements, sequence } = namespace("urn:din:70121:2012:MsgBody", { prefix: "v2gci_b" });

// Session and services ─────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle opens a session, or resumes one, and names its communication controller. */
const SessionSetupReq = sequence({ EVCCID });

/** The charger answers with the session and the identifier of the EVSE. */
const SessionSetupRes = sequence({ ResponseCode, EVSEID, DateTimeNow: optional(xs.long) });

/** The vehicle asks which services there are, perhaps only of one scope or category. */
const ServiceDiscoveryReq = sequence({
  ServiceScope: optional(ServiceScope),
  ServiceCategory: optional(ServiceCategory),
});

/** The charger lists payment options, the charge service and value-added services. */
const ServiceDiscoveryRes = sequence({
  ResponseCode,
  PaymentOptions,
  ChargeService: ServiceCharge,
  ServiceList: optional(ServiceTagList),
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
const ServicePaymentSelectionReq = sequence({ SelectedPaymentOption: PaymentOption, SelectedServiceList });

/** The charger accepts the selection or not. */
const ServicePaymentSelectionRes = sequence({ ResponseCode });

// Authorization and certificates ───────────────────────────────────────────────────────────────────────────────────

/** The vehicle presents its contract and the certificate chain behind it. */
const PaymentDetailsReq = sequence({ ContractID, ContractSignatureCertChain: CertificateChain });

/** The charger answers with a challenge that the vehicle will sign. */
const PaymentDetailsRes = sequence({ ResponseCode, GenChallenge, DateTimeNow: xs.long });

/** The vehicle proves its contract by signing the challenge, or asks whether external payment is done. */
const ContractAuthenticationReq = sequence({
  Id: optional(attribute(xs.IDREF)),
  GenChallenge: optional(GenChallenge),
});

/** The charger tells whether the authorization is finished. */
const ContractAuthenticationRes = sequence({ ResponseCode, EVSEProcessing });

/** The vehicle asks for a new contract certificate in exchange for the one it has. */
const CertificateUpdateReq = sequence({
  Id: optional(attribute(xs.IDREF)),
  ContractSignatureCertChain: CertificateChain,
  ContractID,
  ListOfRootCertificateIDs,
  DHParams,
});

/** The charger passes on the new contract certificate with its encrypted private key. */
const CertificateUpdateRes = sequence({
  Id: attribute(xs.IDREF),
  ResponseCode,
  ContractSignatureCertChain: CertificateChain,
  ContractSignatureEncryptedPrivateKey: PrivateKey,
  DHParams,
  ContractID,
  RetryCounter: xs.short,
});

/** The vehicle asks for a contract certificate, by the certificate of its manufacturer. */
const CertificateInstallationReq = sequence({
  Id: optional(attribute(xs.IDREF)),
  OEMProvisioningCert: Certificate,
  ListOfRootCertificateIDs,
  DHParams,
});

/** The charger passes on the contract certificate with its encrypted private key. */
const CertificateInstallationRes = sequence({
  Id: attribute(xs.IDREF),
  ResponseCode,
  ContractSignatureCertChain: CertificateChain,
  ContractSignatureEncryptedPrivateKey: PrivateKey,
  DHParams,
  ContractID,
});

// Charging, AC and DC ──────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle tells its energy transfer mode, its limits and its needs. */
const ChargeParameterDiscoveryReq = sequence({
  EVRequestedEnergyTransferType: EVRequestedEnergyTransfer,
  EVChargeParameter,
});

/** The charger tells its limits and offers schedules, perhaps with tariffs. */
const ChargeParameterDiscoveryRes = sequence({ ResponseCode, EVSEProcessing, SASchedules, EVSEChargeParameter });

/** The vehicle asks to switch power on or off and tells its charging profile. */
const PowerDeliveryReq = sequence({
  ReadyToChargeState: xs.boolean,
  ChargingProfile: optional(ChargingProfile),
  EVPowerDeliveryParameter: optional(EVPowerDeliveryParameter),
});

/** The charger confirms and tells its status. */
const PowerDeliveryRes = sequence({ ResponseCode, EVSEStatus });

/** The vehicle signs the meter reading that the charger sent. */
const MeteringReceiptReq = sequence({
  Id: optional(attribute(xs.IDREF)),
  SessionID,
  SAScheduleTupleID: optional(SAID),
  MeterInfo,
});

/** The charger accepts the receipt or not. */
const MeteringReceiptRes = sequence({ ResponseCode, AC_EVSEStatus });

/** The vehicle ends the session. */
const SessionStop = sequence({});

/** The charger confirms the end. */
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
  ReceiptRequired: xs.boolean,
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
});

/** The vehicle asks for the voltage while it tests its contactors for welding. */
const WeldingDetectionReq = sequence({ DC_EVStatus });

/** The charger tells the voltage at its outlet. */
const WeldingDetectionRes = sequence({ ResponseCode, DC_EVSEStatus, EVSEPresentVoltage: PhysicalValue });

// The body ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The global elements of this schema. */
export const bodyElements = elements({
  SessionSetupReq,
  SessionSetupRes,
  ServiceDiscoveryReq,
  ServiceDiscoveryRes,
  ServiceDetailReq,
  ServiceDetailRes,
  ServicePaymentSelectionReq,
  ServicePaymentSelectionRes,
  PaymentDetailsReq,
  PaymentDetailsRes,
  ContractAuthenticationReq,
  ContractAuthenticationRes,
  ChargeParameterDiscoveryReq,
  ChargeParameterDiscoveryRes,
  PowerDeliveryReq,
  PowerDeliveryRes,
  ChargingStatusReq,
  ChargingStatusRes,
  MeteringReceiptReq,
  MeteringReceiptRes,
  SessionStopReq: SessionStop,
  SessionStopRes,
  CertificateUpdateReq,
  CertificateUpdateRes,
  CertificateInstallationReq,
  CertificateInstallationRes,
  CableCheckReq,
  CableCheckRes,
  PreChargeReq,
  PreChargeRes,
  CurrentDemandReq,
  CurrentDemandRes,
  WeldingDetectionReq,
  WeldingDetectionRes,
});

/**
 * ISO 15118-20: the messages that AC, DC, wireless and automatic connection share.
 */
import { attribute, choice, namespace, optional, repeat, schemaSet } from "../../exi/dsl.ts";
import { enumeration, restrict, xs } from "../../exi/simple-types.ts";
import {
  commonElements,
  commonTypes,
  Description,
  EVSEStatus,
  Identifier,
  ListOfRootCertificateIDs,
  MeterInfo,
  Name,
  NumericID,
  Processing,
  RationalNumber,
  Receipt,
  SessionID,
  V2GRequest,
  V2GResponse,
} from "./iso20-common-types.ts";
import {
  Dynamic_SEReqControlMode,
  Dynamic_SEResControlMode,
  EVPowerProfile,
  Scheduled_SEReqControlMode,
  Scheduled_SEResControlMode,
} from "./iso20-schedules.ts";

const { elements, sequence } = namespace("urn:iso:std:iso:15118:-20:CommonMessages", {
  prefix: "v2gci_cm",
  attributes: "qualified",
});

// Session ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle opens a session, or resumes one, and names its communication controller. */
const SessionSetupReq = sequence({ ...V2GRequest, EVCCID: Identifier });

/** The charger answers with the session and the identifier of the EVSE. */
export const SessionSetupRes = sequence({ ...V2GResponse, EVSEID: Identifier });
const ChargingSession = enumeration("Pause", "Terminate", "ServiceRenegotiation");

/** The vehicle ends, pauses or renegotiates the session and may say why. */
const SessionStopReq = sequence({
  ...V2GRequest,
  ChargingSession,
  EVTerminationCode: optional(Name),
  EVTerminationExplanation: optional(Description),
});

/** The charger confirms. */
const SessionStopRes = sequence(V2GResponse);

// Authorization ────────────────────────────────────────────────────────────────────────────────────────────────────

const Authorization = enumeration("EIM", "PnC");
const GenChallenge = restrict(xs.base64Binary, { length: 16 });
const SupportedProvidersList = sequence({ ProviderID: repeat(Name, 1, 128) });
const EIM_ASResAuthorizationMode = sequence({});
const PnC_ASResAuthorizationMode = sequence({
  GenChallenge,
  SupportedProviders: optional(SupportedProvidersList),
});

/** The vehicle asks how it may be authorized. */
const AuthorizationSetupReq = sequence(V2GRequest);

/** The charger offers external identification, plug and charge with a challenge, or both. */
const AuthorizationSetupRes = sequence({
  ...V2GResponse,
  AuthorizationServices: repeat(Authorization, 1, 2),
  CertificateInstallationService: xs.boolean,
  ASResAuthorizationMode: choice({ EIM_ASResAuthorizationMode, PnC_ASResAuthorizationMode }),
});

/** An X.509 certificate, DER. */
const Certificate = restrict(xs.base64Binary, { maxLength: 1600 });
const SubCertificates = sequence({ Certificate: repeat(Certificate, 1, 3) });
const ContractCertificateChain = sequence({ Certificate, SubCertificates });
const EIM_AReqAuthorizationMode = sequence({});
const PnC_AReqAuthorizationMode = sequence({ Id: attribute(xs.ID), GenChallenge, ContractCertificateChain });

/** The vehicle selects a way and, for plug and charge, presents its contract and signs the challenge. */
const AuthorizationReq = sequence({
  ...V2GRequest,
  SelectedAuthorizationService: Authorization,
  AReqAuthorizationMode: choice({ EIM_AReqAuthorizationMode, PnC_AReqAuthorizationMode }),
});

/** The charger tells whether the authorization is finished. */
const AuthorizationRes = sequence({ ...V2GResponse, EVSEProcessing: Processing });

// Certificates ─────────────────────────────────────────────────────────────────────────────────────────────────────

const SignedCertificateChain = sequence({
  Id: attribute(xs.ID),
  Certificate,
  SubCertificates: optional(SubCertificates),
});

const CertificateChain = sequence({ Certificate, SubCertificates: optional(SubCertificates) });
const EMAIDList = sequence({ EMAID: repeat(Identifier, 1, 8) });

/** On which curve the private key is encrypted for the vehicle. */
const ECDHCurve = enumeration("SECP521", "X448");
const DHPublicKey = restrict(xs.base64Binary, { length: 133 });
const Secp521_EncryptedPrivateKey = restrict(xs.base64Binary, { length: 94 });
const X448_EncryptedPrivateKey = restrict(xs.base64Binary, { length: 84 });
const Tpm_EncryptedPrivateKey = restrict(xs.base64Binary, { length: 206 });

/** What a certificate provisioning service signs: the contract chain and the encrypted private key. */
const SignedInstallationData = sequence({
  Id: attribute(xs.ID),
  ContractCertificateChain,
  ECDHCurve,
  DHPublicKey,
  EncryptedPrivateKey: choice({
    SECP521_EncryptedPrivateKey: Secp521_EncryptedPrivateKey,
    X448_EncryptedPrivateKey,
    TPM_EncryptedPrivateKey: Tpm_EncryptedPrivateKey,
  }),
});

/** The vehicle asks for a contract certificate, by the certificate of its manufacturer. */
const CertificateInstallationReq = sequence({
  ...V2GRequest,
  OEMProvisioningCertificateChain: SignedCertificateChain,
  ListOfRootCertificateIDs,
  MaximumContractCertificateChains: xs.unsignedByte,
  PrioritizedEMAIDs: optional(EMAIDList),
});

/** The charger passes on one contract certificate with its encrypted private key, and how many remain. */
const CertificateInstallationRes = sequence({
  ...V2GResponse,
  EVSEProcessing: Processing,
  CPSCertificateChain: CertificateChain,
  SignedInstallationData,
  RemainingContractCertificateChains: xs.unsignedByte,
});

// Services ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const ServiceID = xs.unsignedShort;
const Service = sequence({ ServiceID, FreeService: xs.boolean });
const ServiceList = sequence({ Service: repeat(Service, 1, 8) });
const ServiceIDList = sequence({ ServiceID: repeat(ServiceID, 1, 16) });

/** The vehicle asks which of the services that it supports there are. */
const ServiceDiscoveryReq = sequence({ ...V2GRequest, SupportedServiceIDs: optional(ServiceIDList) });

/** The charger lists energy transfer services and value-added services. */
const ServiceDiscoveryRes = sequence({
  ...V2GResponse,
  ServiceRenegotiationSupported: xs.boolean,
  EnergyTransferServiceList: ServiceList,
  VASList: optional(ServiceList),
});

const Parameter = sequence({
  Name: attribute(Name),
  ParameterValue: choice({
    boolValue: xs.boolean,
    byteValue: xs.byte,
    shortValue: xs.short,
    intValue: xs.int,
    rationalNumber: RationalNumber,
    finiteString: Name,
  }),
});

const ParameterSet = sequence({ ParameterSetID: ServiceID, Parameter: repeat(Parameter, 1, 32) });
const ServiceParameterList = sequence({ ParameterSet: repeat(ParameterSet, 1, 32) });

/** The vehicle asks for the parameters of one service. */
const ServiceDetailReq = sequence({ ...V2GRequest, ServiceID });

/** The charger lists the parameter sets of that service. */
const ServiceDetailRes = sequence({ ...V2GResponse, ServiceID, ServiceParameterList });
const SelectedService = sequence({ ServiceID, ParameterSetID: ServiceID });
const SelectedServiceList = sequence({ SelectedService: repeat(SelectedService, 1, 16) });

/** The vehicle selects one energy transfer service and any value-added services. */
const ServiceSelectionReq = sequence({
  ...V2GRequest,
  SelectedEnergyTransferService: SelectedService,
  SelectedVASList: optional(SelectedServiceList),
});

/** The charger accepts the selection or not. */
const ServiceSelectionRes = sequence(V2GResponse);

// Schedules and power ──────────────────────────────────────────────────────────────────────────────────────────────

const MaxSupportingPointsScheduleTuple = restrict(xs.unsignedShort, { minInclusive: 12, maxInclusive: 1024 });

/** The vehicle tells its energy needs, for a schedule of its own or for dynamic control by the charger. */
const ScheduleExchangeReq = sequence({
  ...V2GRequest,
  MaximumSupportingPoints: MaxSupportingPointsScheduleTuple,
  SEReqControlMode: choice({ Dynamic_SEReqControlMode, Scheduled_SEReqControlMode }),
});

/** The charger offers power and price schedules, or takes control with a departure time and targets. */
const ScheduleExchangeRes = sequence({
  ...V2GResponse,
  EVSEProcessing: Processing,
  GoToPause: optional(xs.boolean),
  SEResControlMode: choice({ Dynamic_SEResControlMode, Scheduled_SEResControlMode }),
});

const ChargeProgress = enumeration("Start", "Stop", "Standby", "ScheduleRenegotiation");
const ChannelSelection = enumeration("Charge", "Discharge");

/** The vehicle asks to start, stop or stand by and tells its power profile and direction. */
const PowerDeliveryReq = sequence({
  ...V2GRequest,
  EVProcessing: Processing,
  ChargeProgress,
  EVPowerProfile: optional(EVPowerProfile),
  BPT_ChannelSelection: optional(ChannelSelection),
});

/** The charger confirms and may tell its status. */
const PowerDeliveryRes = sequence({ ...V2GResponse, EVSEStatus: optional(EVSEStatus) });

// Metering ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const Scheduled_SMDTControlMode = sequence({ SelectedScheduleTupleID: NumericID });
const Dynamic_SMDTControlMode = sequence({});

/** What the vehicle signs: the meter reading and, if there is one, the receipt. */
const SignedMeteringData = sequence({
  Id: attribute(xs.ID),
  SessionID,
  MeterInfo,
  Receipt: optional(Receipt),
  SMDTControlMode: choice({ Dynamic_SMDTControlMode, Scheduled_SMDTControlMode }),
});

/** The vehicle signs the meter reading that the charger sent. */
const MeteringConfirmationReq = sequence({ ...V2GRequest, SignedMeteringData });

/** The charger accepts the signed reading or not. */
const MeteringConfirmationRes = sequence(V2GResponse);

// Arriving and leaving ─────────────────────────────────────────────────────────────────────────────────────────────

const EVCheckInStatus = enumeration("CheckIn", "Processing", "Completed");
const ParkingMethod = enumeration("AutoParking", "MVGuideManual", "Manual");

/** The vehicle tells that it arrives and how it will be positioned. */
const VehicleCheckInReq = sequence({
  ...V2GRequest,
  EVCheckInStatus,
  ParkingMethod,
  VehicleFrame: optional(xs.short),
  DeviceOffset: optional(xs.short),
  VehicleTravel: optional(xs.short),
});

/** The charger tells the parking space and where its device is. */
const VehicleCheckInRes = sequence({
  ...V2GResponse,
  ParkingSpace: optional(xs.short),
  DeviceLocation: optional(xs.short),
  TargetDistance: optional(xs.short),
});

const EVCheckOutStatus = enumeration("CheckOut", "Processing", "Completed");
const EVSECheckOutStatus = enumeration("Scheduled", "Completed");

/** The vehicle tells that it leaves, and when. */
const VehicleCheckOutReq = sequence({ ...V2GRequest, EVCheckOutStatus, CheckOutTime: xs.unsignedLong });

/** The charger tells whether the vehicle may leave. */
const VehicleCheckOutRes = sequence({ ...V2GResponse, EVSECheckOutStatus });

/** Declared in the schema and used by no message; its elements still count among the names of fragments. */
const TargetPosition = sequence({ TargetOffsetX: xs.unsignedShort, TargetOffsetY: xs.unsignedShort });

/** The global elements of this schema. */
const commonMessageElements = elements({
  SessionSetupReq,
  SessionSetupRes,
  AuthorizationSetupReq,
  AuthorizationSetupRes,
  AuthorizationReq,
  AuthorizationRes,
  ServiceDiscoveryReq,
  ServiceDiscoveryRes,
  ServiceDetailReq,
  ServiceDetailRes,
  ServiceSelectionReq,
  ServiceSelectionRes,
  ScheduleExchangeReq,
  ScheduleExchangeRes,
  PowerDeliveryReq,
  PowerDeliveryRes,
  MeteringConfirmationReq,
  MeteringConfirmationRes,
  SessionStopReq,
  SessionStopRes,
  CertificateInstallationReq,
  CertificateInstallationRes,
  VehicleCheckInReq,
  VehicleCheckInRes,
  VehicleCheckOutReq,
  VehicleCheckOutRes,
  SignedInstallationData,
  SignedMeteringData,
});

/** All messages of ISO 15118-20 that the kinds of energy transfer share. */
export const iso20Common = schemaSet("iso20-common", { ...commonMessageElements, ...commonElements }, [
  ...commonTypes,
  TargetPosition,
]);

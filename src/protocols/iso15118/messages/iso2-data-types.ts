/**
 * ISO 15118-2: the data types of its messages.
 */
import { abstract, attribute, choice, group, namespace, optional, repeat } from "../../exi/dsl.ts";
import { enumeration, restrict, xs } from "../../exi/simple-types.ts";
import { X509IssuerSerial } from "./xmldsig.ts";

const { elements, sequence, text } = namespace("urn:iso:15118:2:2013:MsgDataTypes", {
  prefix: "v2gci_t",
  attributes: "qualified",
});

// Identifiers and small words ──────────────────────────────────────────────────────────────────────────────────────

export const SessionID = restrict(xs.hexBinary, { maxLength: 8 });
export const EVCCID = restrict(xs.hexBinary, { maxLength: 6 });
export const EVSEID = restrict(xs.string, { minLength: 7, maxLength: 37 });
export const eMAID = restrict(xs.string, { minLength: 14, maxLength: 15 });

/** The contract's identifier where it is signed: text with an Id. */
export const EMAID = text(eMAID, { Id: attribute(xs.ID) });
const MeterID = restrict(xs.string, { maxLength: 32 });
export const SAID = restrict(xs.unsignedByte, { minInclusive: 1, maxInclusive: 255 });
export const GenChallenge = restrict(xs.base64Binary, { length: 16 });
export const ResponseCode = enumeration(
  "OK",
  "OK_NewSessionEstablished",
  "OK_OldSessionJoined",
  "OK_CertificateExpiresSoon",
  "FAILED",
  "FAILED_SequenceError",
  "FAILED_ServiceIDInvalid",
  "FAILED_UnknownSession",
  "FAILED_ServiceSelectionInvalid",
  "FAILED_PaymentSelectionInvalid",
  "FAILED_CertificateExpired",
  "FAILED_SignatureError",
  "FAILED_NoCertificateAvailable",
  "FAILED_CertChainError",
  "FAILED_ChallengeInvalid",
  "FAILED_ContractCanceled",
  "FAILED_WrongChargeParameter",
  "FAILED_PowerDeliveryNotApplied",
  "FAILED_TariffSelectionInvalid",
  "FAILED_ChargingProfileInvalid",
  "FAILED_MeteringSignatureNotValid",
  "FAILED_NoChargeServiceSelected",
  "FAILED_WrongEnergyTransferMode",
  "FAILED_ContactorError",
  "FAILED_CertificateNotAllowedAtThisEVSE",
  "FAILED_CertificateRevoked",
);

const FaultCode = enumeration("ParsingError", "NoTLSRootCertificatAvailable", "UnknownError");
const FaultMsg = restrict(xs.string, { maxLength: 64 });
export const Notification = sequence({ FaultCode, FaultMsg: optional(FaultMsg) });
export const EVSEProcessing = enumeration("Finished", "Ongoing", "Ongoing_WaitingForCustomerInteraction");
const EVSENotification = enumeration("None", "StopCharging", "ReNegotiation");
export const ChargeProgress = enumeration("Start", "Stop", "Renegotiate");
export const ChargingSession = enumeration("Terminate", "Pause");
export const PaymentOption = enumeration("Contract", "ExternalPayment");
export const PaymentOptionList = sequence({ PaymentOption: repeat(PaymentOption, 1, 2) });

// Physical values ──────────────────────────────────────────────────────────────────────────────────────────────────

const UnitMultiplier = restrict(xs.byte, { minInclusive: -3, maxInclusive: 3 });
export const UnitSymbol = enumeration("h", "m", "s", "A", "V", "W", "Wh");

/** Value × 10^Multiplier, in a unit; see physical-values.ts. */
export const PhysicalValue = sequence({ Multiplier: UnitMultiplier, Unit: UnitSymbol, Value: xs.short });
const PercentValue = restrict(xs.byte, { minInclusive: 0, maxInclusive: 100 });

// Services ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const ServiceID = xs.unsignedShort;
const ServiceName = restrict(xs.string, { maxLength: 32 });
export const ServiceCategory = enumeration("EVCharging", "Internet", "ContractCertificate", "OtherCustom");
export const ServiceScope = restrict(xs.string, { maxLength: 64 });
const serviceFields = {
  ServiceID,
  ServiceName: optional(ServiceName),
  ServiceCategory,
  ServiceScope: optional(ServiceScope),
  FreeService: xs.boolean,
};

const Service = sequence(serviceFields);
export const ServiceList = sequence({ Service: repeat(Service, 1, 8) });
const SelectedService = sequence({ ServiceID, ParameterSetID: optional(xs.short) });
export const SelectedServiceList = sequence({ SelectedService: repeat(SelectedService, 1, 16) });
const Parameter = sequence({
  Name: attribute(xs.string),
  ParameterValue: choice({
    boolValue: xs.boolean,
    byteValue: xs.byte,
    shortValue: xs.short,
    intValue: xs.int,
    physicalValue: PhysicalValue,
    stringValue: xs.string,
  }),
});

const ParameterSet = sequence({ ParameterSetID: xs.short, Parameter: repeat(Parameter, 1, 16) });
export const ServiceParameterList = sequence({ ParameterSet: repeat(ParameterSet, 1, 255) });
export const EnergyTransferMode = enumeration(
  "AC_single_phase_core",
  "AC_three_phase_core",
  "DC_core",
  "DC_extended",
  "DC_combo_core",
  "DC_unique",
);

const SupportedEnergyTransferMode = sequence({ EnergyTransferMode: repeat(EnergyTransferMode, 1, 6) });
export const ChargeService = sequence({ ...serviceFields, SupportedEnergyTransferMode });

// Certificates and keys ────────────────────────────────────────────────────────────────────────────────────────────

/** An X.509 certificate, DER. */
export const Certificate = restrict(xs.base64Binary, { maxLength: 800 });
const SubCertificates = sequence({ Certificate: repeat(Certificate, 1, 4) });
export const CertificateChain = sequence({
  Id: optional(attribute(xs.ID)),
  Certificate,
  SubCertificates: optional(SubCertificates),
});

export const ListOfRootCertificateIDs = sequence({ RootCertificateID: repeat(X509IssuerSerial, 1, 20) });
const PrivateKey = restrict(xs.base64Binary, { maxLength: 48 });
export const ContractSignatureEncryptedPrivateKey = text(PrivateKey, { Id: attribute(xs.ID) });
const DHPublicKeyOctets = restrict(xs.base64Binary, { maxLength: 65 });
export const DHpublickey = text(DHPublicKeyOctets, { Id: attribute(xs.ID) });

// Meter ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const MeterStatus = xs.short;
const SigMeterReading = restrict(xs.base64Binary, { maxLength: 64 });
export const MeterInfo = sequence({
  MeterID,
  MeterReading: optional(xs.unsignedLong),
  SigMeterReading: optional(SigMeterReading),
  MeterStatus: optional(MeterStatus),
  TMeter: optional(xs.long),
});

// Schedules and tariffs ────────────────────────────────────────────────────────────────────────────────────────────

const RelativeTimeInterval = sequence({
  start: restrict(xs.unsignedInt, { minInclusive: 0, maxInclusive: 16777214 }),
  duration: optional(restrict(xs.unsignedInt, { minInclusive: 0, maxInclusive: 86400 })),
});

const TimeInterval = group(elements({ TimeInterval: abstract, RelativeTimeInterval }));
const entry = { TimeInterval };
const CostKind = enumeration("relativePricePercentage", "RenewableGenerationPercentage", "CarbonDioxideEmission");

const Cost = sequence({
  costKind: CostKind,
  amount: xs.unsignedInt,
  amountMultiplier: optional(UnitMultiplier),
});

const ConsumptionCost = sequence({ startValue: PhysicalValue, Cost: repeat(Cost, 1, 3) });
const TariffDescription = restrict(xs.string, { maxLength: 32 });
const SalesTariffEntry = sequence({
  ...entry,
  EPriceLevel: optional(xs.unsignedByte),
  ConsumptionCost: repeat(ConsumptionCost, 0, 3),
});

/** Prices over time; signed by the mobility operator. */
const SalesTariff = sequence({
  Id: optional(attribute(xs.ID)),
  SalesTariffID: SAID,
  SalesTariffDescription: optional(TariffDescription),
  NumEPriceLevels: optional(xs.unsignedByte),
  SalesTariffEntry: repeat(SalesTariffEntry, 1, 1024),
});

const PMaxScheduleEntry = sequence({ ...entry, PMax: PhysicalValue });
const PMaxSchedule = sequence({ PMaxScheduleEntry: repeat(PMaxScheduleEntry, 1, 1024) });
const SAScheduleTuple = sequence({ SAScheduleTupleID: SAID, PMaxSchedule, SalesTariff: optional(SalesTariff) });
const SAScheduleList = sequence({ SAScheduleTuple: repeat(SAScheduleTuple, 1, 3) });
export const SASchedules = group(elements({ SASchedules: abstract, SAScheduleList }));
const MaxNumPhases = restrict(xs.byte, { minInclusive: 1, maxInclusive: 3 });
const ProfileEntry = sequence({
  ChargingProfileEntryStart: xs.unsignedInt,
  ChargingProfileEntryMaxPower: PhysicalValue,
  ChargingProfileEntryMaxNumberOfPhasesInUse: optional(MaxNumPhases),
});

export const ChargingProfile = sequence({ ProfileEntry: repeat(ProfileEntry, 1, 24) });

// States of charger and vehicle ────────────────────────────────────────────────────────────────────────────────────

const evseStatus = { NotificationMaxDelay: xs.unsignedShort, EVSENotification };
export const AC_EVSEStatus = sequence({ ...evseStatus, RCD: xs.boolean });
const DC_EVSEStatusCode = enumeration(
  "EVSE_NotReady",
  "EVSE_Ready",
  "EVSE_Shutdown",
  "EVSE_UtilityInterruptEvent",
  "EVSE_IsolationMonitoringActive",
  "EVSE_EmergencyShutdown",
  "EVSE_Malfunction",
  "Reserved_8",
  "Reserved_9",
  "Reserved_A",
  "Reserved_B",
  "Reserved_C",
);

const IsolationLevel = enumeration("Invalid", "Valid", "Warning", "Fault", "No_IMD");
export const DC_EVSEStatus = sequence({
  ...evseStatus,
  EVSEIsolationStatus: optional(IsolationLevel),
  EVSEStatusCode: DC_EVSEStatusCode,
});

export const EVSEStatus = group(elements({ EVSEStatus: abstract, AC_EVSEStatus, DC_EVSEStatus }));
const DC_EVErrorCode = enumeration(
  "NO_ERROR",
  "FAILED_RESSTemperatureInhibit",
  "FAILED_EVShiftPosition",
  "FAILED_ChargerConnectorLockFault",
  "FAILED_EVRESSMalfunction",
  "FAILED_ChargingCurrentdifferential",
  "FAILED_ChargingVoltageOutOfRange",
  "Reserved_A",
  "Reserved_B",
  "Reserved_C",
  "FAILED_ChargingSystemIncompatibility",
  "NoData",
);

/** Readiness, error and state of charge of the vehicle, in every DC request. */
export const DC_EVStatus = sequence({ EVReady: xs.boolean, EVErrorCode: DC_EVErrorCode, EVRESSSOC: PercentValue });

// Limits and needs ─────────────────────────────────────────────────────────────────────────────────────────────────

const evChargeParameter = { DepartureTime: optional(xs.unsignedInt) };
const AC_EVChargeParameter = sequence({
  ...evChargeParameter,
  EAmount: PhysicalValue,
  EVMaxVoltage: PhysicalValue,
  EVMaxCurrent: PhysicalValue,
  EVMinCurrent: PhysicalValue,
});

const DC_EVChargeParameter = sequence({
  ...evChargeParameter,
  DC_EVStatus,
  EVMaximumCurrentLimit: PhysicalValue,
  EVMaximumPowerLimit: optional(PhysicalValue),
  EVMaximumVoltageLimit: PhysicalValue,
  EVEnergyCapacity: optional(PhysicalValue),
  EVEnergyRequest: optional(PhysicalValue),
  FullSOC: optional(PercentValue),
  BulkSOC: optional(PercentValue),
});

export const EVChargeParameter = group(
  elements({ EVChargeParameter: abstract, AC_EVChargeParameter, DC_EVChargeParameter }),
);

const AC_EVSEChargeParameter = sequence({
  AC_EVSEStatus,
  EVSENominalVoltage: PhysicalValue,
  EVSEMaxCurrent: PhysicalValue,
});

const DC_EVSEChargeParameter = sequence({
  DC_EVSEStatus,
  EVSEMaximumCurrentLimit: PhysicalValue,
  EVSEMaximumPowerLimit: PhysicalValue,
  EVSEMaximumVoltageLimit: PhysicalValue,
  EVSEMinimumCurrentLimit: PhysicalValue,
  EVSEMinimumVoltageLimit: PhysicalValue,
  EVSECurrentRegulationTolerance: optional(PhysicalValue),
  EVSEPeakCurrentRipple: PhysicalValue,
  EVSEEnergyToBeDelivered: optional(PhysicalValue),
});

export const EVSEChargeParameter = group(
  elements({ EVSEChargeParameter: abstract, AC_EVSEChargeParameter, DC_EVSEChargeParameter }),
);

const DC_EVPowerDeliveryParameter = sequence({
  DC_EVStatus,
  BulkChargingComplete: optional(xs.boolean),
  ChargingComplete: xs.boolean,
});

export const EVPowerDeliveryParameter = group(
  elements({ EVPowerDeliveryParameter: abstract, DC_EVPowerDeliveryParameter }),
);

/** The global elements of this schema. */
export const dataTypeElements = elements({
  SASchedules: abstract,
  SAScheduleList,
  Entry: abstract,
  SalesTariffEntry,
  PMaxScheduleEntry,
  TimeInterval: abstract,
  RelativeTimeInterval,
  EVSEStatus: abstract,
  AC_EVSEStatus,
  EVStatus: abstract,
  DC_EVSEStatus,
  DC_EVStatus,
  EVChargeParameter: abstract,
  AC_EVChargeParameter,
  DC_EVChargeParameter,
  EVSEChargeParameter: abstract,
  AC_EVSEChargeParameter,
  DC_EVSEChargeParameter,
  EVPowerDeliveryParameter: abstract,
  DC_EVPowerDeliveryParameter,
});

/**
 * DIN SPEC 70121: the data types of its messages.
 */
import { attribute, choice, group, namespace, optional, repeat, unbounded } from "../../exi/dsl.ts";
import { enumeration, restrict, xs } from "../../exi/simple-types.ts";

const { elements, sequence } = namespace("urn:din:70121:2012:MsgDataTypes", { prefix: "v2gci_t" });

/**
 * The head of a substitution group. Other than in ISO 15118-2 it may stand for itself, and is then empty: chargers in
 * the field send SASchedules so.
 */
export const Head = sequence({});

// Identifiers and small words ──────────────────────────────────────────────────────────────────────────────────────

export const SessionID = restrict(xs.hexBinary, { maxLength: 8 });
export const EVCCID = restrict(xs.hexBinary, { maxLength: 8 });
export const EVSEID = restrict(xs.hexBinary, { maxLength: 32 });
export const ContractID = restrict(xs.string, { maxLength: 24 });
const MeterID = restrict(xs.string, { maxLength: 32 });
export const SAID = xs.short;
export const GenChallenge = xs.string;
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
  "FAILED_EVSEPresentVoltageToLow",
  "FAILED_MeteringSignatureNotValid",
  "FAILED_WrongEnergyTransferType",
);

const FaultCode = enumeration("ParsingError", "NoTLSRootCertificatAvailable", "UnknownError");
const FaultMsg = restrict(xs.string, { maxLength: 64 });
export const Notification = sequence({ FaultCode, FaultMsg: optional(FaultMsg) });
export const EVSEProcessing = enumeration("Finished", "Ongoing");
const EVSENotification = enumeration("None", "StopCharging", "ReNegotiation");
export const PaymentOption = enumeration("Contract", "ExternalPayment");
export const PaymentOptions = sequence({ PaymentOption: repeat(PaymentOption, 1, unbounded) });

// Physical values ──────────────────────────────────────────────────────────────────────────────────────────────────

const UnitMultiplier = restrict(xs.byte, { minInclusive: -3, maxInclusive: 3 });
const UnitSymbol = enumeration("h", "m", "s", "A", "Ah", "V", "VA", "W", "W/s", "Wh");

/** Value × 10^Multiplier, in a unit; see physical-values.ts. */
export const PhysicalValue = sequence({ Multiplier: UnitMultiplier, Unit: optional(UnitSymbol), Value: xs.short });
const PercentValue = restrict(xs.byte, { minInclusive: 0, maxInclusive: 100 });
const PMax = xs.short;

// Services ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export const ServiceID = xs.unsignedShort;
const ServiceName = restrict(xs.string, { maxLength: 32 });
export const ServiceCategory = enumeration("EVCharging", "Internet", "ContractCertificate", "OtherCustom");
export const ServiceScope = restrict(xs.string, { maxLength: 32 });
const ServiceTag = sequence({
  ServiceID,
  ServiceName: optional(ServiceName),
  ServiceCategory,
  ServiceScope: optional(ServiceScope),
});

const serviceFields = { ServiceTag, FreeService: xs.boolean };
const Service = sequence(serviceFields);
export const ServiceTagList = sequence({ Service: repeat(Service, 1, unbounded) });
const SelectedService = sequence({ ServiceID, ParameterSetID: optional(xs.short) });
export const SelectedServiceList = sequence({ SelectedService: repeat(SelectedService, 1, unbounded) });
const ValueType = enumeration("bool", "byte", "short", "int", "physicalValue", "string");
const Parameter = sequence({
  Name: attribute(xs.string),
  ValueType: attribute(ValueType),
  ParameterValue: choice({
    boolValue: xs.boolean,
    byteValue: xs.byte,
    shortValue: xs.short,
    intValue: xs.int,
    physicalValue: PhysicalValue,
    stringValue: xs.string,
  }),
});

const ParameterSet = sequence({ ParameterSetID: xs.short, Parameter: repeat(Parameter, 1, unbounded) });
export const ServiceParameterList = sequence({ ParameterSet: repeat(ParameterSet, 1, unbounded) });
const EVSESupportedEnergyTransfer = enumeration(
  "AC_single_phase_core",
  "AC_three_phase_core",
  "DC_core",
  "DC_extended",
  "DC_combo_core",
  "DC_dual",
  "AC_core1p_DC_extended",
  "AC_single_DC_core",
  "AC_single_phase_three_phase_core_DC_extended",
  "AC_core3p_DC_extended",
);

export const ServiceCharge = sequence({ ...serviceFields, EnergyTransferType: EVSESupportedEnergyTransfer });
export const EVRequestedEnergyTransfer = enumeration(
  "AC_single_phase_core",
  "AC_three_phase_core",
  "DC_core",
  "DC_extended",
  "DC_combo_core",
  "DC_unique",
);

// Certificates and keys ────────────────────────────────────────────────────────────────────────────────────────────

/** An X.509 certificate, DER. */
export const Certificate = restrict(xs.base64Binary, { maxLength: 1200 });
const SubCertificates = sequence({ Certificate: repeat(Certificate, 1, unbounded) });
export const CertificateChain = sequence({ Certificate, SubCertificates: optional(SubCertificates) });
const RootCertificateID = restrict(xs.string, { maxLength: 40 });
export const ListOfRootCertificateIDs = sequence({ RootCertificateID: repeat(RootCertificateID, 1, unbounded) });
export const DHParams = restrict(xs.base64Binary, { maxLength: 256 });
export const PrivateKey = restrict(xs.base64Binary, { maxLength: 128 });

// Meter ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const MeterStatus = xs.short;
const SigMeterReading = restrict(xs.base64Binary, { maxLength: 32 });
export const MeterInfo = sequence({
  MeterID,
  MeterReading: optional(PhysicalValue),
  SigMeterReading: optional(SigMeterReading),
  MeterStatus: optional(MeterStatus),
  TMeter: optional(xs.long),
});

// Schedules and tariffs ────────────────────────────────────────────────────────────────────────────────────────────

const RelativeTimeInterval = sequence({ start: xs.unsignedInt, duration: optional(xs.unsignedInt) });
const TimeInterval = group(elements({ TimeInterval: Head, RelativeTimeInterval }));
const entry = { TimeInterval };
const CostKind = enumeration("relativePricePercentage", "RenewableGenerationPercentage", "CarbonDioxideEmission");

const Cost = sequence({
  costKind: CostKind,
  amount: xs.unsignedInt,
  amountMultiplier: optional(UnitMultiplier),
});

const ConsumptionCost = sequence({ startValue: xs.unsignedInt, Cost: repeat(Cost, 0, unbounded) });
const TariffDescription = restrict(xs.string, { maxLength: 32 });
const SalesTariffEntry = sequence({
  ...entry,
  EPriceLevel: xs.unsignedByte,
  ConsumptionCost: repeat(ConsumptionCost, 0, unbounded),
});

const SalesTariff = sequence({
  Id: attribute(xs.IDREF),
  SalesTariffID: SAID,
  SalesTariffDescription: optional(TariffDescription),
  NumEPriceLevels: xs.unsignedByte,
  SalesTariffEntry: repeat(SalesTariffEntry, 1, unbounded),
});

const PMaxScheduleEntry = sequence({ ...entry, PMax });
const PMaxSchedule = sequence({
  PMaxScheduleID: SAID,
  PMaxScheduleEntry: repeat(PMaxScheduleEntry, 1, unbounded),
});

const SAScheduleTuple = sequence({ SAScheduleTupleID: SAID, PMaxSchedule, SalesTariff: optional(SalesTariff) });
const SAScheduleList = sequence({ SAScheduleTuple: repeat(SAScheduleTuple, 1, unbounded) });
export const SASchedules = group(elements({ SASchedules: Head, SAScheduleList }));
const ProfileEntry = sequence({ ChargingProfileEntryStart: xs.unsignedInt, ChargingProfileEntryMaxPower: PMax });
export const ChargingProfile = sequence({ SAScheduleTupleID: SAID, ProfileEntry: repeat(ProfileEntry, 1, unbounded) });

// States of charger and vehicle ────────────────────────────────────────────────────────────────────────────────────

export const AC_EVSEStatus = sequence({
  PowerSwitchClosed: xs.boolean,
  RCD: xs.boolean,
  NotificationMaxDelay: xs.unsignedInt,
  EVSENotification,
});

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

const IsolationLevel = enumeration("Invalid", "Valid", "Warning", "Fault");
export const DC_EVSEStatus = sequence({
  EVSEIsolationStatus: optional(IsolationLevel),
  EVSEStatusCode: DC_EVSEStatusCode,
  NotificationMaxDelay: xs.unsignedInt,
  EVSENotification,
});

export const EVSEStatus = group(elements({ EVSEStatus: Head, AC_EVSEStatus, DC_EVSEStatus }));
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
export const DC_EVStatus = sequence({
  EVReady: xs.boolean,
  EVCabinConditioning: optional(xs.boolean),
  EVRESSConditioning: optional(xs.boolean),
  EVErrorCode: DC_EVErrorCode,
  EVRESSSOC: PercentValue,
});

// Limits and needs ─────────────────────────────────────────────────────────────────────────────────────────────────

const AC_EVChargeParameter = sequence({
  DepartureTime: xs.unsignedInt,
  EAmount: PhysicalValue,
  EVMaxVoltage: PhysicalValue,
  EVMaxCurrent: PhysicalValue,
  EVMinCurrent: PhysicalValue,
});

const DC_EVChargeParameter = sequence({
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
  elements({ EVChargeParameter: Head, AC_EVChargeParameter, DC_EVChargeParameter }),
);

const AC_EVSEChargeParameter = sequence({
  AC_EVSEStatus,
  EVSEMaxVoltage: PhysicalValue,
  EVSEMaxCurrent: PhysicalValue,
  EVSEMinCurrent: PhysicalValue,
});

const DC_EVSEChargeParameter = sequence({
  DC_EVSEStatus,
  EVSEMaximumCurrentLimit: PhysicalValue,
  EVSEMaximumPowerLimit: optional(PhysicalValue),
  EVSEMaximumVoltageLimit: PhysicalValue,
  EVSEMinimumCurrentLimit: PhysicalValue,
  EVSEMinimumVoltageLimit: PhysicalValue,
  EVSECurrentRegulationTolerance: optional(PhysicalValue),
  EVSEPeakCurrentRipple: PhysicalValue,
  EVSEEnergyToBeDelivered: optional(PhysicalValue),
});

export const EVSEChargeParameter = group(
  elements({ EVSEChargeParameter: Head, AC_EVSEChargeParameter, DC_EVSEChargeParameter }),
);

const DC_EVPowerDeliveryParameter = sequence({
  DC_EVStatus,
  BulkChargingComplete: optional(xs.boolean),
  ChargingComplete: xs.boolean,
});

export const EVPowerDeliveryParameter = group(
  elements({ EVPowerDeliveryParameter: Head, DC_EVPowerDeliveryParameter }),
);

/** The global elements of this schema. */
export const dataTypeElements = elements({
  ServiceCharge,
  SASchedules: Head,
  SAScheduleList,
  Entry: sequence(entry),
  SalesTariffEntry,
  PMaxScheduleEntry,
  TimeInterval: Head,
  RelativeTimeInterval,
  EVSEStatus: Head,
  AC_EVSEStatus,
  EVStatus: Head,
  DC_EVSEStatus,
  DC_EVStatus,
  EVChargeParameter: Head,
  AC_EVChargeParameter,
  DC_EVChargeParameter,
  EVSEChargeParameter: Head,
  AC_EVSEChargeParameter,
  DC_EVSEChargeParameter,
  EVPowerDeliveryParameter: Head,
  DC_EVPowerDeliveryParameter,
});

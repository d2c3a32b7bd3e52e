/**
 * ISO 15118-20: what all of its schemas share.
 */
import { abstract, namespace, optional, repeat } from "../../exi/dsl.ts";
import { enumeration, restrict, xs } from "../../exi/simple-types.ts";
import { X509IssuerSerial, xmldsigElements } from "./xmldsig.ts";

const { fields, elements, sequence } = namespace("urn:iso:std:iso:15118:-20:CommonTypes", { prefix: "v2gci_ct" });

// Small types ──────────────────────────────────────────────────────────────────────────────────────────────────────

export const SessionID = restrict(xs.hexBinary, { length: 8 });
export const NumericID = restrict(xs.unsignedInt, { minInclusive: 1, maxInclusive: 4294967295 });
export const Identifier = restrict(xs.string, { maxLength: 255 });
export const Name = restrict(xs.string, { maxLength: 80 });
export const Description = restrict(xs.string, { maxLength: 160 });
export const PercentValue = restrict(xs.byte, { minInclusive: 0, maxInclusive: 100 });
export const Processing = enumeration("Finished", "Ongoing", "Ongoing_WaitingForCustomerInteraction");
const ResponseCode = enumeration(
  "OK",
  "OK_CertificateExpiresSoon",
  "OK_NewSessionEstablished",
  "OK_OldSessionJoined",
  "OK_PowerToleranceConfirmed",
  "WARNING_AuthorizationSelectionInvalid",
  "WARNING_CertificateExpired",
  "WARNING_CertificateNotYetValid",
  "WARNING_CertificateRevoked",
  "WARNING_CertificateValidationError",
  "WARNING_ChallengeInvalid",
  "WARNING_EIMAuthorizationFailure",
  "WARNING_eMSPUnknown",
  "WARNING_EVPowerProfileViolation",
  "WARNING_GeneralPnCAuthorizationError",
  "WARNING_NoCertificateAvailable",
  "WARNING_NoContractMatchingPCIDFound",
  "WARNING_PowerToleranceNotConfirmed",
  "WARNING_ScheduleRenegotiationFailed",
  "WARNING_StandbyNotAllowed",
  "WARNING_WPT",
  "FAILED",
  "FAILED_AssociationError",
  "FAILED_ContactorError",
  "FAILED_EVPowerProfileInvalid",
  "FAILED_EVPowerProfileViolation",
  "FAILED_MeteringSignatureNotValid",
  "FAILED_NoEnergyTransferServiceSelected",
  "FAILED_NoServiceRenegotiationSupported",
  "FAILED_PauseNotAllowed",
  "FAILED_PowerDeliveryNotApplied",
  "FAILED_PowerToleranceNotConfirmed",
  "FAILED_ScheduleRenegotiation",
  "FAILED_ScheduleSelectionInvalid",
  "FAILED_SequenceError",
  "FAILED_ServiceIDInvalid",
  "FAILED_ServiceSelectionInvalid",
  "FAILED_SignatureError",
  "FAILED_UnknownSession",
  "FAILED_WrongChargeParameter",
);

/** Value × 10^Exponent; the unit belongs to the field; see physical-values.ts. */
export const RationalNumber = sequence({ Exponent: xs.byte, Value: xs.short });

// Header and meter ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Session, time in seconds since 1970, and the signature if an element is signed. */
const MessageHeader = sequence({
  SessionID,
  TimeStamp: xs.unsignedLong,
  Signature: optional(xmldsigElements.Signature),
});

const MeterID = restrict(xs.string, { maxLength: 32 });
const MeterSignature = restrict(xs.base64Binary, { maxLength: 64 });
export const MeterInfo = sequence({
  MeterID,
  ChargedEnergyReadingWh: xs.unsignedLong,
  BPT_DischargedEnergyReadingWh: optional(xs.unsignedLong),
  CapacitiveEnergyReadingVARh: optional(xs.unsignedLong),
  BPT_InductiveEnergyReadingVARh: optional(xs.unsignedLong),
  MeterSignature: optional(MeterSignature),
  MeterStatus: optional(xs.short),
  MeterTimestamp: optional(xs.unsignedLong),
});

const DetailedCost = sequence({ Amount: RationalNumber, CostPerUnit: RationalNumber });
const DetailedTax = sequence({ TaxRuleID: NumericID, Amount: RationalNumber });

/** Costs since the start of the session, to be shown and signed. */
export const Receipt = sequence({
  TimeAnchor: xs.unsignedLong,
  EnergyCosts: optional(DetailedCost),
  OccupancyCosts: optional(DetailedCost),
  AdditionalServicesCosts: optional(DetailedCost),
  OverstayCosts: optional(DetailedCost),
  TaxCosts: repeat(DetailedTax, 0, 10),
});

const DisplayParameters = sequence({
  PresentSOC: optional(PercentValue),
  MinimumSOC: optional(PercentValue),
  TargetSOC: optional(PercentValue),
  MaximumSOC: optional(PercentValue),
  RemainingTimeToMinimumSOC: optional(xs.unsignedInt),
  RemainingTimeToTargetSOC: optional(xs.unsignedInt),
  RemainingTimeToMaximumSOC: optional(xs.unsignedInt),
  ChargingComplete: optional(xs.boolean),
  BatteryEnergyCapacity: optional(RationalNumber),
  InletHot: optional(xs.boolean),
});

const EVSENotification = enumeration(
  "Pause",
  "ExitStandby",
  "Terminate",
  "ScheduleRenegotiation",
  "ServiceRenegotiation",
  "MeteringConfirmation",
);

export const EVSEStatus = sequence({ NotificationMaxDelay: xs.unsignedShort, EVSENotification });
export const ListOfRootCertificateIDs = sequence({ RootCertificateID: repeat(X509IssuerSerial, 1, 20) });

// How messages begin ───────────────────────────────────────────────────────────────────────────────────────────────

/** Every request begins like this. */
export const V2GRequest = fields({ Header: MessageHeader });

/** Every response begins like this. */
export const V2GResponse = fields({ Header: MessageHeader, ResponseCode });

/** Every request of a charging loop begins like this. */
export const ChargeLoopReq = fields({
  Header: MessageHeader,
  DisplayParameters: optional(DisplayParameters),
  MeterInfoRequested: xs.boolean,
});

/** Every response of a charging loop begins like this. */
export const ChargeLoopRes = fields({
  Header: MessageHeader,
  ResponseCode,
  EVSEStatus: optional(EVSEStatus),
  MeterInfo: optional(MeterInfo),
  Receipt: optional(Receipt),
});

// Control modes ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Under a schedule, how much energy the vehicle needs. */
export const Scheduled_CLReqControlMode = fields({
  EVTargetEnergyRequest: optional(RationalNumber),
  EVMaximumEnergyRequest: optional(RationalNumber),
  EVMinimumEnergyRequest: optional(RationalNumber),
});

/** Under dynamic control, how much energy the vehicle needs, and when it leaves. */
export const Dynamic_CLReqControlMode = fields({
  DepartureTime: optional(xs.unsignedInt),
  EVTargetEnergyRequest: RationalNumber,
  EVMaximumEnergyRequest: RationalNumber,
  EVMinimumEnergyRequest: RationalNumber,
});

/** Under dynamic control, what the charger aims at. */
export const Dynamic_CLResControlMode = fields({
  DepartureTime: optional(xs.unsignedInt),
  MinimumSOC: optional(PercentValue),
  TargetSOC: optional(PercentValue),
  AckMaxDelay: optional(xs.unsignedShort),
});

/** Heads of the substitution groups for the control modes, which the AC and DC schemas fill. */
export const commonTypeElements = elements({ CLReqControlMode: abstract, CLResControlMode: abstract });

/** The global elements that every set of ISO 15118-20 has. */
export const commonElements = { ...commonTypeElements, ...xmldsigElements };

/**
 * Types that not every set reaches from its messages; their elements still count among the names of its fragments.
 * What messages begin with are abstract types in the schema.
 */
export const commonTypes = [
  sequence(ChargeLoopReq),
  sequence(ChargeLoopRes),
  sequence(Scheduled_CLReqControlMode),
  sequence(Dynamic_CLReqControlMode),
  sequence(Dynamic_CLResControlMode),
  ListOfRootCertificateIDs,
];

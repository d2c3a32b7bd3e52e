/**
 * ISO 15118-20: automatic connection devices (pantographs), which then transfer DC.
 */
import { namespace, optional, schemaSet } from "../../exi/dsl.ts";
import { enumeration, xs } from "../../exi/simple-types.ts";
import {
  commonElements,
  commonTypes,
  PercentValue,
  Processing,
  RationalNumber,
  V2GRequest,
  V2GResponse,
} from "./iso20-common-types.ts";

const { elements, sequence } = namespace("urn:iso:std:iso:15118:-20:ACDP", { prefix: "acdp" });

/** The vehicle tells whether it moves and whether it can be guided under the connection device. */
const ACDP_VehiclePositioningReq = sequence({
  ...V2GRequest,
  EVMobilityStatus: xs.boolean,
  EVPositioningSupport: xs.boolean,
});

/** The charger tells how far the vehicle is from the contact window. */
const ACDP_VehiclePositioningRes = sequence({
  ...V2GResponse,
  EVSEProcessing: Processing,
  EVSEPositioningSupport: xs.boolean,
  EVRelativeXDeviation: xs.short,
  EVRelativeYDeviation: xs.short,
  ContactWindowXc: xs.short,
  ContactWindowYc: xs.short,
  EVInChargePosition: xs.boolean,
});

const ElectricalChargingDeviceStatus = enumeration("State_A", "State_B", "State_C", "State_D");

/** The vehicle asks for the device to be brought into contact; as ACDP_DisconnectReq, to be retracted. */
const ACDP_ConnectReq = sequence({
  ...V2GRequest,
  EVElectricalChargingDeviceStatus: ElectricalChargingDeviceStatus,
});

const MechanicalChargingDeviceStatus = enumeration("Home", "Moving", "EndPosition");

/** The charger tells where the device is, electrically and mechanically; the same as ACDP_DisconnectRes. */
const ACDP_ConnectRes = sequence({
  ...V2GResponse,
  EVSEProcessing: Processing,
  EVSEElectricalChargingDeviceStatus: ElectricalChargingDeviceStatus,
  EVSEMechanicalChargingDeviceStatus: MechanicalChargingDeviceStatus,
});

const CpStatus = enumeration("StateA", "StateB", "StateC", "StateD", "StateE");
const ErrorCode = enumeration(
  "OK_NoEVError",
  "FAILED",
  "FAILED_EmergencyEvent",
  "FAILED_Breaker",
  "FAILED_RESSTemperatureInhibit",
  "FAILED_RESS",
  "FAILED_ChargingCurrentDifferential",
  "FAILED_ChargingVoltageOutOfRange",
  "FAILED_Reserved1",
  "FAILED_Reserved2",
);

const EVTechnicalStatus = sequence({
  EVReadyToCharge: xs.boolean,
  EVImmobilizationRequest: xs.boolean,
  EVImmobilized: optional(xs.boolean),
  EVWLANStrength: optional(RationalNumber),
  EVCPStatus: optional(CpStatus),
  EVSOC: optional(PercentValue),
  EVErrorCode: optional(ErrorCode),
  EVTimeout: optional(xs.boolean),
});

/** The vehicle tells its technical status. */
const ACDP_SystemStatusReq = sequence({ ...V2GRequest, EVTechnicalStatus });
const IsolationStatus = enumeration("Invalid", "Safe", "Warning", "Fault");

/** The charger tells its technical status. */
const ACDP_SystemStatusRes = sequence({
  ...V2GResponse,
  EVSEMechanicalChargingDeviceStatus: MechanicalChargingDeviceStatus,
  EVSEReadyToCharge: xs.boolean,
  EVSEIsolationStatus: IsolationStatus,
  EVSEDisabled: xs.boolean,
  EVSEUtilityInterruptEvent: xs.boolean,
  EVSEEmergencyShutdown: xs.boolean,
  EVSEMalfunction: xs.boolean,
  EVInChargePosition: xs.boolean,
  EVAssociationStatus: xs.boolean,
});

/** The global elements of this schema. */
const acdpElements = elements({
  ACDP_VehiclePositioningReq,
  ACDP_VehiclePositioningRes,
  ACDP_ConnectReq,
  ACDP_ConnectRes,
  ACDP_DisconnectReq: ACDP_ConnectReq,
  ACDP_DisconnectRes: ACDP_ConnectRes,
  ACDP_SystemStatusReq,
  ACDP_SystemStatusRes,
});

/** All messages of ISO 15118-20 for automatic connection devices. */
export const iso20Acdp = schemaSet("iso20-acdp", { ...acdpElements, ...commonElements }, commonTypes);

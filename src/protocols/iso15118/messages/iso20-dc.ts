/**
 * ISO 15118-20: DC charging and discharging. `BPT` is bidirectional power transfer.
 */
import { group, namespace, optional, schemaSet } from "../../exi/dsl.ts";
import { xs } from "../../exi/simple-types.ts";
import {
  ChargeLoopReq,
  ChargeLoopRes,
  commonElements,
  commonTypeElements,
  commonTypes,
  Dynamic_CLReqControlMode,
  Dynamic_CLResControlMode,
  PercentValue,
  Processing,
  RationalNumber,
  Scheduled_CLReqControlMode,
  V2GRequest,
  V2GResponse,
} from "./iso20-common-types.ts";

const { elements, sequence } = namespace("urn:iso:std:iso:15118:-20:DC", { prefix: "dc" });

// Limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const cpdReq = {
  EVMaximumChargePower: RationalNumber,
  EVMinimumChargePower: RationalNumber,
  EVMaximumChargeCurrent: RationalNumber,
  EVMinimumChargeCurrent: RationalNumber,
  EVMaximumVoltage: RationalNumber,
  EVMinimumVoltage: RationalNumber,
  TargetSOC: optional(PercentValue),
};

/** Limits of the vehicle for charging. */
export const DC_CPDReqEnergyTransferMode = sequence(cpdReq);

/** The same for bidirectional power transfer, with limits for discharging. */
export const BPT_DC_CPDReqEnergyTransferMode = sequence({
  ...cpdReq,
  EVMaximumDischargePower: RationalNumber,
  EVMinimumDischargePower: RationalNumber,
  EVMaximumDischargeCurrent: RationalNumber,
  EVMinimumDischargeCurrent: RationalNumber,
});

const cpdReqModes = group({ DC_CPDReqEnergyTransferMode, BPT_DC_CPDReqEnergyTransferMode });

/** The vehicle tells its DC limits, in both directions if it can discharge. */
export const DC_ChargeParameterDiscoveryReq = sequence({ ...V2GRequest, EnergyTransferMode: cpdReqModes });

const cpdRes = {
  EVSEMaximumChargePower: RationalNumber,
  EVSEMinimumChargePower: RationalNumber,
  EVSEMaximumChargeCurrent: RationalNumber,
  EVSEMinimumChargeCurrent: RationalNumber,
  EVSEMaximumVoltage: RationalNumber,
  EVSEMinimumVoltage: RationalNumber,
  EVSEPowerRampLimitation: optional(RationalNumber),
};

/** Limits of the charger for charging. */
export const DC_CPDResEnergyTransferMode = sequence(cpdRes);

/** The same for bidirectional power transfer, with limits for discharging. */
export const BPT_DC_CPDResEnergyTransferMode = sequence({
  ...cpdRes,
  EVSEMaximumDischargePower: RationalNumber,
  EVSEMinimumDischargePower: RationalNumber,
  EVSEMaximumDischargeCurrent: RationalNumber,
  EVSEMinimumDischargeCurrent: RationalNumber,
});

const cpdResModes = group({ DC_CPDResEnergyTransferMode, BPT_DC_CPDResEnergyTransferMode });

/** The charger tells its DC limits, in both directions if it can take energy back. */
export const DC_ChargeParameterDiscoveryRes = sequence({ ...V2GResponse, EnergyTransferMode: cpdResModes });

// Before and after ─────────────────────────────────────────────────────────────────────────────────────────────────

/** The vehicle asks for the isolation test before energy transfer. */
export const DC_CableCheckReq = sequence(V2GRequest);

/** The charger tells how far the isolation test is. */
export const DC_CableCheckRes = sequence({ ...V2GResponse, EVSEProcessing: Processing });

/** The vehicle asks the charger to bring its voltage to that of the battery. */
export const DC_PreChargeReq = sequence({
  ...V2GRequest,
  EVProcessing: Processing,
  EVPresentVoltage: RationalNumber,
  EVTargetVoltage: RationalNumber,
});

/** The charger tells the voltage that it has reached. */
export const DC_PreChargeRes = sequence({ ...V2GResponse, EVSEPresentVoltage: RationalNumber });

/** The vehicle tests its contactors for welding. */
export const DC_WeldingDetectionReq = sequence({ ...V2GRequest, EVProcessing: Processing });

/** The charger tells the voltage at its outlet. */
export const DC_WeldingDetectionRes = sequence({ ...V2GResponse, EVSEPresentVoltage: RationalNumber });

// The loop, from the vehicle ───────────────────────────────────────────────────────────────────────────────────────

const scheduled_DC_CLReqControlMode = {
  ...Scheduled_CLReqControlMode,
  EVTargetCurrent: RationalNumber,
  EVTargetVoltage: RationalNumber,
  EVMaximumChargePower: optional(RationalNumber),
  EVMinimumChargePower: optional(RationalNumber),
  EVMaximumChargeCurrent: optional(RationalNumber),
  EVMaximumVoltage: optional(RationalNumber),
  EVMinimumVoltage: optional(RationalNumber),
};

/** Under a schedule: what the vehicle wants now, and its limits. */
export const Scheduled_DC_CLReqControlMode = sequence(scheduled_DC_CLReqControlMode);

/** The same for bidirectional power transfer, with limits for discharging. */
export const BPT_Scheduled_DC_CLReqControlMode = sequence({
  ...scheduled_DC_CLReqControlMode,
  EVMaximumDischargePower: optional(RationalNumber),
  EVMinimumDischargePower: optional(RationalNumber),
  EVMaximumDischargeCurrent: optional(RationalNumber),
});

const dynamic_DC_CLReqControlMode = {
  ...Dynamic_CLReqControlMode,
  EVMaximumChargePower: RationalNumber,
  EVMinimumChargePower: RationalNumber,
  EVMaximumChargeCurrent: RationalNumber,
  EVMaximumVoltage: RationalNumber,
  EVMinimumVoltage: RationalNumber,
};

/** Under dynamic control: the limits within which the charger decides. */
export const Dynamic_DC_CLReqControlMode = sequence(dynamic_DC_CLReqControlMode);

/** The same for bidirectional power transfer, with limits for discharging. */
export const BPT_Dynamic_DC_CLReqControlMode = sequence({
  ...dynamic_DC_CLReqControlMode,
  EVMaximumDischargePower: RationalNumber,
  EVMinimumDischargePower: RationalNumber,
  EVMaximumDischargeCurrent: RationalNumber,
  EVMaximumV2XEnergyRequest: optional(RationalNumber),
  EVMinimumV2XEnergyRequest: optional(RationalNumber),
});

export const CLReqControlMode = group({
  CLReqControlMode: commonTypeElements.CLReqControlMode,
  Scheduled_DC_CLReqControlMode,
  BPT_Scheduled_DC_CLReqControlMode,
  Dynamic_DC_CLReqControlMode,
  BPT_Dynamic_DC_CLReqControlMode,
});

/** The vehicle tells its present voltage and limits, with a target or under dynamic control. */
export const DC_ChargeLoopReq = sequence({ ...ChargeLoopReq, EVPresentVoltage: RationalNumber, CLReqControlMode });

// The loop, from the charger ───────────────────────────────────────────────────────────────────────────────────────

const scheduled_DC_CLResControlMode = {
  EVSEMaximumChargePower: optional(RationalNumber),
  EVSEMinimumChargePower: optional(RationalNumber),
  EVSEMaximumChargeCurrent: optional(RationalNumber),
  EVSEMaximumVoltage: optional(RationalNumber),
};

/** Under a schedule: what the charger can give. */
export const Scheduled_DC_CLResControlMode = sequence(scheduled_DC_CLResControlMode);

/** The same for bidirectional power transfer, with limits for discharging. */
export const BPT_Scheduled_DC_CLResControlMode = sequence({
  ...scheduled_DC_CLResControlMode,
  EVSEMaximumDischargePower: optional(RationalNumber),
  EVSEMinimumDischargePower: optional(RationalNumber),
  EVSEMaximumDischargeCurrent: optional(RationalNumber),
  EVSEMinimumVoltage: optional(RationalNumber),
});

const dynamic_DC_CLResControlMode = {
  ...Dynamic_CLResControlMode,
  EVSEMaximumChargePower: RationalNumber,
  EVSEMinimumChargePower: RationalNumber,
  EVSEMaximumChargeCurrent: RationalNumber,
  EVSEMaximumVoltage: RationalNumber,
};

/** Under dynamic control: what the charger decides. */
export const Dynamic_DC_CLResControlMode = sequence(dynamic_DC_CLResControlMode);

/** The same for bidirectional power transfer, with limits for discharging. */
export const BPT_Dynamic_DC_CLResControlMode = sequence({
  ...dynamic_DC_CLResControlMode,
  EVSEMaximumDischargePower: RationalNumber,
  EVSEMinimumDischargePower: RationalNumber,
  EVSEMaximumDischargeCurrent: RationalNumber,
  EVSEMinimumVoltage: RationalNumber,
});

export const CLResControlMode = group({
  CLResControlMode: commonTypeElements.CLResControlMode,
  Scheduled_DC_CLResControlMode,
  BPT_Scheduled_DC_CLResControlMode,
  Dynamic_DC_CLResControlMode,
  BPT_Dynamic_DC_CLResControlMode,
});

/** The charger tells what it delivers, which limits it has reached, its status and the meter reading. */
export const DC_ChargeLoopRes = sequence({
  ...ChargeLoopRes,
  EVSEPresentCurrent: RationalNumber,
  EVSEPresentVoltage: RationalNumber,
  EVSEPowerLimitAchieved: xs.boolean,
  EVSECurrentLimitAchieved: xs.boolean,
  EVSEVoltageLimitAchieved: xs.boolean,
  CLResControlMode,
});

/** The global elements of this schema. */
export const dcElements = elements({
  DC_ChargeParameterDiscoveryReq,
  DC_ChargeParameterDiscoveryRes,
  DC_CableCheckReq,
  DC_CableCheckRes,
  DC_PreChargeReq,
  DC_PreChargeRes,
  DC_ChargeLoopReq,
  DC_ChargeLoopRes,
  DC_WeldingDetectionReq,
  DC_WeldingDetectionRes,
  DC_CPDReqEnergyTransferMode,
  DC_CPDResEnergyTransferMode,
  BPT_DC_CPDReqEnergyTransferMode,
  BPT_DC_CPDResEnergyTransferMode,
  Scheduled_DC_CLReqControlMode,
  Scheduled_DC_CLResControlMode,
  BPT_Scheduled_DC_CLReqControlMode,
  BPT_Scheduled_DC_CLResControlMode,
  Dynamic_DC_CLReqControlMode,
  Dynamic_DC_CLResControlMode,
  BPT_Dynamic_DC_CLReqControlMode,
  BPT_Dynamic_DC_CLResControlMode,
});

/** All DC messages of ISO 15118-20. */
export const iso20Dc = schemaSet("iso20-dc", { ...dcElements, ...commonElements }, commonTypes);

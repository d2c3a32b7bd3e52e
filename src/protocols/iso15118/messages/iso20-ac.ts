/**
 * ISO 15118-20: AC charging and discharging. `_L2` and `_L3` are the other phases.
 */
import { group, namespace, optional, schemaSet } from "../../exi/dsl.ts";
import {
  ChargeLoopReq,
  ChargeLoopRes,
  commonElements,
  commonTypeElements,
  commonTypes,
  Dynamic_CLReqControlMode,
  Dynamic_CLResControlMode,
  RationalNumber,
  Scheduled_CLReqControlMode,
  V2GRequest,
  V2GResponse,
} from "./iso20-common-types.ts";

const { elements, sequence } = namespace("urn:iso:std:iso:15118:-20:AC", { prefix: "ac" });

// Limits ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const cpdReq = {
  EVMaximumChargePower: RationalNumber,
  EVMaximumChargePower_L2: optional(RationalNumber),
  EVMaximumChargePower_L3: optional(RationalNumber),
  EVMinimumChargePower: RationalNumber,
  EVMinimumChargePower_L2: optional(RationalNumber),
  EVMinimumChargePower_L3: optional(RationalNumber),
};

/** Limits of the vehicle for charging. */
const AC_CPDReqEnergyTransferMode = sequence(cpdReq);

/** The same for bidirectional power transfer, with limits for discharging. */
const BPT_AC_CPDReqEnergyTransferMode = sequence({
  ...cpdReq,
  EVMaximumDischargePower: RationalNumber,
  EVMaximumDischargePower_L2: optional(RationalNumber),
  EVMaximumDischargePower_L3: optional(RationalNumber),
  EVMinimumDischargePower: RationalNumber,
  EVMinimumDischargePower_L2: optional(RationalNumber),
  EVMinimumDischargePower_L3: optional(RationalNumber),
});

const cpdReqModes = group({ AC_CPDReqEnergyTransferMode, BPT_AC_CPDReqEnergyTransferMode });

/** The vehicle tells its AC power limits per phase, in both directions if it can discharge. */
const AC_ChargeParameterDiscoveryReq = sequence({ ...V2GRequest, EnergyTransferMode: cpdReqModes });

const cpdRes = {
  EVSEMaximumChargePower: RationalNumber,
  EVSEMaximumChargePower_L2: optional(RationalNumber),
  EVSEMaximumChargePower_L3: optional(RationalNumber),
  EVSEMinimumChargePower: RationalNumber,
  EVSEMinimumChargePower_L2: optional(RationalNumber),
  EVSEMinimumChargePower_L3: optional(RationalNumber),
  EVSENominalFrequency: RationalNumber,
  MaximumPowerAsymmetry: optional(RationalNumber),
  EVSEPowerRampLimitation: optional(RationalNumber),
  EVSEPresentActivePower: optional(RationalNumber),
  EVSEPresentActivePower_L2: optional(RationalNumber),
  EVSEPresentActivePower_L3: optional(RationalNumber),
};

/** Limits of the charger for charging. */
const AC_CPDResEnergyTransferMode = sequence(cpdRes);

/** The same for bidirectional power transfer, with limits for discharging. */
const BPT_AC_CPDResEnergyTransferMode = sequence({
  ...cpdRes,
  EVSEMaximumDischargePower: RationalNumber,
  EVSEMaximumDischargePower_L2: optional(RationalNumber),
  EVSEMaximumDischargePower_L3: optional(RationalNumber),
  EVSEMinimumDischargePower: RationalNumber,
  EVSEMinimumDischargePower_L2: optional(RationalNumber),
  EVSEMinimumDischargePower_L3: optional(RationalNumber),
});

const cpdResModes = group({ AC_CPDResEnergyTransferMode, BPT_AC_CPDResEnergyTransferMode });

/** The charger tells its AC power limits, the nominal frequency and its ramp. */
const AC_ChargeParameterDiscoveryRes = sequence({ ...V2GResponse, EnergyTransferMode: cpdResModes });

// The loop, from the vehicle ───────────────────────────────────────────────────────────────────────────────────────

const scheduled_AC_CLReqControlMode = {
  ...Scheduled_CLReqControlMode,
  EVMaximumChargePower: optional(RationalNumber),
  EVMaximumChargePower_L2: optional(RationalNumber),
  EVMaximumChargePower_L3: optional(RationalNumber),
  EVMinimumChargePower: optional(RationalNumber),
  EVMinimumChargePower_L2: optional(RationalNumber),
  EVMinimumChargePower_L3: optional(RationalNumber),
  EVPresentActivePower: RationalNumber,
  EVPresentActivePower_L2: optional(RationalNumber),
  EVPresentActivePower_L3: optional(RationalNumber),
  EVPresentReactivePower: optional(RationalNumber),
  EVPresentReactivePower_L2: optional(RationalNumber),
  EVPresentReactivePower_L3: optional(RationalNumber),
};

/** Under a schedule: what the vehicle wants now, and its limits. */
const Scheduled_AC_CLReqControlMode = sequence(scheduled_AC_CLReqControlMode);

/** The same for bidirectional power transfer, with limits for discharging. */
const BPT_Scheduled_AC_CLReqControlMode = sequence({
  ...scheduled_AC_CLReqControlMode,
  EVMaximumDischargePower: optional(RationalNumber),
  EVMaximumDischargePower_L2: optional(RationalNumber),
  EVMaximumDischargePower_L3: optional(RationalNumber),
  EVMinimumDischargePower: optional(RationalNumber),
  EVMinimumDischargePower_L2: optional(RationalNumber),
  EVMinimumDischargePower_L3: optional(RationalNumber),
});

const dynamic_AC_CLReqControlMode = {
  ...Dynamic_CLReqControlMode,
  EVMaximumChargePower: RationalNumber,
  EVMaximumChargePower_L2: optional(RationalNumber),
  EVMaximumChargePower_L3: optional(RationalNumber),
  EVMinimumChargePower: RationalNumber,
  EVMinimumChargePower_L2: optional(RationalNumber),
  EVMinimumChargePower_L3: optional(RationalNumber),
  EVPresentActivePower: RationalNumber,
  EVPresentActivePower_L2: optional(RationalNumber),
  EVPresentActivePower_L3: optional(RationalNumber),
  EVPresentReactivePower: RationalNumber,
  EVPresentReactivePower_L2: optional(RationalNumber),
  EVPresentReactivePower_L3: optional(RationalNumber),
};

/** Under dynamic control: the limits within which the charger decides. */
const Dynamic_AC_CLReqControlMode = sequence(dynamic_AC_CLReqControlMode);

/** The same for bidirectional power transfer, with limits for discharging. */
const BPT_Dynamic_AC_CLReqControlMode = sequence({
  ...dynamic_AC_CLReqControlMode,
  EVMaximumDischargePower: RationalNumber,
  EVMaximumDischargePower_L2: optional(RationalNumber),
  EVMaximumDischargePower_L3: optional(RationalNumber),
  EVMinimumDischargePower: RationalNumber,
  EVMinimumDischargePower_L2: optional(RationalNumber),
  EVMinimumDischargePower_L3: optional(RationalNumber),
  EVMaximumV2XEnergyRequest: optional(RationalNumber),
  EVMinimumV2XEnergyRequest: optional(RationalNumber),
});

const CLReqControlMode = group({
  CLReqControlMode: commonTypeElements.CLReqControlMode,
  Scheduled_AC_CLReqControlMode,
  BPT_Scheduled_AC_CLReqControlMode,
  Dynamic_AC_CLReqControlMode,
  BPT_Dynamic_AC_CLReqControlMode,
});

/** The vehicle tells its present power and limits, with a schedule or under dynamic control. */
const AC_ChargeLoopReq = sequence({ ...ChargeLoopReq, CLReqControlMode });

// The loop, from the charger ───────────────────────────────────────────────────────────────────────────────────────

const scheduled_AC_CLResControlMode = {
  EVSETargetActivePower: optional(RationalNumber),
  EVSETargetActivePower_L2: optional(RationalNumber),
  EVSETargetActivePower_L3: optional(RationalNumber),
  EVSETargetReactivePower: optional(RationalNumber),
  EVSETargetReactivePower_L2: optional(RationalNumber),
  EVSETargetReactivePower_L3: optional(RationalNumber),
  EVSEPresentActivePower: optional(RationalNumber),
  EVSEPresentActivePower_L2: optional(RationalNumber),
  EVSEPresentActivePower_L3: optional(RationalNumber),
};

/** Under a schedule: what the charger can give. */
const Scheduled_AC_CLResControlMode = sequence(scheduled_AC_CLResControlMode);

/** The same for bidirectional power transfer. */
const BPT_Scheduled_AC_CLResControlMode = sequence(scheduled_AC_CLResControlMode);
const dynamic_AC_CLResControlMode = {
  ...Dynamic_CLResControlMode,
  EVSETargetActivePower: RationalNumber,
  EVSETargetActivePower_L2: optional(RationalNumber),
  EVSETargetActivePower_L3: optional(RationalNumber),
  EVSETargetReactivePower: optional(RationalNumber),
  EVSETargetReactivePower_L2: optional(RationalNumber),
  EVSETargetReactivePower_L3: optional(RationalNumber),
  EVSEPresentActivePower: optional(RationalNumber),
  EVSEPresentActivePower_L2: optional(RationalNumber),
  EVSEPresentActivePower_L3: optional(RationalNumber),
};

/** Under dynamic control: what the charger decides. */
const Dynamic_AC_CLResControlMode = sequence(dynamic_AC_CLResControlMode);

/** The same for bidirectional power transfer. */
const BPT_Dynamic_AC_CLResControlMode = sequence(dynamic_AC_CLResControlMode);
const CLResControlMode = group({
  CLResControlMode: commonTypeElements.CLResControlMode,
  Scheduled_AC_CLResControlMode,
  BPT_Scheduled_AC_CLResControlMode,
  Dynamic_AC_CLResControlMode,
  BPT_Dynamic_AC_CLResControlMode,
});

/** The charger tells target powers and frequency, its status and the meter reading. */
const AC_ChargeLoopRes = sequence({
  ...ChargeLoopRes,
  EVSETargetFrequency: optional(RationalNumber),
  CLResControlMode,
});

/** The global elements of this schema. */
const acElements = elements({
  AC_ChargeParameterDiscoveryReq,
  AC_ChargeParameterDiscoveryRes,
  AC_ChargeLoopReq,
  AC_ChargeLoopRes,
  AC_CPDReqEnergyTransferMode,
  AC_CPDResEnergyTransferMode,
  BPT_AC_CPDReqEnergyTransferMode,
  BPT_AC_CPDResEnergyTransferMode,
  Scheduled_AC_CLReqControlMode,
  Scheduled_AC_CLResControlMode,
  BPT_Scheduled_AC_CLReqControlMode,
  BPT_Scheduled_AC_CLResControlMode,
  Dynamic_AC_CLReqControlMode,
  Dynamic_AC_CLResControlMode,
  BPT_Dynamic_AC_CLReqControlMode,
  BPT_Dynamic_AC_CLResControlMode,
});

/** All AC messages of ISO 15118-20. */
export const iso20Ac = schemaSet("iso20-ac", { ...acElements, ...commonElements }, commonTypes);

/**
 * What 2.1 adds to the rules for charging profiles: operation modes with the fields that each needs and forbids, the modes
 * that a purpose may carry, dynamic schedules, and what this station cannot do. Every refusal has the reason code that 2.1
 * gives it. A profile of a 2.0.1 backend has none of these fields and passes, except that its limit may be negative.
 */
import type { ChargingProfile, ChargingSchedule, OperationMode, SchedulePeriod } from "../transport/messages.table.ts";
import type { Version } from "../transport/versions.ts";
import { type Amount, modeRows, supportedModes } from "./operation-modes.table.ts";
import { type Refusal, refuse } from "./profile-rules.ts";

type Purpose = ChargingProfile["chargingProfilePurpose"];
const amounts: readonly Amount[] = ["limit", "dischargeLimit", "setpoint", "setpointReactive"];

/** Modes that a purpose may carry; any for those that are not named (2.1, table of modes per purpose). */
const modesOf: Partial<Record<Purpose, readonly OperationMode[]>> = {
  PriorityCharging: ["ChargingOnly"],
  ChargingStationMaxProfile: ["ChargingOnly"],
  ChargingStationExternalConstraints: ["ChargingOnly", "ExternalLimits", "ExternalSetpoint"],
  LocalGeneration: ["ChargingOnly", "ExternalLimits"],
};

const invalid = (sentence: string): Refusal => refuse("InvalidSchedule", sentence);
export const modeOf = ({ operationMode }: SchedulePeriod): OperationMode => operationMode ?? "ChargingOnly";

/** Whether the profile is one that this station can carry out; null when it is. `perPhase`: the vehicle's needs named phases. */
export function judgeModes(profile: ChargingProfile, version: Version, perPhase: boolean): Refusal | null {
  const wrong = judgeKind(profile, version);
  if (wrong) return wrong;
  for (const schedule of profile.chargingSchedule) {
    const refusal = judgeOptions(profile, schedule);
    if (refusal) return refusal;
    for (const period of schedule.chargingSchedulePeriod) {
      const why = judgePeriod(profile, schedule, period, version, perPhase);
      if (why) return why;
    }
  }
  return null;
}

function judgeKind(profile: ChargingProfile, version: Version): Refusal | null {
  const { chargingProfilePurpose, chargingProfileKind, dynUpdateInterval, dynUpdateTime, chargingSchedule } = profile;
  if (chargingProfilePurpose === "LocalGeneration")
    return refuse("UnsupportedPurpose", "Local generation is measured here: the backend need not tell it.");
  if (chargingProfilePurpose === "PriorityCharging" && chargingSchedule.some(({ duration }) => duration !== undefined))
    return invalid("A profile of priority charging has no duration.");
  if (chargingProfileKind !== "Dynamic")
    return dynUpdateInterval === undefined && dynUpdateTime === undefined
      ? null
      : refuse("InvalidProfile", "Only a dynamic profile has dynUpdateInterval or dynUpdateTime.");
  if (version === "2.0.1") return refuse("UnsupportedKind", "Dynamic profiles came with OCPP 2.1.");
  const [schedule, ...more] = chargingSchedule;
  const periods = schedule?.chargingSchedulePeriod ?? [];
  return more.length > 0 || periods.length !== 1 || periods[0]!.startPeriod !== 0
    ? invalid("A dynamic profile has one schedule with one period that starts at 0.")
    : null;
}

/** Options of schedules that this station has not got. */
function judgeOptions({ chargingProfilePurpose }: ChargingProfile, schedule: ChargingSchedule): Refusal | null {
  const { useLocalTime, randomizedDelay, limitAtSoC } = schedule;
  if (useLocalTime) return invalid("Local times are not supported: schedules are in UTC.");
  if (randomizedDelay !== undefined && randomizedDelay > 0)
    return invalid(
      chargingProfilePurpose === "TxProfile" || chargingProfilePurpose === "TxDefaultProfile"
        ? "Random delays are not supported."
        : "Only a TxProfile or TxDefaultProfile may have a random delay.",
    );
  return limitAtSoC === undefined ? null : invalid("Limits at a state of charge are not supported.");
}

function judgePeriod(
  { chargingProfilePurpose, chargingProfileKind }: ChargingProfile,
  { chargingRateUnit }: ChargingSchedule,
  period: SchedulePeriod,
  version: Version,
  perPhase: boolean,
): Refusal | null {
  const mode = modeOf(period);
  if (mode === "LocalLoadBalancing")
    return refuse("UnsupportedParam", "Sharing the site's load is its own plan: let it decide with ExternalSetpoint.");
  if (!supportedModes.includes(mode)) return refuse("InvalidOperationMode", `This station has no ${mode}.`);
  if (modesOf[chargingProfilePurpose]?.includes(mode) === false)
    return refuse("InvalidOperationMode", `A ${chargingProfilePurpose} cannot carry ${mode}.`);
  if (mode === "CentralFrequency" && chargingProfileKind !== "Dynamic")
    return invalid("CentralFrequency needs a dynamic profile.");
  if (period.evseSleep) return invalid("This station cannot put an EVSE to sleep.");
  return (
    judgeFields(mode, period) ??
    (mode === "LocalFrequency" ? judgeCurves(period, chargingRateUnit) : null) ??
    judgePhases(chargingProfilePurpose, period, perPhase) ??
    judgeAmounts(period, version)
  );
}

function judgeFields(mode: OperationMode, period: SchedulePeriod): Refusal | null {
  const { needs, may } = modeRows[mode];
  for (const amount of amounts) {
    if (needs.includes(amount) && period[amount] === undefined) return invalid(`${mode} needs ${amount}.`);
    const given = [period[amount], period[`${amount}_L2`], period[`${amount}_L3`]].some((value) => value !== undefined);
    if (given && !needs.includes(amount) && !may.includes(amount)) return invalid(`${mode} has no ${amount}.`);
  }
  // Reactive power is the grid code's here, and changed by DER controls only.
  return period.setpointReactive !== undefined ? invalid("Reactive setpoints are not supported in profiles.") : null;
}

const curvePointsMin = 2;

function judgeCurves(period: SchedulePeriod, unit: ChargingSchedule["chargingRateUnit"]): Refusal | null {
  if (unit !== "W") return refuse("UnsupportedRateUnit", "LocalFrequency is in W.");
  const { v2xBaseline, v2xFreqWattCurve, v2xSignalWattCurve } = period;
  if (v2xBaseline === undefined || (v2xFreqWattCurve?.length ?? 0) < curvePointsMin)
    return refuse("NoFreqWattCurve", "LocalFrequency needs v2xBaseline and a curve of at least two points.");
  if (v2xSignalWattCurve !== undefined && v2xSignalWattCurve.length < curvePointsMin)
    return invalid("A curve of signals needs at least two points.");
  const rises = (at: readonly number[]): boolean => at.every((x, i) => i === 0 || x > at[i - 1]!);
  const ordered =
    rises((v2xFreqWattCurve ?? []).map(({ frequency }) => frequency)) &&
    rises((v2xSignalWattCurve ?? []).map(({ signal }) => signal));
  return ordered ? null : invalid("The points of a curve must come in ascending order.");
}

/** A stage here takes the same on each of its phases: others are no setpoints that it can follow. */
function judgePhases(purpose: Purpose, period: SchedulePeriod, perPhase: boolean): Refusal | null {
  for (const amount of amounts) {
    const others = [period[`${amount}_L2`], period[`${amount}_L3`]].filter((value) => value !== undefined);
    if (others.length === 0) continue;
    const plain = period[amount];
    if (plain === undefined || !perPhase || purpose !== "TxProfile")
      return refuse("PhaseConflict", `The vehicle has named no phases, so ${amount} cannot be given for each.`);
    if (others.length < 2 || others.some((value) => value !== plain))
      return refuse("PhaseConflict", `The phases cannot be driven apart: ${amount} must be the same on all three.`);
  }
  return null;
}

function judgeAmounts(period: SchedulePeriod, version: Version): Refusal | null {
  const { limit, dischargeLimit, setpoint } = period;
  for (const value of [limit, dischargeLimit, setpoint, period.v2xBaseline])
    if (value !== undefined && !Number.isFinite(value)) return invalid("Limits and setpoints must be numbers.");
  if (limit !== undefined && limit < 0 && version === "2.1")
    return invalid("A limit is zero or more: a discharge is asked for by a setpoint.");
  if (dischargeLimit !== undefined && dischargeLimit > 0) return invalid("A dischargeLimit is zero or less.");
  if (setpoint !== undefined && (setpoint < (dischargeLimit ?? -Infinity) || setpoint > (limit ?? Infinity)))
    return invalid("The setpoint is outside of dischargeLimit and limit.");
  return null;
}

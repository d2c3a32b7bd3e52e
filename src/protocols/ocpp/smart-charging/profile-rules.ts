/** What a charging profile must fulfil by itself before it is taken. */
import type { OcppConfig } from "../config.ts";
import type { StationPort } from "../ports.ts";
import type { ChargingProfile, SchedulePeriod } from "../transport/messages.table.ts";

const periodsMax = 1_024;

/** Why something is refused: a stable key and a sentence. */
export interface Refusal {
  reasonCode: string;
  sentence: string;
}

/** A refusal. */
export const refuse = (reasonCode: string, sentence: string): Refusal => ({ reasonCode, sentence });

/** Whether the schedules are whole and can be carried out here; null when they are. */
export function judgeSchedules(profile: ChargingProfile): Refusal | null {
  const relative = profile.chargingProfileKind === "Relative";
  const dynamic = profile.chargingProfileKind === "Dynamic";
  for (const schedule of profile.chargingSchedule) {
    const periods = schedule.chargingSchedulePeriod;
    if (periods.length > periodsMax) return refuse("TooManyPeriods", `A schedule may have ${periodsMax} periods.`);
    if (periods[0]!.startPeriod !== 0) return refuse("InvalidSchedule", "The first period must start at 0.");
    if (schedule.duration !== undefined && schedule.duration <= 0)
      return refuse("InvalidSchedule", "The duration must be positive.");
    if (relative && schedule.startSchedule !== undefined)
      return refuse("InvalidSchedule", "A relative schedule has no startSchedule.");
    if (!relative && !dynamic && schedule.startSchedule === undefined)
      return refuse("InvalidSchedule", "An absolute or recurring schedule needs startSchedule.");
    for (let i = 0; i < periods.length; i++) {
      const period = periods[i]!;
      if (i > 0 && period.startPeriod <= periods[i - 1]!.startPeriod)
        return refuse("InvalidSchedule", "Periods must come in ascending order.");
      if (period.numberPhases !== undefined && (period.numberPhases < 1 || period.numberPhases > 3))
        return refuse("InvalidSchedule", "numberPhases must be 1 to 3.");
      if (period.phaseToUse !== undefined)
        return refuse("UnsupportedParam", "Phases cannot be selected at this station.");
    }
  }
  return null;
}

/** Whether the profile's purpose fits its place; `transactionId` is the EVSE's running transaction. Null when it does. */
export function judgePurpose(
  evseId: number,
  profile: ChargingProfile,
  transactionId: string | null,
  starting: boolean,
): Refusal | null {
  switch (profile.chargingProfilePurpose) {
    case "ChargingStationExternalConstraints":
      return refuse("InvalidProfile", "External constraints cannot be set by the backend.");
    case "ChargingStationMaxProfile":
      if (evseId !== 0) return refuse("InvalidProfile", "A station maximum belongs to evseId 0.");
      return profile.chargingProfileKind === "Relative"
        ? refuse("InvalidProfile", "A station maximum cannot be relative.")
        : null;
    case "LocalGeneration":
      return refuse("UnsupportedPurpose", "Local generation is measured here: the backend need not tell it.");
    case "PriorityCharging":
    case "TxDefaultProfile":
      return profile.transactionId === undefined
        ? null
        : refuse("InvalidProfile", "A default profile names no transaction.");
    case "TxProfile":
      if (evseId === 0) return refuse("InvalidProfile", "A TxProfile needs an EVSE.");
      if (starting)
        return profile.transactionId === undefined
          ? null
          : refuse("InvalidProfile", "The transaction has not begun, so it cannot be named.");
      if (transactionId === null) return refuse("TxNotFound", "No transaction is running at this EVSE.");
      if (profile.transactionId === undefined) return refuse("MissingParam", "A TxProfile must name its transaction.");
      return profile.transactionId === transactionId
        ? null
        : refuse("TxNotFound", "This transaction is not running at this EVSE.");
  }
}

/** Whether both are valid at some time. */
export const overlaps = (a: ChargingProfile, b: ChargingProfile): boolean => {
  const from = (profile: ChargingProfile): number =>
    profile.validFrom ? Date.parse(profile.validFrom) : Number.NEGATIVE_INFINITY;
  const to = (profile: ChargingProfile): number =>
    profile.validTo ? Date.parse(profile.validTo) : Number.POSITIVE_INFINITY;
  return from(a) < to(b) && from(b) < to(a);
};

/** Whether a period asks for a discharge, or makes room for one. */
const discharges = (period: SchedulePeriod): boolean =>
  [
    period.limit,
    period.setpoint,
    period.dischargeLimit,
    period.v2xBaseline,
    ...(period.v2xFreqWattCurve ?? []).map(({ power }) => power),
    ...(period.v2xSignalWattCurve ?? []).map(({ power }) => power),
  ].some((value) => value !== undefined && value < 0);

/** R3: a discharge that no permit covers is refused with a reason. */
export function judgeDischarge(
  profile: ChargingProfile,
  config: OcppConfig,
  site: StationPort["site"],
): Refusal | null {
  if (!config.refuseUnpermittedDischarge) return null;
  const negative = profile.chargingSchedule.some(({ chargingSchedulePeriod }) =>
    chargingSchedulePeriod.some(discharges),
  );
  const { known, serviceMode, permitValid, permitMissing, explanation } = site;
  if (!negative || (permitValid && (serviceMode === "parallel-non-export" || serviceMode === "parallel-export")))
    return null;
  if (!known) return refuse("NotReady", "The devices have not been heard of since the start: try again in a moment.");
  return permitMissing || explanation === ""
    ? refuse("NoPermit", "No permission to operate in parallel covers discharging.")
    : refuse("PermitNotInForce", explanation);
}

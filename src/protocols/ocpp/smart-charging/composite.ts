/**
 * K08: what all charging profiles together allow. At each moment the highest stack level with a running period decides
 * for its purpose; a TxProfile replaces the TxDefaultProfile; the lowest of station maximum, external constraints and
 * transaction profile counts. Limits may be negative (discharge); comparison is the same. A negative limit of the
 * station as a whole is shared equally between the EVSEs in a transaction.
 *
 * The same evaluation gives the limits in force now and the composite schedule, so that the two cannot differ. A schedule
 * is computed in steps, each short, so that whoever drives them can do other work in between.
 */
import type { ChargingProfile, OperationMode, RateUnit, SchedulePeriod } from "../transport/messages.table.ts";
import type { Version } from "../transport/versions.ts";
import { type AmountUnits, rangeOf, wattsOf } from "./period-range.ts";
import type { InstalledProfile } from "./profile-stack.ts";
import { createProfileStack, type Deciding } from "./profile-stack.ts";
import type { TimelineContext } from "./schedule-timeline.ts";

/** The EVSE and its transaction, as far as profiles depend on them. */
export interface ScheduleContext extends TimelineContext {
  evseId: number;
  supplyPhases: number;
  nominalVoltageV: number;
  /** The EVSE's own abilities, magnitudes. */
  maxChargeW: number;
  maxDischargeW: number;
  transactionId: string | null;
  /** EVSEs in a transaction at the whole station: they share a negative limit of the station. At least 1. */
  sharers: number;
  /** A profile of priority charging replaces the transaction's own. */
  priority?: boolean;
}

/** What the profiles allow and ask for at a moment. */
export interface Limit {
  /** What is asked for; NaN where the backend leaves it to the site. */
  limitW: number;
  /** The exchange that is allowed. */
  minW: number;
  maxW: number;
  mode: OperationMode;
  /** The deciding period where it has curves that follow the grid. */
  follows: SchedulePeriod | null;
  profileId: number;
  /** As the deciding period says; undefined where it does not. */
  numberPhases: number | undefined;
}

/** A limit at a moment, null where no profile applies, and the moment at which that may change. */
export interface LimitNow {
  limit: Readonly<Limit> | null;
  untilMs: number;
}

const forever = Number.POSITIVE_INFINITY;

type Purpose = ChargingProfile["chargingProfilePurpose"];

/** What profiles allow one EVSE, or the station as a whole, moment by moment. */
export interface Evaluation {
  /** Moments must not go back from call to call; the answer is written in place. */
  at(atMs: number): Readonly<LimitNow>;
}

/** `scope` "station" takes only what is set for the station as a whole: its maximum and its external constraints. */
export function createEvaluation(
  profiles: readonly InstalledProfile[],
  startMs: number,
  context: ScheduleContext,
  scope: "evse" | "station" = "evse",
): Evaluation {
  const { evseId, transactionId } = context;
  const stackOf = (purpose: Purpose) =>
    createProfileStack(
      profiles.filter(
        ({ profile, evseId: of }) =>
          profile.chargingProfilePurpose === purpose &&
          (of === 0 || (scope === "evse" && of === evseId)) &&
          (purpose !== "TxProfile" || profile.transactionId === undefined || profile.transactionId === transactionId),
      ),
      startMs,
      context,
    );
  const maximum = stackOf("ChargingStationMaxProfile");
  const external = stackOf("ChargingStationExternalConstraints");
  const own = scope === "evse" && transactionId !== null ? stackOf("TxProfile") : null;
  const byDefault = scope === "evse" ? stackOf("TxDefaultProfile") : null;
  const urgent = scope === "evse" && context.priority === true ? stackOf("PriorityCharging") : null;
  const lowest: Limit = {
    ...{ limitW: 0, minW: 0, maxW: 0, mode: "ChargingOnly", follows: null, profileId: 0, numberPhases: undefined },
  };
  const units = { unit: "W" as RateUnit, supplyPhases: context.supplyPhases, nominalVoltageV: context.nominalVoltageV };
  const now: LimitNow = { limit: null, untilMs: forever };

  /** Takes a purpose's limit when it is the lowest so far; true when the purpose has one at all. */
  function take({ installed, timeline, period, untilMs }: Readonly<Deciding>): boolean {
    now.untilMs = Math.min(now.untilMs, untilMs);
    if (installed === null || timeline === null || period < 0) return false;
    const { list, schedule } = timeline.periods;
    const own = list[period]!;
    units.unit = schedule.chargingRateUnit;
    if (own.operationMode !== undefined && own.operationMode !== "ChargingOnly")
      return takeMode(own, timeline.profile.id, units);
    let limitW = wattsOf(own, "limit", units);
    if (
      limitW < 0 &&
      scope === "evse" &&
      installed.evseId === 0 &&
      sharedPurposes.has(timeline.profile.chargingProfilePurpose)
    )
      limitW /= context.sharers;
    if (now.limit !== null && lowest.limitW <= limitW) return true;
    lowest.limitW = limitW;
    lowest.minW = Math.min(limitW, 0);
    lowest.maxW = Math.max(limitW, 0);
    lowest.mode = "ChargingOnly";
    lowest.follows = null;
    lowest.profileId = timeline.profile.id;
    lowest.numberPhases = own.numberPhases;
    now.limit = lowest;
    return true;
  }

  /**
   * A mode of 2.1 beyond charging, under the station's maximum and external limits, which have been taken before: zero or more
   * they bound charging only; a negative one (2.0.1) is a discharge that counts where it is the larger one.
   */
  function takeMode(period: SchedulePeriod, profileId: number, amounts: AmountUnits): true {
    const capW = now.limit === null ? Number.POSITIVE_INFINITY : lowest.limitW;
    const range = rangeOf(period, amounts);
    if (capW < 0 && !(range.askedW <= capW)) return true;
    const bounded = Math.max(capW, 0);
    lowest.limitW = Math.min(range.askedW, bounded);
    lowest.minW = range.minW;
    lowest.maxW = Math.min(range.maxW, bounded);
    lowest.mode = range.mode;
    lowest.follows = range.mode === "LocalFrequency" ? period : null;
    lowest.profileId = profileId;
    lowest.numberPhases = period.numberPhases;
    now.limit = lowest;
    return true;
  }

  return {
    at(atMs) {
      now.limit = null;
      now.untilMs = forever;
      take(maximum.at(atMs));
      take(external.at(atMs));
      if (urgent !== null && take(urgent.at(atMs))) return now;
      if ((own === null || !take(own.at(atMs))) && byDefault !== null) take(byDefault.at(atMs));
      return now;
    },
  };
}

/** Purposes whose negative limit, set for the station, is meant for all its EVSEs together. */
const sharedPurposes: ReadonlySet<Purpose> = new Set([
  "ChargingStationMaxProfile",
  "ChargingStationExternalConstraints",
]);

/** Periods of a computed schedule; a stack that changes more often is cut short there. */
const periodsMax = 1024;
/** Moments looked at for one schedule, beyond which it is cut short: about half a second of work. */
const momentsMax = 500_000;
/** Moments looked at in one step: a fraction of a millisecond. */
const momentsPerStep = 256;

/** To the wire's tenth, towards zero: rounding must never allow more, in either direction. */
const toTenth = (value: number): number => {
  const tenths = Math.trunc(value * 10 + Math.sign(value) * 1e-6) / 10;
  return tenths === 0 ? 0 : tenths;
};

/** A period of a composite schedule: seconds from its start, amounts in its unit. Those of 2.1 only where it is spoken. */
export interface CompositePeriod {
  startPeriod: number;
  limit: number;
  numberPhases?: number;
  operationMode?: OperationMode;
  setpoint?: number;
  dischargeLimit?: number;
}

/** A computed schedule. `durationS` is shorter than asked where it was cut short. */
export interface CompositeSchedule {
  periods: CompositePeriod[];
  durationS: number;
}

/** The work of a schedule: each `next` is one step, the last returns it. */
export type CompositeSteps = Generator<void, CompositeSchedule>;

/** What holds from a moment on, in the asked unit. */
interface Value {
  limit: number;
  numberPhases: number | undefined;
  /** Beyond charging: how 2.1 says it. */
  beyond?: Pick<CompositePeriod, "operationMode" | "setpoint" | "dischargeLimit"> | null;
  untilMs: number;
}

const isSame = (previous: CompositePeriod, { limit, numberPhases, beyond }: Value): boolean =>
  previous.limit === limit &&
  previous.numberPhases === numberPhases &&
  previous.operationMode === beyond?.operationMode &&
  previous.setpoint === beyond?.setpoint &&
  previous.dischargeLimit === beyond?.dischargeLimit;

/** Walks from change to change, merging equal neighbours. */
function* walk(startMs: number, durationS: number, at: (atMs: number) => Value): CompositeSteps {
  const periods: CompositePeriod[] = [];
  const endMs = startMs + durationS * 1000;
  // Boundaries between seconds begin with the next whole one.
  const secondOf = (atMs: number): number => Math.ceil((atMs - startMs) / 1000);
  let moments = 0;
  for (let atMs = startMs; atMs < endMs; ) {
    const value = at(atMs);
    const { limit, numberPhases, beyond, untilMs } = value;
    const previous = periods.at(-1);
    if (!previous || !isSame(previous, value)) {
      const startPeriod = secondOf(atMs);
      if (previous && previous.startPeriod === startPeriod) periods.pop();
      if (periods.length >= periodsMax) return { periods, durationS: startPeriod };
      periods.push({ startPeriod, limit, ...(numberPhases !== undefined && { numberPhases }), ...beyond });
    }
    moments += 1;
    if (moments >= momentsMax) return { periods, durationS: Math.max(1, Math.floor((atMs - startMs) / 1000)) };
    if (moments % momentsPerStep === 0) yield;
    atMs = untilMs;
  }
  return { periods: periods.filter(({ startPeriod }) => startPeriod < durationS), durationS };
}

const within = (powerW: number, { maxChargeW, maxDischargeW }: ScheduleContext): number =>
  Math.max(Math.min(powerW, maxChargeW), -maxDischargeW);

/** What is asked for, or where that is the site's own decision, what is allowed at most. */
const clamp = (limit: Readonly<Limit> | null, context: ScheduleContext): number => {
  const askedW = limit?.limitW ?? context.maxChargeW;
  return within(Number.isNaN(askedW) ? limit!.maxW : askedW, context);
};

/** The composite schedule of an EVSE from a moment, in the asked unit; `version` is that of who asks. */
export function compositeSteps(
  profiles: readonly InstalledProfile[],
  startMs: number,
  durationS: number,
  unit: RateUnit,
  context: ScheduleContext,
  version: Version = "2.0.1",
): CompositeSteps {
  const evaluation = createEvaluation(profiles, startMs, context);
  return walk(startMs, durationS, (atMs) => {
    const { limit, untilMs } = evaluation.at(atMs);
    const numberPhases = limit?.numberPhases;
    const phases = Math.min(numberPhases ?? context.supplyPhases, context.supplyPhases);
    const amount = (powerW: number): number =>
      toTenth(unit === "W" ? powerW : powerW / (context.nominalVoltageV * phases));
    if (version === "2.0.1" || limit === null || limit.mode === "ChargingOnly")
      return { limit: amount(clamp(limit, context)), numberPhases, untilMs };
    const { mode: operationMode, limitW, minW, maxW } = limit;
    const beyond = {
      operationMode,
      dischargeLimit: amount(Math.min(within(minW, context), 0)),
      ...(!Number.isNaN(limitW) && { setpoint: amount(within(limitW, context)) }),
    };
    return { limit: amount(within(maxW, context)), numberPhases, beyond, untilMs };
  });
}

/**
 * The whole station's expectation: the sum of its EVSEs, under the station's own maximum (evseId 0). A negative maximum
 * asks the EVSEs in a transaction for it, or, without any, whichever will be.
 */
export function stationSteps(
  profiles: readonly InstalledProfile[],
  startMs: number,
  durationS: number,
  unit: RateUnit,
  contexts: readonly ScheduleContext[],
): CompositeSteps {
  const first = contexts[0]!;
  const station = createEvaluation(profiles, startMs, first, "station");
  const evses = contexts.map((context) => createEvaluation(profiles, startMs, context));
  const ownW = new Float64Array(contexts.length);
  const ownUntilMs = new Float64Array(contexts.length).fill(-forever);
  const anyRunning = contexts.some(({ transactionId }) => transactionId !== null);
  const dischargeableW = contexts.reduce((sum, { maxDischargeW }) => sum + maxDischargeW, 0);
  return walk(startMs, durationS, (atMs) => {
    const { limit, untilMs: stationUntilMs } = station.at(atMs);
    let untilMs = stationUntilMs;
    let sumW = 0;
    const asksDischarge = limit !== null && limit.limitW < 0;
    for (let i = 0; i < contexts.length; i++) {
      if (ownUntilMs[i]! <= atMs) {
        const own = evses[i]!.at(atMs);
        ownW[i] = clamp(own.limit, contexts[i]!);
        ownUntilMs[i] = own.untilMs;
      }
      untilMs = Math.min(untilMs, ownUntilMs[i]!);
      if (!asksDischarge || contexts[i]!.transactionId !== null) sumW += ownW[i]!;
    }
    let w = sumW;
    if (asksDischarge && !anyRunning) w = Math.max(limit.limitW, -dischargeableW);
    else if (limit !== null && !asksDischarge) w = Math.min(sumW, limit.limitW);
    const value = unit === "W" ? w : w / (first.nominalVoltageV * first.supplyPhases);
    return { limit: toTenth(value), numberPhases: undefined, untilMs };
  });
}

/** Does all steps of a schedule at once. */
export function finish(steps: CompositeSteps): CompositeSchedule {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

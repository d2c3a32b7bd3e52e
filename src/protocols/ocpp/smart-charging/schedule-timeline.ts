/**
 * One charging profile over time. Texts are read once for each schedule; after that "which period holds at this moment,
 * and until when" costs a binary search, however many periods there are.
 */
import { dayMs } from "../../../domain/units.ts";
import type { ChargingProfile, ChargingSchedule, SchedulePeriod } from "../transport/messages.table.ts";
import type { Zone } from "./timezone.ts";

/** When a profile counts: what it hangs on beside its own texts. */
export interface TimelineContext {
  /** Start of relative schedules, UTC ms. */
  transactionStartMs: number;
  zone: Zone;
}

/** A profile's state at a moment: active since `startMs` of its schedule, or not; it may change at `untilMs`, not before. */
export interface Span {
  active: boolean;
  startMs: number;
  untilMs: number;
}
export const createSpan = (): Span => ({ active: false, startMs: Number.NaN, untilMs: forever });

interface Validity {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a dynamic profile: when its values were given or confirmed last. */
  readonly updatedMs: number;
}

interface Periods {
  readonly firstMs: number;
  readonly durationMs: number;
  /** Starts from the schedule's, ms, ascending. */
  readonly offsetsMs: Float64Array;
  readonly schedule: ChargingSchedule;
  readonly list: readonly SchedulePeriod[];
  /** The occurrence of a recurring schedule that was found last, with the zone it was found in. */
  zone: Zone | null;
  occurrenceMs: number;
  nextMs: number;
}

/** A profile with the schedule that counts, ready to be asked. */
export interface Timeline {
  readonly profile: ChargingProfile;
  readonly validity: Validity;
  readonly periods: Periods;
}

const forever = Number.POSITIVE_INFINITY;
/** A dynamic profile that was updated so far in the future has an unknown age: the clock has been set back, ms. */
const aheadMaxMs = 5_000;
const recurrenceMs = { Daily: dayMs, Weekly: 7 * dayMs } as const;

const validities = new WeakMap<ChargingProfile, Validity>();
const compiled = new WeakMap<ChargingSchedule, Periods>();

export function validityOf(profile: ChargingProfile): Validity {
  let validity = validities.get(profile);
  if (!validity) {
    validity = {
      fromMs: profile.validFrom === undefined ? -forever : Date.parse(profile.validFrom),
      toMs: profile.validTo === undefined ? forever : Date.parse(profile.validTo),
      updatedMs: Date.parse(profile.dynUpdateTime ?? ""),
    };
    validities.set(profile, validity);
  }
  return validity;
}

function periodsOf(schedule: ChargingSchedule): Periods {
  let periods = compiled.get(schedule);
  if (!periods) {
    const list = schedule.chargingSchedulePeriod;
    periods = {
      firstMs: Date.parse(schedule.startSchedule ?? ""),
      durationMs: schedule.duration === undefined ? forever : schedule.duration * 1000,
      offsetsMs: Float64Array.from(list, (period) => period.startPeriod * 1000),
      schedule,
      list,
      zone: null,
      occurrenceMs: forever,
      nextMs: -forever,
    };
    compiled.set(schedule, periods);
  }
  return periods;
}

/** `chosen` is the schedule that the vehicle has picked (ISO 15118), the first otherwise. */
export function timelineOf(profile: ChargingProfile, chosen = 0): Timeline {
  const schedule = profile.chargingSchedule[chosen] ?? profile.chargingSchedule[0]!;
  return { profile, validity: validityOf(profile), periods: periodsOf(schedule) };
}

/** Finds the occurrence of a recurring schedule at a moment at or after its first start, and the one that follows. */
function findOccurrence(profile: ChargingProfile, periods: Periods, atMs: number, zone: Zone): void {
  if (periods.zone === zone && periods.occurrenceMs <= atMs && atMs < periods.nextMs) return;
  const { firstMs } = periods;
  const everyMs = recurrenceMs[profile.recurrencyKind ?? "Daily"];
  const firstLocalMs = firstMs + zone.offsetMs(firstMs);
  const occurrence = (k: number): number => (k === 0 ? firstMs : zone.utcOf(firstLocalMs + k * everyMs));
  let k = Math.max(Math.floor((atMs + zone.offsetMs(atMs) - firstLocalMs) / everyMs) - 1, 0);
  while (occurrence(k + 1) <= atMs) k += 1;
  periods.zone = zone;
  periods.occurrenceMs = occurrence(k);
  periods.nextMs = occurrence(k + 1);
}

const inactive = (span: Span, untilMs: number): void => {
  span.active = false;
  span.startMs = Number.NaN;
  span.untilMs = untilMs;
};

/** A dynamic profile counts from its last update on; its duration is a lease, which the next update renews. */
function dynamicSpan({ updatedMs, toMs }: Validity, { durationMs }: Periods, atMs: number, span: Span): void {
  const endMs = updatedMs + durationMs;
  const ageKnown = durationMs === forever || updatedMs <= atMs + aheadMaxMs;
  if (!ageKnown || atMs >= endMs) {
    inactive(span, forever);
    return;
  }
  span.active = true;
  span.startMs = Math.min(updatedMs, atMs);
  span.untilMs = Math.min(toMs, endMs);
}

/** Writes the profile's state at a moment into `span`. Inactive spans end when the profile may become active. */
export function spanAt(
  { profile, validity, periods }: Timeline,
  atMs: number,
  context: TimelineContext,
  span: Span,
): void {
  const { fromMs, toMs } = validity;
  if (atMs >= toMs || atMs < fromMs) {
    inactive(span, atMs < fromMs ? fromMs : forever);
    return;
  }
  if (profile.chargingProfileKind === "Dynamic") {
    dynamicSpan(validity, periods, atMs, span);
    return;
  }
  let startMs = periods.firstMs;
  let nextMs = forever;
  if (profile.chargingProfileKind === "Relative") startMs = context.transactionStartMs;
  if (atMs < startMs) {
    inactive(span, Math.min(startMs, toMs));
    return;
  }
  if (profile.chargingProfileKind === "Recurring") {
    findOccurrence(profile, periods, atMs, context.zone);
    startMs = periods.occurrenceMs;
    nextMs = periods.nextMs;
  }
  const boundaryMs = Math.min(nextMs, toMs);
  const endMs = startMs + periods.durationMs;
  if (!(atMs < endMs)) {
    inactive(span, boundaryMs);
    return;
  }
  span.active = true;
  span.startMs = startMs;
  span.untilMs = Math.min(boundaryMs, endMs);
}

/** Index of the period that holds so many ms after the schedule's start; −1 before the first. */
export function periodAt({ periods: { offsetsMs } }: Timeline, offsetMs: number): number {
  let low = 0;
  let high = offsetsMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (offsetsMs[middle]! <= offsetMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

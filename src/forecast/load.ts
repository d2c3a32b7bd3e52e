/**
 * Consumption of a site without its vehicles, by similar days: the newest days of the same kind (work day, Saturday, Sunday or
 * holiday) weigh most, days that were unlike the others of their kind don't count, and what the last hours were above or below
 * fades out over the next ones.
 */
import { type DayKind, dayKinds, kindOfDay, localDay } from "../domain/calendar.ts";
import { clamp } from "../domain/units.ts";
import { type Forecast, type ForecastErrors, forecastQuartersMax, withBand } from "./forecast.ts";
import { clockQuarter, type PastDay, quarterMs, quartersOfDay, type SiteCalendar } from "./past-days.ts";

/** Days of one kind that are looked at, and the weight of each older one beside the next newer. */
const similarDaysMax = 8;
const olderWeight = 0.3;
/** A day whose mean is further from the median of its kind was no usual one: a holiday that nobody announced. */
const unusualShare = 0.25;
/** Needed to tell an unusual day. */
const usualDaysMin = 4;
/** The last hours are compared with their forecast; the rest of the day follows by at most this, and fades, quarters. */
const recentQuarters = 12;
const scaleMin = 0.67;
const scaleMax = 1.5;
const fadeQuarters = 24;
/** Another kind of day is believed when the recent hours fit it so many times better, and the day's own kind so badly. */
const fitsBetter = 2;
const fitsBadlyShare = 0.2;

export interface LoadForecastInputs {
  readonly calendar: SiteCalendar;
  /** Oldest first. */
  readonly days: readonly PastDay[];
  /** What has been measured until then is known. */
  readonly nowMs: number;
  /** First quarter of the forecast, ms UTC. */
  readonly startsAtMs: number;
  readonly quarters: number;
  readonly errors: ForecastErrors | null;
}

/** Consumption ahead. Without any day of its kind a quarter goes on as the last hour was; without that it is unknown. */
export function forecastLoad(inputs: LoadForecastInputs): Forecast {
  const { calendar, days, nowMs, startsAtMs, errors } = inputs;
  const { zone, holidays } = calendar;
  const profiles = new Map(dayKinds.map((kind) => [kind, profileOf(days, kind, nowMs)]));
  const recent = recentValues(inputs);
  // The last hours are compared with the days before them, not with themselves.
  const oldest = recent.at(-1)?.day ?? Number.POSITIVE_INFINITY;
  const before = days.filter(({ day }) => day < oldest);
  const usual = new Map(dayKinds.map((kind) => [kind, profileOf(before, kind, nowMs)]));
  const today = localDay(zone, nowMs);
  const todayKind = kindToday(
    kindOfDay(today, holidays),
    recent.filter(({ day }) => day === today),
    usual,
  );
  const kindOf = (day: number): DayKind => (day === today ? todayKind : kindOfDay(day, holidays));
  const lastHourW = meanOf(recent.slice(0, 4).map(({ powerW }) => powerW));
  const scale = recentScale(recent, (day) => usual.get(kindOf(day))!);
  let similar = 0;
  const kinds = new Map<number, DayKind>();
  const powerW = Array.from({ length: Math.min(inputs.quarters, forecastQuartersMax) }, (_, i) => {
    const atMs = startsAtMs + i * quarterMs;
    const day = localDay(zone, atMs);
    if (!kinds.has(day)) kinds.set(day, kindOf(day));
    const usualW = profiles.get(kinds.get(day)!)![clockQuarter(zone, atMs)]!;
    if (Number.isNaN(usualW)) return Number.isNaN(lastHourW) ? null : lastHourW;
    similar++;
    const lead = Math.max(0, (atMs - nowMs) / quarterMs);
    return usualW * (1 + (scale - 1) * Math.exp(-lead / fadeQuarters));
  });
  const basis = similar > 0 ? "similar-days" : Number.isNaN(lastHourW) ? "unknown" : "flat";
  return withBand(startsAtMs, powerW, basis, basis === "similar-days" ? errors : null);
}

/** What a quarter of the clock usually has on such a day, W, from what was measured until `nowMs`; NaN where no such day has it. */
function profileOf(days: readonly PastDay[], kind: DayKind, nowMs: number): Float64Array {
  const profile = new Float64Array(quartersOfDay);
  const weights = new Float64Array(quartersOfDay);
  const next = new Float64Array(quartersOfDay).fill(1);
  for (const day of usualDays(days, kind, nowMs))
    for (let q = 0; q < quartersOfDay; q++) {
      const value = knownAt(day, q, nowMs);
      if (Number.isNaN(value)) continue;
      profile[q]! += next[q]! * value;
      weights[q]! += next[q]!;
      next[q]! *= olderWeight;
    }
  for (let q = 0; q < quartersOfDay; q++) profile[q] = weights[q]! > 0 ? profile[q]! / weights[q]! : Number.NaN;
  return profile;
}

/** The newest days of a kind without those that were unlike the others, newest first. */
function usualDays(days: readonly PastDay[], kind: DayKind, nowMs: number): PastDay[] {
  const same: PastDay[] = [];
  for (let i = days.length - 1; i >= 0 && same.length < similarDaysMax; i--)
    if (days[i]!.kind === kind && days[i]!.clockW.some((_, q) => !Number.isNaN(knownAt(days[i]!, q, nowMs))))
      same.push(days[i]!);
  const median = new Float64Array(quartersOfDay);
  for (let q = 0; q < quartersOfDay; q++) median[q] = medianOf(same.map((day) => knownAt(day, q, nowMs)));
  if (same.length < usualDaysMin) return same;
  // Compared over the quarters that the day has, so that a day that has only begun can be judged as well.
  const usual = same.filter((day) => {
    let own = 0;
    let others = 0;
    for (let q = 0; q < quartersOfDay; q++) {
      const value = knownAt(day, q, nowMs);
      if (Number.isNaN(value)) continue;
      own += value;
      others += median[q]!;
    }
    return Math.abs(own - others) <= unusualShare * Math.abs(others);
  });
  return usual.length > 0 ? usual : same;
}

const knownAt = (day: PastDay, quarter: number, nowMs: number): number =>
  day.endsAtMs[quarter]! <= nowMs ? day.clockW[quarter]! : Number.NaN;

interface Recent {
  readonly day: number;
  readonly quarter: number;
  readonly powerW: number;
}

/** What was measured in the last three hours, newest first, as far as it is known. */
function recentValues({ calendar, days, nowMs }: LoadForecastInputs): Recent[] {
  const recent: Recent[] = [];
  const lastMs = Math.floor(nowMs / quarterMs) * quarterMs - quarterMs;
  for (let i = 0; i < recentQuarters; i++) {
    const atMs = lastMs - i * quarterMs;
    const number = localDay(calendar.zone, atMs);
    const day = days.findLast((one) => one.day === number);
    const quarter = clockQuarter(calendar.zone, atMs);
    const powerW = day ? knownAt(day, quarter, nowMs) : Number.NaN;
    if (!Number.isNaN(powerW)) recent.push({ day: number, quarter, powerW });
  }
  return recent;
}

/** Kind of today by the calendar, unless the last hours say plainly that it is like another one. */
function kindToday(planned: DayKind, recent: readonly Recent[], profiles: ReadonlyMap<DayKind, Float64Array>): DayKind {
  const measured = recent.reduce((sum, { powerW }) => sum + Math.abs(powerW), 0);
  const misfit = (kind: DayKind): number => {
    const profile = profiles.get(kind)!;
    const error = recent.reduce((sum, { quarter, powerW }) => sum + Math.abs(powerW - profile[quarter]!), 0);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  };
  const own = misfit(planned);
  if (recent.length < recentQuarters || own <= fitsBadlyShare * measured) return planned;
  const best = dayKinds.reduce((a, b) => (misfit(b) < misfit(a) ? b : a), planned);
  return misfit(best) * fitsBetter < own ? best : planned;
}

/** How much the last hours were above or below what was usual. */
function recentScale(recent: readonly Recent[], profileOfDay: (day: number) => Float64Array): number {
  let measured = 0;
  let usual = 0;
  for (const { day, quarter, powerW } of recent) {
    const usualW = profileOfDay(day)[quarter]!;
    if (Number.isNaN(usualW)) continue;
    measured += powerW;
    usual += usualW;
  }
  return usual > 0 ? clamp(measured / usual, scaleMin, scaleMax) : 1;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
}

function medianOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return known.length === 0 ? Number.NaN : known[known.length >> 1]!;
}

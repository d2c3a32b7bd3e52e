/**
 * Output of the site's PV. The highest values of the last two weeks by the clock stand for a clear sky; how much of it the last
 * 45 minutes had goes on and fades into what is likely for the day: half yesterday, half a clear sky as clouded as the week was.
 */
import { localDay } from "../domain/calendar.ts";
import { clamp } from "../domain/units.ts";
import { type Forecast, type ForecastErrors, forecastQuartersMax, withBand } from "./forecast.ts";
import { clockQuarter, type PastDay, quarterMs, quartersOfDay, type SiteCalendar } from "./past-days.ts";

/** Days of the clear sky and of the usual clouds. */
const clearDaysMax = 14;
const cloudDaysMax = 7;
const recentQuarters = 3;
/** A share of the clear sky is told only where the sky gives at least this share of the day's best quarter. */
const tellingShare = 0.02;
const indexMax = 1.1;
const fadeQuarters = 16;

export interface PvForecastInputs {
  readonly calendar: SiteCalendar;
  /** Oldest first. Past output that was held back counts as it was measured. */
  readonly days: readonly PastDay[];
  readonly nowMs: number;
  readonly startsAtMs: number;
  readonly quarters: number;
  readonly ratedW: number;
  readonly errors: ForecastErrors | null;
}

/** PV ahead, a magnitude; unknown before the first whole day. */
export function forecastPv(inputs: PvForecastInputs): Forecast {
  const { calendar, nowMs, startsAtMs, ratedW, errors } = inputs;
  const today = localDay(calendar.zone, nowMs);
  const past = inputs.days.filter(({ day }) => day < today).slice(-clearDaysMax);
  const quarters = Math.min(inputs.quarters, forecastQuartersMax);
  if (past.length === 0) return withBand(startsAtMs, new Array<null>(quarters).fill(null), "unknown", null);
  const clearW = clearSky(past);
  const likelyW = likelyDay(past, clearW);
  const index = recentIndex(inputs, clearW);
  const powerW = Array.from({ length: quarters }, (_, i) => {
    const atMs = startsAtMs + i * quarterMs;
    const q = clockQuarter(calendar.zone, atMs);
    const lead = Math.max(0, (atMs - nowMs) / quarterMs);
    const now = Number.isNaN(index) ? 0 : Math.exp(-(lead + 1) / fadeQuarters);
    const value = now * (Number.isNaN(index) ? 0 : index) * clearW[q]! + (1 - now) * likelyW[q]!;
    return clamp(value, 0, ratedW);
  });
  return withBand(startsAtMs, powerW, "clear-sky", errors);
}

function clearSky(days: readonly PastDay[]): Float64Array {
  const clearW = new Float64Array(quartersOfDay);
  for (const { clockW } of days)
    for (let q = 0; q < quartersOfDay; q++) if (clockW[q]! > clearW[q]!) clearW[q] = clockW[q]!;
  return clearW;
}

function likelyDay(days: readonly PastDay[], clearW: Float64Array): Float64Array {
  const indices = days.slice(-cloudDaysMax).map((day) => dayIndex(day, clearW));
  indices.sort((a, b) => a - b);
  const usual = indices[indices.length >> 1]!;
  const yesterday = days.at(-1)!.clockW;
  return clearW.map((clear, q) => {
    const before = yesterday[q]!;
    return Number.isNaN(before) ? usual * clear : 0.5 * usual * clear + 0.5 * Math.max(0, before);
  });
}

/** Share of the clear sky that a day had, over the quarters that it has. */
function dayIndex({ clockW }: PastDay, clearW: Float64Array): number {
  let had = 0;
  let clear = 0;
  for (let q = 0; q < quartersOfDay; q++) {
    if (Number.isNaN(clockW[q]!)) continue;
    had += clockW[q]!;
    clear += clearW[q]!;
  }
  return clear > 0 ? had / clear : 1;
}

/** Share of the clear sky that the last quarters had; NaN where there is too little sun or nothing was measured. */
function recentIndex({ calendar, days, nowMs }: PvForecastInputs, clearW: Float64Array): number {
  const lastMs = Math.floor(nowMs / quarterMs) * quarterMs - quarterMs;
  let had = 0;
  let clear = 0;
  for (let i = 0; i < recentQuarters; i++) {
    const atMs = lastMs - i * quarterMs;
    const day = localDay(calendar.zone, atMs);
    const q = clockQuarter(calendar.zone, atMs);
    const known = days.findLast((one) => one.day === day);
    if (!known || Number.isNaN(known.clockW[q]!) || known.endsAtMs[q]! > nowMs) return Number.NaN;
    had += known.clockW[q]!;
    clear += clearW[q]!;
  }
  let best = 0;
  for (const value of clearW) best = Math.max(best, value);
  return clear > recentQuarters * tellingShare * best ? Math.min(indexMax, Math.max(0, had / clear)) : Number.NaN;
}

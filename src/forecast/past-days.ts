/** What a site's meter said on past days, by the quarters of the local day, so that one day can be laid beside another. */
import { type DayKind, kindOfDay, localDay } from "../domain/calendar.ts";
import { localMs, type ZoneOffsets } from "../domain/time-zone.ts";
import { dayMs, minuteMs } from "../domain/units.ts";

export const quarterMs = 15 * minuteMs;
/** Quarters on the clock's face; a day of 23 or 25 hours has some of them never or twice. */
export const quartersOfDay = 96;
/** Days that are looked at; older ones say nothing of tomorrow. */
const pastDaysMax = 100;

/** A day as it is kept: from its first moment on, each quarter's mean, W; null where nothing was measured. */
export interface MeasuredDay {
  readonly startsAtMs: number;
  readonly quarterW: readonly (number | null)[];
}

/** A day by the clock. */
export interface PastDay {
  readonly day: number;
  readonly kind: DayKind;
  /** By quarter of the clock, W; NaN where nothing was measured or the clock skipped it. The hour that came twice: its mean. */
  readonly clockW: Float64Array;
  /** End of each of those quarters, ms UTC. */
  readonly endsAtMs: Float64Array;
}

/** Local calendar of a site. */
export interface SiteCalendar {
  readonly zone: ZoneOffsets;
  readonly holidays: ReadonlySet<number>;
}

/** The newest `pastDaysMax` days by the clock, oldest first. */
export function pastDays(calendar: SiteCalendar, days: readonly MeasuredDay[]): PastDay[] {
  return [...days]
    .sort((a, b) => a.startsAtMs - b.startsAtMs)
    .slice(-pastDaysMax)
    .map((day) => byClock(calendar, day));
}

function byClock({ zone, holidays }: SiteCalendar, { startsAtMs, quarterW }: MeasuredDay): PastDay {
  const day = localDay(zone, startsAtMs);
  const clockW = new Float64Array(quartersOfDay).fill(Number.NaN);
  const endsAtMs = new Float64Array(quartersOfDay).fill(Number.NEGATIVE_INFINITY);
  quarterW.forEach((value, i) => {
    const atMs = startsAtMs + i * quarterMs;
    if (value === null || localDay(zone, atMs) !== day) return;
    const at = clockQuarter(zone, atMs);
    clockW[at] = Number.isNaN(clockW[at]!) ? value : (clockW[at]! + value) / 2;
    endsAtMs[at] = atMs + quarterMs;
  });
  return { day, kind: kindOfDay(day, holidays), clockW, endsAtMs };
}

/** Quarter of the clock, 0 to 95, in which a moment lies. */
export function clockQuarter(zone: ZoneOffsets, atMs: number): number {
  const local = localMs(zone, atMs);
  return Math.floor((local - Math.floor(local / dayMs) * dayMs) / quarterMs);
}

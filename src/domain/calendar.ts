/** Days of the local calendar, counted from 1 January 1970: their weekday, their beginning in UTC, and how people write them. */
import { daysFromCivil, localMs, monthOfDay, type ZoneOffsets } from "./time-zone.ts";
import { dayMs } from "./units.ts";

/** Kinds of day on which a site behaves alike. A holiday is like a Sunday. */
export const dayKinds = ["workday", "saturday", "sunday"] as const;
export type DayKind = (typeof dayKinds)[number];

const written = /^(\d{4})-(\d\d)-(\d\d)$/;

/** Local day of a moment. */
export const localDay = (zone: ZoneOffsets, utcMs: number): number => Math.floor(localMs(zone, utcMs) / dayMs);

/** UTC moment at which a local day begins. Where the clock is put forward at midnight: the first moment that is of that day. */
export function startOfDayMs(zone: ZoneOffsets, day: number): number {
  const midnightMs = day * dayMs;
  // Each guess takes the offset that holds at the guess before; the second is right unless the clock changes in between.
  const first = midnightMs - (localMs(zone, midnightMs) - midnightMs);
  const second = midnightMs - (localMs(zone, first) - first);
  const earlier = Math.min(first, second);
  return localDay(zone, earlier) === day ? earlier : Math.max(first, second);
}

/** 0 Sunday to 6 Saturday. */
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7;

export function kindOfDay(day: number, holidays: ReadonlySet<number>): DayKind {
  const weekday = weekdayOf(day);
  if (weekday === 0 || holidays.has(day)) return "sunday";
  return weekday === 6 ? "saturday" : "workday";
}

/** "2026-07-04" as a day; `undefined` for what is no date of the calendar. */
export function dayOfDate(text: string): number | undefined {
  const match = written.exec(text);
  if (match === null) return undefined;
  const [year, month, dayOfMonth] = match.slice(1).map(Number) as [number, number, number];
  if (month < 1 || month > 12 || dayOfMonth < 1) return undefined;
  const day = daysFromCivil(year, month, dayOfMonth);
  return monthOfDay(day) === month ? day : undefined;
}

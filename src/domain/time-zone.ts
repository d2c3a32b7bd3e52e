/**
 * Local calendar time of a site from UTC, without the machine's own zone: the offsets of an IANA zone are tabled once, so
 * that the tick needs arithmetic only.
 */
import { err, ok, type Result } from "./result.ts";
import { dayMs, hourMs, minuteMs } from "./units.ts";

/** Offsets of a zone: from `fromMs[k]` (UTC) on, local time = UTC + `offsetMs[k]`. */
export interface ZoneOffsets {
  readonly timeZone: string;
  readonly fromMs: Float64Array;
  readonly offsetMs: Float64Array;
}

/** 1 January 2020 and 1 January 2070, UTC; outside them the nearest offset holds. */
const tableFromMs = 1_577_836_800_000;
const tableUntilMs = 3_155_760_000_000;
/** Offsets that last shorter than this may be missed. The shortest in use is Morocco's, four weeks. */
const searchStepMs = 10 * dayMs;

/** Tables the offsets of an IANA time zone ("America/Los_Angeles"). Error: the name is not known. */
export function tableZone(timeZone: string): Result<ZoneOffsets> {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    return err(`"${timeZone}" is no IANA time zone such as "America/Los_Angeles"`);
  }
  const fromMs = [Number.NEGATIVE_INFINITY];
  let offset = offsetAt(format, tableFromMs);
  const offsetMs = [offset];
  for (let atMs = tableFromMs; atMs < tableUntilMs; atMs += searchStepMs) {
    const next = offsetAt(format, atMs + searchStepMs);
    if (next === offset) continue;
    let low = atMs;
    let high = atMs + searchStepMs;
    while (high - low > minuteMs) {
      const middle = low + Math.floor((high - low) / 2 / minuteMs) * minuteMs;
      if (offsetAt(format, middle) === offset) low = middle;
      else high = middle;
    }
    fromMs.push(high);
    offsetMs.push(next);
    offset = next;
  }
  return ok({ timeZone, fromMs: Float64Array.from(fromMs), offsetMs: Float64Array.from(offsetMs) });
}

function offsetAt(format: Intl.DateTimeFormat, utcMs: number): number {
  let year = 0;
  let month = 0;
  let day = 0;
  let hour = 0;
  let minute = 0;
  let second = 0;
  for (const part of format.formatToParts(utcMs)) {
    const value = Number(part.value);
    if (part.type === "year") year = value;
    else if (part.type === "month") month = value;
    else if (part.type === "day") day = value;
    else if (part.type === "hour") hour = value;
    else if (part.type === "minute") minute = value;
    else if (part.type === "second") second = value;
  }
  const localMs = daysFromCivil(year, month, day) * dayMs + hour * hourMs + minute * minuteMs + second * 1_000;
  return localMs - Math.floor(utcMs / 1_000) * 1_000;
}

/** Days from 1 January 1970 to a date of the Gregorian calendar (month and day from 1). */
export function daysFromCivil(year: number, month: number, day: number): number {
  // The year begins in March, so that the leap day is its last one.
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Month (1–12) of a day counted from 1 January 1970. */
export const monthOfDay = (day: number): number => civilOfDay(day).month;

/** Year, month (1–12) and day of the month of a day counted from 1 January 1970. */
export function civilOfDay(day: number): { readonly year: number; readonly month: number; readonly day: number } {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const ofMonth = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: ofMonth };
}

/** Local time in ms since 1 January 1970 of the local calendar. */
export function localMs(zone: ZoneOffsets, utcMs: number): number {
  let low = 0;
  let high = zone.fromMs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (zone.fromMs[middle]! <= utcMs) low = middle;
    else high = middle - 1;
  }
  return utcMs + zone.offsetMs[low]!;
}

/**
 * UTC of a local time. Skipped: the clock never shows it, and the moment at which it skips is given; twice: the clock shows
 * it twice, and the first is given.
 */
export function utcOfLocal(
  zone: ZoneOffsets,
  local: number,
): { readonly utcMs: number; readonly clock: "" | "skipped" | "twice" } {
  const { fromMs, offsetMs } = zone;
  const found: number[] = [];
  for (let k = 0; k < fromMs.length; k++) {
    const utcMs = local - offsetMs[k]!;
    if (utcMs >= fromMs[k]! && utcMs < (fromMs[k + 1] ?? Number.POSITIVE_INFINITY)) found.push(utcMs);
  }
  if (found.length > 0) return { utcMs: Math.min(...found), clock: found.length > 1 ? "twice" : "" };
  for (let k = 1; k < fromMs.length; k++) {
    if (local >= fromMs[k]! + offsetMs[k - 1]! && local < fromMs[k]! + offsetMs[k]!)
      return { utcMs: fromMs[k]!, clock: "skipped" };
  }
  return { utcMs: local - offsetMs.at(-1)!, clock: "" };
}

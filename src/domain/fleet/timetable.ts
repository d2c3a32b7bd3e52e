/**
 * From weekly patterns and exceptions to departures in UTC. Clock changes are no surprise: a local time that the clock skips
 * counts as the moment at which it skips, one that comes twice as its first, and both are said.
 */
import { civilOfDay, daysFromCivil, localMs, utcOfLocal, type ZoneOffsets } from "../time-zone.ts";
import { dayMs, minuteMs } from "../units.ts";
import type { DepartureNeed, ExceptionDay, VehicleEntry, Weekday, WeeklyDeparture } from "./vehicles.ts";
import { weekdays } from "./vehicles.ts";

/** One departure of one vehicle. */
export interface Departure {
  readonly vehicleId: string;
  /** Local date on which it leaves, `2026-03-29`. */
  readonly date: string;
  readonly leavesAtMs: number;
  /** NaN where nobody has said. */
  readonly backAtMs: number;
  readonly need: DepartureNeed;
  readonly by: "weekly" | "exception";
  /** What a clock change does to it: "" as a rule. */
  readonly clock: "" | "skipped" | "twice";
}

/** Most days ahead for which departures are made. */
const timetableDaysMax = 40;

/** Minutes of `05:30`; NaN where it is no time of day. `24:00` is none: it is `00:00` of the next day. */
export function minutesOf(text: string): number {
  const parts = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  return parts === null ? Number.NaN : Number(parts[1]) * 60 + Number(parts[2]);
}

/** `2026-03-29` as days since 1 January 1970; NaN where there is no such day. */
export function dayOfDate(text: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (parts === null) return Number.NaN;
  const day = daysFromCivil(Number(parts[1]), Number(parts[2]), Number(parts[3]));
  return dateOfDay(day) === text ? day : Number.NaN;
}

const padded = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** Days since 1 January 1970 as `2026-03-29`. */
export function dateOfDay(counted: number): string {
  const { year, month, day } = civilOfDay(counted);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** 1 January 1970 was a Thursday. */
export const weekdayOf = (day: number): Weekday => weekdays[(((day + 3) % 7) + 7) % 7]!;

/** Departures that leave in [fromMs, untilMs), in their order. `daysOff`: local dates on which no weekly departure holds. */
export function departuresOf(
  entry: Pick<VehicleEntry, "id" | "weekly" | "exceptions">,
  zone: ZoneOffsets,
  fromMs: number,
  untilMs: number,
  daysOff: ReadonlySet<string> = new Set(),
): Departure[] {
  const exceptions = new Map<string, ExceptionDay[]>();
  for (const exception of entry.exceptions) {
    const others = exceptions.get(exception.date);
    if (others === undefined) exceptions.set(exception.date, [exception]);
    else others.push(exception);
  }
  const departures: Departure[] = [];
  const first = Math.floor(localMs(zone, fromMs) / dayMs);
  const last = Math.min(Math.floor(localMs(zone, untilMs) / dayMs), first + timetableDaysMax);
  for (let day = first; day <= last; day++) {
    const date = dateOfDay(day);
    const special = exceptions.get(date);
    const rows: readonly (WeeklyDeparture | ExceptionDay)[] =
      special ?? (daysOff.has(date) ? [] : entry.weekly.filter(({ days }) => days.includes(weekdayOf(day))));
    for (const row of rows) {
      const departure = departureOn(entry.id, date, day, row, zone, special === undefined ? "weekly" : "exception");
      if (departure !== null && departure.leavesAtMs >= fromMs && departure.leavesAtMs < untilMs)
        departures.push(departure);
    }
  }
  return departures.sort((a, b) => a.leavesAtMs - b.leavesAtMs);
}

function departureOn(
  vehicleId: string,
  date: string,
  day: number,
  row: WeeklyDeparture | ExceptionDay,
  zone: ZoneOffsets,
  by: Departure["by"],
): Departure | null {
  const minutes = row.leavesAt == null ? Number.NaN : minutesOf(row.leavesAt);
  if (Number.isNaN(minutes)) return null;
  const leaves = utcOfLocal(zone, day * dayMs + minutes * minuteMs);
  const backMinutes = row.backAt === undefined ? Number.NaN : minutesOf(row.backAt);
  const backDay = backMinutes > minutes ? day : day + 1;
  const { route, needPct, needWh, priority } = row;
  return {
    vehicleId,
    date,
    leavesAtMs: leaves.utcMs,
    backAtMs: Number.isNaN(backMinutes) ? Number.NaN : utcOfLocal(zone, backDay * dayMs + backMinutes * minuteMs).utcMs,
    need: { route, needPct, needWh, priority },
    by,
    clock: leaves.clock,
  };
}

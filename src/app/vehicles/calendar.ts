/**
 * Events of an iCalendar file (RFC 5545): what they are called, when they begin and end in the site's local time, and how they
 * repeat. Written from the format's public description; only what timetables and holidays need.
 */
import { dateOfDay, weekdayOf } from "../../domain/fleet/timetable.ts";
import { type Weekday, weekdays } from "../../domain/fleet/vehicles.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { localMs, tableZone, utcOfLocal, type ZoneOffsets } from "../../domain/time-zone.ts";
import { dayMs, hourMs, minuteMs } from "../../domain/units.ts";

export interface CalendarEvent {
  /** Line of the file on which it begins, from 1. */
  readonly line: number;
  readonly summary: string;
  /** Local calendar of the site, ms since 1 January 1970; whole days where `allDay`. */
  readonly startsLocalMs: number;
  readonly endsLocalMs: number;
  readonly allDay: boolean;
  /** Days of a repetition without an end; null where `dates` says all. */
  readonly weekly: readonly Weekday[] | null;
  /** Local dates on which it begins. With `weekly`: on which it does not. */
  readonly dates: readonly string[];
}
/** An event that can't be used, and why. */
export interface BrokenEvent {
  readonly line: number;
  readonly summary: string;
  readonly why: string;
}

/** Most events of one file, and most dates of one repetition. */
const eventsMax = 5_000;
const datesMax = 400;
const linesMax = 100_000;

interface Property {
  readonly line: number;
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly value: string;
}

/** All events, whole and broken. Error: this is no calendar. */
export function parseCalendar(text: string, zone: ZoneOffsets): Result<readonly (CalendarEvent | BrokenEvent)[]> {
  const properties = unfold(text);
  if (properties.length > linesMax) return err(`The calendar has more than ${linesMax} lines.`);
  if (!properties.some(({ name, value }) => name === "BEGIN" && value.toUpperCase() === "VCALENDAR"))
    return err("This is no iCalendar file: it does not begin with BEGIN:VCALENDAR.");
  const events: (CalendarEvent | BrokenEvent)[] = [];
  let open: Property[] | null = null;
  let depth = 0;
  for (const property of properties) {
    const value = property.value.toUpperCase();
    if (property.name === "BEGIN" && value === "VEVENT") {
      open = [property];
      depth = 0;
    } else if (open !== null && property.name === "BEGIN") depth++;
    else if (open !== null && property.name === "END" && value !== "VEVENT") depth--;
    else if (open !== null && property.name === "END") {
      events.push(readEvent(open, zone));
      open = null;
      if (events.length > eventsMax) return err(`The calendar has more than ${eventsMax} events.`);
    } else if (open !== null && depth === 0) open.push(property);
  }
  if (open !== null) return err(`The event that begins in line ${open[0]!.line} has no end: the file is cut off.`);
  return events.length === 0 ? err("The calendar has no events.") : ok(events);
}

/** Lines that begin with a space go on with the one before. */
function unfold(text: string): Property[] {
  const whole: { line: number; text: string }[] = [];
  text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .forEach((line, i) => {
      const last = whole.at(-1);
      if (/^[ \t]/.test(line) && last !== undefined) last.text += line.slice(1);
      else if (line.trim() !== "") whole.push({ line: i + 1, text: line });
    });
  return whole.flatMap(({ line, text: one }) => {
    const colon = valueAt(one);
    if (colon < 0) return [];
    const [name = "", ...given] = one.slice(0, colon).split(";");
    const params = Object.fromEntries(
      given.map((param) => {
        const at = param.indexOf("=");
        return [param.slice(0, at).toUpperCase(), param.slice(at + 1).replaceAll('"', "")];
      }),
    );
    return [{ line, name: name.toUpperCase(), params, value: one.slice(colon + 1) }];
  });
}

/** The colon before the value: the first outside quotes. */
function valueAt(line: string): number {
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    if (line[i] === '"') quoted = !quoted;
    else if (line[i] === ":" && !quoted) return i;
  }
  return -1;
}

interface Moment {
  readonly localMs: number;
  readonly allDay: boolean;
}

function readEvent(properties: readonly Property[], zone: ZoneOffsets): CalendarEvent | BrokenEvent {
  const { line } = properties[0]!;
  const find = (name: string): Property | undefined => properties.find((one) => one.name === name);
  const summary = unescapeText(find("SUMMARY")?.value ?? "").slice(0, 200);
  const broken = (why: string): BrokenEvent => ({ line, summary, why });
  if (find("STATUS")?.value.toUpperCase() === "CANCELLED") return broken("is cancelled");
  const starts = find("DTSTART");
  if (starts === undefined) return broken("has no DTSTART");
  const start = readMoment(starts, zone);
  if (!start.ok) return broken(start.error);
  const end = readEnd(find("DTEND"), find("DURATION"), start.value, zone);
  if (!end.ok) return broken(end.error);
  const excluded = properties
    .filter(({ name }) => name === "EXDATE")
    .flatMap((property) => property.value.split(",").map((value) => readMoment({ ...property, value }, zone)))
    .flatMap((moment) => (moment.ok ? [dateOfDay(Math.floor(moment.value.localMs / dayMs))] : []));
  const event = {
    line,
    summary,
    startsLocalMs: start.value.localMs,
    endsLocalMs: end.value,
    allDay: start.value.allDay,
  };
  const rule = find("RRULE");
  const first = Math.floor(start.value.localMs / dayMs);
  if (rule === undefined) return { ...event, weekly: null, dates: [dateOfDay(first)] };
  const parts = Object.fromEntries(rule.value.split(";").map((part) => part.toUpperCase().split("=")));
  const days = daysOfRule(parts, first);
  if (days === null)
    return broken(
      `repeats in a way that is not understood (${rule.value.slice(0, 60)}); only daily, weekly and yearly ones are`,
    );
  const endless =
    parts["FREQ"] !== "YEARLY" &&
    parts["UNTIL"] === undefined &&
    parts["COUNT"] === undefined &&
    (parts["INTERVAL"] ?? "1") === "1";
  if (endless) return { ...event, weekly: days, dates: excluded };
  const dates = datesOfRule(parts, first, days, zone).filter((date) => !excluded.includes(date));
  return dates === null ? broken("repeats too often") : { ...event, weekly: null, dates };
}

const isoDays: Readonly<Record<string, Weekday>> = {
  MO: "mon",
  TU: "tue",
  WE: "wed",
  TH: "thu",
  FR: "fri",
  SA: "sat",
  SU: "sun",
};

/** Days of the week of a repetition; null where it is of another kind. */
function daysOfRule(parts: Readonly<Record<string, string>>, first: number): readonly Weekday[] | null {
  const known = new Set(["FREQ", "BYDAY", "UNTIL", "COUNT", "INTERVAL", "WKST"]);
  if (Object.keys(parts).some((name) => !known.has(name))) return null;
  if (parts["FREQ"] === "DAILY") return parts["BYDAY"] === undefined ? weekdays : null;
  if (parts["FREQ"] === "YEARLY") return parts["BYDAY"] === undefined ? weekdays : null;
  if (parts["FREQ"] !== "WEEKLY") return null;
  const named = parts["BYDAY"]?.split(",").map((day) => isoDays[day]);
  if (named === undefined) return [weekdayOf(first)];
  return named.every((day) => day !== undefined) ? (named as Weekday[]) : null;
}

function datesOfRule(
  parts: Readonly<Record<string, string>>,
  first: number,
  days: readonly Weekday[],
  zone: ZoneOffsets,
): string[] {
  const interval = Math.max(1, Number(parts["INTERVAL"] ?? 1) || 1);
  const count = Number(parts["COUNT"] ?? datesMax) || datesMax;
  const until =
    parts["UNTIL"] === undefined
      ? undefined
      : readMoment({ line: 0, name: "UNTIL", params: {}, value: parts["UNTIL"] }, zone);
  const lastDay = until?.ok ? Math.floor(until.value.localMs / dayMs) : first + 3 * 366;
  const dates: string[] = [];
  if (parts["FREQ"] === "YEARLY") {
    const { year, rest } = yearOf(first);
    for (let n = 0; n < Math.min(count, 3); n += interval) {
      const day = Date.parse(`${year + n}${rest}`) / dayMs;
      if (Number.isFinite(day) && day <= lastDay) dates.push(dateOfDay(day));
    }
    return dates;
  }
  const weekStart = first - weekdays.indexOf(weekdayOf(first));
  for (let day = first; day <= lastDay && dates.length < Math.min(count, datesMax); day++) {
    const step = parts["FREQ"] === "DAILY" ? day - first : Math.floor((day - weekStart) / 7);
    if (step % interval === 0 && days.includes(weekdayOf(day))) dates.push(dateOfDay(day));
  }
  return dates;
}

const yearOf = (day: number): { year: number; rest: string } => {
  const date = dateOfDay(day);
  return { year: Number(date.slice(0, 4)), rest: date.slice(4) };
};

function readMoment({ params, value }: Property, zone: ZoneOffsets): Result<Moment> {
  const parts = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/.exec(value.trim());
  if (parts === null) return err(`has the moment ${value.slice(0, 40)}, which is none`);
  const [, year, month, day, hour = "0", minute = "0", second = "0", utc] = parts;
  const given = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (dateOfDay(Math.floor(given / dayMs)) !== `${year}-${month}-${day}` || Number(hour) > 23 || Number(minute) > 59)
    return err(`has the moment ${value.slice(0, 40)}, which is none`);
  const allDay = parts[4] === undefined;
  if (allDay) return ok({ localMs: given, allDay });
  if (utc !== undefined) return ok({ localMs: localMs(zone, given), allDay });
  const named = params["TZID"];
  if (named === undefined || named === zone.timeZone) return ok({ localMs: given, allDay });
  const other = tableZone(named);
  if (!other.ok) return err(`names the time zone ${named.slice(0, 60)}, which is not known`);
  return ok({ localMs: localMs(zone, utcOfLocal(other.value, given).utcMs), allDay });
}

function readEnd(
  ends: Property | undefined,
  duration: Property | undefined,
  start: Moment,
  zone: ZoneOffsets,
): Result<number> {
  if (ends !== undefined) {
    const end = readMoment(ends, zone);
    if (!end.ok) return end;
    return end.value.localMs >= start.localMs ? ok(end.value.localMs) : err("ends before it begins");
  }
  if (duration !== undefined) {
    const parts = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:\d+S)?)?$/.exec(duration.value.trim());
    if (parts === null) return err(`has the duration ${duration.value.slice(0, 40)}, which is none`);
    const [, weeks = "0", days = "0", hours = "0", minutes = "0"] = parts;
    return ok(
      start.localMs +
        Number(weeks) * 7 * dayMs +
        Number(days) * dayMs +
        Number(hours) * hourMs +
        Number(minutes) * minuteMs,
    );
  }
  return ok(start.allDay ? start.localMs + dayMs : Number.NaN);
}

const unescapeText = (text: string): string =>
  text.replace(/\\([nN,;\\])/g, (_, char: string) => (char === "n" || char === "N" ? " " : char)).trim();

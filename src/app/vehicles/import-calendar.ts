/**
 * Departures and days off from a calendar. An event is called after its vehicle, then what it needs: `Bus 104: Route 7`,
 * `Bus 104 80 %`, `Bus 104 – 120 kWh`; it begins when the vehicle leaves and ends when it is back. Whole days without a vehicle are
 * days off.
 */
import { dateOfDay } from "../../domain/fleet/timetable.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import { dayMs, minuteMs } from "../../domain/units.ts";
import { type CalendarEvent, parseCalendar } from "./calendar.ts";
import { changeOf, type Draft, exceptionRow, type ImportRow, isPast, weeklyRow } from "./import-rows.ts";
import type { DayOff, Vehicle, Vehicles } from "./vehicles.ts";

/** Longest row of days that one event may make free. */
const daysMax = 60;

export function readCalendarRows(text: string, vehicles: Vehicles, zone: ZoneOffsets, nowMs: number): Result<Draft> {
  const events = parseCalendar(text, zone);
  if (!events.ok) return events;
  const rows: ImportRow[] = [];
  let pastCount = 0;
  for (const event of events.value) {
    if ("why" in event) {
      rows.push({ n: event.line, state: "broken", what: event.summary, sentence: event.why });
      continue;
    }
    if (event.weekly === null && event.dates.every((date) => isPast(date, zone, nowMs))) {
      pastCount++;
      continue;
    }
    rows.push(...rowsOf(event, vehicles, zone, nowMs));
  }
  if (rows.length === 0) return err("Every event of this calendar lies in the past.");
  const notes = pastCount > 0 ? [`${pastCount} events lie in the past and were left out.`] : [];
  return ok({ rows, columns: [], notes, changeOf: changeOf(vehicles) });
}

function rowsOf(event: CalendarEvent, vehicles: Vehicles, zone: ZoneOffsets, nowMs: number): ImportRow[] {
  const { line: n, summary: what } = event;
  const vehicle = vehicleOf(what, vehicles);
  if (vehicle === null) {
    if (event.allDay) return [daysOffRow(event, vehicles, zone, nowMs)];
    const sentence = `names no vehicle that is known: call the event after the vehicle, for example ${vehicles.list()[0]?.entry.name ?? "Bus 104"}: Route 7`;
    return [{ n, state: "broken", what, sentence }];
  }
  const need = needOf(what.slice(vehicle.length), vehicles);
  if (typeof need === "string") return [{ n, state: "broken", what, sentence: need }];
  const leavesAt = event.allDay ? null : timeOf(event.startsLocalMs);
  const back = event.allDay || Number.isNaN(event.endsLocalMs) ? {} : { backAt: timeOf(event.endsLocalMs) };
  if (event.weekly !== null) {
    if (leavesAt === null)
      return [{ n, state: "broken", what, sentence: "repeats for whole days: give the time at which it leaves" }];
    const weekly = weeklyRow(n, what, vehicle.vehicle, { days: event.weekly, leavesAt, ...back, ...need }, vehicles);
    const except = event.dates
      .filter((date) => !isPast(date, zone, nowMs))
      .map((date) =>
        exceptionRow(n, `${what}, not on ${date}`, vehicle.vehicle, { date, leavesAt: null }, vehicles, zone, nowMs),
      );
    return [weekly, ...except];
  }
  return event.dates
    .filter((date) => !isPast(date, zone, nowMs))
    .map((date) => exceptionRow(n, what, vehicle.vehicle, { date, leavesAt, ...back, ...need }, vehicles, zone, nowMs));
}

/** The vehicle whose name or id the text begins with: the longest, so that Bus 10 does not take what is Bus 104's. */
function vehicleOf(text: string, vehicles: Vehicles): { readonly vehicle: Vehicle; readonly length: number } | null {
  const plain = text.toLowerCase();
  let found: { vehicle: Vehicle; length: number } | null = null;
  for (const vehicle of vehicles.list()) {
    for (const name of [vehicle.entry.name, vehicle.entry.id]) {
      const next = plain[name.length] ?? " ";
      if (!plain.startsWith(name.toLowerCase()) || /[a-z0-9]/.test(next)) continue;
      if (found === null || name.length > found.length) found = { vehicle, length: name.length };
    }
  }
  return found;
}

function needOf(rest: string, vehicles: Vehicles): Record<string, unknown> | string {
  const text = rest.replace(/^[\s:,–-]+/, "").trim();
  if (text === "") return {};
  const share = /^(\d+(?:[.,]\d+)?)\s*%$/.exec(text);
  if (share) return { needPct: Number(share[1]!.replace(",", ".")) };
  const energy = /^(\d+(?:[.,]\d+)?)\s*kwh$/i.exec(text);
  if (energy) return { needWh: Math.round(Number(energy[1]!.replace(",", ".")) * 1_000) };
  const plain = text.toLowerCase();
  for (const { id, name } of vehicles.routes.values())
    if (plain === name.toLowerCase() || plain === id.toLowerCase() || plain === `route ${id.toLowerCase()}`)
      return { route: id };
  return `says ${text.slice(0, 60)}, which is no route, per cent or kWh`;
}

function daysOffRow(event: CalendarEvent, vehicles: Vehicles, zone: ZoneOffsets, nowMs: number): ImportRow {
  const { line: n, summary } = event;
  const name = summary.slice(0, 80) || "Day off";
  if (event.weekly !== null)
    return { n, state: "broken", what: name, sentence: "repeats every week without an end: days off are single dates" };
  const length = Math.max(1, Math.round((event.endsLocalMs - event.startsLocalMs) / dayMs));
  if (length > daysMax) return { n, state: "broken", what: name, sentence: `lasts ${length} days: at most ${daysMax}` };
  const daysOff: DayOff[] = event.dates.flatMap((date) => {
    const first = Date.parse(date) / dayMs;
    return Array.from({ length }, (_, i) => ({ date: dateOfDay(first + i), name }));
  });
  const standing = new Map(vehicles.daysOff.map((day) => [day.date, day.name]));
  const isNew = daysOff.filter(({ date }) => !isPast(date, zone, nowMs) && standing.get(date) !== name);
  const what = `${name}, ${daysOff[0]?.date}`;
  return { n, state: isNew.length === 0 ? "same" : "new", what, sentence: "", daysOff: isNew };
}

const timeOf = (local: number): string => {
  const minutes = Math.floor((local - Math.floor(local / dayMs) * dayMs) / minuteMs);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
};

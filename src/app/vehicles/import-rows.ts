/** Rows of CSV files as vehicles and departures. */
import type { z } from "zod";
import { issueSentence } from "../../config/issue-words.ts";
import { exceptionSettings, vehicleSettings, weeklySettings } from "../../config/site/fleet.ts";
import { dateOfDay, dayOfDate } from "../../domain/fleet/timetable.ts";
import {
  type ExceptionDay,
  factOf,
  impossibleNeed,
  type VehicleEntry,
  type Weekday,
  type WeeklyDeparture,
  weekdays,
} from "../../domain/fleet/vehicles.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { localMs, type ZoneOffsets } from "../../domain/time-zone.ts";
import { dayMs } from "../../domain/units.ts";
import { type Csv, parseCsv } from "./csv.ts";
import type { DayOff, FleetChange, Vehicle, Vehicles } from "./vehicles.ts";

/** What one line of a file says. */
export interface ImportRow {
  /** Line of the file, from 1. */
  readonly n: number;
  readonly state: "new" | "changed" | "same" | "broken";
  readonly what: string;
  /** What is wrong and what to write; "" for good rows. */
  readonly sentence: string;
  readonly entry?: VehicleEntry;
  readonly departure?: {
    readonly vehicleId: string;
    readonly weekly?: WeeklyDeparture;
    readonly exceptions?: readonly ExceptionDay[];
  };
  readonly daysOff?: readonly DayOff[];
}
/** A file read: its rows, and what some of them would change together. */
export interface Draft {
  readonly rows: readonly ImportRow[];
  readonly columns: readonly { readonly name: string; readonly as: string }[];
  readonly notes: readonly string[];
  changeOf(rows: readonly ImportRow[]): FleetChange;
}

const broken = (n: number, what: string, sentence: string): ImportRow => ({ n, state: "broken", what, sentence });

const vehicleColumns: Readonly<Record<string, readonly string[]>> = {
  name: ["name", "vehicle", "bus"],
  id: ["id", "vehicleid"],
  rfids: ["card", "cards", "rfid", "rfids"],
  idTokens: ["token", "tokens", "idtoken", "idtokens"],
  evccIds: ["evccid", "evccids"],
  macs: ["mac", "macs", "macaddress"],
  emaIds: ["emaid", "emaids", "contract"],
  capacityWh: ["capacitykwh", "batterykwh", "kwh"],
  maxChargeW: ["maxchargekw", "chargekw"],
  maxDischargeW: ["maxdischargekw", "dischargekw"],
  minChargeW: ["minchargekw"],
  chargeEfficiencyPct: ["chargeefficiencypct"],
  dischargeEfficiencyPct: ["dischargeefficiencypct"],
  bidirectional: ["bidirectional", "v2g", "v2x"],
  reservePct: ["reservepct", "reserve"],
  minPct: ["minpct"],
  maxPct: ["maxpct"],
  wearPerKWh: ["wearperkwh", "wear"],
};
const departureColumns: Readonly<Record<string, readonly string[]>> = {
  vehicle: ["vehicle", "bus", "name", "vehicleid", "id"],
  days: ["days", "weekdays", "day"],
  date: ["date"],
  leavesAt: ["leaves", "leavesat", "departure", "departs", "out"],
  backAt: ["back", "backat", "return", "returns", "in"],
  route: ["route", "line"],
  needPct: ["needpct", "targetpct", "target", "soc"],
  needWh: ["needkwh", "energykwh", "energy", "kwh"],
  priority: ["priority"],
  reason: ["reason", "note"],
};
/** Columns in kW or kWh that are kept in W or Wh. */
const kilo = new Set(["capacityWh", "maxChargeW", "maxDischargeW", "minChargeW", "needWh"]);
const lists = new Set(["rfids", "idTokens", "evccIds", "macs", "emaIds"]);
const texts = new Set(["name", "id", "vehicle", "days", "date", "leavesAt", "backAt", "route", "reason"]);

/** What the heading of each column is taken for. */
function columnsOf({ head }: Csv, known: Readonly<Record<string, readonly string[]>>): { name: string; as: string }[] {
  const taken = new Set<string>();
  return head.map((name) => {
    const plain = name
      .toLowerCase()
      .replace(/%/g, "pct")
      .replace(/[^a-z0-9]/g, "");
    const as =
      Object.entries(known).find(
        ([key, names]) => (key.toLowerCase() === plain || names.includes(plain)) && !taken.has(key),
      )?.[0] ?? "";
    if (as !== "") taken.add(as);
    return { name, as };
  });
}

/** The values of a row by what their columns are; a string is what is wrong with one. */
function valuesOf(
  cells: readonly string[],
  columns: readonly { name: string; as: string }[],
  separator: string,
): Record<string, unknown> | string {
  const values: Record<string, unknown> = {};
  for (let i = 0; i < columns.length; i++) {
    const { as, name } = columns[i]!;
    const cell = cells[i] ?? "";
    if (as === "" || cell === "") continue;
    if (lists.has(as)) values[as] = cell.split(/[|\s]+/).filter(Boolean);
    else if (texts.has(as)) values[as] = cell;
    else if (as === "bidirectional") {
      const yes = /^(yes|true|1|y|x)$/i.test(cell);
      if (!yes && !/^(no|false|0|n|-)$/i.test(cell)) return `${name} is ${cell}: write yes or no`;
      values[as] = yes;
    } else {
      const text = (separator === "," ? cell : cell.replace(",", ".")).replace(/\s*(%|kwh?|h)?$/i, "");
      const number = Number(text);
      if (text === "" || !Number.isFinite(number)) return `${name} is ${cell}: write a number, for example 12.5`;
      values[as] = kilo.has(as) ? Math.round(number * 1_000) : number;
    }
  }
  return values;
}

/** Names as addresses have them: `Bus 104` → `bus-104`. */
const idOfName = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);

/** Parses by the settings' own schema: the same ranges, the same sentences. */
function bySettings<T extends z.ZodType>(schema: T, value: unknown): Result<z.output<T>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0]!;
  return err(`${issue.path.map(String).join(" ")} ${issueSentence(issue)}`);
}

export function readVehicleRows(text: string, vehicles: Vehicles): Result<Draft> {
  const csv = parseCsv(text);
  if (!csv.ok) return csv;
  const columns = columnsOf(csv.value, vehicleColumns);
  if (!columns.some(({ as }) => as === "name"))
    return err(`The heading needs a column "name"; it has ${csv.value.head.join(", ").slice(0, 200)}.`);
  const good: VehicleEntry[] = [];
  const rows = csv.value.rows.map(({ line, cells }): ImportRow => {
    const values = valuesOf(cells, columns, csv.value.separator);
    if (typeof values === "string") return broken(line, cells[0] ?? "", values);
    const name = String(values["name"] ?? "");
    const id = String(values["id"] ?? idOfName(name));
    const before = vehicles.get(id);
    const parsed = bySettings(vehicleSettings, { ...before?.entry, ...values, name, id });
    if (!parsed.ok) return broken(line, name, parsed.error);
    const entry = parsed.value as VehicleEntry;
    if (good.some((other) => other.id === id)) return broken(line, name, `${name} stands twice in this file`);
    const [wrong] = vehicles.check({ put: [...good, entry] });
    if (wrong !== undefined) return broken(line, name, wrong);
    const same = before !== undefined && JSON.stringify(sorted(before.entry)) === JSON.stringify(sorted(entry));
    if (!same) good.push(entry);
    return {
      n: line,
      state: same ? "same" : before === undefined ? "new" : "changed",
      what: name,
      sentence: "",
      entry,
    };
  });
  return ok({ rows, columns, notes: unread(columns), changeOf: changeOf(vehicles) });
}

const sorted = (entry: VehicleEntry): [string, unknown][] =>
  Object.entries(entry)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));

const unread = (columns: readonly { name: string; as: string }[]): string[] => {
  const names = columns.filter(({ as }) => as === "").map(({ name }) => name);
  return names.length === 0 ? [] : [`Not understood and left out: ${names.join(", ")}.`];
};

export function readDepartureRows(text: string, vehicles: Vehicles, zone: ZoneOffsets, nowMs: number): Result<Draft> {
  const csv = parseCsv(text);
  if (!csv.ok) return csv;
  const columns = columnsOf(csv.value, departureColumns);
  for (const needed of ["vehicle", "leavesAt"])
    if (!columns.some(({ as }) => as === needed))
      return err(
        `The heading needs a column "${needed === "leavesAt" ? "leaves" : needed}"; it has ${csv.value.head.join(", ").slice(0, 200)}.`,
      );
  const rows = csv.value.rows.map(({ line, cells }): ImportRow => {
    const what = cells.filter(Boolean).join(" ").slice(0, 80);
    const values = valuesOf(cells, columns, csv.value.separator);
    if (typeof values === "string") return broken(line, what, values);
    const { vehicle: named, days, date, ...need } = values;
    const vehicle = vehicles.named(String(named ?? ""));
    if (vehicle === undefined) return broken(line, what, `there is no vehicle ${String(named ?? "")}: enter it first`);
    if (days !== undefined && date !== undefined) return broken(line, what, "has days and a date: one of them");
    if (date !== undefined) return exceptionRow(line, what, vehicle, { date, ...need }, vehicles, zone, nowMs);
    if (days === undefined) return broken(line, what, "has no days: write for example mon-fri, or a date");
    const list = daysOf(String(days));
    if (list === null) return broken(line, what, `days are ${String(days)}: write for example mon-fri, or sat sun`);
    const { reason: _, ...weekly } = need;
    return weeklyRow(line, what, vehicle, { days: list, ...weekly }, vehicles);
  });
  return ok({ rows, columns, notes: unread(columns), changeOf: changeOf(vehicles) });
}

/** `mon-fri`, `Mo, We`, `weekdays`, `daily`. */
function daysOf(text: string): readonly Weekday[] | null {
  const plain = text.toLowerCase().trim();
  if (/^(daily|every ?day|all)$/.test(plain)) return weekdays;
  if (/^(weekdays|workdays)$/.test(plain)) return weekdays.slice(0, 5);
  if (/^weekends?$/.test(plain)) return weekdays.slice(5);
  const indexOf = (name: string): number =>
    name.length < 2 ? -1 : weekdays.findIndex((day) => name.startsWith(day.slice(0, 2)) && /^[a-z]+$/.test(name));
  const found = new Set<number>();
  for (const part of plain.split(/[\s,;/|]+/).filter(Boolean)) {
    const [from = "", to = from, more] = part.split(/[-–]/);
    const a = indexOf(from);
    const b = indexOf(to);
    if (a < 0 || b < 0 || more !== undefined) return null;
    for (let day = a; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === b) break;
    }
  }
  return found.size === 0 ? null : [...found].sort((a, b) => a - b).map((day) => weekdays[day]!);
}

/** A weekly departure of a vehicle against what stands. */
export function weeklyRow(n: number, what: string, vehicle: Vehicle, value: unknown, vehicles: Vehicles): ImportRow {
  const parsed = bySettings(weeklySettings, value);
  if (!parsed.ok) return broken(n, what, parsed.error);
  const weekly = parsed.value as WeeklyDeparture;
  const why = wrongNeed(weekly, vehicle, vehicles);
  if (why !== "") return broken(n, what, why);
  const { entry } = vehicle;
  if (entry.weekly.some((one) => isSame(one, weekly))) return { n, state: "same", what, sentence: "" };
  const replaces = entry.weekly.some((one) => sameWeekly(one, weekly));
  return { n, state: replaces ? "changed" : "new", what, sentence: "", departure: { vehicleId: entry.id, weekly } };
}

/** A departure on a date against what stands. */
export function exceptionRow(
  n: number,
  what: string,
  vehicle: Vehicle,
  value: unknown,
  vehicles: Vehicles,
  zone: ZoneOffsets,
  nowMs: number,
): ImportRow {
  const parsed = bySettings(exceptionSettings, value);
  if (!parsed.ok) return broken(n, what, parsed.error);
  const exception = parsed.value as ExceptionDay;
  if (isPast(exception.date, zone, nowMs)) return broken(n, what, `${exception.date} lies in the past`);
  const why = wrongNeed(exception, vehicle, vehicles);
  if (why !== "") return broken(n, what, why);
  const { entry } = vehicle;
  if (entry.exceptions.some((one) => isSame(one, exception))) return { n, state: "same", what, sentence: "" };
  const replaces = entry.exceptions.some((one) => sameException(one, exception));
  return {
    n,
    state: replaces ? "changed" : "new",
    what,
    sentence: "",
    departure: { vehicleId: entry.id, exceptions: [exception] },
  };
}

export const isPast = (date: string, zone: ZoneOffsets, nowMs: number): boolean =>
  dayOfDate(date) < dayOfDate(dateOfDay(Math.floor(localMs(zone, nowMs) / dayMs)));

const wrongNeed = (need: WeeklyDeparture | ExceptionDay, { entry, learned }: Vehicle, vehicles: Vehicles): string =>
  impossibleNeed(need, entry, factOf(entry, learned, "capacityWh"), vehicles.routes);

const isSame = (a: object, b: object): boolean =>
  JSON.stringify(
    Object.entries(a)
      .filter(([, v]) => v != null)
      .sort(),
  ) ===
  JSON.stringify(
    Object.entries(b)
      .filter(([, v]) => v != null)
      .sort(),
  );
const sameWeekly = (a: WeeklyDeparture, b: WeeklyDeparture): boolean =>
  a.leavesAt === b.leavesAt && a.days.length === b.days.length && a.days.every((day) => b.days.includes(day));
const sameException = (a: ExceptionDay, b: ExceptionDay): boolean =>
  a.date === b.date && (a.leavesAt ?? "") === (b.leavesAt ?? "");

/** All rows together as one change; a row replaces what stands for the same days and time. */
export const changeOf =
  (vehicles: Vehicles) =>
  (rows: readonly ImportRow[]): FleetChange => {
    const put = new Map<string, VehicleEntry>();
    const daysOff = new Map(vehicles.daysOff.map((day) => [day.date, day]));
    for (const { entry, departure, daysOff: off } of rows) {
      if (entry !== undefined) put.set(entry.id, entry);
      for (const day of off ?? []) daysOff.set(day.date, day);
      if (departure === undefined) continue;
      const standing = put.get(departure.vehicleId) ?? vehicles.get(departure.vehicleId)?.entry;
      if (standing === undefined) continue;
      const { weekly, exceptions = [] } = departure;
      put.set(standing.id, {
        ...standing,
        weekly:
          weekly === undefined
            ? standing.weekly
            : [...standing.weekly.filter((one) => !sameWeekly(one, weekly)), weekly],
        exceptions: [
          ...standing.exceptions.filter((one) => !exceptions.some((other) => sameException(one, other))),
          ...exceptions,
        ],
      });
    }
    const off = rows.some((row) => row.daysOff !== undefined);
    return {
      put: [...put.values()],
      ...(off && { daysOff: [...daysOff.values()].sort((a, b) => (a.date < b.date ? -1 : 1)) }),
    };
  };

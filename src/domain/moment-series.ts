/**
 * A series that somebody else made: CSV lines `moment,value` or JSON `[{"at": moment, "<name>": value}]`, moments in ISO 8601 with
 * their offset from UTC. Each value holds until the next one, the last for as long as the step before it.
 */
import { dayOfDate } from "./calendar.ts";
import { err, ok, type Result } from "./result.ts";
import { dayMs, hourMs, minuteMs, secondMs } from "./units.ts";

/** Values of one series, and characters of its text. */
const pointsMax = 2_000;
const seriesTextMax = 500_000;

export interface MomentValue {
  readonly atMs: number;
  readonly value: number;
}

/** What the values are: their key in JSON, their word and unit for people, and their range. */
export interface SeriesKind {
  readonly key: string;
  readonly what: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}

const moment = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d(?:\.\d{1,9})?))?(?:Z|([+-])(\d\d):([0-5]\d))$/;

/** ISO 8601 with its offset from UTC, as ms UTC; NaN for what is no such moment. */
function momentMs(text: string): number {
  const match = moment.exec(text);
  if (match === null) return Number.NaN;
  const [, date, hour, minute, second, sign, offsetHour, offsetMinute] = match;
  const localMs =
    (dayOfDate(date!) ?? Number.NaN) * dayMs +
    Number(hour) * hourMs +
    Number(minute) * minuteMs +
    Number(second ?? 0) * secondMs;
  const offsetMs = Number(offsetHour ?? 0) * hourMs + Number(offsetMinute ?? 0) * minuteMs;
  return localMs + (sign === "-" ? offsetMs : -offsetMs);
}

/** Reads a series. Whatever is wrong in it refuses it as a whole, with the line or entry. */
export function parseMomentSeries(text: string, kind: SeriesKind): Result<readonly MomentValue[]> {
  if (text.length > seriesTextMax) return err(`the series is longer than ${seriesTextMax} characters`);
  const rows = text.trimStart().startsWith("[") ? jsonRows(text, kind.key) : csvRows(text, kind.what);
  if (!rows.ok) return rows;
  if (rows.value.length === 0) return err("the series has no values");
  if (rows.value.length > pointsMax) return err(`the series has more than ${pointsMax} values`);
  const points: MomentValue[] = [];
  for (const { at, value, where } of rows.value) {
    const atMs = momentMs(at);
    if (Number.isNaN(atMs)) return err(`${where}: "${at.slice(0, 40)}" is no moment such as 2026-07-04T12:00:00-07:00`);
    if (!(value >= kind.min && value <= kind.max))
      return err(`${where}: the ${kind.what} must be a number from ${kind.min} to ${kind.max} ${kind.unit}`);
    if (atMs <= (points.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY))
      return err(`${where}: moments must follow each other, each one once`);
    points.push({ atMs, value });
  }
  return ok(points);
}

interface Row {
  readonly at: string;
  readonly value: number;
  readonly where: string;
}

function csvRows(text: string, what: string): Result<readonly Row[]> {
  const lines = text.split(/\r?\n/, pointsMax + 2);
  const rows: Row[] = [];
  for (const [i, line] of lines.entries()) {
    // A first line that begins with a letter is a heading.
    if (line.trim() === "" || (i === 0 && !/\d/.test(line[0]!))) continue;
    const [at, value, ...rest] = line.split(",");
    if (value === undefined || value.trim() === "" || rest.length > 0)
      return err(`line ${i + 1}: must be a moment and a ${what}, with one comma between`);
    rows.push({ at: at!.trim(), value: Number(value), where: `line ${i + 1}` });
  }
  return ok(rows);
}

function jsonRows(text: string, key: string): Result<readonly Row[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return err("the series begins like JSON, but can't be read as such");
  }
  if (!Array.isArray(parsed)) return err("the series must be a list");
  return ok(
    parsed.slice(0, pointsMax + 1).map((entry: unknown, i): Row => {
      const fields = (entry ?? {}) as Record<string, unknown>;
      const { at, [key]: value } = fields;
      return {
        at: typeof at === "string" ? at : "",
        value: typeof value === "number" ? value : Number.NaN,
        where: `entry ${i + 1}`,
      };
    }),
  );
}

/** Until when the value at `index` holds: to the next one, at most `holdMaxMs`; a single value holds for `loneMs`. */
export function holdsUntilMs(points: readonly MomentValue[], index: number, loneMs: number, holdMaxMs: number): number {
  const { atMs } = points[index]!;
  const next = points[index + 1]?.atMs;
  const stepMs = next !== undefined ? next - atMs : index > 0 ? atMs - points[index - 1]!.atMs : loneMs;
  return atMs + Math.min(stepMs, holdMaxMs);
}

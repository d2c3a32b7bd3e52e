/**
 * A forecast that somebody else made, as CSV lines `moment,W` or JSON `[{"at": moment, "powerW": W}]`, moments in ISO 8601 with
 * their offset from UTC. Each value holds until the next one, the last for as long as the step before it.
 */
import { err, ok, type Result } from "../domain/result.ts";
import { type Forecast, forecastQuartersMax, withBand } from "./forecast.ts";
import { quarterMs } from "./past-days.ts";

/** Values of one feed, and characters of its text. */
const pointsMax = 2_000;
export const feedTextMax = 500_000;
const stepMaxMs = 6 * 3_600_000;

export interface FeedPoint {
  readonly atMs: number;
  readonly powerW: number;
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** Reads a feed. Whatever is wrong in it refuses it as a whole, with the line or entry. `maxW`: no value may be above. */
export function parseFeed(text: string, maxW: number): Result<readonly FeedPoint[]> {
  if (text.length > feedTextMax) return err(`the forecast is longer than ${feedTextMax} characters`);
  const rows = text.trimStart().startsWith("[") ? jsonRows(text) : csvRows(text);
  if (!rows.ok) return rows;
  if (rows.value.length === 0) return err("the forecast has no values");
  if (rows.value.length > pointsMax) return err(`the forecast has more than ${pointsMax} values`);
  const points: FeedPoint[] = [];
  for (const { at, power, where } of rows.value) {
    const atMs = moment.test(at) ? Date.parse(at) : Number.NaN;
    if (Number.isNaN(atMs)) return err(`${where}: "${at.slice(0, 40)}" is no moment such as 2026-07-04T12:00:00-07:00`);
    if (!(power >= 0 && power <= maxW)) return err(`${where}: the power must be a number from 0 to ${maxW} W`);
    if (atMs <= (points.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY))
      return err(`${where}: moments must follow each other, each one once`);
    points.push({ atMs, powerW: power });
  }
  return ok(points);
}

interface Row {
  readonly at: string;
  readonly power: number;
  readonly where: string;
}

function csvRows(text: string): Result<readonly Row[]> {
  const lines = text.split(/\r?\n/, pointsMax + 2);
  const rows: Row[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "" || (i === 0 && !/\d/.test(line[0]!))) continue;
    const [at, power, ...rest] = line.split(",");
    if (power === undefined || power.trim() === "" || rest.length > 0)
      return err(`line ${i + 1}: must be a moment and a power, with one comma between`);
    rows.push({ at: at!.trim(), power: Number(power), where: `line ${i + 1}` });
  }
  return ok(rows);
}

function jsonRows(text: string): Result<readonly Row[]> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return err("the forecast begins like JSON, but can't be read as such");
  }
  if (!Array.isArray(parsed)) return err("the forecast must be a list");
  return ok(
    parsed.slice(0, pointsMax + 1).map((entry: unknown, i): Row => {
      const { at, powerW } = (entry ?? {}) as Record<string, unknown>;
      return {
        at: typeof at === "string" ? at : "",
        power: typeof powerW === "number" ? powerW : Number.NaN,
        where: `entry ${i + 1}`,
      };
    }),
  );
}

/** The feed by quarters, each the mean over its time; where the feed ends or has a gap, what `otherwise` says. */
export function forecastOfFeed(points: readonly FeedPoint[], otherwise: Forecast): Forecast {
  const { startsAtMs } = otherwise;
  let taken = 0;
  const powerW = otherwise.powerW.slice(0, forecastQuartersMax).map((other, i) => {
    const value = meanOver(points, startsAtMs + i * quarterMs, startsAtMs + (i + 1) * quarterMs);
    if (value === null) return other;
    taken++;
    return value;
  });
  return taken === 0 ? otherwise : withBand(startsAtMs, powerW, "feed", null);
}

function meanOver(points: readonly FeedPoint[], fromMs: number, toMs: number): number | null {
  let wattMs = 0;
  let coveredMs = 0;
  for (const [i, { atMs, powerW }] of points.entries()) {
    const stepMs = (points[i + 1]?.atMs ?? atMs + (i > 0 ? atMs - points[i - 1]!.atMs : quarterMs)) - atMs;
    const overlapMs = Math.min(toMs, atMs + Math.min(stepMs, stepMaxMs)) - Math.max(fromMs, atMs);
    if (overlapMs <= 0) continue;
    wattMs += powerW * overlapMs;
    coveredMs += overlapMs;
  }
  return coveredMs >= (toMs - fromMs) / 2 ? wattMs / coveredMs : null;
}

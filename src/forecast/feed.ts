/** A forecast of power that somebody else made, by the quarters of one's own. */
import { holdsUntilMs, type MomentValue, parseMomentSeries } from "../domain/moment-series.ts";
import type { Result } from "../domain/result.ts";
import { type Forecast, withBand } from "./forecast.ts";
import { quarterMs } from "./past-days.ts";

/** A value that is followed by none for longer says no more. */
const stepMaxMs = 6 * 3_600_000;

/** Reads a feed of magnitudes in W, at most `maxW`. Whatever is wrong in it refuses it as a whole. */
export const parseFeed = (text: string, maxW: number): Result<readonly MomentValue[]> =>
  parseMomentSeries(text, { key: "powerW", what: "power", unit: "W", min: 0, max: maxW });

/** The feed by quarters, each the mean over its time; where the feed ends or has a gap, what `otherwise` says. */
export function forecastOfFeed(points: readonly MomentValue[], otherwise: Forecast): Forecast {
  const { startsAtMs } = otherwise;
  let taken = 0;
  const powerW = otherwise.powerW.map((other, i) => {
    const value = meanOver(points, startsAtMs + i * quarterMs, startsAtMs + (i + 1) * quarterMs);
    if (value === null) return other;
    taken++;
    return value;
  });
  return taken === 0 ? otherwise : withBand(startsAtMs, powerW, "feed", null);
}

/** Null where less than half of the time is covered. */
function meanOver(points: readonly MomentValue[], fromMs: number, toMs: number): number | null {
  let wattMs = 0;
  let coveredMs = 0;
  for (const [i, { atMs, value }] of points.entries()) {
    const overlapMs = Math.min(toMs, holdsUntilMs(points, i, quarterMs, stepMaxMs)) - Math.max(fromMs, atMs);
    if (overlapMs <= 0) continue;
    wattMs += value * overlapMs;
    coveredMs += overlapMs;
  }
  return coveredMs >= (toMs - fromMs) / 2 ? wattMs / coveredMs : null;
}

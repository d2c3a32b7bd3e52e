/**
 * A year of a Limited Generation Profile: the seconds around each of its 8,760 hour changes run in full, what lies between
 * (nothing changes there) is skipped on the wall clock only. What the limit is, is asked of the platform's calendar, not of
 * the controller's.
 */
import { createLimitedGenerationProfile, profileLimitW } from "../../src/core/pcc/limited-generation-profile.ts";
import { clearPccLimits, tightenExport } from "../../src/core/pcc/pcc-limits.ts";
import { between, createDice, Plant, uniform } from "./plant.ts";
import { Site, usualOptions } from "./site.ts";
import { makeStages, ratedW, usualSteps } from "./steps.ts";

export interface ProfileYearResult {
  hours: number;
  /** Hours whose local hour was repeated or left out: both daylight-saving changes were there. */
  clockChanges: number;
  /** Minutes whose mean export was above the profile, and milliseconds above it by more than 0.5 % of the stages' sum. */
  minutesAbove: number;
  aboveMs: number;
  /** Mean share of the profile that was used in the seconds before an hour change, where the load does not bind. */
  usedShare: number;
}

const hourMs = 3_600_000;
const beforeMs = 4_000;
const afterMs = 3_000;
const sumW = 4 * ratedW;

/** All hours of `hours` from `fromMs` (UTC), in the zone of the site. */
export function measureProfileYear(seed: number, timeZone: string, fromMs: number, hours: number): ProfileYearResult {
  const dice = createDice(seed);
  const rows = Array.from({ length: 12 }, () =>
    Array.from({ length: 24 }, () => Math.round(uniform(dice) < 0.1 ? 0 : between(dice, 0.05, 0.8) * sumW)),
  );
  const made = createLimitedGenerationProfile(rows, timeZone);
  if (!made.ok) throw new Error(made.error);
  const calendar = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", month: "numeric", hour: "numeric" });
  const truthAt = (wallMs: number) => {
    const parts = calendar.formatToParts(wallMs);
    const month = Number(parts.find((part) => part.type === "month")!.value);
    const hour = Number(parts.find((part) => part.type === "hour")!.value);
    return { limitW: rows[month - 1]![hour]!, hour };
  };
  const sigmaW = 0.003 * 1.25 * sumW;
  const plant = new Plant(
    makeStages(usualSteps, dice),
    { updateMs: 100, windowMs: 100, latencyMs: 10, jitterMs: 0, lostShare: 0, sigmaW, gain: 1, offsetW: 0 },
    2,
    dice,
  );
  const site = new Site(plant, { ...usualOptions, tickMs: 20, rangeW: 2.5 * sumW });
  site.requestedW.fill(-ratedW);
  // The load is small, so that the profile binds and not the stages' ratings.
  plant.loadW.fill((0.1 * sumW) / 3);
  const result: ProfileYearResult = { hours: 0, clockChanges: 0, minutesAbove: 0, aboveMs: 0, usedShare: 0 };
  // For nine hours in spring and in autumn the backend, which tightens the limit in other hours, is gone.
  let backendLimitW = Number.POSITIVE_INFINITY;
  let usedCount = 0;
  for (let h = 0; h <= hours; h++) {
    const changeMs = fromMs + h * hourMs;
    const gone = h % 4_380 >= 1_700 && h % 4_380 < 1_709;
    if (gone) backendLimitW = Number.POSITIVE_INFINITY;
    else if (h % 5 === 0) backendLimitW = uniform(dice) < 0.3 ? between(dice, 0, 0.5) * sumW : Number.POSITIVE_INFINITY;
    const before = truthAt(changeMs - 1);
    const after = truthAt(changeMs);
    if ((before.hour + 1) % 24 !== after.hour) result.clockChanges++;
    const offsetMs = changeMs - beforeMs - plant.nowMs;
    let exportWms = 0;
    let ms = 0;
    const part = (durationMs: number, limitW: number) => {
      exportWms = 0;
      ms = 0;
      // Limits are set a moment before the tick uses them, as in the control cycle.
      site.run(durationMs, (nowMs) => {
        const wallMs = nowMs + 1 + offsetMs;
        clearPccLimits(site.limits);
        tightenExport(site.limits, backendLimitW, "export-limit", "backend");
        tightenExport(site.limits, profileLimitW(made.value, wallMs), "generation-profile", "permit");
        const exportW = -plant.pccW[0]!;
        exportWms += exportW;
        ms++;
        if (exportW > limitW + 0.005 * sumW) result.aboveMs++;
      });
      if (exportWms / ms > limitW) result.minutesAbove++;
    };
    part(beforeMs, before.limitW);
    if (backendLimitW === Number.POSITIVE_INFINITY && before.limitW > 0.1 * sumW && after.limitW >= before.limitW) {
      result.usedShare += Math.max(0, exportWms / ms) / before.limitW;
      usedCount++;
    }
    part(afterMs, after.limitW);
    result.hours++;
  }
  result.usedShare /= usedCount;
  return result;
}

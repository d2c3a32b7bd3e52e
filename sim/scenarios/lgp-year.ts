/**
 * Acceptance scenario 5: a year of a Limited Generation Profile in the local time of Los Angeles, with both changes of the
 * clock and nine hours twice without a backend. All 8,760 hours are entered and left; between the seconds around each
 * change, where nothing changes, the calendar jumps. What the profile allows is asked of the platform's calendar and of the
 * file, not of the controller.
 */

import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { hourMs } from "../../src/domain/units.ts";
import { judged, type Scenario, type ScenarioOptions, type ScenarioResult } from "../story/scenario.ts";
import { Site, type StartController } from "../story/site.ts";
import { allow, utcAt } from "../story/vocabulary.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

const siteFile = "sim/scenarios/sites/lgp-year.yaml";
const timeZone = "America/Los_Angeles";
const hours = 8_760;
/** Seconds looked at around each change of the hour; whole minutes where the clock changes. */
const beforeMs = 8_000;
const afterMs = 7_000;
const clockChangeMs = 60_000;
/** Enter-service delay and ramp at the start. */
const startMs = 620_000;
/** The backend asks for less in some hours; from here on it is silent for nine hours, in spring and in autumn. */
const silentFrom = [1_700, 6_080];
const silentHours = 9;
const ratedW = 60_000;

/** Excess that is none, as in the acceptance of export control: share of the rating. */
const tolerance = 0.005;

function world(seed: number): WorldConfig {
  return worldFor({
    seed,
    startsAt: "2027-01-01 00:00",
    stageW: [ratedW],
    nominalVoltageV: 480,
    phases: 3,
    meter: { rangeW: 120_000, noise: 0.0015, updateMs: 100, windowMs: 100, gain: 1 },
    building: { demand: undefined },
    vehicles: [{ ...schoolBus, socPct: 80 }],
  });
}

/** The file's value at a moment, by the platform's calendar. */
function createTruth(): (wallMs: number) => { readonly limitW: number; readonly hour: number } {
  const file = new URL("lgp-year-profile.yaml", import.meta.url);
  const { exportLimitW } = parse(readFileSync(file, "utf8")) as { exportLimitW: number[][] };
  const calendar = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", month: "numeric", hour: "numeric" });
  return (wallMs) => {
    const parts = calendar.formatToParts(wallMs);
    const read = (type: string): number => Number(parts.find((part) => part.type === type)!.value);
    return { limitW: exportLimitW[read("month") - 1]![read("hour")]!, hour: read("hour") };
  };
}

/** What was seen of export against the profile. */
class Watch {
  partsAbove = 0;
  /** Present and longest stretch above the profile and its tolerance. */
  aboveMs = 0;
  longestAboveMs = 0;
  peakOverW = 0;
  usedSum = 0;
  usedCount = 0;

  /** Runs the site up to a moment of the wall clock that lies within one hour of the profile. */
  part(site: Site, toWallMs: number, limitW: number): number {
    let exportWms = 0;
    let ms = 0;
    while (site.world.wallMs < toWallMs - 1e-6) {
      const fromMs = site.nowMs;
      site.tick(fromMs + Math.min(site.tickMs, toWallMs - site.world.wallMs));
      const spentMs = site.nowMs - fromMs;
      const exportW = -site.world.network.pccW;
      exportWms += exportW * spentMs;
      ms += spentMs;
      this.aboveMs = exportW - limitW > tolerance * ratedW ? this.aboveMs + spentMs : 0;
      if (this.aboveMs > this.longestAboveMs) this.longestAboveMs = this.aboveMs;
      if (exportW - limitW > this.peakOverW) this.peakOverW = exportW - limitW;
    }
    const meanW = exportWms / ms;
    if (meanW > limitW) this.partsAbove++;
    return meanW;
  }
}

function run(start: StartController, options: ScenarioOptions): Omit<ScenarioResult, "ok" | "wallS"> {
  const seed = options.seed ?? 1;
  const site = new Site(world(seed), siteFile, options.tickMs ?? lgpYear.tickMs, start);
  const truthAt = createTruth();
  const watch = new Watch();
  const random = site.world.random.stream("story");
  allow(site, { mode: "parallel-export", exportLimitW: ratedW });
  site.world.truth.importLimitW = 100_000;
  site.station.request(0, -ratedW, "schedule");
  const yearFromMs = utcAt(site, "2027-01-01 00:00");
  site.world.calendarShiftMs -= startMs;
  while (site.world.wallMs < yearFromMs - beforeMs) site.tick(site.nowMs + site.tickMs);

  let clockChanges = 0;
  let silentSeen = 0;
  let backendLimitW = Number.POSITIVE_INFINITY;
  for (let hour = 1; hour <= hours; hour++) {
    const changeMs = yearFromMs + hour * hourMs;
    const silent = silentFrom.some((from) => hour >= from && hour < from + silentHours);
    if (silent) {
      silentSeen++;
      backendLimitW = Number.POSITIVE_INFINITY;
    } else if (hour % 5 === 0) {
      backendLimitW = random.uniform() < 0.3 ? random.between(0, ratedW / 2) : Number.POSITIVE_INFINITY;
    }
    site.station.exportLimitW = backendLimitW;
    const before = truthAt(changeMs - 1);
    const after = truthAt(changeMs);
    const clockChanged = (before.hour + 1) % 24 !== after.hour;
    if (clockChanged) {
      clockChanges++;
      options.onEvent?.("", `The clock changes from ${before.hour}:59 to ${after.hour}:00.`, site);
    }
    // The permit of the story lasts 400 days, the vehicle comes back full, and the calendar jumps to the change.
    site.world.vehicles[0]!.setSoc(80);
    site.world.calendarShiftMs += changeMs - (clockChanged ? clockChangeMs : beforeMs) - site.world.wallMs;
    const meanW = watch.part(site, changeMs, before.limitW);
    if (backendLimitW === Number.POSITIVE_INFINITY && before.limitW > 0 && after.limitW >= before.limitW) {
      watch.usedSum += Math.min(1, meanW / Math.min(before.limitW, ratedW));
      watch.usedCount++;
    }
    watch.part(site, changeMs + (clockChanged ? clockChangeMs : afterMs), after.limitW);
  }
  return {
    name: lgpYear.name,
    seed,
    simulatedS: Math.round(site.elapsedMs) / 1_000,
    checks: [
      judged("hours of the year", hours, "=", 8_760, "h"),
      judged("changes of the clock", clockChanges, "=", 2, "times"),
      judged("hours without a backend", silentSeen, "=", 2 * silentHours, "h"),
      judged("minutes above the profile", watch.partsAbove, "=", 0, "min"),
      judged("longest above by more than 0.5 % of the rating", watch.longestAboveMs, "≤", 500, "ms"),
      judged("highest export above the profile, of the rating", (100 * watch.peakOverW) / ratedW, "≤", 1, "%"),
      judged("use of the profile where nothing else binds", (100 * watch.usedSum) / watch.usedCount, "≥", 80, "%"),
    ],
  };
}

export const lgpYear: Scenario = {
  name: "lgp-year",
  sentence: "A year of a Limited Generation Profile, with both changes of the clock and hours without a backend.",
  siteFile,
  tickMs: 100,
  from: "00:00",
  to: "00:00",
  world,
  begins: () => undefined,
  story: [],
  checks: () => [],
  run,
};

/**
 * Acceptance scenario 6: four stages give 120 kW when the meter fails, in one of the ways that meters do; later, when all
 * is well again, the controller is killed without a word.
 */
import { at, atEnd, least, mean, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { allow, stagesKW } from "../story/vocabulary.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

/** How the meter fails, by seed. */
const failures: readonly (readonly [sentence: string, fail: (site: Site) => void])[] = [
  ["its registers stand still",                  (s) => { s.world.meter.faults.frozen = true; }],
  ["it repeats its values and counts on",        (s) => { s.world.meter.faults.frozenCounting = true; }],
  ["its gateway repeats the last answer",        (s) => { s.bridge.meterLink.frozen = true; }],
  ["it does not answer any more",                (s) => { s.bridge.meterLink.down = true; }],
  ["it answers nonsense",                        (s) => { s.bridge.meterLink.garbage = true; }],
  ["its power is not a number",                  (s) => { s.world.meter.faults.notANumber = true; }],
];

function failMeter(site: Site): void {
  failures[site.world.config.seed % failures.length]![1](site);
}

function seeAgain(site: Site): void {
  site.world.meter.faults.clear();
  site.bridge.meterLink.clear();
}

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-06-14 08:00",
    stageW: [60_000, 60_000, 60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    vehicles: Array.from({ length: 4 }, () => ({ ...schoolBus, socPct: random.between(60, 90) })),
  });
}

function begins(site: Site): void {
  allow(site, { mode: "parallel-non-export", exportLimitW: 0 });
  site.world.truth.importLimitW = 400_000;
  site.world.building.hold(180_000);
  site.station.requestAll(-30_000);
}

const idle = (site: Site): boolean => Math.abs(stagesKW(site)) < 0.6;

function checks(): Check[] {
  return [
    ["discharging before the meter fails    ",  mean((s) => -stagesKW(s), "08:14", "08:15"),               "≥", 118, "kW"],
    ["from the failure to zero",                   secondsUntil(idle, "08:15", 1_000, "08:20"),               "≤", 2,   "s"],
    ["discharging meanwhile",                  least(stagesKW, "08:15:02.2", "08:20"),                    "≥", -0.6, "kW"],
    ["discharging again after it sees",          mean((s) => -stagesKW(s), "08:34", "08:35"),               "≥", 110, "kW"],
    ["controller killed: stages at zero",        secondsUntil(idle, "08:35", 1_000, "08:40"),               "≤", 5.5, "s"],
    ["stages that latched the watchdog",         at("08:39", (s) => s.world.stages.filter((g) => g.watchdogTripped).length), "=", 4, "stages"],
    ["nothing moves by itself after its return", least(stagesKW, "08:40", "08:44:59"),                      "≥", -0.6, "kW"],
    ["longest export above the limit",           atEnd((s) => s.world.truth.exportExcess.longestMs),        "≤", 500, "ms"],
  ];
}

export const blindMeter: Scenario = {
  name: "blind-meter",
  sentence: "The meter fails while 120 kW are given; later the controller dies.",
  siteFile: "sim/scenarios/sites/blind-meter.yaml",
  tickMs: 20,
  from: "08:00",
  to: "08:45",
  world,
  begins,
  checks,
  story: [
    ["08:15", "The meter fails.",               failMeter],
    ["08:20", "The meter sees again.",               seeAgain],
    ["08:35", "The controller is killed.",           (s) => s.killController()],
    ["08:40", "The controller is started again.",    (s) => s.startController()],
  ],
};

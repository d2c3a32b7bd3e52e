/**
 * Acceptance scenario 2: a house with a 131 kWh truck, a 9.6 kW stage and no permit for parallel operation. While the grid is
 * up every discharge is refused; in an outage the truck comes home after three hours and carries the house for days.
 */
import { atEnd, least, longestMs, most, secondsUntil, totalS } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { allow, commandsDischarge, lowestSocPct, refusedWithReason, stagesKW } from "../story/vocabulary.ts";
import { homeTruck, type WorldConfig, worldFor } from "../world-config.ts";

const houseW = 1_200;

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-06-14 18:00",
    stageW: [9_600],
    nominalVoltageV: 240,
    phases: 2,
    meter: { updateMs: 100, windowMs: 100, rangeW: 24_000, gridPowered: random.uniform() < 0.5 },
    stage: { islandWatchdogS: 10 },
    tiers: [{ name: "House", loadW: houseW, inrush: 3 }],
    vehicles: [homeTruck],
  });
}

function begins(site: Site): void {
  allow(site, { mode: "non-parallel-backup", exportLimitW: 0 });
  site.world.truth.importLimitW = 24_000;
  site.station.evses[0]!.reservePct = 30;
}

const houseLit = (site: Site): boolean => site.world.network.tiersW > 0.9 * houseW;
const fromTruck = (site: Site): boolean => houseLit(site) && !site.world.transferDevice.closed;
const hours = (seconds: number): number => seconds / 3_600;

/** Time on the truck, in hours. */
function hoursOnTruck(): Check[1] {
  const probe = totalS(fromTruck, "21:30", "+3 12:00");
  return { ...probe, value: (site) => hours(probe.value(site)) };
}

function checks(): Check[] {
  return [
    ["power while the grid is up",               least(stagesKW, "18:00", "18:20"),                        "≥", -0.05, "kW"],
    ["discharge commanded while the grid is up", longestMs(commandsDischarge, "18:00", "18:29:59"),        "=", 0,    "ms"],
    ["each refusal has a reason",                least(refusedWithReason, "18:07", "18:20"),               "=", 1,    "yes"],
    ["house dark without the truck",             totalS(houseLit, "18:30:01", "21:29:59"),                 "=", 0,    "s"],
    ["from plugging in to a lit house",          secondsUntil(houseLit, "21:30", 1_000),                   "≤", 60,   "s"],
    ["carried by the truck, at least",           hoursOnTruck(),                                           "≥", 54,   "h"],
    ["carried by the truck, at most",            hoursOnTruck(),                                           "≤", 62,   "h"],
    ["reserve kept",                             least(lowestSocPct, "21:31", "+3 12:00"),                 "≥", 29.5, "%"],
    ["K1 open as long as the grid is away",      longestMs((s) => s.world.transferDevice.closed, "21:31", "+3 12:00"), "=", 0, "ms"],
    ["house lit again when the grid is back",    secondsUntil(houseLit, "+3 12:00", 1_000),                "≤", 60,   "s"],
    ["charging after the return",                most(stagesKW, "+3 12:10", "+3 12:30"),                   "≥", 5,    "kW"],
    ["lit by the grid at the end",               atEnd((s) => (houseLit(s) && s.world.transferDevice.closed ? 1 : 0)), "=", 1, "yes"],
  ];
}

export const homeBackup: Scenario = {
  name: "home-backup",
  sentence: "A truck that may not discharge in parallel carries a house through an outage of days.",
  siteFile: "config/home.yaml",
  tickMs: 50,
  from: "18:00",
  to: "+3 12:30",
  world,
  begins,
  checks,
  story: [
    ["18:05", "The backend asks for 5 kW out of the truck.",          (s) => s.station.request(0, -5_000)],
    ["18:10", "A schedule asks for all the stage can give.",          (s) => s.station.request(0, -9_600, "schedule")],
    ["18:20", "The truck drives away.",                               (s) => s.world.unplug(0)],
    ["18:25", "Nobody asks for anything.",                            (s) => s.station.request(0, 0, "none")],
    ["18:30", "The grid fails; the house is dark.",                   (s) => s.world.setGrid({ present: false })],
    ["21:30", "The truck is plugged in, 85 % full: a dark start.",    (s) => s.world.plug(0, homeTruck)],
    ["+3 12:00", "The grid is back.",                                 (s) => s.world.setGrid({ present: true })],
    ["+3 12:05", "The owner wants the truck full.",                   (s) => s.station.request(0, 9_600, "operator", 90)],
  ],
};

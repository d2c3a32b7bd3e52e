/**
 * Acceptance scenario 1: a school-bus depot on a Wednesday in June 2006, with the real demand of an office and the real sun of
 * that day. Twenty stages of 60 kW, buses of 155 kWh, nothing may be exported, at most 750 kW imported. Two stages may form.
 */
import { at, atEnd, least, mean, most, secondsUntil, totalS } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import { officeLoad, pvShare } from "../site-data.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { allow, buildingNetW, chargingOf, dischargingW, givesToGrid, lowestSocPct, utcAt } from "../story/vocabulary.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

const day = "2006-06-14";
const busCount = 20;
/** Stages 1 and 2 may form the island: their buses are kept for it. */
const formers = 2;
const importLimitW = 750_000;
const criticalW = 85_000;

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("buses");
  return worldFor({
    seed,
    startsAt: `${day} 15:30`,
    stageW: new Array<number>(busCount).fill(60_000),
    nominalVoltageV: 480,
    phases: 3,
    meter: { rangeW: 800_000, noise: 0.001 },
    building: { demand: officeLoad(), motorW: 4_000, motorStartsPerHour: 20 },
    pvs: [{ ratedW: 40_000, sun: pvShare() }],
    tiers: [
      { name: "Emergency lighting and controls", loadW: 10_000, inrush: 2 },
      { name: "Dispatch and kitchen", loadW: 15_000, inrush: 3 },
      { name: "Wash hall", loadW: 0, inrush: 4 },
    ],
    // The two buses at the stages that may form an island have charged at noon; the others come from their rounds.
    vehicles: Array.from({ length: busCount }, (_, i) => ({
      ...schoolBus,
      socPct: i < formers ? 97 : random.between(70, 88),
    })),
  });
}

function begins(site: Site): void {
  const { station, world } = site;
  allow(site, { mode: "parallel-non-export", exportLimitW: 0 });
  world.truth.importLimitW = importLimitW;
  for (const request of station.evses) {
    request.reservePct = 20;
    request.targetPct = 90;
    request.departsAtMs = utcAt(site, `${day} 15:30`) + 14 * 3_600_000;
  }
}

/** The evening's request: 170 kW together, from all but the buses that are kept for an island. */
function askForEvening(site: Site): void {
  const shareW = 170_000 / (busCount - formers);
  for (let i = 0; i < busCount; i++) site.station.request(i, i < formers ? 0 : -shareW);
}

function panel(site: Site, lightingW: number, kitchenW: number, washW: number): void {
  const [lighting, kitchen, wash] = site.world.tiers;
  lighting!.loadW = lightingW;
  kitchen!.loadW = kitchenW;
  wash!.loadW = washW;
}

const islanded = (site: Site): boolean =>
  !site.world.transferDevice.closed && site.world.bus.formers > 0 && site.world.network.tiersW > 0.95 * criticalW;

function idleW(site: Site): number {
  let sumW = 0;
  for (const stage of site.world.stages) if (!stage.isForming) sumW += Math.abs(stage.truePowerW);
  return sumW;
}

const truth = (site: Site): Site["world"]["truth"] => site.world.truth;

function checks(): Check[] {
  return [
    ["discharging before the load falls",          mean((s) => dischargingW(s) / 1000, "16:28", "16:30"),      "≥", 150,  "kW"],
    ["longest export above the limit",             atEnd((s) => truth(s).exportExcess.longestMs),              "≤", 500,  "ms"],
    ["longest import above the limit",             atEnd((s) => truth(s).importExcess.longestMs),              "≤", 1_000, "ms"],
    ["feeding the dead grid after the outage",     atEnd((s) => truth(s).longestBackfeedMs),                   "≤", 2_000, "ms"],
    ["K1 open after the outage",                   secondsUntil((s) => !s.world.transferDevice.closed, "17:00"), "≤", 20,  "s"],
    ["critical panel supplied after the outage",   secondsUntil(islanded, "17:00", 1_000),                     "≤", 30,   "s"],
    ["critical panel dark later in the outage",    totalS((s) => !islanded(s), "17:00:35", "19:09:59"),        "≤", 0,    "s"],
    ["stages that form the island",                most((s) => s.world.bus.formers, "17:00", "19:10"),         "=", formers, "stages"],
    ["the other eighteen together",                most((s) => idleW(s) / 1000, "17:01", "19:09"),             "≤", 1,    "kW"],
    ["back in parallel after 19:10",               secondsUntil(givesToGrid, "19:10", 200, "21:00"),           "≥", 440,  "s"],
    ["power ten seconds into the ramp",            at("19:17:30", (s) => dischargingW(s) / 1000),              "≤", 42,   "kW"],
    ["in parallel again",                          at("19:24", (s) => dischargingW(s) / 1000),                 "≥", 60,   "kW"],
    ["lowest state of charge",                     least(lowestSocPct),                                        "≥", 19.5,   "%"],
    ["most power charging at night",               most((s) => chargingOf(s) / 1000, "21:00"),                 "≥", 500,  "kW"],
    ["fullness of the emptiest bus at 05:30",      atEnd(lowestSocPct),                                        "≥", 90,   "%"],
  ];
}

export const depotDay: Scenario = {
  name: "depot-day",
  sentence: "A school-bus depot without export lives through an afternoon, an outage and a night.",
  siteFile: "config/depot.yaml",
  tickMs: 20,
  from: "15:30",
  to: "+1 05:30",
  world,
  begins,
  checks,
  story: [
    ["16:00", "The evening price begins: the backend asks eighteen buses for 170 kW together.", askForEvening],
    ["16:20", "The building and its panel settle at 180 kW, net of the sun.",              (s) => buildingNetW(s, 155_000)],
    ["16:30", "The building's load falls from 180 to 60 kW within an instant.",            (s) => buildingNetW(s, 35_000)],
    ["16:45", "The office goes on as on any Wednesday.",                                   (s) => s.world.building.hold(Number.NaN)],
    ["16:50", "Cooking and washing begin: the critical panel takes 85 kW.",                (s) => panel(s, 15_000, 40_000, 30_000)],
    ["17:00", "The grid fails.",                                                           (s) => s.world.setGrid({ present: false })],
    ["19:10", "The grid is back.",                                                         (s) => s.world.setGrid({ present: true })],
    ["19:12", "It sags to 0.90 pu.",                                                       (s) => s.world.setGrid({ voltagePu: 0.9 })],
    ["19:12:20", "It is normal again and stays so.",                                       (s) => s.world.setGrid({ voltagePu: 1 })],
    ["20:30", "The backend asks for nothing.",                                             (s) => s.station.requestAll(0)],
    ["20:45", "Kitchen and wash hall close.",                                              (s) => panel(s, 15_000, 5_000, 0)],
    ["21:00", "The night price begins: every bus asks for 60 kW until it holds 94 %.",     (s) => s.station.requestAll(60_000, "schedule", 94)],
  ],
};

/**
 * Acceptance scenario 8: fourteen AC and six bidirectional DC chargers on 750 kVA, capped at 600 kW. In an outage one full bus
 * forms the island beside 11 kW of photovoltaics that it can't take; afterwards charging comes back gradually. Every second
 * seed has an inverter that only frequency curtails.
 */
import {
  busDrops,
  darkS,
  formingTrips,
  happened,
  highestHz,
  highestPu,
  lowestPu,
  overFrequencyTrips,
  pvTrips,
  steepestRisePerS,
  tierLit,
} from "../checkers/island-probes.ts";
import { atEnd, least, mean, most, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { allow, arrives, buildingNetW, chargingOf, leaves, stagesKW } from "../story/vocabulary.ts";
import { acCar, schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

const acCount = 14;
const dcCount = 6;
/** The bay whose bus stays, full. */
const full = acCount;
const pumps = 2;

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-06-14 12:00",
    stageW: [...new Array<number>(acCount).fill(19_200), ...new Array<number>(dcCount).fill(60_000)],
    nominalVoltageV: 480,
    phases: 3,
    // An AC charger is a contactor and a signal: the car's own rectifier decides, and takes its time.
    stage: (i) => (i < acCount ? { efficiency: 0.998, standbyW: 8, tauMs: 400, startMs: random.between(800, 3_000), antiIslanding: false } : {}),
    meter: { updateMs: 50, windowMs: 50, rangeW: 800_000 },
    building: { motorW: 4_000, motorStartsPerHour: 20 },
    tiers: [
      { name: "Gate and lights", loadW: 2_000, inrush: 2, wander: 0.05 },
      { name: "Workshop", loadW: 4_000, inrush: random.between(1.5, 3), wander: 0.1 },
      { name: "Pumps", loadW: 6_000, inrush: random.between(2, 3), wander: 0.05 },
    ],
    pvs: [{ ratedW: 11_000, side: "bus" }],
    vehicles: [
      ...Array.from({ length: acCount }, () => ({ ...acCar, maxChargeW: random.pick([11_500, 19_200]), socPct: random.between(20, 70) })),
      { ...schoolBus, socPct: random.between(99.75, 100) },
      ...Array.from({ length: dcCount - 1 }, () => ({ ...schoolBus, socPct: random.between(40, 70) })),
    ],
  });
}

function begins(site: Site): void {
  allow(site, { mode: "non-parallel-backup", exportLimitW: 0 });
  site.world.truth.importLimitW = 600_000;
  site.world.pvs[0]!.heldW = 11_000;
  buildingNetW(site, 60_000);
  site.station.requestAll(60_000, "schedule", 100);
}

function busesLeave(site: Site): void {
  for (let i = full + 1; i < acCount + dcCount; i++) leaves(site, i);
}

function busesReturn(site: Site): void {
  const random = new Random(site.world.config.seed).stream("return");
  for (let i = full + 1; i < acCount + dcCount; i++) arrives(site, i, { ...schoolBus, socPct: random.between(30, 50) });
}

const pv = (site: Site) => site.world.pvs[0]!;
const sun = (powerW: number) => (site: Site): void => { pv(site).heldW = powerW; };
const load = (tier: number, powerW: number) => (site: Site): void => { site.world.tiers[tier]!.loadW = powerW; site.world.stir(); };
const pvKW = (site: Site): number => pv(site).powerW / 1000;
const importKW = (site: Site): number => site.world.network.pccW / 1000;
const otherThanFullW = (site: Site): number => {
  let sumW = 0;
  for (const [i, stage] of site.world.stages.entries()) if (i !== full) sumW += Math.abs(stage.truePowerW);
  return sumW;
};
/** How far the full bus is charged beyond what its battery wants, kW. */
const overchargeKW = (site: Site): number => (site.world.stages[full]!.truePowerW - site.world.stages[full]!.maxChargeW) / 1000;

function checks(): Check[] {
  return [
    ["power of all chargers in the morning",           mean(stagesKW, "12:05", "12:09"),                       "≥", 400,   "kW"],
    ["most import from the grid, mean of a minute",    mean(importKW, "12:06", "12:07"),                       "≤", 600,   "kW"],
    ["longest import above the cap",                   atEnd((s) => s.world.truth.importExcess.longestMs),     "≤", 1_000, "ms"],
    ["gate lit after the outage",                      secondsUntil(tierLit(0), "12:30", 1_000),               "≤", 30,    "s"],
    ["pumps lit after the outage",                     secondsUntil(tierLit(pumps), "12:30", 1_000),           "≤", 60,    "s"],
    ["gate dark later in the outage",                  darkS(0, "12:31", "13:40"),                             "=", 0,     "s"],
    ["bus fell in the outage",                         happened(busDrops, "12:31", "13:40"),                   "=", 0,     "times"],
    ["stages that tripped while forming",              atEnd(formingTrips),                                    "=", 0,     "times"],
    ["over-frequency trips of the photovoltaics",      happened(overFrequencyTrips, "12:31", "13:40"),         "=", 0,     "times"],
    ["any trip of the photovoltaics in the island",    happened(pvTrips, "12:33", "13:40"),                    "=", 0,     "times"],
    ["highest voltage",                                highestPu(),                                            "≤", 1.08,  "pu"],
    ["lowest voltage",                                 lowestPu(),                                             "≥", 0.9,   "pu"],
    ["highest frequency",                              highestHz(),                                            "≤", 61.8,  "Hz"],
    ["fullness of the bus",                            most((s) => s.world.vehicles[full]!.socPct),            "≤", 100.05, "%"],
    ["full bus charged against its will",              mean((s) => Math.max(0, overchargeKW(s)), "12:40", "13:40"), "≤", 0.05, "kW"],
    ["photovoltaics share of the load while the sun shines", mean((s) => pvKW(s) / (s.world.network.tiersW / 1000), "13:15", "13:35"), "≥", 0.6, ""],
    ["others than the full bus in the island",         most((s) => otherThanFullW(s) / 1000, "12:31", "13:40"), "≤", 0.01, "kW"],
    ["steepest rise of charging at the return",        steepestRisePerS(stagesKW, "13:40", "13:41:30"),        "≤", 20,    "kW/s"],
    ["charging half a minute after the return, at most", most((s) => chargingOf(s) / 1000, "13:40", "13:41"),  "≤", 350,   "kW"],
    ["power of all chargers after the return",         mean(stagesKW, "13:44", "13:50"),                       "≥", 400,   "kW"],
    ["least state of charge of the full bus",          least((s) => s.world.vehicles[full]!.socPct),           "≥", 90,    "%"],
  ];
}

export const mixedDepot: Scenario = {
  name: "mixed-depot",
  sentence: "AC and DC chargers under one cap; one full bus carries an island with photovoltaics that it can't take.",
  siteFile: (seed) => (seed % 2 === 0 ? "sim/scenarios/sites/mixed-depot.yaml" : "sim/scenarios/sites/mixed-depot-shift.yaml"),
  tickMs: 50,
  quietTickMs: 200,
  from: "12:00",
  to: "13:50",
  world,
  begins,
  checks,
  story: [
    ["12:10", "The building takes 100 kW more within an instant.",                 (s) => buildingNetW(s, 160_000)],
    ["12:15", "Two AC chargers answer late.",                                      (s) => { s.bridge.stagePorts[2]!.link.delayMs = 12; s.bridge.stagePorts[3]!.link.lossShare = 0.02; }],
    ["12:20", "The building takes what it took; the chargers answer as before.",   (s) => { buildingNetW(s, 60_000); for (const { link } of s.bridge.stagePorts) link.clear(); }],
    ["12:25", "Five buses go on their rounds; the full one stays.",                busesLeave],
    ["12:30", "The grid fails.",                                                   (s) => s.world.setGrid({ present: false })],
    ["12:45", "The pumps stop within an instant: 6 kW less.",                      load(pumps, 300)],
    ["12:50", "A cloud: the sun falls to a fifth.",                                sun(2_200)],
    ["12:55", "Its edge passes within an instant.",                                sun(11_000)],
    ["13:00", "The workshop closes: hardly any load is left.",                     load(1, 500)],
    ["13:10", "Pumps and workshop start again.",                                   (s) => { load(pumps, 6_000)(s); load(1, 4_000)(s); }],
    ["13:20", "The meter at the dead service stands still.",                       (s) => { s.world.meter.faults.frozen = true; }],
    ["13:35", "The meter is repaired; the buses come back from their rounds.",     (s) => { s.world.meter.faults.clear(); busesReturn(s); }],
    ["13:40", "The grid is back.",                                                 (s) => s.world.setGrid({ present: true })],
  ],
};

/**
 * A clinic of 25 kW on stages of 20 kW: two must form for all of it. Vehicles are swapped in every way that people find: one
 * reaches its reserve, one is replaced at the same charger, one is pulled out without a word, one can't give anything at all.
 */
import {
  busDrops,
  darkS,
  forecastKeptPct,
  formers,
  formingTrips,
  happened,
  highestHz,
  highestPu,
  longestDarkMs,
  lowestHz,
  lowestPu,
  tierLit,
  begins as timesOf,
} from "../checkers/island-probes.ts";
import { at, atEnd, least, most, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { aboveReservePct, allow, arrives, busyFieldbus, energyH, leaves, pressesStop, stagesKW } from "../story/vocabulary.ts";
import { homeTruck, type WorldConfig, worldFor } from "../world-config.ts";

const north = 0;
const south = 1;
const east = 2;
const laundry = 2;
const truck = { ...homeTruck, maxChargeW: 20_000, maxDischargeW: 20_000, minChargeW: 500 };

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-07-18 17:00",
    stageW: [20_000, 20_000, 20_000],
    nominalVoltageV: 480,
    phases: 3,
    meter: { updateMs: 100, windowMs: 100, rangeW: 100_000, gridPowered: random.uniform() < 0.5 },
    tiers: [
      { name: "Treatment rooms", loadW: 10_000, inrush: random.between(1.3, 2), wander: 0.02 },
      { name: "Laboratory", loadW: 8_500, inrush: random.between(1.3, 2), wander: 0.02 },
      { name: "Laundry and kitchen", loadW: 7_000, inrush: random.between(2, 3), wander: 0.05 },
    ],
    vehicles: [
      { ...truck, socPct: random.between(80, 95) },
      { ...truck, socPct: random.between(34, 36), toldStepPct: 1 },
      undefined,
    ],
  });
}

function begins(site: Site): void {
  allow(site, { mode: "non-parallel-backup", exportLimitW: 0 });
  const random = new Random(site.world.config.seed).stream("links");
  busyFieldbus(site, random.between(0, 8), random.between(0, 0.005));
  site.station.evses[south]!.reservePct = 30;
}

/** A truck of this run: how full it is differs by seed. */
function nextTruck(site: Site, evse: number, name: string): void {
  const random = new Random(site.world.config.seed).stream(name);
  arrives(site, evse, { ...truck, socPct: random.between(50, 90), toldStepPct: random.uniform() < 0.5 ? 1 : 0 }, { reservePct: 20 });
}

const powerOf = (evse: number) => (site: Site) => Math.abs(site.world.stages[evse]!.truePowerW) / 1000;
const refused = (site: Site): number => site.world.stages[south]!.formingRefused;

function checks(): Check[] {
  return [
    ["all tiers lit after the outage",                 secondsUntil(tierLit(laundry), "17:10", 1_000),      "≤", 60,    "s"],
    ["treatment rooms dark later in the outage",       darkS(0, "17:11", "19:30"),                          "=", 0,     "s"],
    ["laboratory dark later in the outage",            darkS(1, "17:11", "19:30"),                          "=", 0,     "s"],
    ["bus fell in the outage",                         happened(busDrops, "17:11", "19:30"),                "=", 0,     "times"],
    ["stages that tripped while forming",              atEnd(formingTrips),                                 "=", 0,     "times"],
    ["least charge above a vehicle's reserve",         least(aboveReservePct),                              "≥", -0.05, "%"],
    ["stage whose vehicle has only its reserve",       at("18:09:50", powerOf(south)),                      "≤", 0.1,   "kW"],
    ["laundry lit after the third truck came",         secondsUntil(tierLit(laundry), "18:10", 1_000),      "≤", 60,    "s"],
    ["power of the stopped truck when it leaves",      at("18:30:09.8", powerOf(north)),                    "≤", 0.1,   "kW"],
    ["laundry dark in the swap at one charger",        longestDarkMs(laundry, "18:29", "18:40"),            "≤", 60_000, "ms"],
    ["laundry dark after one was pulled out",          longestDarkMs(laundry, "18:49", "19:00"),            "≤", 100_000, "ms"],
    ["laundry restored more often than it was swapped", timesOf(tierLit(laundry), "18:11", "19:29"),        "≤", 2,     "times"],
    ["a car that gives nothing is asked to form",      happened(refused, "19:04", "19:30"),                 "=", 0,     "times"],
    ["stages that form at the end of the outage",      at("19:29", formers),                                "=", 2,     "stages"],
    ["lowest voltage",                                 lowestPu(),                                          "≥", 0.88,  "pu"],
    ["highest voltage",                                highestPu(),                                         "≤", 1.05,  "pu"],
    ["lowest frequency",                               lowestHz(),                                          "≥", 59,    "Hz"],
    ["highest frequency",                              highestHz(),                                         "≤", 61,    "Hz"],
    ["error of the forecast between two swaps",        forecastKeptPct(energyH, "18:52", "19:29"),          "≤", 10,    "%"],
    ["treatment rooms dark when the grid returns",     longestDarkMs(0, "19:30", "19:45"),                  "≤", 5_000, "ms"],
    ["charging after the return",                      most(stagesKW, "19:35", "19:45"),                    "≥", 15,    "kW"],
  ];
}

export const vehicleSwap: Scenario = {
  name: "vehicle-swap",
  sentence: "Vehicles are swapped under a clinic in every way that people find, and it stays lit.",
  siteFile: "sim/scenarios/sites/vehicle-swap.yaml",
  tickMs: 50,
  quietTickMs: 200,
  from: "17:00",
  to: "19:45",
  world,
  begins,
  checks,
  story: [
    ["17:10", "The grid fails; two trucks carry the clinic, one of them has little to give.", (s) => s.world.setGrid({ present: false })],
    ["17:20", "The meter at the dead service repeats its last values.",                    (s) => { s.world.meter.faults.frozenCounting = true; }],
    ["18:10", "A third truck comes: the clinic has been without its laundry since the second reached its reserve.", (s) => nextTruck(s, east, "third")],
    ["18:20", "The second truck leaves.",                                                  (s) => leaves(s, south)],
    ["18:30", "The first driver presses stop.",                                            (s) => pressesStop(s, north)],
    ["18:30:10", "The first truck leaves its place.",                                      (s) => leaves(s, north)],
    ["18:30:35", "A fourth truck takes the place; the charger answers late.",              (s) => { nextTruck(s, north, "fourth"); s.bridge.stagePorts[north]!.link.delayMs = 12; }],
    ["18:50", "Somebody pulls the third truck out without a word.",                        (s) => leaves(s, east)],
    ["18:50:40", "A fifth truck comes.",                                                   (s) => nextTruck(s, east, "fifth")],
    ["19:05", "A car comes that can only charge.",                                         (s) => arrives(s, south, { ...truck, bidirectional: false, maxDischargeW: 0, socPct: 60 })],
    ["19:25", "The meter is repaired.",                                                    (s) => s.world.meter.faults.clear()],
    ["19:30", "The grid is back.",                                                         (s) => s.world.setGrid({ present: true })],
    ["19:34", "Everybody wants to charge.",                                                (s) => s.station.requestAll(20_000, "operator", 95)],
  ],
};

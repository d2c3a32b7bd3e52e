/**
 * A hall lives on one bus that is half empty, and whose aged battery holds less than it tells. Tiers are shed in their order,
 * the end is announced and kept in order, and a fuller bus begins anew; one with too little to give does not.
 */
import {
  busDrops,
  darkS,
  forecastErrorPct,
  formingTrips,
  happened,
  lowestPu,
  tierLit,
  begins as timesOf,
} from "../checkers/island-probes.ts";
import { at, atEnd, least, type Probe, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { aboveReservePct, allow, arrives, busyFieldbus, islandPhase, toldH } from "../story/vocabulary.ts";
import { transitBus, type WorldConfig, worldFor } from "../world-config.ts";

const left = 0;
const right = 1;
const lights = 0;
const heating = 1;
const kitchen = 2;

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-12-14 15:30",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    meter: { updateMs: 100, windowMs: 100, rangeW: 150_000, gridPowered: random.uniform() < 0.5 },
    tiers: [
      { name: "Emergency lights and radio", loadW: random.between(7_000, 8_500), inrush: 1.5, wander: 0.03 },
      { name: "Heating", loadW: random.between(5_000, 6_500), inrush: 2, wander: 0.07 },
      { name: "Kitchen", loadW: random.between(4_000, 5_500), inrush: 3, wander: 0.08 },
    ],
    vehicles: [
      {
        ...transitBus,
        socPct: random.between(50, 54),
        capacityWh: random.between(195_000, 215_000),
        // It tells the 226 kWh that it once had, and its charge in whole percents.
        toldCapacityShare: 1.1,
        toldStepPct: random.uniform() < 0.7 ? 1 : 0,
      },
      undefined,
    ],
  });
}

function begins(site: Site): void {
  allow(site, { mode: "non-parallel-backup", exportLimitW: 0 });
  const random = new Random(site.world.config.seed).stream("links");
  busyFieldbus(site, random.between(0, 8), random.between(0, 0.005));
  site.station.evses[left]!.reservePct = Math.round(random.between(22, 26));
  site.station.evses[left]!.requestSource = "operator";
}

/** Seconds from one moment to another, each the first time that its condition holds after the outage has begun. */
function between(first: (site: Site) => boolean, second: (site: Site) => boolean, from: string, to: string): Probe {
  let firstMs = Number.NaN;
  let secondMs = Number.NaN;
  return {
    from,
    to,
    look(site, _tickMs, sinceFromMs) {
      if (Number.isNaN(firstMs) && first(site)) firstMs = sinceFromMs;
      if (Number.isNaN(secondMs) && second(site)) secondMs = sinceFromMs;
    },
    value: () => (secondMs - firstMs) / 1000,
  };
}

const dark = (tier: number) => (site: Site) => !tierLit(tier)(site);
const announced = (site: Site): boolean => islandPhase(site) === "ending";
const starts = (site: Site): number => site.world.busWatch.starts;
/** The forecast of a tier, from one hour after the outage on, against the moment in which it went dark. */
const errorOf = (tier: number): Probe =>
  forecastErrorPct({ forecastH: toldH(tier), comes: dark(tier) }, "19:00", "23:29");

function checks(): Check[] {
  return [
    ["lights on after the outage",                        secondsUntil(tierLit(lights), "18:00", 1_000),       "≤", 30,   "s"],
    ["kitchen shed before heating",                       between(dark(kitchen), dark(heating), "18:10", "23:29"), "≥", 60, "s"],
    ["heating shed before lights",                        between(dark(heating), dark(lights), "18:10", "23:29"), "≥", 60,  "s"],
    ["kitchen comes back although energy only falls",     timesOf(tierLit(kitchen), "18:10", "23:29"),         "=", 0,    "times"],
    ["heating comes back although energy only falls",     timesOf(tierLit(heating), "18:10", "23:29"),         "=", 0,    "times"],
    ["end announced before it came",                      between(announced, dark(lights), "18:10", "23:29"),  "≥", 600,  "s"],
    ["lights fed since the outage, at least",             between(tierLit(lights), dark(lights), "18:01", "23:29"), "≥", 7_200, "s"],
    ["bus fell under load",                               happened(busDrops, "18:01", "+1 00:30"),             "=", 0,    "times"],
    ["stages that tripped while forming",                 atEnd(formingTrips),                                 "=", 0,    "times"],
    ["least charge above a vehicle's reserve",            least(aboveReservePct, "15:30", "23:29"),            "≥", -0.05, "%"],
    ["energy left unused at the end",                     at("23:28", aboveReservePct),                        "≤", 2.5,  "%"],
    ["error of the forecast for the kitchen",             errorOf(kitchen),                                    "≤", 10,   "%"],
    ["error of the forecast for the heating",             errorOf(heating),                                    "≤", 10,   "%"],
    ["error of the forecast for the lights",              errorOf(lights),                                     "≤", 10,   "%"],
    ["starts with a bus that has too little",             happened(starts, "23:29", "23:59"),                  "=", 0,    "times"],
    ["all tiers lit after a fuller bus came",             secondsUntil(tierLit(kitchen), "+1 00:00", 1_000),   "≤", 60,   "s"],
    ["lights dark after the new start",                   darkS(lights, "+1 00:01", "+1 00:29:59"),            "=", 0,    "s"],
    ["lowest voltage",                                    lowestPu(),                                          "≥", 0.9,  "pu"],
    ["lights on the grid at the end",                     atEnd((s) => (s.world.transferDevice.closed && tierLit(lights)(s) ? 1 : 0)), "=", 1, "yes"],
  ];
}

export const energyRunsOut: Scenario = {
  name: "energy-runs-out",
  sentence: "A hall's only bus runs down: the end is told in time, ordered, and ends when a fuller bus comes.",
  siteFile: "sim/scenarios/sites/energy-runs-out.yaml",
  tickMs: 50,
  quietTickMs: 200,
  from: "15:30",
  to: "+1 00:40",
  world,
  begins,
  checks,
  story: [
    ["18:00", "The grid fails.",                                            (s) => s.world.setGrid({ present: false })],
    ["19:30", "The charger answers late for a minute.",                     (s) => { s.bridge.stagePorts[left]!.link.delayMs = 14; s.bridge.stagePorts[left]!.link.lossShare = 0.05; }],
    ["19:31", "It answers as before.",                                      (s) => { s.bridge.stagePorts[left]!.link.clear(); }],
    ["23:30", "A second bus comes with hardly more than its reserve.",      (s) => arrives(s, right, { ...transitBus, socPct: 21.2, toldStepPct: 1 }, { reservePct: 20 })],
    ["23:45", "It has charged a little elsewhere and comes back: 23 percent, enough for minutes.", (s) => arrives(s, right, { ...transitBus, socPct: 22.6, toldStepPct: 1 }, { reservePct: 20 })],
    ["+1 00:00", "A bus comes with seventy percent.",                       (s) => arrives(s, right, { ...transitBus, socPct: 70 }, { reservePct: 20 })],
    ["+1 00:30", "The grid is back.",                                       (s) => s.world.setGrid({ present: true })],
  ],
};

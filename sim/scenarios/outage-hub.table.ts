/**
 * Acceptance scenario 7: a shelter of 25 kW lives through an outage on buses that come in turn, six hours each. Each bus is
 * known to leave, the next one comes shortly before; the second one leaves early.
 */
import {
  busDrops,
  darkS,
  forecastKeptPct,
  formingTrips,
  happened,
  highestHz,
  highestPu,
  longestDarkMs,
  lowestHz,
  lowestPu,
  tierLit,
} from "../checkers/island-probes.ts";
import { at, atEnd, least, most, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { aboveReservePct, allow, arrives, busyFieldbus, energyH, leaves, pressesStop, stagesKW, utcOf } from "../story/vocabulary.ts";
import { transitBus, type WorldConfig, worldFor } from "../world-config.ts";

const north = 0;
const south = 1;

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-07-18 05:30",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    meter: { updateMs: 100, windowMs: 100, rangeW: 150_000, gridPowered: random.uniform() < 0.5 },
    building: { demand: undefined },
    // Together 25 kW; each wanders by itself, the cooling most.
    tiers: [
      { name: "Medical room and lights", loadW: 10_000, inrush: 2, wander: 0.05 },
      { name: "Kitchen and water", loadW: 8_000, inrush: 3, wander: 0.12 },
      { name: "Cooling", loadW: 7_000, inrush: random.between(3, 4), inrushTauMs: random.between(80, 200), wander: 0.15 },
    ],
    vehicles: [fullBus(random), undefined],
  });
}

const fullBus = (random: Random) => ({ ...transitBus, socPct: random.between(97, 99.5) });

/** A bus of this run: its charge and its reserve differ by seed and by turn. */
function nextBus(site: Site, evse: number, leavesAt: string): void {
  const random = new Random(site.world.config.seed).stream(leavesAt);
  arrives(site, evse, fullBus(random), { leavesAt, reservePct: random.between(15, 22) });
}

function begins(site: Site): void {
  allow(site, { mode: "non-parallel-backup", exportLimitW: 0 });
  const random = new Random(site.world.config.seed).stream("links");
  busyFieldbus(site, random.between(0, 8), random.between(0, 0.01));
  site.station.evses[north]!.departsAtMs = utcOf(site, "14:00");
}

const powerOf = (evse: number) => (site: Site) => Math.abs(site.world.stages[evse]!.truePowerW) / 1000;
/** Tier 3 is dark for want of energy when the bus that is known to leave comes near its end; the swap itself is short. */
const cooling = 2;

function checks(): Check[] {
  return [
    ["medical room lit after the outage",            secondsUntil(tierLit(0), "08:00", 1_000),             "≤", 30,    "s"],
    ["all tiers lit after the outage",               secondsUntil(tierLit(cooling), "08:00", 1_000),       "≤", 60,    "s"],
    ["medical room dark later in the outage",        darkS(0, "08:00:40", "20:30"),                        "=", 0,     "s"],
    ["kitchen dark later in the outage",             darkS(1, "08:01", "20:30"),                           "=", 0,     "s"],
    ["cooling dark in a swap",                       longestDarkMs(cooling, "08:01", "20:30"),             "≤", 60_000, "ms"],
    ["bus fell in the outage",                       happened(busDrops, "08:00:10", "20:30"),              "=", 0,     "times"],
    ["stages that tripped while forming",            atEnd(formingTrips),                                  "=", 0,     "times"],
    ["least charge above a vehicle's reserve",       least(aboveReservePct),                               "≥", -0.05, "%"],
    ["lowest voltage",                               lowestPu(),                                           "≥", 0.9,   "pu"],
    ["highest voltage",                              highestPu(),                                          "≤", 1.05,  "pu"],
    ["lowest frequency",                             lowestHz(),                                           "≥", 59,    "Hz"],
    ["highest frequency",                            highestHz(),                                          "≤", 61,    "Hz"],
    ["power of the first bus when it leaves",        at("13:59:59", powerOf(north)),                       "≤", 0.1,   "kW"],
    ["power of the second bus when it leaves early", at("19:39:59", powerOf(south)),                       "≤", 0.1,   "kW"],
    ["error of the forecast, first bus alone",       forecastKeptPct(energyH, "09:00", "13:47:30"),        "≤", 10,    "%"],
    ["error of the forecast, second bus alone",      forecastKeptPct(energyH, "15:00", "19:31:30"),        "≤", 10,    "%"],
    ["medical room dark when the grid returns",      longestDarkMs(0, "20:30", "20:59"),                   "≤", 5_000, "ms"],
    ["shelter on the grid at the end",               atEnd((s) => (s.world.transferDevice.closed && tierLit(cooling)(s) ? 1 : 0)), "=", 1, "yes"],
    ["charging after the return",                    most(stagesKW, "20:45", "20:59"),                     "≥", 20,    "kW"],
  ];
}

export const outageHub: Scenario = {
  name: "outage-hub",
  sentence: "A shelter lives through an outage on buses that come in turn, six hours each.",
  siteFile: "sim/scenarios/sites/outage-hub.yaml",
  tickMs: 50,
  quietTickMs: 200,
  from: "05:30",
  to: "21:00",
  world,
  begins,
  checks,
  story: [
    ["08:00", "The grid fails.",                                                        (s) => s.world.setGrid({ present: false })],
    ["10:00", "A link to the first charger becomes slow for ten seconds.",              (s) => { s.bridge.stagePorts[north]!.link.delayMs = 14; }],
    ["10:00:10", "It recovers.",                                                        (s) => { s.bridge.stagePorts[north]!.link.delayMs = 5; }],
    ["13:48", "The second bus comes.",                                                  (s) => nextBus(s, south, "20:00")],
    ["13:59:50", "The first driver presses stop.",                                      (s) => pressesStop(s, north)],
    ["14:00", "The first bus leaves after six hours.",                                  (s) => leaves(s, north)],
    ["16:00", "The meter at the dead service stands still, as if it saw something.",    (s) => { s.world.meter.faults.frozen = true; }],
    ["19:32", "The third bus comes.",                                                   (s) => nextBus(s, north, "+1 01:30")],
    ["19:39:50", "The second driver is called away and presses stop, 20 minutes early.", (s) => pressesStop(s, south)],
    ["19:40", "The second bus leaves.",                                                 (s) => leaves(s, south)],
    ["20:30", "The grid is back.",                                                      (s) => s.world.setGrid({ present: true })],
    ["20:31", "Somebody repairs the meter.",                                            (s) => { s.world.meter.faults.frozen = false; }],
    ["20:40", "The third bus wants to be full.",                                        (s) => s.station.requestAll(60_000, "operator", 99)],
  ],
};

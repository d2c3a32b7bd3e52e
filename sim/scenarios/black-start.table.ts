/**
 * Starting from nothing, three times. First with pumps that draw far more at their start than anybody has written down: they
 * are tried, shed and left off, and the shelter stays lit. Then with a breaker that is stuck closed on a load that no stage can
 * raise: the starts are counted, and a person must look. At last without a vehicle, for so long that the auxiliary battery has
 * too little left: no start, and what is left sees the grid return.
 */
import { at, least, longestMs, most, secondsUntil, totalS } from "../checkers/probes.ts";
import { auxiliaryLowestWh, auxiliaryMiscountWh, closings, lowestPuBefore, refuses, shortestStepMs, starts } from "../checkers/start-probes.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { fedByIsland, isIn, k1Open, lit, resets } from "../story/transfer-words.ts";
import { schoolBus, type WorldConfig } from "../world-config.ts";
import { darkShelterBegins, darkShelterWorld, laundryTier as laundry, pumpsTier as pumps } from "./dark-shelter.ts";

const startsMax = 2;
/** The battery as it is; the configuration says the same. */
const battery = { capacityWh: 50, standbyW: 45, startWh: 4, chargeW: 40 };

const world = (seed: number): WorldConfig =>
  darkShelterWorld(seed, (random) => {
    // Some stages ride through the pumps' start until the controller sheds them, others trip on it.
    const overloadMs = seed % 2 === 0 ? random.between(400, 600) : random.between(60, 110);
    return {
      stage: { overloadMs, blackStartMs: random.between(400, 1_500) },
      pumps: { inrush: random.between(12, 20), inrushTauMs: random.between(700, 1_200) },
    };
  });

const gridFails = (site: Site): void => site.world.setGrid({ present: false });
const gridReturns = (site: Site): void => site.world.setGrid({ present: true });

/** The laundry's breaker welds while it feeds something that no stage can raise. */
function breakerSticks(site: Site): void {
  const tier = site.world.tiers[laundry]!;
  tier.loadW = 110_000;
  tier.breakerStuck = true;
}
function breakerFreed(site: Site): void {
  const tier = site.world.tiers[laundry]!;
  tier.loadW = 4_000;
  tier.breakerStuck = false;
  site.world.setTierClosed(laundry, false);
}

function vehiclesLeave(site: Site): void {
  for (let i = 0; i < site.world.stages.length; i++) site.world.unplug(i);
}

const pumpsOff = (site: Site): number => (site.controller?.blackStart?.fedMax === pumps ? 1 : 0);

function checks(): Check[] {
  return [
    ["outage: K1 open",                              secondsUntil(k1Open, "10:02", 1_000),                              "≤", 5,    "s"],
    ["shelter supplied after the outage",            secondsUntil(fedByIsland, "10:02", 100),                           "≤", 8,    "s"],
    ["dark through outage and pumps",                totalS((s) => !lit(s), "10:02", "10:08"),                          "≤", 20,   "s"],
    ["starts until the island stays",                starts("10:02", "10:08"),                                          "≤", startsMax, "starts"],
    ["lowest voltage while the first are stepped on", lowestPuBefore(pumps, "10:02", "10:08"),                          "≥", 0.9,  "pu"],
    ["shortest time between two steps",              shortestStepMs("10:02", "10:08"),                                  "≥", 950,  "ms"],
    ["pumps tried",                                  closings(pumps, "10:02", "10:08"),                                 "≤", 2,    "times"],
    ["pumps off with a reason",                      at("10:07", pumpsOff),                                             "=", 1,    "yes"],
    ["shelter lit while the pumps wait",             totalS((s) => !lit(s), "10:04", "10:08"),                          "=", 0,    "s"],
    ["grid back: everything fed",                    secondsUntil((s) => s.world.tiers.every((t) => t.powerW > 0), "10:08", 2_000, "10:13"), "≤", 60, "s"],
    ["stuck breaker: starts before a person comes",  starts("10:13", "10:18"),                                          "=", startsMax, "starts"],
    ["no start left, and it says so",                at("10:17", refuses("starts-used")),                               "=", 1,    "yes"],
    ["tried again without a person",                 starts("10:15", "10:18"),                                          "=", 0,    "starts"],
    ["supplied after the repair",                    secondsUntil(fedByIsland, "10:18", 1_000),                         "≤", 12,   "s"],
    ["without a vehicle it says so",                 at("10:40", refuses("source-missing")),                            "=", 1,    "yes"],
    ["with too little left it says so",              at("11:06", refuses("auxiliary-low")),                             "=", 1,    "yes"],
    ["starts without a vehicle or energy",           starts("10:26", "11:12"),                                          "=", 0,    "starts"],
    ["auxiliary battery at its lowest",              auxiliaryLowestWh(battery),                                        "≥", 0.5,  "Wh"],
    ["auxiliary battery miscounted",                 auxiliaryMiscountWh(battery),                                      "≤", 1,    "Wh"],
    ["lit by the grid again",                        secondsUntil(lit, "11:08", 1_000),                                 "≤", 45,   "s"],
    ["locked out",                                   longestMs(isIn("lockedOut")),                                      "=", 0,    "ms"],
    ["lowest state of charge",                       least((s) => s.world.vehicles[0]!.socPct, "10:00", "10:24"),       "≥", 20,   "%"],
    ["forming stages at once",                       most((s) => s.world.bus.formers),                                  "≤", 2,    "stages"],
    ["the island fell under the pumps",              at("10:07:59", (s) => s.world.busWatch.drops),                     "≤", 1,    "times"],
  ];
}

export const blackStart: Scenario = {
  name: "black-start",
  sentence: "A shelter starts from nothing: with pumps that overload it, with a stuck breaker, and with an empty auxiliary battery.",
  siteFile: "sim/scenarios/sites/black-start.yaml",
  tickMs: 20,
  from: "10:00",
  to: "11:12",
  world,
  begins: darkShelterBegins,
  checks,
  story: [
    ["10:02", "The grid fails.",                                                          gridFails],
    ["10:08", "The grid is back.",                                                        gridReturns],
    ["10:12", "The laundry's breaker sticks, and something large hangs on it.",           breakerSticks],
    ["10:13", "The grid fails.",                                                          gridFails],
    ["10:17:59", "A technician frees the breaker.",                                       breakerFreed],
    ...resets("10:18", "10:18:01", "The technician resets."),
    ["10:22", "The grid is back.",                                                        gridReturns],
    ["10:25", "Both buses drive away.",                                                   vehiclesLeave],
    ["10:26", "The grid fails.",                                                          gridFails],
    ["11:04", "A bus comes.",                                                             (s) => s.world.plug(0, schoolBus)],
    ["11:08", "The grid is back.",                                                        gridReturns],
  ],
};

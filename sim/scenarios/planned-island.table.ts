/**
 * A depot leaves a good grid because a person asks for it, twice. First with a stage that can hold its angle: the power through
 * K1 is brought to zero, K1 opens, and nobody sees it. Then the bus at that stage has driven away, and the other stage can't:
 * K1 opens without power too, but the loads are dark while its opening is proven and the dead bus is raised again.
 */
import { happened } from "../checkers/island-probes.ts";
import { at, atEnd, longestMs, most, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { fedByIsland, isIn, k1Closed, k1Open, lit } from "../story/transfer-words.ts";
import { allow, busyFieldbus } from "../story/vocabulary.ts";
import { schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

const importLimitW = 250_000;
/** Power through K1 that counts as none: 2 % of the stages that may form, and a moment's movement of the load on top. */
const balancedW = 2_400 + 600;

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-06-14 09:00",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    stage: (i) => ({ holdsAngle: i === 0, takeOverMs: random.between(1, 8) }),
    transferDevice: {
      openTravelMs: random.between(20, 95),
      closeTravelMs: random.between(20, 95),
      contactLagMs: random.between(4, 25),
      voltmeterNoisePu: 0.004,
    },
    building: { motorW: 3_000, motorStartsPerHour: 30 },
    tiers: [
      { name: "Dispatch", loadW: 1_000 * random.between(6, 22), inrush: random.between(1.5, 3), wander: 0.02, wanderTauS: 20 },
      { name: "Workshop", loadW: 1_000 * random.between(4, 18), inrush: random.between(2, 3.5), wander: 0.03, wanderTauS: 20 },
    ],
    vehicles: Array.from({ length: 2 }, () => ({ ...schoolBus, socPct: random.between(55, 95) })),
  });
}

function begins(site: Site): void {
  const random = site.world.random.stream("habits");
  allow(site, { mode: "parallel-non-export", exportLimitW: 0 });
  site.world.truth.importLimitW = importLimitW;
  site.world.building.hold(1_000 * random.between(0, 60));
  busyFieldbus(site, random.between(0, 8), random.between(0, 0.001));
}

/** What the backend would like the stages to do when the request for an island comes: anything. */
function busy(site: Site): void {
  const random = site.world.random.stream(`requests at ${Math.round(site.elapsedMs / 1_000)}`);
  for (let i = 0; i < site.world.stages.length; i++) site.station.request(i, 1_000 * random.between(-30, 40));
}

const opening = (site: Site): Site["world"]["openingWatch"] => site.world.openingWatch;
const darkMs = (site: Site): number => site.world.truth.darkMs;
const cutW = (site: Site): number => Math.abs(opening(site).cutW);
const wants = (request: boolean) => (site: Site): void => { site.station.islandRequested = request; };

function checks(): Check[] {
  return [
    ["in parallel before the first request",             longestMs(isIn("parallel"), "09:11", "09:11:59"),              "≥", 58_000,     "ms"],
    ["from the request to K1 open",                      secondsUntil(k1Open, "09:12", 1_000),                          "≤", 10,         "s"],
    ["power through K1 as it opens",                  at("09:13", cutW),                                             "≤", balancedW,  "W"],
    ["dead time with a stage that holds its angle",   at("09:13", (s) => opening(s).deadMs + opening(s).weakMs),     "=", 0,          "ms"],
    ["lowest voltage in that moment",                 at("09:13", (s) => opening(s).lowestPu),                       "≥", 0.9,        "pu"],
    ["critical load dark, request to island and on",     happened(darkMs, "09:11", "09:14:59"),                           "=", 0,          "ms"],
    ["one stage holds, the other rests",              most((s) => s.world.bus.formers, "09:12:20", "09:12:25"),      "=", 1,          "stages"],
    ["island as long as it is requested",                longestMs(fedByIsland, "09:12:20", "09:15"),                   "≥", 159_000,    "ms"],
    ["return by open transition: dark",               happened(darkMs, "09:14:59", "09:17"),                           "≤", 2_500,      "ms"],
    ["back on the grid",                              secondsUntil(k1Closed, "09:15", 1_000),                        "≤", 10,         "s"],
    ["second time: from the request to K1 open",         secondsUntil(k1Open, "09:28", 1_000),                          "≤", 20,         "s"],
    ["second time: power through K1 as it opens",     at("09:29:30", cutW),                                          "≤", balancedW,  "W"],
    ["dead time with a stage that can't, at most",    at("09:29:30", (s) => opening(s).weakMs),                      "≤", 3_000,      "ms"],
    ["dead time with a stage that can't, at least",   at("09:29:30", (s) => opening(s).deadMs),                      "≥", 300,        "ms"],
    ["second time: critical load lit at the end",     at("09:30:30", (s) => (lit(s) && fedByIsland(s) ? 1 : 0)),     "=", 1,          "yes"],
    ["longest export above the limit",                atEnd((s) => s.world.truth.exportExcess.longestMs),            "≤", 500,        "ms"],
    ["openings of K1",                                atEnd((s) => opening(s).openings),                             "=", 2,          "times"],
    ["lowest frequency of the island",                atEnd((s) => s.world.busWatch.minHz),                          "≥", 59.2,       "Hz"],
    ["highest frequency of the island",               atEnd((s) => s.world.busWatch.maxHz),                          "≤", 60.5,       "Hz"],
  ];
}

export const plannedIsland: Scenario = {
  name: "planned-island",
  sentence: "A site leaves a good grid as planned: seamlessly with a stage that holds its angle, with an interruption without one.",
  siteFile: "sim/scenarios/sites/planned-island.yaml",
  tickMs: 20,
  from: "09:00",
  to: "09:31",
  world,
  begins,
  checks,
  story: [
    ["09:05", "The backend moves the stages.",                           busy],
    ["09:11", "It moves them again.",                                    busy],
    ["09:12", "A person on site asks for an island.",                    wants(true)],
    ["09:15", "The person wants the grid back.",                         wants(false)],
    ["09:20", "The bus at the stage that holds its angle drives away.",  (s) => s.world.unplug(0)],
    ["09:27", "The backend moves the other stage.",                      busy],
    ["09:28", "A person on site asks for an island again.",              wants(true)],
  ],
};

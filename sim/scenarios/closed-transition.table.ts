/**
 * Return to the grid without an interruption: a shelter's interconnect device is listed for closed transition. First an island by
 * request, then an outage, each ended in synchronism; then a synchronism check that fails for five minutes: a person is told, the
 * island goes on, and after the repair somebody on site lets it return.
 */
import { happened } from "../checkers/island-probes.ts";
import { atEnd, longestMs, most, secondsUntil } from "../checkers/probes.ts";
import { Random } from "../random.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { fedByIsland, isIn, k1Closed, mostWhenever, resets } from "../story/transfer-words.ts";
import { allow } from "../story/vocabulary.ts";
import { listedForClosedTransition, schoolBus, type WorldConfig, worldFor } from "../world-config.ts";

/** The listed worst travel time, as the site's configuration has it, ms. */
const travelMs = 50;
/** Windows for stages of up to 500 kVA together (IEEE 1547-2018, 4.10). */
const window = { voltagePu: 0.1, frequencyHz: 0.3, angleDeg: 20 };
/** Two voltages at the window's corner, 1.05 pu and 0.95 pu and 20° apart, over 0.1 pu of reactance: 3.62 times rated current. */
const surgeMaxPu = 3.62;

function world(seed: number): WorldConfig {
  const random = new Random(seed).stream("story");
  return worldFor({
    seed,
    startsAt: "2006-06-14 10:00",
    stageW: [60_000, 60_000],
    nominalVoltageV: 480,
    phases: 3,
    transferDevice: {
      ...listedForClosedTransition,
      openTravelMs: random.between(15, travelMs),
      closeTravelMs: random.between(15, travelMs),
    },
    tiers: [
      { name: "Shelter", loadW: 1_000 * random.between(10, 32), inrush: 2 },
      { name: "Kitchen", loadW: 1_000 * random.between(5, 25), inrush: 3 },
    ],
    vehicles: Array.from({ length: 2 }, () => ({ ...schoolBus, socPct: random.between(60, 95) })),
  });
}

/** The utility's voltage and frequency somewhere inside what is good, at any angle. */
function gridSomewhere(site: Site): void {
  const random = site.world.random.stream(`grid at ${Math.round(site.elapsedMs / 1_000)}`);
  site.world.setGrid({
    present: true,
    voltagePu: random.between(0.95, 1.03),
    frequencyHz: random.between(59.75, 60.06),
    phaseJumpDeg: random.between(-180, 180),
  });
}

function begins(site: Site): void {
  // With a permit for parallel operation the handover ends in the ramp, without one in load only.
  const parallel = site.world.config.seed % 2 === 0;
  allow(site, { mode: parallel ? "parallel-non-export" : "non-parallel-backup", exportLimitW: 0 });
  site.world.building.hold(60_000);
  gridSomewhere(site);
}

const truth = (site: Site): Site["world"]["truth"] => site.world.truth;
const darkMs = (site: Site): number => truth(site).darkMs;
const toldToClose = (site: Site): boolean => site.commands.transferDevice === "close";
const told = (site: Site): number => (site.controller?.returnBlocked === true ? 1 : 0);

/** The angle expected when the contact touches after its worst travel, from what the controller knew, degrees. */
function expectedAngleDeg({ snapshot: { transferDevice: device } }: Site): number {
  return Math.abs(device.phaseDeg + 360 * (device.busFrequencyHz - device.gridFrequencyHz) * (travelMs / 1_000));
}

function checks(): Check[] {
  return [
    ["closings between two live sides",            atEnd((s) => truth(s).touches),                               "=", 3,                 "times"],
    ["largest difference of voltage at touch",     most((s) => Math.abs(truth(s).touch.differencePu)),           "≤", window.voltagePu,  "pu"],
    ["largest slip at touch",                      most((s) => Math.abs(truth(s).touch.slipHz)),                 "≤", window.frequencyHz, "Hz"],
    ["largest angle at touch",                     most((s) => Math.abs(truth(s).touch.angleDeg)),               "≤", window.angleDeg,   "°"],
    ["largest angle expected at touch when told",  mostWhenever(toldToClose, expectedAngleDeg),                  "≤", window.angleDeg,   "°"],
    ["surge at touch",                             atEnd((s) => truth(s).worstSurgePu),                          "≤", surgeMaxPu,        "× rated"],
    ["longest in parallel",                        atEnd((s) => truth(s).longestParallelMs),                     "≤", 100,               "ms"],
    ["handovers that the device had to end",       atEnd((s) => s.world.transferDevice.handoversEnded),          "=", 0,                 "times"],
    ["from the end of the request to the grid",       secondsUntil(k1Closed, "10:05", 1_000, "10:09"),              "≤", 30,                "s"],
    ["shelter dark at the first return",           happened(darkMs, "10:04", "10:09"),                             "=", 0,                 "ms"],
    ["outage: shelter supplied again",             secondsUntil(fedByIsland, "10:10", 1_000, "10:14"),           "≤", 30,                "s"],
    ["from the grid's return to the grid",         secondsUntil(k1Closed, "10:14", 1_000, "10:19"),              "≤", 60,                "s"],
    ["shelter dark at the second return",          happened(darkMs, "10:13", "10:19"),                             "=", 0,                 "ms"],
    ["a person is told, not before",               secondsUntil((s) => told(s) === 1, "10:22", 100, "10:31"),    "≥", 299,               "s"],
    ["a person is told, at the latest",            secondsUntil((s) => told(s) === 1, "10:22", 100, "10:31"),    "≤", 302,               "s"],
    ["K1 closed without synchronism check",        longestMs(k1Closed, "10:22", "10:31"),                        "=", 0,                 "ms"],
    ["shelter dark while it fails and after",      happened(darkMs, "10:22", "10:34"),                             "=", 0,                 "ms"],
    ["closed after repair, before the reset",      longestMs(isIn("resyncing", "closingLive"), "10:29", "10:30:59"), "=", 0,             "ms"],
    ["from the reset to the grid",                 secondsUntil(k1Closed, "10:31", 1_000),                       "≤", 30,                "s"],
  ];
}

export const closedTransition: Scenario = {
  name: "closed-transition",
  sentence: "An island returns to the grid in synchronism, and stays where it is when the check fails.",
  siteFile: "sim/scenarios/sites/closed-transition.yaml",
  tickMs: 20,
  from: "10:00",
  to: "10:34",
  closedTransition: true,
  world,
  begins,
  checks,
  story: [
    ["10:02", "A person on site asks for an island.",                      (s) => { s.station.islandRequested = true; }],
    ["10:04", "The utility's voltage and frequency move.",                 gridSomewhere],
    ["10:05", "The person wants the grid back.",                           (s) => { s.station.islandRequested = false; }],
    ["10:10", "The grid fails.",                                           (s) => s.world.setGrid({ present: false })],
    ["10:14", "The grid is back, at another angle.",                       gridSomewhere],
    ["10:20", "A person on site asks for an island again.",                (s) => { s.station.islandRequested = true; }],
    ["10:21", "The synchronism relay fails: it never says yes.",           (s) => { s.world.transferDevice.faults.syncRelayDead = true; }],
    ["10:22", "The person wants the grid back.",                           (s) => { s.station.islandRequested = false; }],
    ["10:29", "A technician has mended the relay.",                        (s) => { s.world.transferDevice.faults.syncRelayDead = false; }],
    ...resets("10:31", "10:31:01", "The technician resets the return."),
  ],
};

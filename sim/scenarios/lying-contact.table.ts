/**
 * An auxiliary contact of K1 lies, in one of eight ways by seed: it says open while K1 is closed, closed while it is open, alone
 * or both together, with the grid or in a running island. The voltages or the other contact contradict it; the site locks
 * itself out, nothing is energized, and a reset works only when the facts agree again. A K1 that seemed not to open has to
 * prove that it does, in a planned island, before the next outage finds its island.
 */
import { at, longestMs, most, secondsUntil } from "../checkers/probes.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { fedByIsland, isIn, k1Closed, lit, resets, toldToForm } from "../story/transfer-words.ts";
import { shelterBegins, shelterFile, shelterWorld } from "./shelter.ts";

type Says = "open" | "closed" | undefined;
/** [in words, contact NO, contact NC, when: with the grid, hidden until K1 opens, in a running island]. */
const lies: readonly (readonly [sentence: string, no: Says, nc: Says, when: "grid" | "hidden" | "island"])[] = [
  ["NO says open while K1 is closed",           "open",    undefined, "grid"],
  ["NC says open while K1 is closed",           undefined, "open",    "grid"],
  ["both say open while K1 is closed",          "open",    "open",    "grid"],
  ["NO goes on saying closed when K1 opens",    "closed",  undefined, "hidden"],
  ["NC goes on saying closed when K1 opens",    undefined, "closed",  "hidden"],
  ["NO says closed in a running island",        "closed",  undefined, "island"],
  ["NC says closed in a running island",        undefined, "closed",  "island"],
  ["both say closed in a running island",       "closed",  "closed",  "island"],
];
const lieOf = (site: Site) => lies[site.world.config.seed % lies.length]!;

function lie(site: Site): void {
  const [, no, nc] = lieOf(site);
  site.world.transferDevice.faults.contactNo = no;
  site.world.transferDevice.faults.contactNc = nc;
}

const when =
  (moment: "grid" | "hidden" | "island", act: (site: Site) => void) =>
  (site: Site): void => {
    if (lieOf(site)[3] === moment) act(site);
  };
const fail = (site: Site): void => site.world.setGrid({ present: false });

const lockedOut = isIn("lockedOut");

/** What the controller holds in its hands contradicts itself: the contacts each other, or both of them the voltages. */
function evidence({ snapshot: { transferDevice: device } }: Site): number {
  const { contactNo, contactNc, gridVoltagePu, busVoltagePu } = device;
  if (contactNo !== contactNc) return 1;
  const apart = Math.abs(gridVoltagePu - busVoltagePu) > 0.5;
  return (contactNo === "closed" && apart) || (contactNo === "open" && busVoltagePu > 0.5) ? 1 : 0;
}

function checks(): Check[] {
  return [
    ["from the lie that shows to locked out",      secondsUntil(lockedOut, "10:05", 1_000, "10:07"),                    "≤", 10,   "s"],
    ["the contradiction was there to be seen",     most(evidence, "10:05", "10:14"),                                    "=", 1,    "yes"],
    ["forming ended after the lie showed",         secondsUntil((s) => s.world.bus.formers === 0, "10:05", 1_000, "10:07"), "≤", 0.3, "s"],
    ["stages told to form while it lies",          most(toldToForm, "10:05:01", "10:20"),                               "=", 0,    "stages"],
    ["voltage on the dead grid's side",            most((s) => s.world.gridSide.voltagePu, "10:08:03", "10:11:59"),     "≤", 0.01, "pu"],
    ["bus energized by the stages",                most((s) => s.world.bus.formers, "10:05:01", "10:20"),               "=", 0,    "stages"],
    ["K1 closed by command while it lies",         most((s) => Number(s.commands.transferDevice === "close"), "10:05", "10:20"), "=", 0, "times"],
    ["reset while it lies: stays locked out",      longestMs((s) => !lockedOut(s), "10:14:30", "10:16"),                "=", 0,    "ms"],
    ["locked out over a restart",                  at("10:19", (s) => Number(lockedOut(s))),                            "=", 1,    "yes"],
    ["reset after mending: shelter lit",           secondsUntil(lit, "10:21", 1_000, "10:24"),                          "≤", 60,   "s"],
    ["next outage: shelter supplied",              secondsUntil(fedByIsland, "10:25", 1_000, "10:29"),                  "≤", 30,   "s"],
    ["back on the grid",                           secondsUntil(k1Closed, "10:30", 1_000),                              "≤", 60,   "s"],
  ];
}

export const lyingContact: Scenario = {
  name: "lying-contact",
  sentence: "A contact of the transfer switch lies: the site finds the contradiction and locks itself out.",
  siteFile: shelterFile,
  tickMs: 20,
  from: "09:45",
  to: "10:33",
  world: shelterWorld,
  begins: shelterBegins,
  checks,
  story: [
    ["10:00", "A contact that nobody sees has stuck.",                      when("hidden", lie)],
    ["10:01", "The grid fails; an island runs.",                            when("island", fail)],
    ["10:05", "The lie shows: with the grid, or in the island.",            (s) => { if (lieOf(s)[3] === "hidden") fail(s); else lie(s); }],
    ["10:08", "The grid is gone in any case.",                              fail],
    ["10:12", "The grid is back.",                                          (s) => s.world.setGrid({ present: true })],
    ...resets("10:15", "10:15:01", "Somebody resets; the contact still lies."),
    ["10:16", "The controller dies.",                                       (s) => s.killController()],
    ["10:17", "The controller is started again.",                           (s) => s.startController()],
    ["10:20", "A technician has mended the contact.",                       (s) => { s.world.transferDevice.faults.contactNo = undefined; s.world.transferDevice.faults.contactNc = undefined; }],
    ...resets("10:21", "10:21:01", "The technician resets."),
    ["10:22", "The technician has K1 prove under the grid that it opens.",  (s) => { s.station.islandRequested = true; }],
    ["10:23:30", "It has.",                                                 (s) => { s.station.islandRequested = false; }],
    ["10:25", "The grid fails.",                                            fail],
    ["10:30", "The grid is back.",                                          (s) => s.world.setGrid({ present: true })],
  ],
};

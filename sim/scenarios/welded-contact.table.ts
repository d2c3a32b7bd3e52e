/**
 * K1's main contact has welded, and nobody knows. When the site wants to leave the grid, because it fails or because a person
 * requests it, K1 does not open: the site locks itself out and never forms, over resets, a restart and the grid’s return: a load only, until K1 has proven that it opens. The
 * reset works again when the contact is mended and both auxiliary contacts agree.
 */
import { at, atEnd, longestMs, most, secondsUntil } from "../checkers/probes.ts";
import type { Check, Scenario } from "../story/scenario.ts";
import type { Site } from "../story/site.ts";
import { fedByIsland, isIn, k1Closed, lit, resets, toldToForm } from "../story/transfer-words.ts";
import { shelterBegins, shelterFile, shelterWorld } from "./shelter.ts";

const lockedOut = isIn("lockedOut");
/** Rows that lock out because K1 does not open. */
const weldedRows: readonly string[] = ["opening-k1-not-open", "transfer-k1-not-open"];

const foundWelded = (site: Site): number => (weldedRows.includes(site.controller?.row ?? "") ? 1 : 0);

/** Auxiliary contacts that say closed, as the controller has read them. */
function readClosed({ snapshot: { transferDevice } }: Site): number {
  return Number(transferDevice.contactNo === "closed") + Number(transferDevice.contactNc === "closed");
}

/** By every third seed the site leaves a healthy grid by request, otherwise the grid fails. */
function leaveGrid(site: Site): void {
  if (site.world.config.seed % 3 === 0) site.station.islandRequested = true;
  else site.world.setGrid({ present: false });
}

function checks(): Check[] {
  return [
    ["from leaving the grid to locked out",       secondsUntil(lockedOut, "10:05", 1_000, "10:07"),                "≤", 20,    "s"],
    ["locked out because K1 does not open",       at("10:07", foundWelded),                                        "=", 1,     "yes"],
    ["contacts that say closed, as evidence",     at("10:07", readClosed),                                         "=", 2,     "contacts"],
    ["stages told to form while welded",          most(toldToForm, "10:00", "10:26"),                              "=", 0,     "stages"],
    ["stages that form while welded",             most((s) => s.world.bus.formers, "10:00", "10:26"),              "=", 0,     "stages"],
    ["feeding the dead grid after the outage",    atEnd((s) => s.world.truth.longestBackfeedMs),                   "≤", 2_000, "ms"],
    ["voltage on the dead grid's side",           most((s) => s.world.gridSide.voltagePu, "10:08:03", "10:19:59"), "≤", 0.01,  "pu"],
    ["reset while welded: dark, and nothing is tried", at("10:14", (s) => Number(!lit(s))),                        "=", 1,     "yes"],
    ["shelter lit when the grid is back",         secondsUntil(lit, "10:20", 1_000, "10:22"),                      "≤", 5,     "s"],
    ["a load only over the return and a restart", at("10:24", (s) => Number(s.controller?.mode === "loadOnly" || lockedOut(s))), "=", 1, "yes"],
    ["reset while a contact hangs: stays locked", longestMs((s) => !lockedOut(s), "10:26:30", "10:29:59"),         "=", 0,     "ms"],
    ["reset after mending: out of the lockout",   secondsUntil((s) => !lockedOut(s), "10:30", 5_000, "10:32"),     "≤", 2,     "s"],
    ["next outage: shelter supplied",             secondsUntil(fedByIsland, "10:35", 1_000, "10:39"),              "≤", 30,    "s"],
    ["back on the grid",                          secondsUntil(k1Closed, "10:40", 1_000),                          "≤", 60,    "s"],
  ];
}

export const weldedContact: Scenario = {
  name: "welded-contact",
  sentence: "The transfer switch has welded: the site never forms an island until it is mended.",
  siteFile: shelterFile,
  tickMs: 20,
  from: "09:45",
  to: "10:43",
  world: shelterWorld,
  begins: shelterBegins,
  checks,
  story: [
    ["10:00", "The main contact welds; nobody notices.",                   (s) => { s.world.transferDevice.faults.welded = true; }],
    ["10:05", "The site wants to leave the grid.",                         leaveGrid],
    ["10:08", "The grid is gone in any case.",                             (s) => s.world.setGrid({ present: false })],
    ...resets("10:12", "10:12:01", "Somebody resets without having looked at K1."),
    ["10:20", "The grid is back.",                                         (s) => { s.world.setGrid({ present: true }); s.station.islandRequested = false; }],
    ["10:22", "The controller dies.",                                      (s) => s.killController()],
    ["10:22:30", "The controller is started again.",                       (s) => s.startController()],
    ["10:25", "A technician frees the contact, but leaves a wire off.",    (s) => { s.world.transferDevice.faults.welded = false; s.world.transferDevice.faults.contactNo = "open"; }],
    ...resets("10:27", "10:27:01", "The technician resets; the contacts disagree."),
    ["10:29", "The wire is back.",                                         (s) => { s.world.transferDevice.faults.contactNo = undefined; }],
    ...resets("10:30", "10:30:01", "The technician resets again."),
    ["10:31", "The technician has K1 prove under the grid that it opens.", (s) => { s.station.islandRequested = true; }],
    ["10:33", "It has.",                                                   (s) => { s.station.islandRequested = false; }],
    ["10:35", "The grid fails.",                                           (s) => s.world.setGrid({ present: false })],
    ["10:40", "The grid is back.",                                         (s) => s.world.setGrid({ present: true })],
  ],
};

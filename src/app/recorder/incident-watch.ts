/**
 * Moments that people ask about later: trips, lockouts, refusals, exceedances at the grid connection, alarms of stages, stalls of
 * the controller. Found in the core's copy after each tick; what comes soon after belongs to the same incident.
 */

import { isJoined, isWithoutGrid } from "../../domain/modes.ts";
import { dayMs } from "../../domain/units.ts";
import type { CoreCopy } from "./core-copy.ts";
import type { IncidentFacts, IncidentKind } from "./format/payloads.ts";

/** The seconds after an incident belong to it, ms. */
const afterMs = 15_000;
const factsMax = 32;
/** Incidents that are kept in a day: a site that trips every minute tells nothing new. */
const perDayMax = 40;
/** A controller that has just started knows nothing yet, and that is no incident, ms. */
const settleMs = 20_000;

export interface IncidentWatch {
  /** After each tick. Returns what belongs together when an incident is over. */
  look(wallMs: number, nowMs: number): readonly IncidentFacts[] | null;
  /** Found by somebody else. */
  note(kind: IncidentKind, wallMs: number, nowMs: number, sentence: string): void;
  /** What is under way, at the end. */
  rest(): readonly IncidentFacts[];
  /** Incidents that were found and not kept. */
  readonly leftOut: number;
}

export function createIncidentWatch({ core, snapshot, acts }: CoreCopy): IncidentWatch {
  const { machine, authority, pccRecord, meterGrid, deviceGrid } = core;
  let facts: IncidentFacts[] = [];
  let untilMs = Number.POSITIVE_INFINITY;
  let firstMs = Number.NaN;
  let left = perDayMax;
  let leftAtMs = Number.NaN;
  let leftOut = 0;
  let mode = machine.state.mode;
  let tripped: typeof meterGrid.tripped = "none";
  let wasPermitted = false;
  let wasExport = false;
  let wasImport = false;
  let stalls = Number.NaN;
  const alarms = snapshot.stages.map(({ alarmBits }) => alarmBits);

  function note(kind: IncidentKind, wallMs: number, nowMs: number, sentence: string): void {
    if (facts.length === 0) {
      left = Math.min(perDayMax, left + ((nowMs - leftAtMs) / dayMs) * perDayMax || 0);
      leftAtMs = nowMs;
      if (left < 1) {
        leftOut++;
        return;
      }
      left--;
      untilMs = nowMs + afterMs;
    }
    if (facts.length < factsMax) facts.push({ kind, atMs: wallMs, sentence });
  }

  function compare(wallMs: number, nowMs: number, isSettled: boolean): void {
    const say = (kind: IncidentKind, sentence: string): void => {
      if (isSettled) note(kind, wallMs, nowMs, sentence);
    };
    const { state } = machine;
    if (state.mode !== mode) {
      if (state.mode === "lockedOut") say("lockout", `Locked out (row ${state.row}).`);
      else if (state.mode === "ceased" && isJoined(mode)) say("trip", `Ceased to exchange (row ${state.row}).`);
      else if (isWithoutGrid(state.mode) && isJoined(mode))
        say("outage", `The site leaves the grid (row ${state.row}).`);
      mode = state.mode;
    }
    const cause = meterGrid.tripped !== "none" ? meterGrid.tripped : deviceGrid.tripped;
    if (cause !== "none" && tripped === "none") say("trip", `The grid's protection trips: ${cause}.`);
    tripped = cause;
    const isPermitted = authority.parallelRefusal === "";
    if (wasPermitted && !isPermitted) say("refusal", `Parallel operation is refused: ${authority.parallelRefusal}.`);
    wasPermitted = isPermitted;
    const exports = pccRecord.exports.ledger.isOpen;
    const imports = pccRecord.imports.ledger.isOpen;
    if (exports && !wasExport) say("exceedance", "Export beyond the limit.");
    if (imports && !wasImport) say("exceedance", "Import beyond the limit.");
    wasExport = exports;
    wasImport = imports;
    if (acts.stalls > stalls) say("stall", "The controller itself stood still.");
    stalls = acts.stalls;
    for (let i = 0; i < alarms.length; i++) {
      const bits = snapshot.stages[i]!.alarmBits;
      if ((bits & ~alarms[i]!) !== 0) say("alarm", `Power stage ${i + 1} raised an alarm.`);
      alarms[i] = bits;
    }
  }

  const take = (): readonly IncidentFacts[] => {
    const taken = facts;
    facts = [];
    return taken;
  };

  return {
    note,
    look(wallMs, nowMs) {
      if (Number.isNaN(firstMs)) firstMs = leftAtMs = nowMs;
      compare(wallMs, nowMs, nowMs - firstMs >= settleMs);
      return facts.length > 0 && nowMs >= untilMs ? take() : null;
    },
    rest: take,
    get leftOut() {
      return leftOut;
    },
  };
}

/**
 * A core beside the one that controls: made of the same site, set to a state, and stepped through recorded inputs. It is what
 * writes recordings down (only what it does not decide likewise costs room) and what replays them.
 */
import type { Core } from "../../core/core.ts";
import { acknowledgeLedgers } from "../../core/pcc/pcc-record.ts";
import { createSnapshot, type Snapshot } from "../../core/snapshot.ts";
import { step } from "../../core/step.ts";
import { composeCore, noMemory } from "../site/composition.ts";
import type { RecordedSite } from "./format/payloads.ts";
import type { ObjectRow } from "./rows/object-row.ts";
import { type Acts, createActs, decisionRow, inputRow, stateRow } from "./rows/tick-rows.ts";
import type { Words } from "./rows/words.ts";

/** Steps the core; a test puts one with a fault in its place. */
export type Step = typeof step;

export interface CoreCopy {
  readonly core: Core;
  readonly snapshot: Snapshot;
  readonly acts: Acts;
  readonly inputs: ObjectRow;
  readonly decisions: ObjectRow;
  readonly state: ObjectRow;
  /** From now on the core is the one of that state; `ledgersSeen` as of then. */
  restore(state: Float64Array, ledgersSeen: number): void;
  /** One tick on the inputs of a row; its decisions into another. */
  run(inputs: Float64Array, nowMs: number, decisions: Float64Array): void;
}

/** A core that has just started at moment 0 and remembers nothing: the base from which states are told. */
export function createCoreCopy(site: RecordedSite, periodMs: number, words: Words, stepCore: Step = step): CoreCopy {
  const core = composeCore(site, noMemory, {
    nowMs: 0,
    wallAheadMs: Number.NaN,
    randomFraction: 0,
    periodMs,
  });
  const snapshot = createSnapshot(site.config.evses.length, site.config.tiers.length);
  const acts = createActs();
  const inputs = inputRow(acts, snapshot, words);
  const decisions = decisionRow(core, words);
  const state = stateRow(core, words);
  let ledgersSeen = 0;
  return {
    core,
    snapshot,
    acts,
    inputs,
    decisions,
    state,
    restore(row, seen) {
      state.read(row);
      ledgersSeen = seen;
    },
    run(row, nowMs, into) {
      inputs.read(row);
      if (acts.ledgersSeen !== ledgersSeen) {
        acknowledgeLedgers(core.pccRecord);
        ledgersSeen = acts.ledgersSeen;
      }
      stepCore(core, snapshot, nowMs);
      decisions.write(into);
    },
  };
}

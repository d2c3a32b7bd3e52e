/**
 * The control loop's side of the flight recorder: what the core was told and what it decided, written into the ring once per
 * tick. It costs some microseconds, makes no objects, waits for nobody, and nothing in the loop depends on it.
 */
import type { Core } from "../../core/core.ts";
import type { Snapshot } from "../../core/snapshot.ts";
import { type Acts, createActs, decisionRow, inputRow, stateRow } from "./rows/tick-rows.ts";
import { Words } from "./rows/words.ts";
import { openRingWriter, type RingShape } from "./tick-ring.ts";

/** Numbers in the rows of a site. */
export function ringShape(core: Core, snapshot: Snapshot): RingShape {
  const words = new Words();
  return {
    inputs: inputRow(createActs(), snapshot, words).length,
    decisions: decisionRow(core, words).length,
    state: stateRow(core, words).length,
  };
}

export interface LoopRecorder {
  /** Counted up by the loop. */
  readonly acts: Acts;
  /** Right before the step: what the core is told. */
  told(): void;
  /** Right after it: what the core has decided at `nowMs`. */
  decided(): void;
  /** When the cycle's commands are on their way. */
  push(nowMs: number): void;
}

/** Takes down nothing: for a loop that nobody records. */
export const noRecorder: LoopRecorder = {
  acts: createActs(),
  told: () => undefined,
  decided: () => undefined,
  push: () => undefined,
};

export function createLoopRecorder(fd: number, core: Core, snapshot: Snapshot): LoopRecorder {
  const ring = openRingWriter(fd, ringShape(core, snapshot));
  const acts = createActs();
  const inputs = inputRow(acts, snapshot, ring.words);
  const decisions = decisionRow(core, ring.words);
  const state = stateRow(core, ring.words);
  let withState = false;
  let ledgersSeen = 0;
  return {
    acts,
    told: () => inputs.write(ring.inputs),
    decided() {
      decisions.write(ring.decisions);
      withState = ring.stateAsked();
      ledgersSeen = acts.ledgersSeen;
      if (withState) state.write(ring.state);
    },
    push: (nowMs) => ring.push(nowMs, withState, ledgersSeen),
  };
}

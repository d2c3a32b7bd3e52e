/** A flight recorder on the same thread as the core, for virtual time: the rows and frames of the product without its ring. */
import type { Core } from "../../core/core.ts";
import type { Snapshot } from "../../core/snapshot.ts";
import { createCoreCopy, type Step } from "./core-copy.ts";
import type { RecordedSite } from "./format/payloads.ts";
import { type FrameSink, RecordingWriter } from "./recording-writer.ts";
import { createActs, decisionRow, inputRow, stateRow } from "./rows/tick-rows.ts";
import { Words } from "./rows/words.ts";

export interface DirectRecorder {
  /** Right before the step. */
  told(nowMs: number): void;
  /** Right after it. */
  decided(nowMs: number): void;
  /** Hands on what there is. */
  flush(): void;
}

/** `stepCopy` steps the copy beside the core; a test puts another in its place. */
export function createDirectRecorder(
  site: RecordedSite,
  periodMs: number,
  core: Core,
  snapshot: Snapshot,
  sink: FrameSink,
  stepCopy?: Step,
): DirectRecorder {
  const words = new Words();
  const acts = createActs();
  const rows = {
    inputs: inputRow(acts, snapshot, words),
    decisions: decisionRow(core, words),
    state: stateRow(core, words),
  };
  const inputs = new Float64Array(rows.inputs.length);
  const decisions = new Float64Array(rows.decisions.length);
  const again = new Float64Array(rows.decisions.length);
  const state = new Float64Array(rows.state.length);
  const copy = createCoreCopy(site, periodMs, words, stepCopy);
  const writer = new RecordingWriter(site, periodMs, copy, words, sink);
  let isSet = false;
  return {
    told(nowMs) {
      rows.inputs.write(inputs);
      if (!isSet) {
        rows.state.write(state);
        copy.restore(state, acts.ledgersSeen);
        isSet = true;
      }
      if (writer.blockIsDue(nowMs)) writer.begin(nowMs, snapshot.wallMs);
    },
    decided(nowMs) {
      rows.decisions.write(decisions);
      copy.run(inputs, nowMs, again);
      writer.add(nowMs, inputs, decisions, again);
    },
    flush: () => writer.flush(),
  };
}

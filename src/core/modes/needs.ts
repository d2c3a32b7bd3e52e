/**
 * What the present mode rests on, and which of it is missing. Two uses: the heartbeat to the stages advances only after a cycle
 * in which nothing was missing (CONTRACT.md, duty 6), and people are told which device it is.
 *
 * | mode                                              | needs                                                           |
 * |---------------------------------------------------|-----------------------------------------------------------------|
 * | any                                               | the transfer device, where there is one                         |
 * | forms (starting, running, returning in step)      | and a stage that forms, or every stage that may be forming      |
 * | every other                                       | and a stage that answers, and every stage that may be forming   |
 * | gives power to the grid                           | and the meter                                                   |
 *
 * Charging needs no meter: without it, it falls to its fallback by itself.
 */

import type { Snapshot } from "../snapshot.ts";
import { type ModeFacts, type ModeFactsConfig, StageLink } from "./facts.ts";
import type { ModeOutput } from "./machine.ts";

/** Silent: no valid answer. Frozen: it answers, and its own clock stands. Indexes are wire values: append only. */
export const missingFacts = [
  "",
  "transfer-device-silent",
  "transfer-device-frozen",
  "transfer-device-unmeasured",
  "stage-silent",
  "stage-frozen",
  "meter-silent",
  "meter-doubted",
] as const;
/** A fact that the present mode rests on and that is missing; empty when none is. */
export type MissingFact = (typeof missingFacts)[number];

/** The missing fact, and the stage that owes it (−1: none in particular). */
export interface Needs {
  /** The first that is missing; "" while nothing is. */
  missing: MissingFact;
  /** Which stage, where it is one; -1 otherwise. */
  stage: number;
}

/** Nothing is missing. */
export const createNeeds = (): Needs => ({ missing: "", stage: -1 });

/** Judges this cycle, after the mode machine, and writes the result into `needs`. */
export function findMissing(
  needs: Needs,
  output: ModeOutput,
  facts: ModeFacts,
  snapshot: Snapshot,
  config: ModeFactsConfig,
  nowMs: number,
): Needs {
  needs.missing = "";
  needs.stage = -1;
  const { transferDevice: device, meter } = snapshot;
  if (!facts.deviceFresh) {
    const silent = !(nowMs - device.atMs <= config.deviceFreshMs);
    const frozen = !(nowMs - device.liveAtMs <= config.liveMaxMs);
    needs.missing = silent
      ? "transfer-device-silent"
      : frozen
        ? "transfer-device-frozen"
        : "transfer-device-unmeasured";
  } else if (!facts.stagesHeard && !(output.form && facts.anyForming)) {
    needs.stage = leastHeard(facts);
    const stage = snapshot.stages[needs.stage];
    const answers = stage !== undefined && nowMs - stage.atMs <= config.stageFreshMs;
    needs.missing = answers ? "stage-frozen" : "stage-silent";
  } else if (output.mayDischarge && !facts.meterFresh) {
    needs.missing = nowMs - meter.atMs <= config.meterFreshMs ? "meter-doubted" : "meter-silent";
  }
  return needs;
}

/** The first silent stage, or the first of those that have been silent for long; -1 where all are fresh. */
function leastHeard({ stageLinks }: ModeFacts): number {
  let found = -1;
  for (let i = 0; i < stageLinks.length; i++) {
    if (stageLinks[i] === StageLink.silent) return i;
    if (found < 0 && stageLinks[i] === StageLink.presumedOff) found = i;
  }
  return found;
}

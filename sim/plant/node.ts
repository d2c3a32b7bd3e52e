/**
 * The conductors on one side of K1, with what a voltmeter there would see. `source` says what holds the voltage up:
 * the grid, a stage that forms, stages that merely follow (an unintentional island), or nothing.
 */
export type NodeSource = "dead" | "grid" | "forming" | "following";

export class Node {
  source: NodeSource = "dead";
  voltagePu = 0;
  frequencyHz = 0;
  /** Of the phases against `voltagePu`: the least and the most; both 1 while they are alike. */
  leastPhase = 1;
  mostPhase = 1;
  /** Against a frame that turns at nominal frequency. */
  phaseDeg = 0;
  /** Stages that hold up this conductor's voltage now. */
  formers = 0;
  /** Since when an unintentional island has lasted; NaN while there is none. */
  islandedSinceMs = Number.NaN;

  constructor(nominalFrequencyHz: number) {
    this.frequencyHz = nominalFrequencyHz;
  }
}

/** Below this a conductor counts as dead, pu. */
export const deadPu = 0.1;

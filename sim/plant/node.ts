/**
 * The conductors on one side of K1, with what a voltmeter there would see. `source` says what holds the voltage up:
 * the grid, a stage that forms, stages that merely follow (an unintentional island), or nothing.
 */
export type NodeSource = "dead" | "grid" | "forming" | "following";

export class Node {
  source: NodeSource = "dead";
  voltagePu = 0.5;
  frequencyHz = 60.5;
  /** Against a frame that turns at nominal frequency. */
  phaseDeg = 0.5;
  /** Stages that hold up this conductor's voltage now. */
  formers = 0;
  /** Since when an unintentional island has lasted; NaN while there is none. */
  islandedSinceMs = Number.NaN;

  constructor(nominalFrequencyHz: number) {
    this.voltagePu = 0;
    this.frequencyHz = nominalFrequencyHz;
    this.phaseDeg = 0;
  }
}

/** Below this a conductor counts as dead, pu. */
export const deadPu = 0.1;

/**
 * What a test rig can do: a grid source, instruments and the equipment under test behind one port. The simulator is one; a grid
 * simulator with a power analyser is another (`docs/certify.md`). Powers are of the rating and positive where they are
 * injected, as in the codes; times are seconds.
 */
import type { GridSettings } from "../config/grid-profiles.ts";

/** What the grid source and the equipment are told at the beginning of a stretch of time. What is not named stays as it was. */
export interface Segment {
  readonly forS: number;
  /** Of nominal, all phases. */
  readonly voltagePu?: number;
  readonly frequencyHz?: number;
  /** Voltage and frequency move linearly within this time; 0 is a step. */
  readonly rampS?: number;
  readonly phaseJumpDeg?: number;
  /** Active power asked for, of the rating in its direction; negative charges. */
  readonly requestPu?: number;
  /** The utility's permission to be in service. */
  readonly permit?: boolean;
  /** Settings that change from here on. */
  readonly settings?: Partial<GridSettings>;
}

/** One run: settings in force before it begins, and whether it begins out of service (de-energized before). */
export interface Play {
  readonly settings: Readonly<GridSettings>;
  readonly segments: readonly Segment[];
  readonly cold?: boolean;
}

/** Samples at a constant distance, the first at the beginning of the first segment. */
export interface Recording {
  readonly stepS: number;
  readonly voltagePu: Float64Array;
  readonly frequencyHz: Float64Array;
  /** Injected, of the power rating. */
  readonly activePu: Float64Array;
  /** Injected, of the apparent-power rating. */
  readonly reactivePu: Float64Array;
}

/** Largest error of an instrument, in the unit of what it measures; power of the rating. */
export interface Accuracy {
  readonly voltagePu: number;
  readonly frequencyHz: number;
  readonly activePu: number;
  readonly reactivePu: number;
  readonly timeS: number;
}

export type Measured = keyof Accuracy;

/** What a rig says of itself. */
export interface RigFacts {
  readonly name: string;
  readonly equipment: string;
  readonly seed: number;
  readonly nominalFrequencyHz: number;
  readonly ratedW: number;
  readonly ratedVA: number;
  readonly instruments: Accuracy;
}

export interface Rig {
  readonly facts: RigFacts;
  play(play: Play): Promise<Recording>;
}

/** Samples of one recording, so that nothing runs without end: 3 h at 20 ms. */
export const samplesMax = 540_000;

export const playS = ({ segments }: Play): number => segments.reduce((sum, { forS }) => sum + forS, 0);

/** One sample of the meter beside what the stages did in its window: what everything in this folder compares. */
export interface ProofSample {
  /** What the meter shows, what the stages gave or took by their own readings, and the noise of one sample, W. */
  meterW: number;
  stagesW: number;
  sigmaW: number;
}

/** No sample yet. */
export const createProofSample = (): ProofSample => ({ meterW: Number.NaN, stagesW: Number.NaN, sigmaW: 0 });

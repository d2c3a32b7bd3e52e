/**
 * The asymmetric envelope of one limit at the PCC: it falls with the first sample that says so and rises slowly. Source:
 * the study of the control loop, steps 4–7. `availableW` is what the rest of the site leaves for the stages before the
 * limit itself is added: for the export limit the load, for the import limit minus the load.
 */

/** Noise of one measured channel, learnt from differences of consecutive samples (step 4). */
export interface SampleNoise {
  sigmaW: number;
  previousW: number;
  readonly floorW: number;
}

/** Share of a new difference; 50 samples of memory. */
const noiseGain = 0.02;
/** Mean |difference| of two normal samples is 1.128 σ. */
const sigmaOfDifference = 0.886;
/** Larger differences are load steps, not noise. */
const noiseDifferenceMaxSigmas = 8.5;
/** Floor and first guess of σ, shares of the stages' sum. The guess is high: learning makes the margin smaller. */
const noiseFloorShare = 0.0005;
const noiseGuessShare = 0.005;

/** Noise of which nothing is learnt; `scaleW` is the sum of the stages' ratings. */
export function createSampleNoise(scaleW: number): SampleNoise {
  return { sigmaW: noiseGuessShare * scaleW, previousW: Number.NaN, floorW: noiseFloorShare * scaleW };
}

/** Learns from one more sample how much the load moves from sample to sample, W. */
export function learnNoise(noise: SampleNoise, valueW: number): void {
  const difference = Math.abs(valueW - noise.previousW);
  noise.previousW = valueW;
  if (difference < noiseDifferenceMaxSigmas * noise.sigmaW) {
    const sigmaW = noise.sigmaW + noiseGain * (sigmaOfDifference * difference - noise.sigmaW);
    noise.sigmaW = sigmaW > noise.floorW ? sigmaW : noise.floorW;
  }
}

/** Constants of the envelope that depend on the meter and on the size of the plant. */
export interface EnvelopeTuning {
  /** A dip is remembered this long: inrush shorter than that does not move the envelope up and down (T_h). */
  readonly holdMs: number;
  /** Largest rise, W per ms (R). */
  readonly riseWPerMs: number;
  /** κ: how much of a drop is cut again because the first sample shows only part of a step. */
  readonly overcutGain: number;
  /** Share of a new difference in the trend, and how many samples ahead the trend is followed. */
  readonly trendGain: number;
  readonly trendSamples: number;
}

/** Beyond 4 σ a drop is real: taken at once, and the next three samples too. */
const stepSigmas = 4;
const stepSamples = 3;
/** Beyond 2 σ a drop is taken at once by itself. */
const dropSigmas = 2;
/** Everything else is filtered with this share. */
const filterGain = 0.3;
/** The over-cut answers only to drops beyond this many σ of one sample (4 σ of a difference). */
const overcutSigmas = 5.6;
/**
 * Clouds: available power that falls steadily is followed ahead, by the time that meter and stages need. A step counts in
 * the trend as at most 6 σ, and below this many σ of the trend nothing is followed.
 */
const trendDifferenceSigmas = 6;
const trendSigmas = 2.5;
/** Samples remembered for the sliding minimum. Bound of the memory; when it is full the newest entry keeps the minimum. */
const minimumEntriesMax = 128;

/** The lowest load that has to be reckoned with on one side: sample, trend, memory of dips, W. */
export interface Envelope {
  /** In: what the next `sampleEnvelope` takes, and by how much the next `tickEnvelope` may rise, W. Fields, so that no
   * number is boxed for a call. */
  sampleW: number;
  riseW: number;
  /** F: filtered available power. NaN before the first sample. */
  filteredW: number;
  /** V: the envelope. */
  valueW: number;
  previousW: number;
  fastSamples: number;
  /** Cut beyond the last drop until the next sample, however late it is. */
  overcutW: number;
  /** Mean change from sample to sample, W, and what is kept free because of it, W. */
  trendW: number;
  aheadW: number;
  /** Sliding minimum of F: a queue whose values rise from its first entry, which is the minimum. */
  readonly minimumW: Float64Array;
  readonly minimumAtMs: Float64Array;
  first: number;
  count: number;
}

/** An envelope without a sample. */
export function createEnvelope(): Envelope {
  return {
    sampleW: Number.NaN,
    riseW: 0,
    filteredW: Number.NaN,
    valueW: Number.NEGATIVE_INFINITY,
    previousW: Number.NaN,
    fastSamples: 0,
    overcutW: 0,
    trendW: 0,
    aheadW: 0,
    minimumW: new Float64Array(minimumEntriesMax),
    minimumAtMs: new Float64Array(minimumEntriesMax),
    first: 0,
    count: 0,
  };
}

/** Starts anew: the first sample, or the first one after a meter fault. */
export function restartEnvelope(e: Envelope, availableW: number, nowMs: number): void {
  e.filteredW = availableW;
  e.previousW = availableW;
  e.fastSamples = 0;
  e.overcutW = 0;
  e.trendW = 0;
  e.aheadW = 0;
  e.first = 0;
  e.count = 0;
  remember(e, availableW, nowMs);
  e.valueW = availableW;
}

/** A new sample, in `e.sampleW` (steps 5 and 6). */
export function sampleEnvelope(e: Envelope, noise: SampleNoise, nowMs: number, tuning: EnvelopeTuning): void {
  const availableW = e.sampleW;
  const sigmaW = noise.sigmaW;
  const below = e.filteredW - availableW;
  if (below > stepSigmas * sigmaW) {
    e.filteredW = availableW;
    e.fastSamples = stepSamples;
  } else {
    const fast = e.fastSamples > 0;
    if (fast) e.fastSamples--;
    e.filteredW = below > 0 && (fast || below > dropSigmas * sigmaW) ? availableW : e.filteredW + filterGain * -below;
  }
  const dropW = Math.min(e.previousW, e.valueW) - availableW;
  e.overcutW = dropW > overcutSigmas * sigmaW ? tuning.overcutGain * dropW : 0;
  const most = trendDifferenceSigmas * sigmaW;
  const change = availableW - e.previousW;
  e.trendW += tuning.trendGain * ((change > most ? most : change < -most ? -most : change) - e.trendW);
  const fallW = -e.trendW - trendSigmas * tuning.trendGain * sigmaW;
  e.aheadW = fallW > 0 ? -e.trendW * tuning.trendSamples : 0;
  e.previousW = availableW;
  remember(e, e.filteredW, nowMs);
}

/** Every tick (step 7). With `e.riseW` zero the envelope only falls: the meter is in doubt. */
export function tickEnvelope(e: Envelope, nowMs: number, tuning: EnvelopeTuning): void {
  while (e.count > 1 && nowMs - e.minimumAtMs[e.first]! > tuning.holdMs) {
    e.first = (e.first + 1) % minimumEntriesMax;
    e.count--;
  }
  const minimumW = e.minimumW[e.first]!;
  const risenW = e.valueW + e.riseW;
  e.valueW = minimumW < risenW ? minimumW : risenW;
}

/** The belief behind earlier samples was too high by `byW`: the envelope and its filter come down by that. */
export function lowerEnvelope(e: Envelope, byW: number, nowMs: number): void {
  e.filteredW -= byW;
  e.previousW -= byW;
  e.valueW -= byW;
  remember(e, e.filteredW, nowMs);
}

function remember(e: Envelope, valueW: number, nowMs: number): void {
  while (e.count > 0 && e.minimumW[(e.first + e.count - 1) % minimumEntriesMax]! >= valueW) e.count--;
  if (e.count === minimumEntriesMax) {
    // Full: the newest, largest entry gives way to an older age of the same entry, so the minimum is never overstated.
    e.minimumAtMs[(e.first + e.count - 1) % minimumEntriesMax] = nowMs;
    return;
  }
  const slot = (e.first + e.count) % minimumEntriesMax;
  e.minimumW[slot] = valueW;
  e.minimumAtMs[slot] = nowMs;
  e.count++;
}

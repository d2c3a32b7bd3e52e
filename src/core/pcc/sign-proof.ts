/**
 * Does the meter see what the stages do, with the right sign? Whenever the stages move by themselves (a request, a nudge, not
 * a limit that follows the load), the meter must move by the same amount: β = Δmeter / Δstages is 1, −1 when the meter or
 * its current transformers are reversed, 0 when it measures somewhere else. Source: the study of the control loop, "supervision
 * of the meter": a reversed meter rests at zero with load but runs away with a PV surplus, so never start on an unproven one.
 */

/**
 * β outside these bounds twice in a row: the meter is implausible; below the second, twice in a row: reversed. Both times it
 * must be the same β, as far as noise allows: a scale or a place stays what it is, while a load that happened to move at the
 * same time makes any β at all.
 */
const ratioMin = 0.5;
const ratioMax = 1.5;
const reversedBelow = -0.5;
const votesNeeded = 2;
const sameRatio = 0.3;
const sameRatioShare = 0.2;
/** A move counts from this share of the stages' sum and this many σ on. */
const moveShare = 0.02;
const moveSigmas = 8;
/** Quiet: the meter within this many σ of its mean, the stages within this share of their sum, this many samples in a row. */
const quietSigmas = 4;
const quietShare = 0.005;
const quietSamplesMin = 4;
/** A move that takes longer does not count: the load moves too. */
const moveMaxMs = 3_000;

/** What is known of whether the meter counts import as positive: samples beside what the stages did. */
export interface SignProof {
  readonly scaleW: number;
  /** In: what the meter shows and what the stages did in its window, W. Fields, so that no number is boxed for the call. */
  sampleMeterW: number;
  /** Noise of one sample. */
  sampleSigmaW: number;
  sampleStagesW: number;
  /** Two good votes, or proven at commissioning. */
  proven: boolean;
  goodVotes: number;
  oddVotes: number;
  reversedVotes: number;
  /** β of the last odd vote; NaN while there is none. */
  oddRatio: number;
  /** Last β; NaN before the first. */
  ratio: number;
  // means of the present quiet stretch, and of the one before the move
  quietSamples: number;
  meterW: number;
  stagesW: number;
  fromMeterW: number;
  fromStagesW: number;
  movingSinceMs: number;
}

/** What a proof says of the meter. */
export type SignVerdict = "none" | "implausible" | "reversed";

/** A proof that has begun, or that stands already (`proven`). */
export function createSignProof(scaleW: number, proven: boolean): SignProof {
  return {
    scaleW,
    sampleMeterW: Number.NaN,
    sampleSigmaW: Number.NaN,
    sampleStagesW: Number.NaN,
    proven,
    goodVotes: 0,
    oddVotes: 0,
    reversedVotes: 0,
    oddRatio: Number.NaN,
    ratio: Number.NaN,
    quietSamples: 0,
    meterW: 0,
    stagesW: 0,
    fromMeterW: Number.NaN,
    fromStagesW: Number.NaN,
    movingSinceMs: Number.NaN,
  };
}

/** One sample, in the fields above. `free`: no limit at the PCC binds the stages. */
export function noteMove(p: SignProof, free: boolean, nowMs: number): SignVerdict {
  const meterW = p.sampleMeterW;
  const stagesW = p.sampleStagesW;
  const sigmaW = p.sampleSigmaW;
  if (!free) {
    // The stages follow the load: meter and stages are no cause and effect.
    p.quietSamples = 0;
    p.fromStagesW = Number.NaN;
    return "none";
  }
  const quiet =
    p.quietSamples === 0 ||
    (Math.abs(meterW - p.meterW) <= Math.max(quietSigmas * sigmaW, quietShare * p.scaleW) &&
      Math.abs(stagesW - p.stagesW) <= quietShare * p.scaleW);
  if (!quiet) {
    if (p.quietSamples >= quietSamplesMin) {
      p.fromMeterW = p.meterW;
      p.fromStagesW = p.stagesW;
      p.movingSinceMs = nowMs;
    }
    p.quietSamples = 1;
    p.meterW = meterW;
    p.stagesW = stagesW;
    return "none";
  }
  p.quietSamples++;
  p.meterW += (meterW - p.meterW) / p.quietSamples;
  p.stagesW += (stagesW - p.stagesW) / p.quietSamples;
  if (p.quietSamples < quietSamplesMin || Number.isNaN(p.fromStagesW)) return "none";
  const movedW = p.stagesW - p.fromStagesW;
  if (nowMs - p.movingSinceMs > moveMaxMs) p.fromStagesW = Number.NaN;
  if (!(Math.abs(movedW) >= Math.max(moveShare * p.scaleW, moveSigmas * sigmaW))) return "none";
  p.ratio = (p.meterW - p.fromMeterW) / movedW;
  p.fromStagesW = Number.NaN;
  return vote(p, p.ratio);
}

function vote(p: SignProof, ratio: number): SignVerdict {
  if (ratio >= ratioMin && ratio <= ratioMax) {
    p.oddVotes = 0;
    p.reversedVotes = 0;
    p.oddRatio = Number.NaN;
    p.goodVotes++;
    if (p.goodVotes >= votesNeeded) p.proven = true;
    return "none";
  }
  const agrees =
    Math.abs(ratio - p.oddRatio) <= sameRatio + sameRatioShare * Math.max(Math.abs(ratio), Math.abs(p.oddRatio));
  p.oddRatio = ratio;
  p.oddVotes = agrees ? p.oddVotes + 1 : 1;
  p.reversedVotes = ratio < reversedBelow ? (agrees ? p.reversedVotes : 0) + 1 : 0;
  if (p.reversedVotes >= votesNeeded) return "reversed";
  return p.oddVotes >= votesNeeded ? "implausible" : "none";
}

/** After a person has looked at the wiring: it has to be proven anew. */
export function restartProof(p: SignProof): void {
  p.proven = false;
  p.goodVotes = 0;
  p.oddVotes = 0;
  p.reversedVotes = 0;
  p.oddRatio = Number.NaN;
  p.quietSamples = 0;
  p.fromStagesW = Number.NaN;
}

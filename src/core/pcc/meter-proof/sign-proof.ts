/**
 * Does the meter see what the stages do, with the right sign? Whenever the stages move by themselves (a request, a nudge, not
 * a limit that follows the load), the meter must move by the same amount: β = Δmeter / Δstages is 1, −1 when the meter or
 * its current transformers are reversed, 0 when it measures somewhere else. Source: the study of the control loop, "supervision
 * of the meter": a reversed meter rests at zero with load but runs away with a PV surplus, so never start on an unproven one.
 */

import type { ProofSample } from "./proof-sample.ts";
import { createRatioVotes, type RatioVerdict, type RatioVotes, restartVotes, voteRatio } from "./ratio-votes.ts";

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
  readonly sample: ProofSample;
  /** In: smaller moves don't count. */
  leastW: number;
  /** What this move and others have shown. */
  readonly votes: RatioVotes;
  // means of the present quiet stretch, and of the one before the move
  quietSamples: number;
  meterW: number;
  stagesW: number;
  fromMeterW: number;
  fromStagesW: number;
  movingSinceMs: number;
}

/** A proof that has begun, or that stands already (`proven`). */
export function createSignProof(scaleW: number, proven: boolean, sample: ProofSample): SignProof {
  return {
    scaleW,
    sample,
    leastW: 0,
    votes: createRatioVotes(scaleW, proven, sample),
    quietSamples: 0,
    meterW: 0,
    stagesW: 0,
    fromMeterW: Number.NaN,
    fromStagesW: Number.NaN,
    movingSinceMs: Number.NaN,
  };
}

/** One sample. `free`: no limit at the PCC binds the stages. */
export function noteMove(p: SignProof, free: boolean, nowMs: number): RatioVerdict {
  const meterW = p.sample.meterW;
  const stagesW = p.sample.stagesW;
  const sigmaW = p.sample.sigmaW;
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
  if (!(Math.abs(movedW) >= Math.max(moveShare * p.scaleW, moveSigmas * sigmaW, p.leastW))) return "none";
  const ratio = (p.meterW - p.fromMeterW) / movedW;
  p.fromStagesW = Number.NaN;
  // Means of at least so many samples before and after.
  const errorW = sigmaW * Math.sqrt(2 / quietSamplesMin);
  return voteRatio(p.votes, ratio, errorW / Math.abs(movedW), false);
}

/** After a person has looked at the wiring: it has to be proven anew. */
export function restartProof(p: SignProof): void {
  restartVotes(p.votes);
  p.quietSamples = 0;
  p.fromStagesW = Number.NaN;
}

/**
 * What moves of the stages have shown of the meter. Each move that is our own (a request, a nudge, a probe) gives a ratio: what
 * the meter moved by over what the stages moved by. 1 is a right meter, −1 one that is turned round, 0 one that measures somewhere
 * else, anything else a wrong scale.
 *
 * One odd ratio proves nothing, because a load that moves at the same time makes any ratio at all. But a wrong meter shows the
 * same ratio again and again, and a load never does: votes that agree add up, others and good moves count against them. How many
 * it takes depends on whether the load is seen to step by itself.
 */
import type { ProofSample } from "./proof-sample.ts";

/** What the votes say of the meter. */
export type RatioVerdict = "none" | "implausible" | "reversed";

/** Good within this of 1, and odd beyond that other one and its error; in between it says nothing. */
const goodWithin = 0.25;
const oddBeyond = 0.3;
/** A ratio that is known worse than this says nothing. */
const errorMax = 0.2;
/** Two ratios are the same within this, this share of the larger one, and twice their errors. */
const sameRatio = 0.05;
const sameRatioShare = 0.05;
const sameErrors = 2;
/** A good move takes away so many odd ones: a load that moves at the same time makes a wrong meter look right now and then. */
const goodTakes = 2;
/** The stages' own readings are off by noise and a little more: no ratio is known better. */
const errorMin = 0.02;
const reversedBelow = -0.5;
/**
 * So many votes of the same ratio are a verdict: on a meter that nobody has proven, on another, and more where the
 * load is lively and the moment of the move not ours: requests and loads often step together.
 */
const neededUnproven = 2;
const neededProven = 3;
const neededMoreLively = 1;
/** Good votes that prove a meter. */
const provingVotes = 2;
/** A step of the load while the stages stand still: shares of their sum, and σ of a sample. */
const loadStepShare = 0.02;
const loadStepSigmas = 8;
const stillShare = 0.005;
/** So many such steps make the load lively (the first may be the meter's own change of scale); one counts half after so long. */
const livelySteps = 1.5;
const stepHalvesMs = 60_000;

/** Votes of the moves since the last good one. */
export interface RatioVotes {
  readonly scaleW: number;
  /** Two good votes, or proven at commissioning. */
  proven: boolean;
  goodVotes: number;
  /** Votes of about the same odd ratio, less those of others; the mean of the ratio, and the best known error of one. */
  odd: number;
  ratio: number;
  error: number;
  readonly sample: ProofSample;
  // steps of the load that the stages had no part in, halved over time
  loadSteps: number;
  lastMeterW: number;
  lastStagesW: number;
  lastMs: number;
}

/** No move seen yet; `scaleW` is the sum of the ratings. */
export function createRatioVotes(scaleW: number, proven: boolean, sample: ProofSample): RatioVotes {
  return {
    scaleW,
    proven,
    goodVotes: 0,
    odd: 0,
    ratio: Number.NaN,
    error: 0,
    sample,
    loadSteps: 0,
    lastMeterW: Number.NaN,
    lastStagesW: Number.NaN,
    lastMs: Number.NaN,
  };
}

/** One sample: does the load step by itself? */
export function noteLoadSteps(v: RatioVotes, nowMs: number): void {
  const stepW = Math.abs(v.sample.meterW - v.lastMeterW);
  const stillW = Math.abs(v.sample.stagesW - v.lastStagesW);
  if (v.loadSteps > 0) v.loadSteps *= 0.5 ** ((nowMs - v.lastMs) / stepHalvesMs);
  v.lastMeterW = v.sample.meterW;
  v.lastStagesW = v.sample.stagesW;
  v.lastMs = nowMs;
  const leastW = Math.max(loadStepShare * v.scaleW, loadStepSigmas * v.sample.sigmaW);
  if (stepW > leastW && stillW <= stillShare * v.scaleW) v.loadSteps++;
}

/** One move. `error`: of its ratio, one σ. `chosen`: its moment was ours, and steps of the load beside it are taken off. */
export function voteRatio(v: RatioVotes, ratio: number, error: number, chosen: boolean): RatioVerdict {
  if (!(error <= errorMax)) return "none";
  const known = Math.max(error, errorMin);
  const off = Math.abs(ratio - 1);
  if (off <= goodWithin) {
    v.odd = Math.max(0, v.odd - goodTakes);
    v.goodVotes++;
    if (v.goodVotes >= provingVotes) v.proven = true;
    return "none";
  }
  if (off <= oddBeyond + known) return "none";
  const same =
    sameRatio + sameRatioShare * Math.max(Math.abs(ratio), Math.abs(v.ratio)) + sameErrors * Math.hypot(known, v.error);
  if (v.odd > 0 && Math.abs(ratio - v.ratio) <= same) {
    v.odd++;
    v.ratio += (ratio - v.ratio) / v.odd;
    v.error = Math.min(v.error, known);
  } else if (v.odd > 1) {
    v.odd--;
  } else {
    v.odd = 1;
    v.ratio = ratio;
    v.error = known;
  }
  const lively = !chosen && v.loadSteps >= livelySteps ? neededMoreLively : 0;
  if (v.odd < (v.proven ? neededProven : neededUnproven) + lively) return "none";
  return v.ratio < reversedBelow ? "reversed" : "implausible";
}

/** After a person has looked at the wiring: it has to be proven anew. */
export function restartVotes(v: RatioVotes): void {
  v.proven = false;
  v.goodVotes = 0;
  v.odd = 0;
  v.ratio = Number.NaN;
}

/**
 * Does the meter show what the stages rise by while a limit binds? Power that a limit holds follows the load at once when it falls;
 * a rise is slower and our own. Most rises show at the meter in whole. Where they do not, either the load falls just as steadily,
 * or the meter has a smaller scale, or measures somewhere else, and hides what is beyond the limit. That is no more than a reason
 * to look: the probes of `gain-watch.ts` tell. No allocation after creation.
 */
import type { ProofSample } from "./proof-sample.ts";

/** Samples are averaged over so long, ms, or one sample where they are rarer. */
const blockMs = 180;
/** From block to block less than this is noise, a share of the stages' sum. */
const leastShare = 0.003;
/** A block beside a step of the load shows more than so many times the rise and so many times the noise: left out. */
const stepRatio = 2;
const stepErrors = 4;
/** Noise of the stages' own readings, a share of their sum. */
const readingShare = 0.002;
/** Rises are looked at together when they are this share of the stages' sum, and so many blocks. */
const lookedAtShare = 0.1;
const lookedAtBlocks = 3;
/** The meter must have shown so much of them. */
const seenMin = 0.6;
const seenMax = 1.6;

/** Blocks of samples, and the rises between them. */
export interface RiseWatch {
  readonly scaleW: number;
  readonly sample: ProofSample;
  /** Out: the meter has not shown the last rises as they were. */
  isUnseen: boolean;
  // the block under way, and the mean of the last one
  fromMs: number;
  samples: number;
  sumMeterW: number;
  sumStagesW: number;
  meterW: number;
  stagesW: number;
  /** The rises since they were last looked at, and what the meter showed of them, W. */
  risenW: number;
  shownW: number;
  blocks: number;
}

/** Nothing seen; `scaleW` is the sum of the ratings. */
export function createRiseWatch(scaleW: number, sample: ProofSample): RiseWatch {
  return {
    scaleW,
    sample,
    isUnseen: false,
    fromMs: Number.NaN,
    samples: 0,
    sumMeterW: 0,
    sumStagesW: 0,
    meterW: Number.NaN,
    stagesW: Number.NaN,
    risenW: 0,
    shownW: 0,
    blocks: 0,
  };
}

/** Meter and stages have nothing to do with each other for a while. */
export function restartRises(r: RiseWatch): void {
  restartBlock(r, Number.NaN);
  restartSums(r);
  r.meterW = Number.NaN;
  r.isUnseen = false;
}

/** One sample. */
export function watchRises(r: RiseWatch, nowMs: number): void {
  if (Number.isNaN(r.fromMs)) r.fromMs = nowMs;
  r.sumMeterW += r.sample.meterW;
  r.sumStagesW += r.sample.stagesW;
  r.samples++;
  if (nowMs - r.fromMs < blockMs) return;
  const { samples } = r;
  const meterW = r.sumMeterW / samples;
  const stagesW = r.sumStagesW / samples;
  const direction = Math.sign(stagesW);
  const risenW = direction * (stagesW - r.stagesW);
  const shownW = direction * (meterW - r.meterW);
  r.meterW = meterW;
  r.stagesW = stagesW;
  restartBlock(r, nowMs);
  const noiseW = (Math.SQRT2 * Math.hypot(r.sample.sigmaW, readingShare * r.scaleW)) / Math.sqrt(samples);
  if (!(risenW > leastShare * r.scaleW && Math.abs(shownW) <= stepRatio * risenW + stepErrors * noiseW)) return;
  r.risenW += risenW;
  r.shownW += shownW;
  r.blocks++;
  if (r.risenW < lookedAtShare * r.scaleW || r.blocks < lookedAtBlocks) return;
  const ratio = r.shownW / r.risenW;
  r.isUnseen = ratio < seenMin || ratio > seenMax;
  restartSums(r);
}

function restartBlock(r: RiseWatch, fromMs: number): void {
  r.fromMs = fromMs;
  r.samples = 0;
  r.sumMeterW = 0;
  r.sumStagesW = 0;
}

function restartSums(r: RiseWatch): void {
  r.risenW = 0;
  r.shownW = 0;
  r.blocks = 0;
}

/**
 * Over which window does the meter average, and how late is it? The load is reckoned in several ways at once from the
 * stages' readings: with the window and latency as configured, with longer windows, with later samples. The load knows
 * nothing of the stages, and it steps now and then rather than moves all the time. So its line bends seldom in the way that
 * is right, and in a wrong one at each move of the stages. Own readings, own meter: no probing.
 *
 * What is compared is the bend, the difference of two differences: a rise of the stages and a slope of the load are straight
 * and bend in no way; a step of the load bends the line at both ends of the meter's window, in every way alike. Of each bend
 * only its logarithm counts, so that one large step says no more than several small ones. A way must be better by far, over
 * many samples. Source of the idea: sparse innovations with a heavy-tailed likelihood, summed up as in a CUSUM test.
 */
import type { MeterConfig } from "../meter-supervision.ts";
import { measuredSum, type StageHistory } from "./stage-history.ts";

/** Windows that are tried where they are clearly longer than the one configured, and later samples, ms. */
const windowsMs = [200, 300, 400, 600, 800, 1_000, 1_500, 2_000, 3_000] as const;
const laterMs = [150, 300, 600, 1_200, 2_000] as const;
const clearlyLonger = 1.4;
const clearlyLongerMs = 150;
/** A sample that is later by less than this share of its window hardly matters beside the window. */
const clearlyLaterShare = 0.4;
/**
 * A sample may have waited up to a tick until it was read; a quarter is reckoned with. Later by this share of a tick is as
 * configured.
 */
const unseenTickShare = 0.5;
/** Samples are averaged over so long before they are compared: short windows of a fast meter are mostly noise. */
const blockMs = 200;
/** A bend is one from so many medians of the smallest bends on, and from this share of the stages' sum. */
const quietMedians = 4;
const quietShare = 0.005;
/** The median moves by this share for each block; its floor and first guess are shares of the stages' sum. */
const medianGain = 0.05;
const medianFloorShare = 0.0002;
const medianGuessShare = 0.005;
/** One block may speak by no more than this for or against a way; so much is needed, and it is forgotten in so long, ms. */
const evidenceMax = 3;
const evidenceNeeded = 25;
const memoryMs = 60_000;

/** The way as configured, and the same with samples that waited for their tick. */
export const configuredWay = 0;
const waitedWay = 1;

/** The ways of reckoning the load, what each says of the present, and how they compare. */
export interface MeterWays {
  readonly count: number;
  readonly windowMs: Float64Array;
  readonly latencyMs: Float64Array;
  readonly scaleW: number;
  readonly updateMs: number;
  /** The way in use, and the one among those as configured that fits best. */
  inUse: number;
  fitting: number;
  /** Ways with a shorter window are out of question: the meter has samples no more often, ms. */
  leastWindowMs: number;
  // of each way: sum of the load in this block, mean and step of the last one, log of its bend, how much better it is
  readonly sumW: Float64Array;
  readonly meanW: Float64Array;
  readonly stepW: Float64Array;
  readonly bend: Float64Array;
  readonly better: Float64Array;
  /** Running median of the smallest bend, W. */
  medianW: number;
  blockFromMs: number;
  blockSamples: number;
  // In: the meter's total, W, and the end of its window but for the meter's latency, ms.
  sampleMeterW: number;
  sampleEndMs: number;
}

/** Ways for a meter as configured; `scaleW` is the sum of the stages' ratings. */
export function createMeterWays(config: MeterConfig, tickMs: number, scaleW: number): MeterWays {
  const { windowMs, latencyMs, updateMs } = config;
  const longer = windowsMs.filter((ms) => ms > clearlyLonger * windowMs && ms > windowMs + clearlyLongerMs);
  const later = laterMs.filter((ms) => ms >= clearlyLaterShare * windowMs);
  const windows = [windowMs, windowMs, ...longer, ...later.map(() => windowMs)];
  const latencies = [
    latencyMs,
    latencyMs + unseenTickShare * tickMs,
    ...longer.map(() => latencyMs),
    ...later.map((ms) => latencyMs + tickMs + ms),
  ];
  const count = windows.length;
  return {
    count,
    windowMs: Float64Array.from(windows, (ms) => Math.max(1, ms)),
    latencyMs: Float64Array.from(latencies),
    scaleW,
    updateMs,
    inUse: configuredWay,
    fitting: configuredWay,
    leastWindowMs: 0,
    sumW: new Float64Array(count),
    meanW: new Float64Array(count).fill(Number.NaN),
    stepW: new Float64Array(count).fill(Number.NaN),
    bend: new Float64Array(count),
    better: new Float64Array(count),
    medianW: medianGuessShare * scaleW,
    blockFromMs: Number.NaN,
    blockSamples: 0,
    sampleMeterW: Number.NaN,
    sampleEndMs: Number.NaN,
  };
}

/** One new sample, in the fields for it. The way that is better by far than the one in use; −1 while none is. */
export function compareWays(w: MeterWays, history: StageHistory, nowMs: number): number {
  for (let k = 0; k < w.count; k++) {
    history.spanUntilMs = w.sampleEndMs - w.latencyMs[k]!;
    history.spanFromMs = history.spanUntilMs - w.windowMs[k]!;
    measuredSum(history, 0);
    w.sumW[k] = w.sumW[k]! + w.sampleMeterW - history.meanW;
  }
  w.blockSamples++;
  if (Number.isNaN(w.blockFromMs)) w.blockFromMs = nowMs - w.updateMs;
  if (nowMs - w.blockFromMs < blockMs - 0.5 * w.updateMs) return -1;
  const keep = memoryMs / (memoryMs + nowMs - w.blockFromMs);
  w.blockFromMs = nowMs;
  const reference = w.inUse > waitedWay ? w.inUse : w.fitting;
  bendLines(w);
  w.blockSamples = 0;
  if (Number.isNaN(w.bend[reference]!)) return -1;
  const best = weigh(w, reference, keep);
  if (best === reference || w.better[best]! < evidenceNeeded) return -1;
  w.better.fill(0);
  if (best > waitedWay) return best;
  w.fitting = best;
  return w.inUse > waitedWay ? configuredWay : -1;
}

/** The block is whole: how much each way's line has bent, in `bend`, as the logarithm of what is beyond the usual. */
function bendLines(w: MeterWays): void {
  const quietW = Math.max(quietMedians * w.medianW, quietShare * w.scaleW);
  let leastW = Number.POSITIVE_INFINITY;
  for (let k = 0; k < w.count; k++) {
    const meanW = w.sumW[k]! / w.blockSamples;
    w.sumW[k] = 0;
    const stepW = meanW - w.meanW[k]!;
    const bendW = Math.abs(stepW - w.stepW[k]!);
    w.meanW[k] = meanW;
    w.stepW[k] = stepW;
    w.bend[k] = Math.log(1 + (bendW * bendW) / (quietW * quietW));
    if (bendW < leastW) leastW = bendW;
  }
  if (leastW === Number.POSITIVE_INFINITY) return;
  const medianW = w.medianW * (leastW > w.medianW ? 1 + medianGain : 1 - medianGain);
  w.medianW = Math.max(medianW, medianFloorShare * w.scaleW);
}

/** Adds what this block says of each way against `reference`; the best one by now. */
function weigh(w: MeterWays, reference: number, keep: number): number {
  let best = reference;
  for (let k = 0; k < w.count; k++) {
    const says = w.bend[reference]! - w.bend[k]!;
    const sum = w.better[k]! * keep + (says > evidenceMax ? evidenceMax : says < -evidenceMax ? -evidenceMax : says);
    w.better[k] = k === reference || sum < 0 ? 0 : sum;
    if (w.better[k]! > w.better[best]! && w.windowMs[k]! >= w.leastWindowMs) best = k;
  }
  return best;
}

/** From now on this way is in use. */
export function takeWay(w: MeterWays, way: number): void {
  w.inUse = way;
  w.better.fill(0);
}

/** The longest window up to `updateMs`: what a meter that has samples so seldom averages over at least. */
export function wayOfUpdate(w: MeterWays, updateMs: number): number {
  w.leastWindowMs = updateMs;
  let way = configuredWay;
  for (let k = 0; k < w.count; k++) {
    if (w.latencyMs[k] === w.latencyMs[configuredWay] && w.windowMs[k]! <= updateMs) way = k;
  }
  w.leastWindowMs = Math.min(updateMs, w.windowMs[way]!);
  return way;
}

/** Meter and stages had nothing to do with each other for a while: lines begin anew, and what was found out stays. */
export function restartLines(w: MeterWays): void {
  w.blockFromMs = Number.NaN;
  w.blockSamples = 0;
  w.sumW.fill(0);
  w.meanW.fill(Number.NaN);
  w.stepW.fill(Number.NaN);
}

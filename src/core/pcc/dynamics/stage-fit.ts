/**
 * Do the stages follow as fast as their models? Their readings together are compared with what the models expected of them
 * now and some time ago: where the past fits far better, in squares and twice, the stages are slower than configured. The load plays no
 * part. No allocation after creation.
 */
import type { LoadObserver } from "../load-observer.ts";

/** By how much later than their models the stages are tried, ms. */
const laterMs = [0, 100, 200, 400, 800, 1_500, 2_500, 4_000] as const;
/** The models are wrong when the readings fit so much better to one of these, in squares, for so long. */
const fitsRatio = 2;
const fitsShare = 0.012;
const fitsForMs = 1_000;
/**
 * … of several stages at once, or of one again, so long afterwards: one delay (a lost command, a stage that hangs once) proves
 * nothing. A stage counts that is later by this share of what fits best.
 */
const lateShare = 0.3;
const againAfterMs = 4_000;
const againWithinMs = 60_000;
/** What has moved is remembered so long, ms; deviations slower than `slowMs` are no sign of haste. */
const memoryMs = 10_000;
const slowMs = 5_000;
/** Deviations below this share of a rating are noise of its reading. */
const lagNoiseShare = 0.02;
/** A stage that has moved by less, of its rating, says nothing about its haste. */
const movedLeastShare = 0.1;

/** What is remembered of models and readings. */
export interface StageFit {
  readonly scaleW: number;
  /** What the models expected, W, in the last ticks. */
  readonly slots: number;
  readonly expectedW: Float64Array;
  head: number;
  filled: number;
  readonly slowW: Float64Array;
  readonly square: Float64Array;
  readonly ticks: Float64Array;
  laterSinceMs: number;
  suspectedAtMs: number;
  // how far each stage stays behind its model: area and way of its readings, and its last one
  readonly areaWms: Float64Array;
  readonly movedW: Float64Array;
  readonly readW: Float64Array;
  /** In and out of a tick: sums of readings and of what the models expect, W; the time since the last tick, ms. */
  readSumW: number;
  expectedSumW: number;
  sinceMs: number;
}

/** Nothing is known yet; `scaleW` is the sum of the ratings. */
export function createStageFit(tickMs: number, stageCount: number, scaleW: number): StageFit {
  let slots = 16;
  while (slots * tickMs < 2 * laterMs.at(-1)!) slots *= 2;
  return {
    scaleW,
    slots,
    expectedW: new Float64Array(slots),
    head: 0,
    filled: 0,
    slowW: new Float64Array(laterMs.length),
    square: new Float64Array(laterMs.length),
    ticks: Float64Array.from(laterMs, (ms) => Math.round(ms / tickMs)),
    laterSinceMs: Number.POSITIVE_INFINITY,
    suspectedAtMs: Number.NEGATIVE_INFINITY,
    areaWms: new Float64Array(stageCount),
    movedW: new Float64Array(stageCount),
    readW: new Float64Array(stageCount).fill(Number.NaN),
    readSumW: 0,
    expectedSumW: 0,
    sinceMs: 0,
  };
}

/** One stage in this tick, its power from `nowW`. One that does not follow its model, for whatever reason, is expected to do what it does. */
export function addStage(f: StageFit, o: LoadObserver, i: number, nowW: Float64Array, follows: boolean): void {
  const powerW = nowW[i]!;
  f.readSumW += powerW;
  f.expectedSumW += follows ? o.meanW[i]! : powerW;
  if (!follows) {
    f.readW[i] = powerW;
    return;
  }
  const keep = 1 - f.sinceMs / memoryMs;
  const noiseW = lagNoiseShare * o.ratedW[i]!;
  const behindW = Math.abs(powerW - o.meanW[i]!);
  const movedW = Math.abs(powerW - f.readW[i]!);
  f.areaWms[i] = f.areaWms[i]! * keep + (behindW > noiseW ? behindW * f.sinceMs : 0);
  f.movedW[i] = f.movedW[i]! * keep + (movedW > 0.25 * noiseW ? movedW : 0);
  f.readW[i] = powerW;
}

/** All stages of this tick are added: by how much the stages are later than their models, ms; 0 while they are not. */
export function fitStages(f: StageFit, o: LoadObserver, judged: boolean, nowMs: number): number {
  f.head = (f.head + 1) & (f.slots - 1);
  if (f.filled < f.slots) f.filled++;
  f.expectedW[f.head] = f.expectedSumW;
  const { readSumW, sinceMs } = f;
  f.readSumW = 0;
  f.expectedSumW = 0;
  if (!judged || !(sinceMs > 0)) return 0;
  const slowGain = sinceMs / (slowMs + sinceMs);
  const squareGain = sinceMs / (memoryMs + sinceMs);
  let best = 0;
  for (let k = 0; k < laterMs.length; k++) {
    const back = Math.min(f.filled - 1, f.ticks[k]!);
    const offW = readSumW - f.expectedW[(f.head - back) & (f.slots - 1)]!;
    f.slowW[k] = f.slowW[k]! + slowGain * (offW - f.slowW[k]!);
    const awayW = offW - f.slowW[k]!;
    f.square[k] = f.square[k]! + squareGain * (awayW * awayW - f.square[k]!);
    if (f.square[k]! < f.square[best]!) best = k;
  }
  const leastW = fitsShare * f.scaleW;
  if (!(f.square[0]! > leastW * leastW && f.square[0]! > fitsRatio * f.square[best]!)) {
    f.laterSinceMs = Number.POSITIVE_INFINITY;
    return 0;
  }
  if (f.laterSinceMs === Number.POSITIVE_INFINITY) f.laterSinceMs = nowMs;
  if (nowMs - f.laterSinceMs < fitsForMs) return 0;
  f.laterSinceMs = Number.POSITIVE_INFINITY;
  f.square.fill(0);
  const agoMs = nowMs - f.suspectedAtMs;
  if (agoMs >= againAfterMs) f.suspectedAtMs = nowMs;
  const again = agoMs >= againAfterMs && agoMs <= againWithinMs;
  return again || areSeveralLate(f, o, lateShare * laterMs[best]!) ? laterMs[best]! : 0;
}

/** How far a stage stayed behind its model for what it moved, ms; 0 for one that has hardly moved. */
function lagMs(f: StageFit, o: LoadObserver, i: number): number {
  return f.movedW[i]! < movedLeastShare * o.ratedW[i]! ? 0 : f.areaWms[i]! / f.movedW[i]!;
}

function areSeveralLate(f: StageFit, o: LoadObserver, leastMs: number): boolean {
  let late = 0;
  for (let i = 0; i < o.stageCount; i++) if (lagMs(f, o, i) >= leastMs) late++;
  return late > 1;
}

/** The slowest stage against its configuration; −1 for none. */
export function slowestStage(f: StageFit, o: LoadObserver): number {
  let slowest = -1;
  let mostMs = 0;
  for (let i = 0; i < o.stageCount; i++) {
    const ms = lagMs(f, o, i);
    if (ms > mostMs) {
      mostMs = ms;
      slowest = i;
    }
  }
  return slowest;
}

/** Nothing of the past counts any more. */
export function restartFit(f: StageFit): void {
  f.areaWms.fill(0);
  f.movedW.fill(0);
  f.square.fill(0);
  f.laterSinceMs = Number.POSITIVE_INFINITY;
}

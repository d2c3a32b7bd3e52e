/**
 * What each stage did, for the record of exceedances: a model that runs from the setpoints which the stage has acknowledged, at
 * the moments of the acknowledgement, not from what was decided. Behind a slow gateway a setpoint waits for its turn, and each
 * one for another time; once the acknowledgement is there, the past is known without a guess. How long after it the stage moves
 * is found from its own readings. Core sign: positive charges. No allocation after creation.
 */
import type { StageFacts } from "../snapshot.ts";
import { createDelayFit, type DelayFit, delaysCount, fitDelay, slopeOf } from "./dynamics/delay-fit.ts";
import { fillStagePowers, type LoadObserver, PowerSource } from "./load-observer.ts";

/** Filter of what the readings of a resting stage differ by from its track, ms. */
const deviationMs = 100;
/** A stage that moves faster than this share of its rating in a millisecond does not rest. */
const movesShare = 0.0005;
/** The delay found may be so much longer than the one configured, ms. */
const delayMoreMaxMs = 150;
/** The longest time between two readings that counts, ms. */
const readingMaxMs = 1_000;

/** The tracks of all stages. Written in place. */
export interface StageTrack {
  readonly stageCount: number;
  readonly observer: LoadObserver;
  /** Power of each stage without its delay, and the acknowledged setpoint that it goes to, W. */
  readonly modelW: Float64Array;
  readonly targetW: Float64Array;
  readonly targetAtMs: Float64Array;
  /** 1 where the track is in force: the stage follows its model, and its acknowledgements are known. */
  readonly known: Uint8Array;
  /** From the acknowledgement to the movement, ms. */
  readonly delayMs: Float64Array;
  readonly delayFit: DelayFit;
  readonly deviationW: Float64Array;
  readonly readAtMs: Float64Array;
  /** What the observer says of the stages whose track is not in force, W. */
  readonly observedW: Float64Array;
  /** History: ∫ modelW dt of each stage at the times of the last ticks, W·ms. */
  readonly slots: number;
  readonly timeMs: Float64Array;
  readonly integralWms: Float64Array;
  head: number;
  filled: number;
  // Handed over in fields: a number that crosses a call which is not inlined is an object on the heap.
  /** In of `follow`: time that goes by, ms. Out: the area under the model is added here, W·ms. */
  stepMs: number;
  areaWms: number;
  /** In of `takeMean`: two moments of the world, ms. Out: the mean between them by the track, W. */
  fromMs: number;
  untilMs: number;
  meanW: number;
  integralAtMs: number;
  integralWmsAt: number;
}

/** Tracks for the stages of an observer, which look back as far as it does. */
export function createStageTrack(observer: LoadObserver): StageTrack {
  const { stageCount: n, slots, delayMs } = observer;
  return {
    stageCount: n,
    observer,
    modelW: new Float64Array(n),
    targetW: new Float64Array(n),
    targetAtMs: new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    known: new Uint8Array(n),
    delayMs: Float64Array.from(delayMs),
    delayFit: createDelayFit(delayMs.map((ms) => ms + delayMoreMaxMs)),
    deviationW: new Float64Array(n),
    readAtMs: new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    observedW: new Float64Array(n),
    slots,
    timeMs: new Float64Array(slots),
    integralWms: new Float64Array(slots * n),
    head: 0,
    filled: 0,
    stepMs: 0,
    areaWms: 0,
    fromMs: Number.NaN,
    untilMs: Number.NaN,
    meanW: Number.NaN,
    integralAtMs: Number.NaN,
    integralWmsAt: Number.NaN,
  };
}

/** One tick, after the observer's. */
export function advanceTrack(t: StageTrack, stages: readonly StageFacts[], nowMs: number): void {
  const n = t.stageCount;
  const beforeMs = t.filled === 0 ? nowMs : t.timeMs[t.head]!;
  const from = t.head * n;
  t.head = (t.head + 1) & (t.slots - 1);
  if (t.filled < t.slots) t.filled++;
  t.timeMs[t.head] = nowMs;
  const to = t.head * n;
  for (let i = 0; i < n; i++) {
    const stage = stages[i]!;
    t.areaWms = 0;
    let sinceMs = beforeMs;
    if (stage.acknowledgedAtMs > t.targetAtMs[i]!) {
      const atMs = Math.min(nowMs, Math.max(beforeMs, stage.acknowledgedAtMs));
      t.stepMs = atMs - beforeMs;
      follow(t, i);
      sinceMs = atMs;
      t.targetW[i] = stage.acknowledgedW;
      t.targetAtMs[i] = stage.acknowledgedAtMs;
    }
    t.stepMs = nowMs - sinceMs;
    follow(t, i);
    t.integralWms[to + i] = t.integralWms[from + i]! + t.areaWms;
    const isTold = t.targetAtMs[i] !== Number.NEGATIVE_INFINITY;
    if (!isTold || t.observer.powerSource[i] !== PowerSource.model) t.known[i] = 0;
    else if (t.known[i] === 0) startTrack(t, i, stage, nowMs);
    else if (stage.atMs > t.readAtMs[i]!) compareReading(t, i, stage);
  }
}

/** Whether every stage's track is in force. */
export function allTracked({ known, stageCount }: StageTrack): boolean {
  for (let i = 0; i < stageCount; i++) if (known[i] === 0) return false;
  return true;
}

/** Mean power of all stages together between two moments of the world, W: by their tracks, else by models and readings. */
export function trackedSumW(t: StageTrack, fromMs: number, untilMs: number): number {
  const o = t.observer;
  o.spanFromMs = fromMs;
  o.spanUntilMs = untilMs;
  fillStagePowers(o, t.observedW);
  let sumW = 0;
  for (let i = 0; i < t.stageCount; i++) {
    if (t.known[i] === 0) {
      sumW += t.observedW[i]!;
      continue;
    }
    t.fromMs = fromMs;
    t.untilMs = untilMs;
    takeMean(t, i);
    sumW += t.meanW + t.deviationW[i]!;
  }
  return sumW;
}

/** Moves a model on towards its setpoint by `stepMs`. */
function follow(t: StageTrack, i: number): void {
  const tau = t.observer.responseMs[i]!;
  const beforeW = t.modelW[i]!;
  const target = t.targetW[i]!;
  const gain = 1 - Math.exp(-t.stepMs / tau);
  const stepW = (target - beforeW) * gain;
  const mostW = t.observer.rateWPerMs[i]! * t.stepMs;
  if (stepW > mostW || stepW < -mostW) {
    t.modelW[i] = beforeW + (stepW > 0 ? mostW : -mostW);
    t.areaWms += 0.5 * (beforeW + t.modelW[i]!) * t.stepMs;
    return;
  }
  t.modelW[i] = beforeW + stepW;
  t.areaWms += target * t.stepMs + (beforeW - target) * tau * gain;
}

/** From now on the track counts; before it the stage is taken to have done what it does now. Bounded by the slots. */
function startTrack(t: StageTrack, i: number, { powerW, atMs }: StageFacts, nowMs: number): void {
  const n = t.stageCount;
  t.known[i] = 1;
  t.modelW[i] = powerW;
  t.deviationW[i] = 0;
  t.readAtMs[i] = atMs;
  const now = t.integralWms[t.head * n + i]!;
  for (let back = 1; back < t.filled; back++) {
    const slot = (t.head - back + t.slots) & (t.slots - 1);
    t.integralWms[slot * n + i] = now - powerW * (nowMs - t.timeMs[slot]!);
  }
}

/** A new reading: of a stage that moves it says how late the stage is, of one that rests by how much its track is wrong. */
function compareReading(t: StageTrack, i: number, { powerW, atMs }: StageFacts): void {
  const { windowMs, latencyMs, ratedW } = t.observer;
  const sinceMs = Math.min(readingMaxMs, atMs - t.readAtMs[i]!);
  t.readAtMs[i] = atMs;
  const untilMs = atMs - latencyMs[i]!;
  const fromMs = untilMs - windowMs[i]!;
  const delayMs = t.delayMs[i]!;
  t.fromMs = fromMs;
  t.untilMs = untilMs;
  for (let k = 0; k < delaysCount; k++) {
    t.delayMs[i] = k * t.delayFit.stepMs[i]!;
    takeMean(t, i);
    t.delayFit.expectedW[k] = t.meanW;
  }
  t.delayMs[i] = delayMs;
  takeMean(t, i);
  const offW = powerW - t.meanW - t.deviationW[i]!;
  const slope = slopeOf(t.delayFit, i, delayMs);
  t.delayMs[i] = fitDelay(t.delayFit, i, powerW - t.deviationW[i]!, ratedW[i]!, delayMs);
  if (slope < movesShare * ratedW[i]!) t.deviationW[i] = t.deviationW[i]! + (sinceMs / (deviationMs + sinceMs)) * offW;
}

/** Mean of stage i from `fromMs` to `untilMs` by its track, without its deviation, into `meanW`. */
function takeMean(t: StageTrack, i: number): void {
  t.integralAtMs = t.untilMs - t.delayMs[i]!;
  integrate(t, i);
  const untilWms = t.integralWmsAt;
  t.integralAtMs = t.fromMs - t.delayMs[i]!;
  integrate(t, i);
  t.meanW = (untilWms - t.integralWmsAt) / (t.untilMs - t.fromMs);
}

/** ∫ of stage i's model up to `integralAtMs` into `integralWmsAt`; flat before the history begins, running on after its end. */
function integrate(t: StageTrack, i: number): void {
  const n = t.stageCount;
  const mask = t.slots - 1;
  const atMs = t.integralAtMs;
  const newestMs = t.timeMs[t.head]!;
  if (atMs >= newestMs || t.filled < 2) {
    t.integralWmsAt = t.integralWms[t.head * n + i]! + t.modelW[i]! * Math.max(0, atMs - newestMs);
    return;
  }
  const oldest = t.filled - 1;
  let back = Math.min(oldest, Math.max(1, Math.ceil((newestMs - atMs) / t.observer.tickMs)));
  while (back < oldest && t.timeMs[(t.head - back) & mask]! > atMs) back++;
  while (back > 1 && t.timeMs[(t.head - back + 1) & mask]! <= atMs) back--;
  const older = (t.head - back) & mask;
  const newer = (older + 1) & mask;
  const olderMs = t.timeMs[older]!;
  const olderWms = t.integralWms[older * n + i]!;
  const share = Math.max(0, atMs - olderMs) / Math.max(1e-9, t.timeMs[newer]! - olderMs);
  t.integralWmsAt = olderWms + (t.integralWms[newer * n + i]! - olderWms) * share;
}

/**
 * Keeps the observer's delays right: a setpoint that waits behind a slow gateway, or a device that answers slowly, moves the
 * stage later than was found at commissioning, and with models that run ahead the control takes its own moves for the load's.
 * From the stages' own readings, within bounds: what is later by more than that is another stage than was described, and
 * `dynamics/` says so. Only where stages acknowledge their setpoints. No allocation after creation.
 */
import type { StageFacts } from "../../snapshot.ts";
import { fillMean, type LoadObserver, PowerSource } from "../load-observer.ts";
import { createDelayFit, type DelayFit, delaysCount, fitDelay } from "./delay-fit.ts";

/** A delay may be found longer than configured by so much: what is tried first, and at most, ms. */
const moreFirstMs = 60;
const moreMaxMs = 240;

/** What readings have told of the observer's delays. */
export interface DelayWatch {
  readonly fit: DelayFit;
  /** As configured, and at most, ms. */
  readonly toldMs: Float64Array;
  readonly mostMs: Float64Array;
  /** By how much the latest stage is later than configured, ms, and which it is; −1 where none is. */
  laterMs: number;
  latest: number;
  readonly readAtMs: Float64Array;
}

/** Nothing told yet: the delays are as configured. */
export function createDelayWatch({ delayMs, stageCount }: LoadObserver): DelayWatch {
  const mostMs = delayMs.map((ms) => ms + moreMaxMs);
  return {
    fit: createDelayFit(
      delayMs.map((ms) => ms + moreFirstMs),
      mostMs,
    ),
    toldMs: Float64Array.from(delayMs),
    mostMs,
    laterMs: 0,
    latest: -1,
    readAtMs: new Float64Array(stageCount).fill(Number.NEGATIVE_INFINITY),
  };
}

/** One tick, after the observer's. */
export function watchDelays(w: DelayWatch, o: LoadObserver, stages: readonly StageFacts[]): void {
  for (let i = 0; i < o.stageCount; i++) {
    const { atMs, powerW, acknowledgedAtMs } = stages[i]!;
    if (!(atMs > w.readAtMs[i]!)) continue;
    w.readAtMs[i] = atMs;
    if (o.powerSource[i] !== PowerSource.model || acknowledgedAtMs === Number.NEGATIVE_INFINITY) continue;
    const meanW = o.meanW[i]!;
    for (let k = 0; k < delaysCount; k++) {
      o.untilMs[i] = atMs - o.latencyMs[i]! - k * w.fit.stepMs[i]!;
      o.fromMs[i] = o.untilMs[i]! - o.windowMs[i]!;
      fillMean(o, i);
      w.fit.expectedW[k] = o.meanW[i]!;
    }
    o.meanW[i] = meanW;
    o.delayMs[i] = Math.min(w.mostMs[i]!, fitDelay(w.fit, i, powerW, o.ratedW[i]!, o.delayMs[i]!));
  }
  w.laterMs = 0;
  w.latest = -1;
  for (let i = 0; i < o.stageCount; i++) {
    const laterMs = o.delayMs[i]! - w.toldMs[i]!;
    if (!(laterMs > w.laterMs)) continue;
    w.laterMs = laterMs;
    w.latest = i;
  }
}

/**
 * The exploration's clock: one abstract tick T = 100 ms of the machine's time. Bounds are the smallest multiples that keep
 * the laws of `mode-timings.ts` for this plant: K1 and stages answer within 0 to 1 T (slow: 5 and 4 T), the bus decays within
 * 1 T, contacts lag by 1 T, the stages' watchdog is 3 T.
 */
import type { ModeTimings } from "../../src/core/modes/timings.ts";

export const tickMs = 100;
export const nowMs = 1_000 * tickMs;
export const watchdogTicks = 3;
/** A stage that forms behind a K1 that is proven open may be silent for so long before it counts as unheard. */
export const formingFreshTicks = 2;

export const modelTimings: ModeTimings = {
  balanceMs: 1 * tickMs,
  balanceMaxMs: 3 * tickMs,
  stopMs: 2 * tickMs,
  disobeyMs: 2 * tickMs,
  contradictionMs: 3 * tickMs,
  decayMs: 3 * tickMs,
  deadMs: 1 * tickMs,
  openMs: 4 * tickMs,
  closeMs: 3 * tickMs,
  settleMs: 5 * tickMs,
  adoptMs: 2 * tickMs,
  coherentMs: 2 * tickMs,
  outMs: 2 * tickMs,
  returnMs: 2 * tickMs,
  enterServiceMs: 2 * tickMs,
  rampMs: 2 * tickMs,
  startMs: 1 * tickMs,
  startMaxMs: 4 * tickMs,
  stableMs: 2 * tickMs,
  syncMs: 1 * tickMs,
  closeLiveMs: 3 * tickMs,
  lagMs: 1 * tickMs,
  glitchMs: 1 * tickMs,
  syncMaxMs: 3 * tickMs,
  storeMaxMs: 3 * tickMs,
};

/** Ages are counted up to here; every bound above is at most this. */
export const cap = {
  modeAge: 5,
  armedAge: 3,
  hGood: 2,
  hOut: 2,
  hNotGood: 2,
  hUncommanded: 2,
  hContra: 3,
  hClosed: 2,
  hOpen: 2,
  hDead: 1,
  hNotDead: 3,
  hSync: 1,
  startedAge: 7,
  deviceAge: 2,
  meterAge: 2,
  stageAge: 3,
  /** Of two stages one may be silent until its watchdog has stopped it. */
  stageAgeOfTwo: 7,
} as const;

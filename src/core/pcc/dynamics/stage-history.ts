/**
 * What the stages say that they do, summed for each channel and remembered, so that the mean over any window of the meter can
 * be asked for. Core sign: positive charges. Readings between two ticks are taken as a line. No allocation after creation.
 */

/** How long the sums are remembered: the longest window and the latest sample that are tried, and some more, ms. */
const historyMs = 8_000;

/** Sums of the stages' readings over time. */
export interface StageHistory {
  readonly channelCount: number;
  /** How much older a reading is than its arrival, ms. */
  readonly readingAgeMs: number;
  /** Times of the last ticks, and ∫ of the sum of each channel up to them, W·ms, at [slot · channelCount + c]. */
  readonly slots: number;
  readonly timeMs: Float64Array;
  readonly integralWms: Float64Array;
  head: number;
  filled: number;
  /** Time since the tick before this one, ms; 0 in the first. */
  sinceMs: number;
  /** In of `addReading`: power of each stage in this tick. Then the one before it; NaN before the first. */
  readonly nowW: Float64Array;
  readonly powerW: Float64Array;
  // Handed over in fields: a number that crosses a call which is not inlined is an object on the heap.
  /** In: two moments of the world, ms. Out of `measuredSum`: the mean between them, W. */
  spanFromMs: number;
  spanUntilMs: number;
  meanW: number;
  /** In and out of `integrate`. */
  integralAtMs: number;
  integralWmsAt: number;
}

/** An empty history of some seconds. */
export function createStageHistory(
  tickMs: number,
  channelCount: number,
  stageCount: number,
  readingAgeMs: number,
): StageHistory {
  let slots = 16;
  while (slots * tickMs < historyMs) slots *= 2;
  return {
    channelCount,
    readingAgeMs,
    slots,
    timeMs: new Float64Array(slots),
    integralWms: new Float64Array(slots * channelCount),
    head: 0,
    filled: 0,
    sinceMs: 0,
    nowW: new Float64Array(stageCount),
    powerW: new Float64Array(stageCount).fill(Number.NaN),
    spanFromMs: Number.NaN,
    spanUntilMs: Number.NaN,
    meanW: Number.NaN,
    integralAtMs: Number.NaN,
    integralWmsAt: Number.NaN,
  };
}

/** A new tick: the sums go on from where they stood. */
export function beginTick(h: StageHistory, nowMs: number): void {
  const from = h.head * h.channelCount;
  h.head = (h.head + 1) & (h.slots - 1);
  if (h.filled < h.slots) h.filled++;
  h.timeMs[h.head] = nowMs;
  const to = h.head * h.channelCount;
  for (let c = 0; c < h.channelCount; c++) h.integralWms[to + c] = h.integralWms[from + c]!;
  h.sinceMs = sinceLastTickMs(h);
}

/** Time since the tick before this one, ms; 0 in the first. */
function sinceLastTickMs(h: StageHistory): number {
  return h.filled < 2 ? 0 : h.timeMs[h.head]! - h.timeMs[(h.head - 1) & (h.slots - 1)]!;
}

/**
 * Power of stage i in this tick, from `nowW`: as an argument each would be an object. `shares`: of stage i in channel c at
 * [c · stageCount + i].
 */
export function addReading(h: StageHistory, i: number, shares: Float64Array): void {
  const powerW = h.nowW[i]!;
  const dtMs = h.sinceMs;
  const wasW = h.powerW[i]!;
  const areaWms = (Number.isNaN(wasW) ? powerW : 0.5 * (wasW + powerW)) * dtMs;
  h.powerW[i] = powerW;
  const to = h.head * h.channelCount;
  const n = h.powerW.length;
  for (let c = 0; c < h.channelCount; c++) {
    h.integralWms[to + c] = h.integralWms[to + c]! + shares[c * n + i]! * areaWms;
  }
}

/** Mean of the measured sum of channel c from `spanFromMs` to `spanUntilMs`, W, into `meanW`. */
export function measuredSum(h: StageHistory, c: number): void {
  h.integralAtMs = h.spanUntilMs + h.readingAgeMs;
  integrate(h, c);
  const untilWms = h.integralWmsAt;
  h.integralAtMs = h.spanFromMs + h.readingAgeMs;
  integrate(h, c);
  h.meanW = (untilWms - h.integralWmsAt) / (h.spanUntilMs - h.spanFromMs);
}

/** ∫ of the measured sum of channel c up to `integralAtMs` into `integralWmsAt`, carried on in a line beyond either end. */
function integrate(h: StageHistory, c: number): void {
  const n = h.channelCount;
  if (h.filled < 2) {
    h.integralWmsAt = h.integralWms[h.head * n + c]!;
    return;
  }
  const older = (h.head - slotsBack(h)) & (h.slots - 1);
  const newer = (older + 1) & (h.slots - 1);
  const olderMs = h.timeMs[older]!;
  const olderWms = h.integralWms[older * n + c]!;
  const changeWms = h.integralWms[newer * n + c]! - olderWms;
  h.integralWmsAt = olderWms + (changeWms * (h.integralAtMs - olderMs)) / (h.timeMs[newer]! - olderMs);
}

/** How many slots before the newest the one stands that is just older than `integralAtMs`. */
function slotsBack(h: StageHistory): number {
  const { head, timeMs, integralAtMs } = h;
  const mask = h.slots - 1;
  const newestMs = timeMs[head]!;
  const stepMs = Math.max(1, newestMs - timeMs[(head - 1) & mask]!);
  const oldest = h.filled - 1;
  // The place of a regular history first, then a search, for ticks that were late or left out.
  let back = Math.min(oldest, Math.max(1, Math.ceil((newestMs - integralAtMs) / stepMs)));
  while (back < oldest && timeMs[(head - back) & mask]! > integralAtMs) back++;
  while (back > 1 && timeMs[(head - back + 1) & mask]! <= integralAtMs) back--;
  return back;
}

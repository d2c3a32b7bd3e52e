/**
 * How long after a command a stage moves, from its own readings: each reading while it moves is compared with what several
 * delays would have it do, and the delay whose squares are least is the one. Readings that none of them explains say nothing
 * (a battery at its limit, a stage that does as it likes). No allocation after creation.
 */

/** Delays that are tried, from none to the longest. */
export const delaysCount = 13;
/** The delays must differ by this share of its rating about what the stage does: else it has not moved. */
const movesShare = 0.05;
/** The delay that fits best has to explain this much of that difference. */
const explainedShare = 0.75;
/** Readings that count; fewer than so many say nothing yet. */
const readingsKept = 30;
const readingsLeast = 6;
/** Share of the way to what was found that is gone with each reading. */
const gain = 0.3;

/** What the readings of some stages have said so far. */
export interface DelayFit {
  /** Distance between two delays that are tried, ms, for each stage. */
  readonly stepMs: Float64Array;
  readonly squares: Float64Array;
  readonly readings: Float64Array;
  /** In: what the stage would be doing with each delay, W. */
  readonly expectedW: Float64Array;
}

/** Nothing known; `mostMs`: the longest delay of each stage that is thought of. */
export function createDelayFit(mostMs: Float64Array): DelayFit {
  return {
    stepMs: mostMs.map((ms) => ms / (delaysCount - 1)),
    squares: new Float64Array(mostMs.length * delaysCount),
    readings: new Float64Array(mostMs.length),
    expectedW: new Float64Array(delaysCount),
  };
}

/** How fast the stage moves if `delayMs` is right, by what the delays expect of it, W per ms. */
export function slopeOf({ expectedW, stepMs }: DelayFit, i: number, delayMs: number): number {
  const k = Math.max(1, Math.min(delaysCount - 2, Math.round(delayMs / stepMs[i]!)));
  return Math.abs(expectedW[k + 1]! - expectedW[k - 1]!) / (2 * stepMs[i]!);
}

function spreadW(expectedW: Float64Array): number {
  let least = expectedW[0]!;
  let most = least;
  for (let k = 1; k < delaysCount; k++) {
    const w = expectedW[k]!;
    if (w < least) least = w;
    else if (w > most) most = w;
  }
  return most - least;
}

/** A reading of stage i. The delay from here on, ms, `delayMs` being the one so far. */
export function fitDelay(f: DelayFit, i: number, powerW: number, ratedW: number, delayMs: number): number {
  const { expectedW, squares } = f;
  const movedW = spreadW(expectedW);
  if (movedW < movesShare * ratedW) return delayMs;
  let leastW = Number.POSITIVE_INFINITY;
  for (let k = 0; k < delaysCount; k++) leastW = Math.min(leastW, Math.abs(powerW - expectedW[k]!));
  if (leastW > (1 - explainedShare) * movedW) return delayMs;
  const base = i * delaysCount;
  const keep = 1 - 1 / readingsKept;
  let best = 0;
  for (let k = 0; k < delaysCount; k++) {
    const offW = powerW - expectedW[k]!;
    squares[base + k] = squares[base + k]! * keep + offW * offW;
    if (squares[base + k]! < squares[base + best]!) best = k;
  }
  f.readings[i] = f.readings[i]! + 1;
  if (f.readings[i]! < readingsLeast) return delayMs;
  return delayMs + gain * (f.stepMs[i]! * (best + summit(squares, base, best)) - delayMs);
}

/** From the best one to where the least of the squares lies, in steps, by the parabola through three of them. */
function summit(squares: Float64Array, base: number, best: number): number {
  const middle = Math.max(1, Math.min(delaysCount - 2, best));
  const left = squares[base + middle - 1]!;
  const right = squares[base + middle + 1]!;
  const bend = left + right - 2 * squares[base + middle]!;
  if (!(bend > 0)) return 0;
  const at = middle + (0.5 * (left - right)) / bend;
  return Math.max(0, Math.min(delaysCount - 1, at)) - best;
}

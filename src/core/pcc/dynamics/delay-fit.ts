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
/** So many more readings that lie beyond the longest delay than within it, and longer ones are tried. */
const beyondLeast = 8;
/** Share of the way to what was found that is gone with each reading. */
const gain = 0.3;

/** What the readings of some stages have said so far. */
export interface DelayFit {
  /** Distance between two delays that are tried, ms, for each stage. */
  readonly stepMs: Float64Array;
  readonly squares: Float64Array;
  readonly readings: Float64Array;
  /** Distance beyond which longer delays are not tried, ms; how many readings none of the delays explained. */
  readonly stepMaxMs: Float64Array;
  readonly beyond: Float64Array;
  /** In: what the stage would be doing with each delay, W. */
  readonly expectedW: Float64Array;
}

/** Nothing known; the longest delay of each stage that is thought of at first, and the longest of all, ms. */
export function createDelayFit(firstMs: Float64Array, mostMs = firstMs): DelayFit {
  return {
    stepMs: firstMs.map((ms) => ms / (delaysCount - 1)),
    squares: new Float64Array(firstMs.length * delaysCount),
    readings: new Float64Array(firstMs.length),
    stepMaxMs: mostMs.map((ms) => ms / (delaysCount - 1)),
    beyond: new Float64Array(firstMs.length),
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
  let least = 0;
  for (let k = 1; k < delaysCount; k++)
    if (Math.abs(powerW - expectedW[k]!) < Math.abs(powerW - expectedW[least]!)) least = k;
  const explained = Math.abs(powerW - expectedW[least]!) <= (1 - explainedShare) * movedW;
  if (isBeyond(f, i, least === delaysCount - 1, explained)) return delayMs;
  if (!explained) return delayMs;
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

/** Whether the stage moves later than the longest delay: then twice as long ones are tried from here on. */
function isBeyond(f: DelayFit, i: number, last: boolean, explained: boolean): boolean {
  f.beyond[i] = last ? f.beyond[i]! + 1 : Math.max(0, f.beyond[i]! - (explained ? 1 : 0));
  if (f.beyond[i]! < beyondLeast || !(f.stepMs[i]! < f.stepMaxMs[i]!)) return false;
  f.beyond[i] = 0;
  f.stepMs[i] = Math.min(2 * f.stepMs[i]!, f.stepMaxMs[i]!);
  f.squares.fill(0, i * delaysCount, (i + 1) * delaysCount);
  f.readings[i] = 0;
  return true;
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

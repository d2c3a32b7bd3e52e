/**
 * When the load stepped, and from what to what, from samples that are means over their windows. A window that holds a step is
 * a mixture of the load before and after it: with both known, the mixture dates the step. The load after it is taken from a
 * later window in which the stages hardly move, because a mistake of some ms about when the meter measured turns their
 * movement into load. Core sign of the owner's direction; no allocation after creation.
 */

/** One window of the meter. */
export interface LoadWindow {
  /** The window in the time of the world, ms. */
  fromMs: number;
  untilMs: number;
  /** Mean of the power that does not come from the stages, W. */
  otherW: number;
  /** Largest difference between two windows that noise explains, and that the stages' movement adds to it, W. */
  noiseW: number;
  motionW: number;
}

/** The load as far as it is reckoned: `beforeW` until `stepAtMs`, `levelW` from there on. */
export interface LoadSteps {
  beforeW: number;
  stepAtMs: number;
  levelW: number;
  /** Windows in which the stages move by no more than this count as still, W. */
  readonly stillW: number;
  /** The meter's windows overlap. Else one that begins before the last one's end was only read a little sooner. */
  sliding: boolean;
}

/** Windows that wait until the load after a step is known, with the one that holds the step. */
export const waitingMax = 8;
/** So many are waited for at least, and until they span the stages' answer to the step, ms. */
const waitingMin = 4;
const answerMs = 160;

/** No step seen; a change below `stillW` is none. */
export function createLoadSteps(stillW: number): LoadSteps {
  return { beforeW: Number.NaN, stepAtMs: Number.NEGATIVE_INFINITY, levelW: Number.NaN, stillW, sliding: true };
}

/** The load is `levelW`, as far back as anybody asks. */
function setLevel(s: LoadSteps, levelW: number): void {
  s.beforeW = levelW;
  s.levelW = levelW;
  s.stepAtMs = Number.NEGATIVE_INFINITY;
}

/** What the window shows beyond the load known so far, W. Windows may overlap, so a step may lie in several of them. */
function surpriseW(s: LoadSteps, { fromMs, untilMs, otherW }: LoadWindow): number {
  const afterShare = Math.min(1, (untilMs - s.stepAtMs) / (untilMs - fromMs));
  return otherW - s.beforeW - (s.levelW - s.beforeW) * afterShare;
}

/** The window shows the load as known. Also where nothing is known yet. */
export function isSteady(s: LoadSteps, window: LoadWindow): boolean {
  return !(Math.abs(surpriseW(s, window)) > window.noiseW + window.motionW);
}

/** Takes the load from a window that shows no step. */
export function followSteady(s: LoadSteps, window: LoadWindow): void {
  if (Number.isNaN(s.levelW) || (window.motionW <= s.stillW && window.fromMs >= s.stepAtMs)) setLevel(s, window.otherW);
}

/** Nothing is known any more. */
export function forgetLoad(s: LoadSteps): void {
  setLevel(s, Number.NaN);
}

/**
 * The oldest of `count` windows: reckons the load in it. False while it shows a step and the windows after it do not tell yet
 * what it led to. `windows[(first + k) % windows.length]` is the k-th; `last`: no further window will come.
 */
export function reckonLoad(
  s: LoadSteps,
  windows: readonly LoadWindow[],
  first: number,
  count: number,
  last: boolean,
): boolean {
  const window = windows[first]!;
  if (isSteady(s, window)) {
    followSteady(s, window);
    return true;
  }
  if (count === 1 && !last) return false;
  const k = count === 1 ? 0 : windowAfter(s, windows, first, count, last);
  if (k < 0) return false;
  dateStep(s, window, windows[(first + k) % windows.length]!);
  return true;
}

/** Which window shows the load after the step in the first one; −1 while that is open. */
function windowAfter(
  s: LoadSteps,
  windows: readonly LoadWindow[],
  first: number,
  count: number,
  last: boolean,
): number {
  let best = 1;
  for (let k = 1; k < count; k++) {
    const window = windows[(first + k) % windows.length]!;
    const known = windows[(first + best) % windows.length]!;
    // One that shows another load than those before it holds a step of its own.
    if (Math.abs(window.otherW - known.otherW) > spreadW(window) + spreadW(known)) return best;
    if (window.motionW <= known.motionW) best = k;
    if (window.motionW <= Math.max(s.stillW, window.noiseW)) return best;
  }
  const newest = windows[(first + count - 1) % windows.length]!;
  const spanMs = newest.untilMs - windows[first]!.fromMs;
  const enough = count === waitingMax || (count >= waitingMin && spanMs >= answerMs);
  return last || enough ? best : -1;
}

const spreadW = ({ noiseW, motionW }: LoadWindow): number => noiseW + motionW;

function dateStep(s: LoadSteps, window: LoadWindow, after: LoadWindow): void {
  const lengthMs = window.untilMs - window.fromMs;
  const knownW = window.otherW - surpriseW(s, window);
  // Overlapping windows see a step grow; others see the whole of it.
  const overlaps = s.sliding && after.fromMs < window.untilMs - 1 && after !== window;
  const stepW = overlaps
    ? ((after.otherW - window.otherW) * lengthMs) / (after.untilMs - window.untilMs)
    : after.otherW - knownW;
  const share = (window.otherW - knownW) / stepW;
  const isPeak = share > 1 && Math.abs(window.otherW - knownW - stepW) > spreadW(window) + spreadW(after);
  if (!(share > 0) || isPeak) {
    // There and back within the window: its mean is all that is known.
    setLevel(s, window.otherW);
    return;
  }
  s.beforeW = knownW;
  s.stepAtMs = window.untilMs - Math.min(1, share) * lengthMs;
  s.levelW = knownW + stepW;
}

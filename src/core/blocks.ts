/**
 * Small reusable blocks of a control loop: low-pass, ramp, on-delay, hysteresis. Each is a state made once and a step that
 * writes it in place. `dtS` is the time since the last step, ≥ 0; nothing here reads a clock.
 *
 * States of one `value` are classes, not literals: all literals `{ value }` of a program share one hidden shape, and as soon as
 * one of them holds an object the engine puts every new number of the others on the heap. For the same reason the field
 * begins as a number: a field that is only declared begins as `undefined`.
 */

/** First-order lag. `value` NaN means that nothing has been seen yet: the first input is taken as it is. */
export class LowPassState {
  value = Number.NaN;

  constructor(value = Number.NaN) {
    this.value = value;
  }
}

/** Moves towards `target` with `timeConstantS`; a time constant of zero follows at once. Exact for any step width. */
export function stepLowPass(state: LowPassState, target: number, timeConstantS: number, dtS: number): number {
  if (Number.isNaN(state.value) || timeConstantS <= 0) state.value = target;
  else state.value += (1 - Math.exp(-dtS / timeConstantS)) * (target - state.value);
  return state.value;
}

/**
 * Time constant of the first-order lag whose step response has made 90 % of the change after the open-loop response time,
 * seconds: ln 10 time constants.
 */
export const olrtTimeConstantS = (olrtS: number): number => olrtS / Math.LN10;

/** A value that moves no faster than its rates. */
export class RampState {
  value = Number.NaN;

  constructor(value = 0) {
    this.value = value;
  }
}

/** Moves towards `target` by at most `upPerS` or `downPerS` (both > 0, Infinity follows at once) per second. */
export function stepRamp(state: RampState, target: number, upPerS: number, downPerS: number, dtS: number): number {
  const change = target - state.value;
  if (change > upPerS * dtS) state.value += upPerS * dtS;
  else if (-change > downPerS * dtS) state.value -= downPerS * dtS;
  else state.value = target;
  return state.value;
}

/** How long a condition has held without a break, counted from the first sample that showed it; NaN while it does not. */
export interface OnDelayState {
  elapsedS: number;
}

/** A delay whose condition does not hold yet. */
export const createOnDelay = (): OnDelayState => ({ elapsedS: Number.NaN });

/** Largest error of a sum of steps that still counts as the full delay, seconds. */
const timerSlackS = 1e-9;

/** True once `condition` has held for at least `delayS` since the first sample that showed it. */
export function stepOnDelay(state: OnDelayState, condition: boolean, delayS: number, dtS: number): boolean {
  if (!condition) {
    state.elapsedS = Number.NaN;
    return false;
  }
  state.elapsedS = Number.isNaN(state.elapsedS) ? 0 : state.elapsedS + dtS;
  return state.elapsedS >= delayS - timerSlackS;
}

/** A switch with two thresholds, so that noise at one of them does not chatter. */
export interface HysteresisState {
  on: boolean;
}

/** A two-point switch in its off position. */
export const createHysteresis = (): HysteresisState => ({ on: false });

/** Switches on above `onAbove` and off below `offBelow` (≤ `onAbove`); a NaN value switches off. */
export function stepHysteresis(state: HysteresisState, value: number, onAbove: number, offBelow: number): boolean {
  if (value > onAbove) state.on = true;
  else if (!(value >= offBelow)) state.on = false;
  return state.on;
}

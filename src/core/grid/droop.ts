/**
 * Frequency-droop (IEEE 1547-2018 6.5.2.7 Tables 23, 24): outside a dead band active power moves from its value before the
 * disturbance in proportion to the deviation, for storage from discharging through zero into charging. It outranks the
 * active power limit; volt-watt and the ratings bound it. The dead band is part of the formula, so power is continuous.
 *
 * European codes call it LFSM-O above and LFSM-U below nominal frequency, and differ in what it is a share of (rated power, or
 * the power when it began), whether it follows the frequency back or holds the furthest power until the frequency has been
 * back for a time, and how slowly power may return.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { clamp } from "../../domain/units.ts";
import {
  createOnDelay,
  LowPassState,
  type OnDelayState,
  olrtTimeConstantS,
  stepLowPass,
  stepOnDelay,
} from "../blocks.ts";

/** Whether frequency droop acts, and the power before it did, as a share of the rating (IEEE 1547-2018, 6.5.2.7). */
export interface DroopState {
  /** Frequency is outside the dead band: power follows droop and nobody's request. */
  active: boolean;
  /** Frequency is back, power is on its way back to the request. */
  returning: boolean;
  /** Active power before the disturbance, pu of rated. */
  beforePu: number;
  /** The shift in force, pu of what the code refers to; with `droopHold` the furthest so far. Keeps its sign while returning. */
  shiftPu: number;
  readonly response: LowPassState;
  readonly delay: OnDelayState;
  readonly stop: OnDelayState;
}

/** Droop at rest. */
export const createDroop = (): DroopState => ({
  active: false,
  returning: false,
  beforePu: 0,
  shiftPu: 0,
  response: new LowPassState(),
  delay: createOnDelay(),
  stop: createOnDelay(),
});

/** Droop at rest again: the stage has left service. */
export function resetDroop(state: DroopState): void {
  state.active = false;
  state.returning = false;
  state.shiftPu = 0;
  state.response.value = Number.NaN;
  state.delay.elapsedS = Number.NaN;
  state.stop.elapsedS = Number.NaN;
}

/** So near to the request the return is over, pu. */
const returnedPu = 1e-3;

/** Change of injected power that the characteristic asks for, pu of rated; zero inside the dead band. */
export function droopShiftPu(settings: Readonly<GridSettings>, frequencyHz: number): number {
  const { nominalFrequencyHz, droopOverBandHz, droopUnderBandHz } = settings;
  const deviationHz = frequencyHz - nominalFrequencyHz;
  if (deviationHz > droopOverBandHz) {
    return -(deviationHz - droopOverBandHz) / (nominalFrequencyHz * settings.droopOverPu);
  }
  if (-deviationHz > droopUnderBandHz) {
    return (-deviationHz - droopUnderBandHz) / (nominalFrequencyHz * settings.droopUnderPu);
  }
  return 0;
}

/**
 * Active power, pu of rated: `normalPu` as requested and limited while the frequency is normal, the droop's value otherwise.
 * `undisturbedPu` is what was last injected without droop; `minPu` is the largest charging power, negative. `frequencyHz`
 * NaN (not measured) holds the present target.
 */
export function stepDroop(
  state: DroopState,
  settings: Readonly<GridSettings>,
  frequencyHz: number,
  normalPu: number,
  undisturbedPu: number,
  minPu: number,
  dtS: number,
): number {
  if (!settings.droopEnabled) {
    resetDroop(state);
    return normalPu;
  }
  if (Number.isNaN(frequencyHz)) return state.active || state.returning ? state.response.value : normalPu;
  judgeDroop(state, settings, frequencyHz, undisturbedPu, dtS);
  if (state.active) {
    const { droopOverReference, droopUnderReference } = settings;
    const reference = state.shiftPu < 0 ? droopOverReference : droopUnderReference;
    const basePu = reference === "actual" ? Math.abs(state.beforePu) : 1;
    const targetPu = clamp(state.beforePu + state.shiftPu * basePu, minPu, 1);
    return stepLowPass(state.response, targetPu, olrtTimeConstantS(settings.droopOlrtS), dtS);
  }
  if (!state.returning) return normalPu;
  stepReturn(state, settings, normalPu, dtS);
  if (Math.abs(state.response.value - normalPu) >= returnedPu) return state.response.value;
  resetDroop(state);
  return normalPu;
}

/** Whether droop acts now, and by how much. */
function judgeDroop(
  state: DroopState,
  settings: Readonly<GridSettings>,
  frequencyHz: number,
  undisturbedPu: number,
  dtS: number,
): void {
  const shiftPu = droopShiftPu(settings, frequencyHz);
  const outside = shiftPu !== 0;
  const begins = stepOnDelay(state.delay, outside, settings.droopDelayS, dtS);
  if (!state.active && begins) {
    state.active = true;
    state.beforePu = undisturbedPu;
    if (!state.returning) state.response.value = undisturbedPu;
    state.returning = false;
    state.shiftPu = 0;
  }
  if (!state.active) return;
  if (outside) state.shiftPu = settings.droopHold ? further(state.shiftPu, shiftPu) : shiftPu;
  const ends = settings.droopHold
    ? stepOnDelay(state.stop, !outside && isBack(state, settings, frequencyHz), settings.droopStopS, dtS)
    : !outside;
  if (!ends) return;
  state.active = false;
  state.returning = true;
}

/** The shift further from zero; one to the other side replaces it. */
const further = (heldPu: number, shiftPu: number): number =>
  heldPu * shiftPu > 0 && Math.abs(heldPu) > Math.abs(shiftPu) ? heldPu : shiftPu;

/** Within the band in which a droop that holds may end. */
const isBack = ({ shiftPu }: DroopState, settings: Readonly<GridSettings>, frequencyHz: number): boolean => {
  const { droopStopBandHz, droopOverBandHz, droopUnderBandHz, nominalFrequencyHz } = settings;
  const ownBandHz = shiftPu < 0 ? droopOverBandHz : droopUnderBandHz;
  return Math.abs(frequencyHz - nominalFrequencyHz) <= (droopStopBandHz > 0 ? droopStopBandHz : ownBandHz);
};

/** Back to the request: at the code's gradient, which only holds up what would undo the help, or at the response time. */
function stepReturn(state: DroopState, settings: Readonly<GridSettings>, normalPu: number, dtS: number): void {
  const { response, shiftPu } = state;
  const { droopReturnS } = settings;
  if (!(droopReturnS > 0)) {
    stepLowPass(response, normalPu, olrtTimeConstantS(settings.droopOlrtS), dtS);
    return;
  }
  const undoes = shiftPu < 0 ? normalPu > response.value : normalPu < response.value;
  const mostPu = dtS / droopReturnS;
  response.value = undoes ? clamp(normalPu, response.value - mostPu, response.value + mostPu) : normalPu;
}

/**
 * Frequency-droop (IEEE 1547-2018 6.5.2.7 Tables 23, 24): outside a dead band active power moves from its value before the
 * disturbance in proportion to the deviation, for storage from discharging through zero into charging. It outranks the
 * active power limit; volt-watt and the ratings bound it. The dead band is part of the formula, so power is continuous.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { LowPassState, olrtTimeConstantS, stepLowPass } from "../blocks.ts";

/** Whether frequency droop acts, and the power before it did, as a share of the rating (IEEE 1547-2018, 6.5.2.7). */
export interface DroopState {
  /** Frequency is outside the dead band: power follows droop and nobody's request. */
  active: boolean;
  /** Frequency is back, power is on its way back to the request. */
  returning: boolean;
  /** Active power before the disturbance, pu of rated. */
  beforePu: number;
  readonly response: LowPassState;
}

/** Droop at rest. */
export const createDroop = (): DroopState => ({
  active: false,
  returning: false,
  beforePu: 0,
  response: new LowPassState(),
});

/** Droop at rest again: the stage has left service. */
export function resetDroop(state: DroopState): void {
  state.active = false;
  state.returning = false;
  state.response.value = Number.NaN;
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
  const shiftPu = droopShiftPu(settings, frequencyHz);
  const active = shiftPu !== 0;
  if (active && !state.active) {
    state.beforePu = undisturbedPu;
    if (!state.returning) state.response.value = undisturbedPu;
  }
  if (!active && state.active) state.returning = true;
  if (active) state.returning = false;
  state.active = active;
  if (!active && !state.returning) return normalPu;
  const targetPu = active ? Math.min(1, Math.max(minPu, state.beforePu + shiftPu)) : normalPu;
  stepLowPass(state.response, targetPu, olrtTimeConstantS(settings.droopOlrtS), dtS);
  if (!active && Math.abs(state.response.value - normalPu) < returnedPu) {
    resetDroop(state);
    return normalPu;
  }
  return state.response.value;
}

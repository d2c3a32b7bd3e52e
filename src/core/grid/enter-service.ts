/**
 * Enter service (IEEE 1547-2018 4.10): the criteria must hold without a break for the delay, then power ramps up. Instead of
 * the ramp a random addition to the delay may be set. Any excursion restarts the delay.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";
import { createOnDelay, type OnDelayState, RampState, stepOnDelay, stepRamp } from "../blocks.ts";
import type { ApplicableGrid } from "./measurement.ts";
import { crossingSlack } from "./trip.ts";

/** Whether the stage may feed the grid, or how far it is on the way: window, delay, ramp (IEEE 1547-2018, 4.10). */
export interface EnterServiceState {
  /** Voltage and frequency are within the criteria at this moment. */
  inWindow: boolean;
  inService: boolean;
  readonly delay: OnDelayState;
  /** Largest magnitude of power allowed by the ramp, pu of rated. */
  readonly ramp: RampState;
  /** In [0, 1): which part of the random delay is used. Drawn by whoever owns the random generator, once for each entry. */
  randomFraction: number;
}

/** In service at once, or waiting for a good grid; `randomFraction` in [0, 1) is the random part of the delay. */
export const createEnterService = (inService: boolean, randomFraction: number): EnterServiceState => ({
  inWindow: false,
  inService,
  delay: createOnDelay(),
  ramp: new RampState(inService ? 1 : 0),
  randomFraction,
});

/** Out of service: window, delay and ramp begin anew. */
export function leaveService(state: EnterServiceState): void {
  state.inService = false;
  state.delay.elapsedS = Number.NaN;
  state.ramp.value = 0;
}

/** Whether voltage and frequency meet the criteria now. Unknown is not in the window. */
export function isInEnterServiceWindow(settings: Readonly<GridSettings>, grid: Readonly<ApplicableGrid>): boolean {
  return (
    grid.voltageQuality === Quality.good &&
    grid.frequencyQuality === Quality.good &&
    grid.lowPu >= settings.enterVoltageMinPu - crossingSlack &&
    grid.highPu <= settings.enterVoltageMaxPu + crossingSlack &&
    grid.frequencyHz >= settings.enterFrequencyMinHz - crossingSlack &&
    grid.frequencyHz <= settings.enterFrequencyMaxHz + crossingSlack
  );
}

/**
 * True while in service. `state.ramp.value` then limits the magnitude of active power. `permitted` is everything else that
 * the criteria ask for: the utility's permit service, permissive inputs.
 */
export function stepEnterService(
  state: EnterServiceState,
  settings: Readonly<GridSettings>,
  grid: Readonly<ApplicableGrid>,
  permitted: boolean,
  dtS: number,
): boolean {
  state.inWindow = isInEnterServiceWindow(settings, grid);
  if (!state.inService) {
    const delayS = settings.enterDelayS + settings.enterRandomDelayS * state.randomFraction;
    state.inService = stepOnDelay(state.delay, state.inWindow && permitted, delayS, dtS);
    return state.inService;
  }
  stepRamp(state.ramp, 1, settings.enterRampS > 0 ? 1 / settings.enterRampS : Number.POSITIVE_INFINITY, 1, dtS);
  return true;
}

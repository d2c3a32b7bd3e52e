/**
 * Enter service (IEEE 1547-2018 4.10): the criteria must hold without a break for the delay, then power ramps up. Instead of
 * the ramp a random addition to the delay may be set. Any excursion restarts the delay. Some codes have criteria of their own
 * for a start that does not follow a trip; after a restart of the controller nobody knows which it is, and both must hold.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";
import { createOnDelay, type OnDelayState, RampState, stepOnDelay, stepRamp } from "../blocks.ts";
import type { ApplicableGrid } from "./measurement.ts";
import { crossingSlack } from "./trip.ts";

/** Why service was left last: a trip by the grid, a stop for another reason, or not known since the controller's start. */
export type LeftBy = "unknown" | "trip" | "stop";

/** Whether the stage may feed the grid, or how far it is on the way: window, delay, ramp (IEEE 1547-2018, 4.10). */
export interface EnterServiceState {
  /** Voltage and frequency are within the criteria at this moment. */
  inWindow: boolean;
  inService: boolean;
  leftBy: LeftBy;
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
  leftBy: "unknown",
  delay: createOnDelay(),
  ramp: new RampState(inService ? 1 : 0),
  randomFraction,
});

/** Out of service: window, delay and ramp begin anew. `byGrid`: the grid itself was the cause, and no person or signal. */
export function leaveService(state: EnterServiceState, byGrid: boolean): void {
  if (byGrid) state.leftBy = "trip";
  else if (state.inService) state.leftBy = "stop";
  state.inService = false;
  state.delay.elapsedS = Number.NaN;
  state.ramp.value = 0;
}

/** Whether voltage and frequency meet the criteria that hold after a trip. Unknown is not in the window. */
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

/** The same for a start. */
function isInStartWindow(settings: Readonly<GridSettings>, grid: Readonly<ApplicableGrid>): boolean {
  return (
    grid.voltageQuality === Quality.good &&
    grid.frequencyQuality === Quality.good &&
    grid.lowPu >= settings.startVoltageMinPu - crossingSlack &&
    grid.highPu <= settings.startVoltageMaxPu + crossingSlack &&
    grid.frequencyHz >= settings.startFrequencyMinHz - crossingSlack &&
    grid.frequencyHz <= settings.startFrequencyMaxHz + crossingSlack
  );
}

/** Whether the criteria for a start are asked for, and whether those after a trip. */
const asksStart = ({ startSeparate }: Readonly<GridSettings>, leftBy: LeftBy): boolean =>
  startSeparate && leftBy !== "trip";
const asksReturn = ({ startSeparate }: Readonly<GridSettings>, leftBy: LeftBy): boolean =>
  !startSeparate || leftBy !== "stop";

/** The delay in force, seconds: the longer one where it is not known which holds. */
export function entryDelayS({ leftBy, randomFraction }: EnterServiceState, settings: Readonly<GridSettings>): number {
  const returnS = asksReturn(settings, leftBy) ? settings.enterDelayS : 0;
  const startS = asksStart(settings, leftBy) ? settings.startDelayS : 0;
  return Math.max(returnS, startS) + settings.enterRandomDelayS * randomFraction;
}

/** The ramp in force, seconds: the longer one where it is not known which holds; 0 for none. */
export function entryRampS({ leftBy }: EnterServiceState, settings: Readonly<GridSettings>): number {
  const returnS = asksReturn(settings, leftBy) ? settings.enterRampS : 0;
  return Math.max(returnS, asksStart(settings, leftBy) ? settings.startRampS : 0);
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
  const { leftBy } = state;
  state.inWindow =
    (!asksReturn(settings, leftBy) || isInEnterServiceWindow(settings, grid)) &&
    (!asksStart(settings, leftBy) || isInStartWindow(settings, grid));
  if (!state.inService) {
    state.inService = stepOnDelay(state.delay, state.inWindow && permitted, entryDelayS(state, settings), dtS);
    return state.inService;
  }
  const rampS = entryRampS(state, settings);
  stepRamp(state.ramp, 1, rampS > 0 ? 1 / rampS : Number.POSITIVE_INFINITY, 1, dtS);
  return true;
}

/**
 * The controller's backup against unintentional islands. The stage's certified function is the protection; this is a second,
 * slower one that knows nothing of the first. Two parts:
 *
 * Reactive-power feedback: reactive power follows the frequency's deviation from its own slow average, in the sense that
 * drives an island's frequency further away, with a small alternating pulse that leaves the exact balance. On a real grid
 * frequency does not care, so nothing happens but a few percent of reactive power. An island's frequency leaves the windows
 * when varPerHz > 2 Qf P / f0, with P the share of the island's power that is ours.
 *
 * Passive windows: frequency outside every band that must be ridden through, longer than a phase jump disturbs its
 * measurement. There is no rate-of-change or vector-shift relay: one that is sharp enough would break ride-through.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";
import { clamp } from "../../domain/units.ts";
import { createOnDelay, LowPassState, type OnDelayState, stepLowPass, stepOnDelay } from "../blocks.ts";
import type { ApplicableGrid } from "./measurement.ts";
import { frequencyRegions } from "./ride-through.table.ts";

/** How strong the feedback is. Reactive power in pu of the active power injected or, if larger, of a tenth of the rating. */
export interface IslandingBackupTuning {
  readonly varPerHz: number;
  readonly varMaxPu: number;
  readonly pulsePu: number;
  /** The pulse is on for the first part of each period and changes sign from one to the next, seconds. */
  readonly pulseS: number;
  readonly pulsePeriodS: number;
  /** Time constant of the frequency's own average, seconds. */
  readonly referenceS: number;
  /** How far outside the ride-through bands the windows lie, of nominal. */
  readonly windowMargin: number;
  readonly windowS: number;
}

export const islandingBackupTuning: IslandingBackupTuning = {
  varPerHz: 0.16,
  varMaxPu: 0.3,
  pulsePu: 0.015,
  pulseS: 0.1,
  pulsePeriodS: 0.5,
  referenceS: 2,
  windowMargin: 0.1 / 60,
  windowS: 0.1,
};

/**
 * What the anti-islanding backup remembers: the frequency that it compares with, its window and the phase of its
 * perturbation.
 */
export interface IslandingBackupState {
  readonly reference: LowPassState;
  readonly windowDelay: OnDelayState;
  phaseS: number;
  sign: 1 | -1;
  /** Reactive power to inject on top of the modes, pu as in the tuning. */
  injectedPu: number;
  outsideWindows: boolean;
}

/** A backup that has not perturbed anything yet. */
export const createIslandingBackup = (): IslandingBackupState => ({
  reference: new LowPassState(),
  windowDelay: createOnDelay(),
  phaseS: 0,
  sign: 1,
  injectedPu: 0,
  outsideWindows: false,
});

/** Forgets the reference: the stage no longer runs beside the grid. */
export function resetIslandingBackup(state: IslandingBackupState): void {
  state.reference.value = Number.NaN;
  state.phaseS = 0;
  state.injectedPu = 0;
}

/** True when the windows say that this cannot be the grid. `state.injectedPu` is the feedback's reactive power. */
export function stepIslandingBackup(
  state: IslandingBackupState,
  settings: Readonly<GridSettings>,
  grid: Readonly<ApplicableGrid>,
  tuning: IslandingBackupTuning,
  dtS: number,
): boolean {
  if (!settings.islandingBackupEnabled) {
    resetIslandingBackup(state);
    return false;
  }
  if (grid.frequencyQuality !== Quality.good) return false; // holds feedback and timer: nobody has seen an end of either
  const { nominalFrequencyHz } = settings;
  const { frequencyHz } = grid;
  const { outerMin, outerMax } = frequencyRegions;
  state.outsideWindows =
    frequencyHz > (outerMax + tuning.windowMargin) * nominalFrequencyHz ||
    frequencyHz < (outerMin - tuning.windowMargin) * nominalFrequencyHz;
  const deviationHz = frequencyHz - stepLowPass(state.reference, frequencyHz, tuning.referenceS, dtS);
  state.phaseS += dtS;
  if (state.phaseS >= tuning.pulsePeriodS) {
    state.phaseS -= tuning.pulsePeriodS;
    state.sign = state.sign === 1 ? -1 : 1;
  }
  const pulsePu = state.phaseS < tuning.pulseS ? state.sign * tuning.pulsePu : 0;
  state.injectedPu = clamp(pulsePu - tuning.varPerHz * deviationHz, -tuning.varMaxPu, tuning.varMaxPu);
  return stepOnDelay(state.windowDelay, state.outsideWindows, tuning.windowS - dtS, dtS);
}

/** Least active power, of the rating, that the feedback is sized for. */
const powerMinPu = 0.1;

/**
 * Reactive power to inject by one source at its present injected power, for the state's feedback. A site that runs the
 * backup once for all its stages gives each of them this on top of what else it does.
 */
export const islandingBackupVar = (state: IslandingBackupState, injectedW: number, ratedW: number): number =>
  state.injectedPu * Math.max(Math.abs(injectedW), powerMinPu * ratedW);

/**
 * Must-trip functions for voltage and frequency (IEEE 1547-2018 6.4.1 Tables 11-13, 6.5.1 Table 18). A clearing time is the
 * latest moment, from the start of the abnormal condition until the stage has ceased to energize: the time that the stage
 * takes to open is taken off, and the condition may have begun before the sample that showed it (`sample-timer.ts`). A threshold
 * of 0 is a row that the code has not got.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";
import type { ApplicableGrid } from "./measurement.ts";
import { aheadS, SampleTimer, stepSampleTimer } from "./sample-timer.ts";

interface TripRow {
  readonly cause: "ov2" | "ov1" | "uv3" | "uv2" | "uv1" | "of2" | "of1" | "uf2" | "uf1";
  readonly quantity: "highPu" | "lowPu" | "frequencyHz";
  readonly above: boolean;
  readonly threshold: "ov2Pu" | "ov1Pu" | "uv3Pu" | "uv2Pu" | "uv1Pu" | "of2Hz" | "of1Hz" | "uf2Hz" | "uf1Hz";
  readonly clearing: "ov2S" | "ov1S" | "uv3S" | "uv2S" | "uv1S" | "of2S" | "of1S" | "uf2S" | "uf1S";
}

/** Fastest rows first, so that the cause that is named is the sharpest one. */
export const tripRows: readonly TripRow[] = [
  { cause: "ov2", quantity: "highPu", above: true, threshold: "ov2Pu", clearing: "ov2S" },
  { cause: "ov1", quantity: "highPu", above: true, threshold: "ov1Pu", clearing: "ov1S" },
  { cause: "uv3", quantity: "lowPu", above: false, threshold: "uv3Pu", clearing: "uv3S" },
  { cause: "uv2", quantity: "lowPu", above: false, threshold: "uv2Pu", clearing: "uv2S" },
  { cause: "uv1", quantity: "lowPu", above: false, threshold: "uv1Pu", clearing: "uv1S" },
  { cause: "of2", quantity: "frequencyHz", above: true, threshold: "of2Hz", clearing: "of2S" },
  { cause: "of1", quantity: "frequencyHz", above: true, threshold: "of1Hz", clearing: "of1S" },
  { cause: "uf2", quantity: "frequencyHz", above: false, threshold: "uf2Hz", clearing: "uf2S" },
  { cause: "uf1", quantity: "frequencyHz", above: false, threshold: "uf1Hz", clearing: "uf1S" },
];

/** One timer for each row, and the settings in force in the order of the rows. */
export interface TripState {
  readonly timers: readonly SampleTimer[];
  readonly thresholds: Float64Array;
  readonly clearingS: Float64Array;
}

/** Trip timers at rest. */
export const createTrips = (): TripState => ({
  timers: tripRows.map(() => new SampleTimer()),
  thresholds: new Float64Array(tripRows.length),
  clearingS: new Float64Array(tripRows.length),
});

/** Puts settings in force. Timers that run keep running. */
export function loadTrips(state: TripState, settings: Readonly<GridSettings>): void {
  for (let index = 0; index < tripRows.length; index++) {
    state.thresholds[index] = settings[tripRows[index]!.threshold];
    state.clearingS[index] = settings[tripRows[index]!.clearing];
  }
}

/** Rounding of a computed voltage or frequency that is not yet a crossing. */
export const crossingSlack = 1e-9;

/**
 * The index in `tripRows` of the row that trips now, or -1. While a quantity cannot be believed a timer that runs keeps
 * running, because nobody has seen the condition end, and one that stands still does not start.
 */
export function stepTrips(
  state: TripState,
  grid: Readonly<ApplicableGrid>,
  openingS: number,
  nominalFrequencyHz: number,
): number {
  let tripped = -1;
  for (let index = 0; index < tripRows.length; index++) {
    const row = tripRows[index]!;
    const timer = state.timers[index]!;
    const { quantity } = row;
    const value = quantity === "highPu" ? grid.highPu : quantity === "lowPu" ? grid.lowPu : grid.frequencyHz;
    const quality = quantity === "frequencyHz" ? grid.frequencyQuality : grid.voltageQuality;
    const threshold = state.thresholds[index]!;
    const abnormal =
      quality !== Quality.good
        ? !Number.isNaN(timer.sinceMs)
        : row.above
          ? threshold > 0 && value > threshold + crossingSlack
          : value < threshold - crossingSlack;
    const clearingS = state.clearingS[index]!;
    const delayS = clearingS - openingS - aheadS(clearingS, grid.everyMs, nominalFrequencyHz);
    if (stepSampleTimer(timer, abnormal, delayS, grid) && tripped < 0) tripped = index;
  }
  return tripped;
}

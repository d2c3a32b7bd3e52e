/**
 * Trip by the rate of change of frequency, as some codes ask of the detection of a lost grid: the change over a window, in
 * either direction, beyond a threshold for a time. It stands against ride-through, so it acts only where the code has it.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";
import type { ApplicableGrid } from "./measurement.ts";
import { aheadS, SampleTimer, stepSampleTimer } from "./sample-timer.ts";
import { crossingSlack } from "./trip.ts";

/** Samples kept: the longest window at the shortest period, with room. */
const samplesMax = 512;

/** The frequencies of the last window, Hz, with their times, s. */
export interface RocofState {
  readonly atS: Float64Array;
  readonly hz: Float64Array;
  /** Where the next sample goes, where the window begins, and how many lie between. */
  next: number;
  first: number;
  count: number;
  /** Whether the rate was beyond the setting when the last sample came. */
  beyond: boolean;
  readonly delay: SampleTimer;
}

/** No sample yet. */
export const createRocof = (): RocofState => ({
  atS: new Float64Array(samplesMax),
  hz: new Float64Array(samplesMax),
  next: 0,
  first: 0,
  count: 0,
  beyond: false,
  delay: new SampleTimer(),
});

/** True once the rate has been beyond the setting for its time. A frequency that cannot be believed starts the window anew. */
export function stepRocof(
  state: RocofState,
  { rocofHzPerS, rocofWindowS, rocofS, nominalFrequencyHz }: Readonly<GridSettings>,
  grid: Readonly<ApplicableGrid>,
  openingS: number,
): boolean {
  if (!(rocofHzPerS > 0)) return false;
  if (grid.frequencyQuality !== Quality.good) {
    state.count = 0;
    state.first = state.next;
    state.beyond = false;
  } else takeSample(state, grid.sampleAtMs / 1_000, grid.frequencyHz, rocofHzPerS, rocofWindowS);
  const delayS = rocofS - openingS - aheadS(rocofS, grid.everyMs, nominalFrequencyHz);
  return stepSampleTimer(state.delay, state.beyond, delayS, grid);
}

/** A value that is merely held is no sample: the rate stays that of the last one. */
function takeSample(
  state: RocofState,
  sampleS: number,
  frequencyHz: number,
  rateHzPerS: number,
  windowS: number,
): void {
  const { atS, hz } = state;
  const last = (state.next + samplesMax - 1) % samplesMax;
  if (state.count > 0 && !(sampleS > atS[last]!)) return;
  atS[state.next] = sampleS;
  hz[state.next] = frequencyHz;
  state.next = (state.next + 1) % samplesMax;
  if (state.count < samplesMax) state.count++;
  else state.first = (state.first + 1) % samplesMax;
  // The oldest sample that is still a whole window old stays: the rate is that of the window, never of less.
  while (state.count > 1 && sampleS - atS[(state.first + 1) % samplesMax]! >= windowS - crossingSlack) {
    state.first = (state.first + 1) % samplesMax;
    state.count--;
  }
  const spanS = sampleS - atS[state.first]!;
  const isWhole = spanS >= windowS - crossingSlack;
  state.beyond = isWhole && Math.abs(frequencyHz - hz[state.first]!) > (rateHzPerS + crossingSlack) * spanS;
}

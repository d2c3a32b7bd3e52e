/**
 * Trip by the rate of change of frequency, as some codes ask of the detection of a lost grid: the change over a window, in
 * either direction, beyond a threshold for a time. It stands against ride-through, so it acts only where the code has it.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";
import { createOnDelay, type OnDelayState, stepOnDelay } from "../blocks.ts";
import type { ApplicableGrid } from "./measurement.ts";
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
  nowS: number;
  readonly delay: OnDelayState;
}

/** No sample yet. */
export const createRocof = (): RocofState => ({
  atS: new Float64Array(samplesMax),
  hz: new Float64Array(samplesMax),
  next: 0,
  first: 0,
  count: 0,
  nowS: 0,
  delay: createOnDelay(),
});

/** True once the rate has been beyond the setting for its time. A frequency that cannot be believed starts the window anew. */
export function stepRocof(
  state: RocofState,
  { rocofHzPerS, rocofWindowS, rocofS }: Readonly<GridSettings>,
  grid: Readonly<ApplicableGrid>,
  openingS: number,
  dtS: number,
): boolean {
  if (!(rocofHzPerS > 0)) return false;
  state.nowS += dtS;
  if (grid.frequencyQuality !== Quality.good) {
    state.count = 0;
    state.first = state.next;
    return stepOnDelay(state.delay, false, 0, dtS);
  }
  const { atS, hz } = state;
  atS[state.next] = state.nowS;
  hz[state.next] = grid.frequencyHz;
  state.next = (state.next + 1) % samplesMax;
  if (state.count < samplesMax) state.count++;
  else state.first = (state.first + 1) % samplesMax;
  // The oldest sample that is still a whole window old stays: the rate is that of the window, never of less.
  while (state.count > 1 && state.nowS - atS[(state.first + 1) % samplesMax]! >= rocofWindowS - crossingSlack) {
    state.first = (state.first + 1) % samplesMax;
    state.count--;
  }
  const spanS = state.nowS - atS[state.first]!;
  const isWhole = spanS >= rocofWindowS - crossingSlack;
  const beyond = isWhole && Math.abs(grid.frequencyHz - hz[state.first]!) > (rocofHzPerS + crossingSlack) * spanS;
  return stepOnDelay(state.delay, beyond, rocofS - openingS - dtS, dtS);
}

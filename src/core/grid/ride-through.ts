/**
 * Ride-through: which operation the standard asks for at this voltage and frequency (IEEE 1547-2018 6.4.2, 6.5.2), for how
 * long it must last, and whether that time is over so that a trip is allowed. Momentary cessation ends by itself with the
 * voltage: no delay and no ramp.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import type { FrequencyRegions, RideThrough, RideThroughMode, VoltageRegion } from "../../config/ride-through.ts";
import { Quality } from "../../domain/quality.ts";
import type { ApplicableGrid } from "./measurement.ts";
import { crossingSlack } from "./trip.ts";

/** The mode in force, and for how long each quantity has been abnormal, s. */
export interface RideThroughState {
  mode: RideThroughMode;
  /** Without a break outside the continuous band, seconds. */
  lowS: number;
  highS: number;
  frequencyS: number;
  /** The shortest required time of the present region is over, or it has none. */
  mayTrip: boolean;
}

/** A grid that has been normal so far. */
export const createRideThrough = (): RideThroughState => ({
  mode: "continuous",
  lowS: 0,
  highS: 0,
  frequencyS: 0,
  mayTrip: false,
});

/** Of two modes at once (phases differ, or voltage and frequency) the one that gives less power holds. */
const severity: Readonly<Record<RideThroughMode, number>> = {
  continuous: 0,
  undefined: 1,
  mandatory: 2,
  permissive: 3,
  momentaryCessation: 4,
  cease: 5,
};

/** One step of `dtS` seconds: returns what has to be done at this voltage and frequency. */
export function stepRideThrough(
  state: RideThroughState,
  regions: RideThrough,
  settings: Readonly<GridSettings>,
  grid: Readonly<ApplicableGrid>,
  dtS: number,
): RideThroughMode {
  if (grid.voltageQuality !== Quality.good) return state.mode;
  const low = lowRegion(regions.low, grid.lowPu);
  const high = highRegion(regions.high, grid.highPu);
  state.lowS = low ? state.lowS + dtS : 0;
  state.highS = high ? state.highS + dtS : 0;
  state.mode = "continuous";
  state.mayTrip = false;
  if (low) enter(state, low, voltageMode(low, settings), grid.lowPu, state.lowS);
  if (high) enter(state, high, voltageMode(high, settings), grid.highPu, state.highS);
  const { cessationLowPu, cessationHighPu } = settings;
  const beyond = grid.lowPu < cessationLowPu - crossingSlack || grid.highPu > cessationHighPu + crossingSlack;
  if (settings.momentaryCessation && beyond) raise(state, "momentaryCessation");
  const { frequency } = regions;
  if (frequency !== null && grid.frequencyQuality === Quality.good) {
    const frequencyMode = modeOfFrequency(frequency, grid.frequencyHz / settings.nominalFrequencyHz);
    state.frequencyS = frequencyMode === "continuous" ? 0 : state.frequencyS + dtS;
    raise(state, frequencyMode);
    if (frequencyMode === "undefined" || state.frequencyS > frequency.holdS) state.mayTrip = true;
  }
  return state.mode;
}

/** Category III has momentary cessation in its tables; with the setting off it stays in operation. */
const voltageMode = ({ mode }: VoltageRegion, settings: Readonly<GridSettings>): RideThroughMode =>
  mode === "momentaryCessation" && !settings.momentaryCessation ? "mandatory" : mode;

function enter(
  state: RideThroughState,
  region: VoltageRegion,
  mode: RideThroughMode,
  voltagePu: number,
  heldS: number,
): void {
  raise(state, mode);
  if (heldS > holdS(region, voltagePu)) state.mayTrip = true;
}

function raise(state: RideThroughState, mode: RideThroughMode): void {
  if (severity[mode] > severity[state.mode]) state.mode = mode;
}

/** Shortest time that the region must be ridden through at this voltage, seconds. */
export const holdS = (region: VoltageRegion, voltagePu: number): number =>
  region.holdS + region.holdSPerPu * (voltagePu - region.fromPu);

/** The region at or below normal voltage that holds `voltagePu`; undefined inside continuous operation. */
export function lowRegion(regions: readonly VoltageRegion[], voltagePu: number): VoltageRegion | undefined {
  for (let index = 0; index < regions.length; index++) {
    const region = regions[index]!;
    if (voltagePu >= region.fromPu - crossingSlack && voltagePu < region.toPu - crossingSlack) return region;
  }
  return undefined;
}

/** The region above normal voltage that holds `voltagePu`; undefined inside continuous operation. */
export function highRegion(regions: readonly VoltageRegion[], voltagePu: number): VoltageRegion | undefined {
  for (let index = 0; index < regions.length; index++) {
    const region = regions[index]!;
    if (voltagePu > region.fromPu + crossingSlack && voltagePu <= region.toPu + crossingSlack) return region;
  }
  return undefined;
}

/** `frequency` of nominal. */
export function modeOfFrequency(regions: FrequencyRegions, frequency: number): RideThroughMode {
  const { outerMin, innerMin, innerMax, outerMax } = regions;
  if (frequency > outerMax + crossingSlack || frequency < outerMin - crossingSlack) return "undefined";
  return frequency > innerMax + crossingSlack || frequency < innerMin - crossingSlack ? "mandatory" : "continuous";
}

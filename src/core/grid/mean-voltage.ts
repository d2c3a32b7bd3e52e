/**
 * Over-voltage by the mean of ten minutes, as European codes have it: a voltage that is high for long without ever being high
 * enough for the fast trips. The mean runs over 200 means of 3 s, the highest voltage of the connection in each.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { Quality } from "../../domain/quality.ts";
import type { ApplicableGrid } from "./measurement.ts";

const partS = 3;
const parts = 200;

/** A moving mean of the voltage, in parts of equal length, pu. */
export interface MeanVoltageState {
  readonly partsPu: Float64Array;
  next: number;
  filled: number;
  /** Sum of the parts, and of the part under way with its time. */
  sumPu: number;
  partPuS: number;
  elapsedS: number;
  above: boolean;
}

/** A mean without a sample. */
export const createMeanVoltage = (): MeanVoltageState => ({
  partsPu: new Float64Array(parts),
  next: 0,
  filled: 0,
  sumPu: 0,
  partPuS: 0,
  elapsedS: 0,
  above: false,
});

/** True while the mean is above the setting. Unknown voltages are left out of the mean; 0 pu switches the function off. */
export function stepMeanVoltage(
  state: MeanVoltageState,
  { ovMeanPu }: Readonly<GridSettings>,
  grid: Readonly<ApplicableGrid>,
  dtS: number,
): boolean {
  if (grid.voltageQuality === Quality.good) {
    state.partPuS += grid.highPu * dtS;
    state.elapsedS += dtS;
  }
  if (state.elapsedS >= partS) {
    const meanPu = state.partPuS / state.elapsedS;
    if (state.filled === parts) state.sumPu -= state.partsPu[state.next]!;
    else state.filled++;
    state.partsPu[state.next] = meanPu;
    state.sumPu += meanPu;
    state.next = (state.next + 1) % parts;
    state.partPuS = 0;
    state.elapsedS = 0;
    // A window that is not yet full counts what is missing as nominal, so that a start is no excess.
    state.above = (state.sumPu + (parts - state.filled)) / parts > ovMeanPu;
  }
  return ovMeanPu > 0 && state.above;
}

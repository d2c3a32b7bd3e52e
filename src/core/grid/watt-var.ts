/**
 * Watt-var (IEEE 1547-2018 5.3.4 Table 9): reactive power from active power through three points on the injecting side and
 * three on the absorbing side, one continuous characteristic.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { interpolate } from "./curve.ts";

/** Reactive power by active power: six points, as shares of the ratings. */
export interface WattVarCurve {
  readonly powersPu: Float64Array;
  readonly varsPu: Float64Array;
}

/** A curve that has not been read from the settings yet. */
export const createWattVarCurve = (): WattVarCurve => ({
  powersPu: new Float64Array(6),
  varsPu: new Float64Array(6),
});

/** Writes the characteristic of the settings: powers ascending, pu of rated power or, where negative, of charging power. */
export function loadWattVarCurve({ powersPu, varsPu }: WattVarCurve, settings: Readonly<GridSettings>): void {
  powersPu[0] = settings.wattVarLoadP3Pu;
  powersPu[1] = settings.wattVarLoadP2Pu;
  powersPu[2] = settings.wattVarLoadP1Pu;
  powersPu[3] = settings.wattVarP1Pu;
  powersPu[4] = settings.wattVarP2Pu;
  powersPu[5] = settings.wattVarP3Pu;
  varsPu[0] = settings.wattVarLoadQ3Pu;
  varsPu[1] = settings.wattVarLoadQ2Pu;
  varsPu[2] = settings.wattVarLoadQ1Pu;
  varsPu[3] = settings.wattVarQ1Pu;
  varsPu[4] = settings.wattVarQ2Pu;
  varsPu[5] = settings.wattVarQ3Pu;
}

/** Injected reactive power, pu of the apparent-power rating, that the characteristic asks for at an injected power. */
export const wattVarPu = (curve: WattVarCurve, injectedPu: number): number =>
  interpolate(curve.powersPu, curve.varsPu, injectedPu);

/** Active power limit (IEEE 1547-2018 4.6.2): a cap on injected power that moves on a ramp, well inside the 30 s allowed. */
import type { GridSettings } from "../../config/grid-profiles.ts";
import { RampState, stepRamp } from "../blocks.ts";

/** The limit in force as a share of the rating, on its way to what is asked. */
export interface ActivePowerLimitState {
  /** The limit in force, pu of rated power. */
  readonly limit: RampState;
}

/** No limit: the whole rating. */
export const createActivePowerLimit = (): ActivePowerLimitState => ({ limit: new RampState(1) });

/** The limit in force, pu of rated power. It starts to fall from the power that is wanted, and rises on the same ramp. */
export function stepActivePowerLimit(
  state: ActivePowerLimitState,
  settings: Readonly<GridSettings>,
  wantedPu: number,
  dtS: number,
): number {
  const targetPu = settings.activePowerLimitEnabled ? settings.activePowerLimitPu : 1;
  const { limit } = state;
  if (limit.value > wantedPu && targetPu < limit.value) limit.value = Math.max(targetPu, wantedPu);
  const { activePowerLimitRampS } = settings;
  const perS = activePowerLimitRampS > 0 ? 1 / activePowerLimitRampS : Number.POSITIVE_INFINITY;
  return stepRamp(limit, targetPu, perS, perS, dtS);
}

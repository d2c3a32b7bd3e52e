/** Constant power factor (IEEE 1547-2018 5.3.2): reactive power in a fixed ratio to active power. */
import type { GridSettings } from "../../config/grid-profiles.ts";

/**
 * Injected reactive power per injected active power. Over-excited injects reactive power while active power is injected;
 * the same ratio holds while charging, so that the sign of both turns together.
 */
export function varPerWatt(settings: Readonly<GridSettings>): number {
  const { powerFactor } = settings;
  const ratio = Math.sqrt(Math.max(0, 1 - powerFactor * powerFactor)) / powerFactor;
  return settings.powerFactorExcitation === "over-excited" ? ratio : -ratio;
}

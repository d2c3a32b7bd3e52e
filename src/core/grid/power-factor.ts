/**
 * Constant power factor (IEEE 1547-2018 5.3.2), and power factor by active power, as European codes have it (cos φ(P)):
 * reactive power in a ratio to active power that is fixed, or follows three points.
 */
import type { GridSettings } from "../../config/grid-profiles.ts";

const varPerWattOf = (factor: number): number => Math.sqrt(Math.max(0, 1 - factor * factor)) / factor;

/**
 * Injected reactive power per injected active power. Over-excited injects reactive power while active power is injected;
 * the same ratio holds while charging, so that the sign of both turns together.
 */
export function varPerWatt(settings: Readonly<GridSettings>): number {
  const ratio = varPerWattOf(settings.powerFactor);
  return settings.powerFactorExcitation === "over-excited" ? ratio : -ratio;
}

/** How far a signed power factor is from one: positive over-excited, negative under-excited. */
const displacement = (factor: number): number => (factor < 0 ? -1 - factor : 1 - factor);

/**
 * Injected reactive power per injected active power by the characteristic; zero while charging, of which the codes say
 * nothing here. Between two points the power factor itself is linear.
 */
export function varPerWattAt(settings: Readonly<GridSettings>, injectedPu: number): number {
  if (injectedPu <= 0) return 0;
  const { factorWattP1Pu: p1, factorWattP2Pu: p2, factorWattP3Pu: p3 } = settings;
  const d1 = displacement(settings.factorWattF1);
  const d2 = displacement(settings.factorWattF2);
  const d3 = displacement(settings.factorWattF3);
  let away = d3;
  if (injectedPu <= p1) away = d1;
  else if (injectedPu < p2) away = d1 + ((d2 - d1) * (injectedPu - p1)) / (p2 - p1);
  else if (injectedPu < p3) away = d2 + ((d3 - d2) * (injectedPu - p2)) / (p3 - p2);
  const ratio = varPerWattOf(1 - Math.abs(away));
  return away < 0 ? -ratio : ratio;
}

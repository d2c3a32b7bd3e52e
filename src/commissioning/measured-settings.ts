/**
 * Which settings of the site file were measured to be something else, and whether that may be written there: only what the
 * figures themselves don't contradict.
 */
import type { Comparison, MeasuredValue } from "./compare.ts";

/** A figure whose uncertainty is a larger share of it, and more than this, says too little. */
const unsureShare = 0.5;
const unsureLeastMs = 30;
const gainOff = 0.1;

export interface MeasuredSettings {
  readonly settings: readonly (MeasuredValue & { readonly device: string })[];
  /** Why others, though measured, may not be written; sentences. */
  readonly refused: readonly string[];
}

export function measuredSettings(comparisons: readonly Comparison[]): MeasuredSettings {
  const settings = new Map<string, MeasuredValue & { readonly device: string }>();
  const refused: string[] = [];
  for (const device of new Set(comparisons.map((one) => one.device))) {
    const own = comparisons.filter((one) => one.device === device);
    if (!own.some(({ sets = [] }) => sets.length > 0)) continue;
    const gain = own.find(({ what }) => what === "gain");
    if (gain !== undefined && Math.abs(gain.measured - 1) - gain.uncertainty > gainOff) {
      refused.push(
        `${device} shows ${gain.measured.toFixed(2)} W for each watt: what else was measured with it is not to be trusted. Mend that, then measure again.`,
      );
      continue;
    }
    for (const { what, measured, uncertainty, sets = [] } of own) {
      if (sets.length === 0) continue;
      if (uncertainty > unsureShare * Math.abs(measured) && uncertainty > unsureLeastMs) {
        refused.push(`${device}: its ${what} is too uncertain (${measured.toFixed(0)} ± ${uncertainty.toFixed(0)}).`);
        continue;
      }
      for (const one of sets) {
        const before = settings.get(one.setting);
        if (before !== undefined && before.to !== one.to)
          refused.push(`${device}: two figures speak of ${one.setting}, ${before.to} and ${one.to}. Measure again.`);
        else settings.set(one.setting, { ...one, device });
      }
    }
  }
  return { settings: [...settings.values()], refused };
}

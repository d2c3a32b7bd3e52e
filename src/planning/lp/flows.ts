/** Reads a solution: what each vehicle and the PCC do in each slot, kW and kWh. */
import type { Formulation } from "./formulation.ts";
import type { SiteColumns } from "./site-rows.ts";
import type { StayColumns } from "./stay-rows.ts";

const sum = (values: Float64Array, first: number, second: number, index: number): number =>
  (first < 0 ? 0 : values[first + index]!) + (second < 0 ? 0 : values[second + index]!);

export const chargeKW = (values: Float64Array, { charge, chargeAbove }: StayColumns, index: number): number =>
  sum(values, charge, chargeAbove, index);

export const dischargeKW = (values: Float64Array, columns: StayColumns, index: number): number =>
  sum(values, columns.discharge, columns.dischargeAbove, index);

export const importKW = (values: Float64Array, site: SiteColumns, slot: number): number =>
  sum(values, site.import, site.importAbove, slot);

/** Power of each EVSE in each slot, W to a tenth; noise of the solver is zero. */
export function powersOf({ problem, stays }: Formulation, values: Float64Array): Record<string, number[]> {
  const powers: Record<string, number[]> = {};
  for (const columns of stays) {
    const slots = (powers[columns.stay.evseId] ??= new Array<number>(problem.slots).fill(0));
    for (let i = 0; i < columns.count; i++) {
      const powerKW = chargeKW(values, columns, i) - dischargeKW(values, columns, i);
      slots[columns.first + i] = roundedW(powerKW * 1_000);
    }
  }
  return powers;
}

export function curtailedOf({ problem, site }: Formulation, values: Float64Array): number[] {
  return Array.from({ length: problem.slots }, (_, t) => roundedW(values[site.curtailed + t]! * 1_000));
}

/** Power below this is noise, W. */
const noiseW = 0.5;

const roundedW = (powerW: number): number => (Math.abs(powerW) < noiseW ? 0 : Math.round(powerW * 10) / 10);

/**
 * Where a plan has to be the one or the other, and a linear programme may have left it open: import or export in one slot, charge or
 * discharge, nothing or at least the minimum, at the reserve or not discharging. Most site-days leave nothing open: with losses, wear
 * and export prices below import prices the programme chooses by itself.
 */
import type { PlanningProblem } from "../problem.ts";
import { chargeKW, dischargeKW, importKW } from "./flows.ts";
import type { Formulation } from "./formulation.ts";
import type { SiteColumns } from "./site-rows.ts";
import type { StayColumns } from "./stay-rows.ts";

export type Bounds = readonly [column: number, lower: number, upper: number];

/** A choice that a solution leaves open. */
export interface OpenChoice {
  /** What the smaller of the two sides carries, kW: the most open choice is decided first. */
  readonly sizeKW: number;
  /** Bounds of the side that the solution is nearer to, and of the other. */
  readonly nearer: readonly Bounds[];
  readonly other: readonly Bounds[];
}

/** Less than this is nothing, kW. */
const noiseKW = 1e-4;
/** A battery this close to its reserve is at it, kWh. */
const atReserveKWh = 5e-4;

/** True where the linear programme gains by importing and exporting at once. */
const exportPaysMore = ({ tariff }: PlanningProblem, slot: number): boolean =>
  tariff.exportPerKWh[slot]! > tariff.importPerKWh[slot]!;

export function openChoices({ problem, stays, site }: Formulation, values: Float64Array): OpenChoice[] {
  const open: OpenChoice[] = [];
  for (const columns of stays) {
    for (let index = 0; index < columns.count; index++) {
      const choice = openForVehicle(columns, values, index);
      if (choice) open.push(choice);
    }
  }
  for (let slot = 0; slot < problem.slots; slot++) {
    if (!exportPaysMore(problem, slot)) continue;
    const imports = importKW(values, site, slot);
    const exports = values[site.export + slot]!;
    if (imports <= noiseKW || exports <= noiseKW) continue;
    const [importing, exporting] = [noExport(site, slot), noImport(site, slot)];
    const nearer = imports >= exports ? importing : exporting;
    const other = imports >= exports ? exporting : importing;
    open.push({ sizeKW: Math.min(imports, exports), nearer, other });
  }
  return open;
}

/** What a plan does, kW: read from a solution (`takenBy`) or from powers (`takenIn`). */
interface Taken {
  charges(columns: StayColumns, index: number): number;
  discharges(columns: StayColumns, index: number): number;
  imports(slot: number): number;
}

export const takenBy = ({ site }: Formulation, values: Float64Array): Taken => ({
  charges: (columns, index) => chargeKW(values, columns, index),
  discharges: (columns, index) => dischargeKW(values, columns, index),
  imports: (slot) => importKW(values, site, slot),
});

export function takenIn({ problem }: Formulation, powerW: Readonly<Record<string, readonly number[]>>): Taken {
  const { loadW, pvW } = problem.site;
  const atKW = ({ stay, first }: StayColumns, index: number): number =>
    (powerW[stay.evseId]?.[first + index] ?? 0) / 1_000;
  return {
    charges: (columns, index) => Math.max(0, atKW(columns, index)),
    discharges: (columns, index) => Math.max(0, -atKW(columns, index)),
    imports: (slot) =>
      Object.values(powerW).reduce((sum, powers) => sum + (powers[slot] ?? 0), loadW[slot]! - pvW[slot]!) / 1_000,
  };
}

/** Every choice as a plan has made it, so that it stays settled under another objective. */
export function asSettled({ problem, stays, site }: Formulation, taken: Taken): Bounds[] {
  const bounds: Bounds[] = [];
  for (const columns of stays) {
    const { minChargeW, minDischargeW } = columns.stay;
    for (let index = 0; index < columns.count; index++) {
      const charges = taken.charges(columns, index) > noiseKW;
      const discharges = taken.discharges(columns, index) > noiseKW;
      if (!charges || minChargeW > 0) bounds.push(...power(columns, "charge", index, charges ? minChargeW : 0));
      if (!discharges || minDischargeW > 0)
        bounds.push(...power(columns, "discharge", index, discharges ? minDischargeW : 0));
      if (discharges) bounds.push(...atReserve(columns, index, atReserveKWh));
    }
  }
  for (let slot = 0; slot < problem.slots; slot++) {
    if (exportPaysMore(problem, slot))
      bounds.push(...(taken.imports(slot) > noiseKW ? noExport(site, slot) : noImport(site, slot)));
  }
  return bounds;
}

/** The energy at the slot's end is no lower than the reserve, less `toleranceKWh`. */
const atReserve = ({ stay, energy }: StayColumns, index: number, toleranceKWh = 0): Bounds[] => [
  [energy + index, stay.reserveWh / 1_000 - toleranceKWh, Math.max(stay.maxWh, stay.arrivalWh) / 1_000],
];

/** No discharge at all for whoever has a lowest discharging power. */
export function noLeastDischarge({ stays }: Formulation): Bounds[] {
  return stays
    .filter(({ stay }) => stay.minDischargeW > 0)
    .flatMap((columns) => Array.from({ length: columns.count }, (_, index) => power(columns, "discharge", index, 0)))
    .flat();
}

function openForVehicle(columns: StayColumns, values: Float64Array, index: number): OpenChoice | null {
  const { stay } = columns;
  const charges = chargeKW(values, columns, index);
  const discharges = dischargeKW(values, columns, index);
  const noCharge = power(columns, "charge", index, 0);
  const noDischarge = power(columns, "discharge", index, 0);
  if (charges > noiseKW && discharges > noiseKW) {
    const charging = charges >= discharges;
    const nearer = charging ? noDischarge : noCharge;
    return { sizeKW: Math.min(charges, discharges), nearer, other: charging ? noCharge : noDischarge };
  }
  const reserveKWh = stay.reserveWh / 1_000;
  if (discharges > noiseKW && values[columns.energy + index]! < reserveKWh - atReserveKWh) {
    return { sizeKW: discharges, nearer: noDischarge, other: atReserve(columns, index) };
  }
  return (
    underMinimum(charges, stay.minChargeW / 1_000, noCharge, () => power(columns, "charge", index, stay.minChargeW)) ??
    underMinimum(discharges, stay.minDischargeW / 1_000, noDischarge, () =>
      power(columns, "discharge", index, stay.minDischargeW),
    )
  );
}

function underMinimum(
  usedKW: number,
  minimumKW: number,
  nothing: readonly Bounds[],
  atLeast: () => readonly Bounds[],
): OpenChoice | null {
  if (usedKW <= noiseKW || usedKW >= minimumKW - noiseKW) return null;
  const raise = usedKW >= minimumKW / 2;
  const minimum = atLeast();
  return {
    sizeKW: Math.min(usedKW, minimumKW - usedKW),
    nearer: raise ? minimum : nothing,
    other: raise ? nothing : minimum,
  };
}

/** Nothing (`atLeastW` 0) or at least so much, over the part that is in force and the part above it. */
function power(columns: StayColumns, side: "charge" | "discharge", index: number, atLeastW: number): Bounds[] {
  const { stay } = columns;
  const [first, above, mostW] =
    side === "charge"
      ? [columns.charge, columns.chargeAbove, stay.maxChargeW]
      : [columns.discharge, columns.dischargeAbove, stay.maxDischargeW];
  if (first < 0) return [];
  const bounds: Bounds[] = [[first + index, atLeastW / 1_000, atLeastW === 0 ? 0 : mostW / 1_000]];
  if (above >= 0) bounds.push([above + index, 0, 0]);
  return bounds;
}

const noExport = (site: SiteColumns, slot: number): Bounds[] => [[site.export + slot, 0, 0]];

const noImport = (site: SiteColumns, slot: number): Bounds[] =>
  [site.import, site.importAbove].filter((first) => first >= 0).map((first) => [first + slot, 0, 0] as const);

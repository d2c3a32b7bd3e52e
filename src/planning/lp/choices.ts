/**
 * Where a plan has to be the one or the other: import or export in one slot, charge or discharge, nothing or at least the minimum.
 * Most site-days need none of it: with losses, wear and export prices below import prices the linear programme chooses by itself.
 */
import type { PlanningProblem } from "../problem.ts";
import type { Draft } from "./draft.ts";
import type { SiteColumns } from "./site-rows.ts";
import type { StayColumns } from "./stay-rows.ts";

export type Choice =
  | { readonly kind: "pcc"; readonly slot: number }
  | { readonly kind: "vehicle"; readonly stay: number; readonly index: number };

/** Adds the columns that are 0 or 1 with their rows; gives those columns. */
export function addChoices(
  draft: Draft,
  stays: readonly StayColumns[],
  site: SiteColumns,
  choices: readonly Choice[],
): number[] {
  const columns: number[] = [];
  for (const choice of choices) {
    if (choice.kind === "pcc") columns.push(addDirection(draft, site, choice.slot));
    else columns.push(...addPowerChoice(draft, stays[choice.stay]!, choice.index));
  }
  return columns;
}

function addDirection({ builder, problem }: Draft, site: SiteColumns, slot: number): number {
  const imports = builder.column(0, 1);
  builder.entry(site.import + slot, 1);
  if (site.importAbove >= 0) builder.entry(site.importAbove + slot, 1);
  builder.entry(imports, -problem.site.importLimitW / 1_000);
  builder.row(-Infinity, 0);
  const exportKW = problem.site.exportLimitW[slot]! / 1_000;
  builder.entry(site.export + slot, 1);
  builder.entry(imports, exportKW);
  builder.row(-Infinity, exportKW);
  return imports;
}

function addPowerChoice({ builder }: Draft, columns: StayColumns, index: number): number[] {
  const { stay } = columns;
  const within = (families: readonly number[], choice: number, minW: number, maxW: number): void => {
    for (const family of families) if (family >= 0) builder.entry(family + index, 1);
    builder.entry(choice, -maxW / 1_000);
    builder.row(-Infinity, 0);
    if (minW <= 0) return;
    for (const family of families) if (family >= 0) builder.entry(family + index, 1);
    builder.entry(choice, -minW / 1_000);
    builder.row(0, Infinity);
  };
  const charges = builder.column(0, 1);
  within([columns.charge, columns.chargeAbove], charges, stay.minChargeW, stay.maxChargeW);
  if (columns.discharge < 0) return [charges];
  const discharges = builder.column(0, 1);
  within([columns.discharge, columns.dischargeAbove], discharges, stay.minDischargeW, stay.maxDischargeW);
  builder.entry(charges, 1);
  builder.entry(discharges, 1);
  builder.row(-Infinity, 1);
  return [charges, discharges];
}

/** True where the linear programme gains by importing and exporting at once. */
export const exportPaysMore = ({ tariff }: PlanningProblem, slot: number): boolean =>
  tariff.exportPerKWh[slot]! > tariff.importPerKWh[slot]!;

/** True where energy is worth less than nothing, so that the linear programme would burn it in a battery. */
export function energyIsWaste({ tariff, site }: PlanningProblem, slot: number): boolean {
  if (tariff.importPerKWh[slot]! < 0) return true;
  if (site.pvCurtailable) return false;
  const surplusW = site.pvW[slot]! - site.loadW[slot]!;
  return surplusW > 0 && (tariff.exportPerKWh[slot]! < 0 || surplusW > site.exportLimitW[slot]!);
}

/**
 * Settles what a linear programme leaves open: import and export at once, charge and discharge at once, power under the minimum,
 * discharge below the reserve. First by rounding and solving again, which nearly always leaves a plan within a few tenths of a
 * percent; then, where few enough choices are open, by a search over them.
 */
import type { PlanningProblem, PlanningStay } from "../problem.ts";
import { type Choice, energyIsWaste, exportPaysMore } from "./choices.ts";
import { levels } from "./draft.ts";
import { chargeKW, dischargeKW, importKW } from "./flows.ts";
import { type Formulation, formulate } from "./formulation.ts";
import type { LoadedProgramme, LpSolution, LpSolver } from "./linear-programme.ts";
import type { SiteColumns } from "./site-rows.ts";
import { keptWithin, type Staged, slackOf } from "./stages.ts";
import type { StayColumns } from "./stay-rows.ts";

/** Rounds of rounding and solving again. */
const roundsMax = 12;
/** From this round on nothing is raised to the minimum any more: the smaller choice always ends. */
const roundsOfRaising = 6;
/** Most open choices that are searched; more are left as rounded. */
const searchedMax = 400;
/** Less than this is nothing, kW and kWh. */
const noise = 1e-4;

type Bounds = readonly [column: number, lower: number, upper: number];

/**
 * `null`: no plan that keeps every rule was found. `loaded` ends with the bounds of the settled plan, so that its duals are those of
 * the plan that is given.
 */
export function settle(
  formulation: Formulation,
  loaded: LoadedProgramme,
  staged: Staged,
  solver: LpSolver,
): LpSolution | null {
  if (openBounds(formulation, staged.solution.values, 0).length === 0) return staged.solution;
  const rounded = roundOff(formulation, loaded, staged.solution);
  const searched = search(formulation, staged, rounded, solver);
  if (!searched) return rounded?.solution ?? null;
  // With the choices made, the rest is a linear programme again.
  loaded.update(formulation.programme);
  keepLevels(formulation, loaded, searched.levelsKept ? staged : null);
  for (const bounds of decided(formulation, searched.values)) loaded.setColumnBounds(...bounds);
  const again = loaded.solve();
  const settled = again && roundOff(formulation, loaded, again);
  if (settled && (!rounded || !better(formulation, rounded.solution, settled.solution))) return settled.solution;
  return rounded && restore(formulation, loaded, staged, rounded);
}

interface Rounded {
  readonly solution: LpSolution;
  readonly bounds: readonly Bounds[];
  readonly levelsKept: boolean;
}

function roundOff(formulation: Formulation, loaded: LoadedProgramme, from: LpSolution): Rounded | null {
  let solution = from;
  let levelsKept = true;
  const all: Bounds[] = [];
  for (let round = 0; round < roundsMax; round++) {
    const bounds = openBounds(formulation, solution.values, round);
    if (bounds.length === 0) return { solution, bounds: all, levelsKept };
    for (const bound of bounds) loaded.setColumnBounds(...bound);
    let next = loaded.solve();
    if (!next && levelsKept) {
      levelsKept = false;
      keepLevels(formulation, loaded, null);
      next = loaded.solve();
    }
    if (!next) {
      // Raised to a minimum that does not fit there: nothing instead.
      bounds.splice(0, bounds.length, ...openBounds(formulation, solution.values, roundsMax));
      for (const bound of bounds) loaded.setColumnBounds(...bound);
      next = loaded.solve();
    }
    if (!next) return null;
    all.push(...bounds);
    solution = next;
  }
  return openBounds(formulation, solution.values, roundsMax).length === 0
    ? { solution, bounds: all, levelsKept }
    : null;
}

function restore(formulation: Formulation, loaded: LoadedProgramme, staged: Staged, rounded: Rounded): LpSolution {
  loaded.update(formulation.programme);
  keepLevels(formulation, loaded, rounded.levelsKept ? staged : null);
  for (const bound of rounded.bounds) loaded.setColumnBounds(...bound);
  return loaded.solve() ?? rounded.solution;
}

/** Keeps each level at its least slack with money as objective, or lets go of them and weighs them by the guess. */
function keepLevels(
  { levelRows, moneyCost, guessedCost }: Formulation,
  loaded: LoadedProgramme,
  staged: Staged | null,
) {
  for (const level of levels) {
    loaded.setRowBounds(levelRows[level], 0, staged ? staged.least[level] + keptWithin : Infinity);
  }
  loaded.setCosts(staged ? moneyCost : guessedCost);
}

/** True when the first is at least as good in the first level in which they differ, or else in money. */
function better(formulation: Formulation, first: LpSolution, second: LpSolution): boolean {
  for (const level of levels) {
    const cost = formulation.levelCost[level];
    const difference = slackOf(cost, first.values) - slackOf(cost, second.values);
    if (Math.abs(difference) > 1e-3) return difference < 0;
  }
  return slackOf(formulation.moneyCost, first.values) <= slackOf(formulation.moneyCost, second.values);
}

/** Bounds that end what the solution leaves open; from `roundsOfRaising` on the smaller choice everywhere. */
function openBounds({ problem, stays, site }: Formulation, values: Float64Array, round: number): Bounds[] {
  const bounds: Bounds[] = [];
  for (const columns of stays) {
    const { stay, count } = columns;
    for (let i = 0; i < count; i++) {
      const charging = chargeKW(values, columns, i);
      const discharging = dischargeKW(values, columns, i);
      const netted = charging > noise && discharging > noise;
      const belowReserve = discharging > noise && values[columns.energy + i]! < stay.reserveWh / 1_000 - 5e-4;
      if (netted && charging < discharging) bounds.push(...fixed(columns, "charge", i, 0));
      else if (charging > noise && charging < stay.minChargeW / 1_000 - noise) {
        const raised = round < roundsOfRaising && charging >= stay.minChargeW / 2_000;
        bounds.push(...fixed(columns, "charge", i, raised ? stay.minChargeW / 1_000 : 0));
      }
      if ((netted && charging >= discharging) || belowReserve) bounds.push(...fixed(columns, "discharge", i, 0));
      else if (discharging > noise && discharging < stay.minDischargeW / 1_000 - noise) {
        const raised = round < roundsOfRaising && discharging >= stay.minDischargeW / 2_000;
        bounds.push(...fixed(columns, "discharge", i, raised ? stay.minDischargeW / 1_000 : 0));
      }
    }
  }
  for (let t = 0; t < problem.slots; t++) {
    const imported = importKW(values, site, t);
    const exported = values[site.export + t]!;
    if (exportPaysMore(problem, t) && imported > noise && exported > noise) {
      bounds.push(...(imported >= exported ? noExport(site, t) : noImport(site, t)));
    }
  }
  return bounds;
}

/** Either nothing (`atLeastKW` 0) or at least so much, over the part in force and the part above it. */
function fixed(columns: StayColumns, side: "charge" | "discharge", index: number, atLeastKW: number): Bounds[] {
  const { stay } = columns;
  const first = side === "charge" ? columns.charge : columns.discharge;
  const above = side === "charge" ? columns.chargeAbove : columns.dischargeAbove;
  if (first < 0) return [];
  if (atLeastKW === 0)
    return above < 0
      ? [[first + index, 0, 0]]
      : [
          [first + index, 0, 0],
          [above + index, 0, 0],
        ];
  const mostKW = (side === "charge" ? stay.maxChargeW : stay.maxDischargeW) / 1_000;
  return above < 0
    ? [[first + index, atLeastKW, mostKW]]
    : [
        [first + index, atLeastKW, mostKW],
        [above + index, 0, 0],
      ];
}

const noExport = (site: SiteColumns, slot: number): Bounds[] => [[site.export + slot, 0, 0]];

const noImport = (site: SiteColumns, slot: number): Bounds[] =>
  [site.import, site.importAbove].filter((first) => first >= 0).map((first) => [first + slot, 0, 0] as const);

/** The bounds that a solution with whole numbers implies. */
function decided({ problem, stays, site }: Formulation, values: Float64Array): Bounds[] {
  const bounds: Bounds[] = [];
  for (const columns of stays) {
    const { stay, first, count } = columns;
    for (let i = 0; i < count; i++) {
      if (!isChoice(problem, stay, first + i)) continue;
      const charging = chargeKW(values, columns, i);
      const discharging = dischargeKW(values, columns, i);
      const charges = charging > noise && charging >= discharging;
      const discharges = discharging > noise && !charges;
      if (!charges) bounds.push(...fixed(columns, "charge", i, 0));
      else if (stay.minChargeW > 0) bounds.push(...fixed(columns, "charge", i, stay.minChargeW / 1_000));
      if (!discharges) bounds.push(...fixed(columns, "discharge", i, 0));
      else if (stay.minDischargeW > 0) bounds.push(...fixed(columns, "discharge", i, stay.minDischargeW / 1_000));
    }
  }
  for (let t = 0; t < problem.slots; t++) {
    if (!exportPaysMore(problem, t)) continue;
    bounds.push(...(importKW(values, site, t) >= values[site.export + t]! ? noExport(site, t) : noImport(site, t)));
  }
  return bounds;
}

const hasMinimum = ({ minChargeW, minDischargeW, maxDischargeW }: PlanningStay): boolean =>
  minChargeW > 0 || (maxDischargeW > 0 && minDischargeW > 0);

const isChoice = (problem: PlanningProblem, stay: PlanningStay, slot: number): boolean =>
  hasMinimum(stay) || (stay.maxDischargeW > 0 && energyIsWaste(problem, slot));

/** A better solution by branch and bound over the open choices; `null` when there are too many or none was found. */
function search(
  formulation: Formulation,
  staged: Staged,
  rounded: Rounded | null,
  solver: LpSolver,
): { readonly values: Float64Array; readonly levelsKept: boolean } | null {
  const { problem, stays } = formulation;
  const choices: Choice[] = [];
  const idle: Bounds[] = [];
  for (let t = 0; t < problem.slots; t++) if (exportPaysMore(problem, t)) choices.push({ kind: "pcc", slot: t });
  stays.forEach((columns, stay) => {
    for (let index = 0; index < columns.count; index++) {
      if (!isChoice(problem, columns.stay, columns.first + index)) continue;
      const used = [staged.solution, rounded?.solution].some(
        (solution) =>
          solution && chargeKW(solution.values, columns, index) + dischargeKW(solution.values, columns, index) > noise,
      );
      if (used || energyIsWaste(problem, columns.first + index)) choices.push({ kind: "vehicle", stay, index });
      else idle.push(...fixed(columns, "charge", index, 0), ...fixed(columns, "discharge", index, 0));
    }
  });
  if (choices.length === 0 || choices.length > searchedMax) return null;
  const whole = formulate(problem, choices);
  const loaded = solver.load(whole.programme);
  try {
    for (const bounds of idle) loaded.setColumnBounds(...bounds);
    loaded.setWhole(whole.choiceColumns);
    for (const kept of [staged, null]) {
      keepLevels(whole, loaded, kept);
      const solution = loaded.solve();
      if (solution) return { values: solution.values, levelsKept: kept !== null };
    }
    return null;
  } finally {
    loaded.dispose();
  }
}

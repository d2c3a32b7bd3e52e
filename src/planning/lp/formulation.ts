/**
 * The planning problem as a linear programme (docs/planning.md has it with symbols). One variable for charging, discharging and
 * energy of each stay and slot, one for import, export and curtailed PV of each slot, one for the peak of each demand charge, and
 * slacks for whatever may have to be given up. The slacks of one priority form a level; `by-level.ts` makes them as small as possible
 * in order.
 */
import type { PlanningProblem } from "../problem.ts";
import { type Draft, type Level, levels } from "./draft.ts";
import { type LinearProgramme, ProgrammeBuilder } from "./linear-programme.ts";
import { addSite, type SiteColumns } from "./site-rows.ts";
import { addStay, type StayColumns } from "./stay-rows.ts";

/** First guess of what a unit of each level is worth, currency per kWh: a short cut only, the order decides. */
const guessPerUnit: Readonly<Record<Level, number>> = {
  "site-limits": 10_000,
  "need-1": 3_000,
  "need-2": 1_000,
  "need-3": 300,
  reserve: 100,
  commitment: 30,
};

export interface Formulation {
  readonly problem: PlanningProblem;
  readonly programme: LinearProgramme;
  readonly stays: readonly StayColumns[];
  readonly site: SiteColumns;
  /** Row whose activity is the level's whole slack, kWh (kWh·h for the reserve). */
  readonly levelRows: Readonly<Record<Level, number>>;
  /** The level's slack as an objective. */
  readonly levelCost: Readonly<Record<Level, Float64Array>>;
  /** Money and peace, without and with the guess for the levels. */
  readonly moneyCost: Float64Array;
  readonly guessedCost: Float64Array;
  /** Slack that no plan can avoid: a bound from below for each level. */
  readonly unavoidable: Readonly<Record<Level, number>>;
}

/** `like`: the formulation of a moment ago, whose matrix the new one has if it can. */
export function formulate(problem: PlanningProblem, like?: Formulation): Formulation {
  const builder = new ProgrammeBuilder();
  const slacks: { readonly level: Level; readonly column: number; readonly weight: number }[] = [];
  const draft: Draft = {
    problem,
    builder,
    hours: problem.slotMinutes / 60,
    unavoidable: Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>,
    slack: (level, weight, upper = Infinity) => {
      const column = builder.column(0, upper);
      slacks.push({ level, column, weight });
      return column;
    },
  };
  const stays = problem.stays.map((stay, index) => {
    const before = like?.stays[index];
    const wasBelow = before?.stay.evseId === stay.evseId && before.reserveShort >= 0;
    return addStay(draft, stay, wasBelow && before.stay.arrivalSlot === stay.arrivalSlot);
  });
  const site = addSite(draft, stays);
  const levelRows = {} as Record<Level, number>;
  for (const level of levels) {
    for (const slack of slacks) if (slack.level === level) builder.entry(slack.column, slack.weight);
    levelRows[level] = builder.row(0, Infinity);
  }
  const programme = builder.finish();
  const guessedCost = programme.cost.slice();
  const levelCost = {} as Record<Level, Float64Array>;
  for (const level of levels) levelCost[level] = new Float64Array(guessedCost.length);
  for (const { level, column, weight } of slacks) {
    levelCost[level][column] = weight;
    guessedCost[column]! += guessPerUnit[level] * weight;
  }
  return {
    problem,
    programme,
    stays,
    site,
    levelRows,
    levelCost,
    moneyCost: programme.cost,
    guessedCost,
    unavoidable: draft.unavoidable,
  };
}

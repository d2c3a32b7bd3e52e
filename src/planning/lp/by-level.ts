/**
 * Solves a formulation level by level: the slack of a higher level is made as small as possible before a lower one counts at all,
 * and money comes last. Weights instead of an order were measured to trade a higher level for a lower one in two of ten site-days
 * that could not meet everything.
 */
import { type Level, levels } from "./draft.ts";
import type { Formulation } from "./formulation.ts";
import type { LoadedProgramme, LpSolution } from "./linear-programme.ts";

/** A level is kept within this of its least slack, kWh: the solver's own tolerance, far below a Wh that anybody counts. */
export const keptWithin = 1e-5;

export interface SolvedByLevel {
  readonly solution: LpSolution;
  /** Least slack of each level, kWh (kWh·h for the reserve). */
  readonly least: Readonly<Record<Level, number>>;
  readonly solves: number;
}

/** `null`: the solver found nothing within its bounds. Leaves the programme with money as objective and all levels kept. */
export function solveByLevel(formulation: Formulation, loaded: LoadedProgramme): SolvedByLevel | null {
  const { levelRows, levelCost, unavoidable, guessedCost, moneyCost } = formulation;
  for (const level of levels) loaded.setRowBounds(levelRows[level], 0, Infinity);
  loaded.setCosts(guessedCost);
  let solution = loaded.solve();
  let solves = 1;
  if (!solution) return null;
  const least = {} as Record<Level, number>;
  let onGuess = true;
  for (const level of levels) {
    const lowest = unavoidable[level];
    let slack = slackOf(levelCost[level], solution.values);
    if (slack > lowest + keptWithin) {
      loaded.setCosts(levelCost[level]);
      solution = loaded.solve();
      solves++;
      onGuess = false;
      if (!solution) return null;
      slack = slackOf(levelCost[level], solution.values);
    }
    least[level] = Math.max(0, slack);
    loaded.setRowBounds(levelRows[level], 0, least[level] + keptWithin);
  }
  if (!onGuess) {
    loaded.setCosts(moneyCost);
    solution = loaded.solve();
    solves++;
  }
  return solution && { solution, least, solves };
}

export function slackOf(cost: Float64Array, values: Float64Array): number {
  let sum = 0;
  for (let column = 0; column < cost.length; column++) if (cost[column] !== 0) sum += cost[column]! * values[column]!;
  return sum;
}

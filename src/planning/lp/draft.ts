/** What the parts of a formulation share while it is made. */
import type { PlanningProblem, PlanningStay } from "../problem.ts";
import type { ProgrammeBuilder } from "./linear-programme.ts";

/** What is given up last stands first. Money comes after all of them. */
export const levels = ["site-limits", "need-1", "need-2", "need-3", "reserve", "commitment"] as const;
export type Level = (typeof levels)[number];

/** Value of a kWh left where the plan in force has it, unless the problem says otherwise. */
export const peaceDefaultPerKWh = 0.001;

/** A formulation in the making. */
export interface Draft {
  readonly problem: PlanningProblem;
  readonly builder: ProgrammeBuilder;
  readonly hours: number;
  readonly unavoidable: Record<Level, number>;
  /** Adds a slack column to a level; `weight` turns kW or kWh into the level's unit. */
  slack(level: Level, weight: number, upper?: number): number;
}

/** A family of columns, one for each index; gives the first. */
export function family(
  draft: Draft,
  count: number,
  lowerUpperCost: (index: number) => readonly [number, number, number],
): number {
  const first = draft.builder.columns;
  for (let index = 0; index < count; index++) draft.builder.column(...lowerUpperCost(index));
  return first;
}

/** Lowest energy that discharging may leave, Wh. */
export const floorWh = (stay: PlanningStay): number => Math.max(stay.reserveWh, stay.minWh);

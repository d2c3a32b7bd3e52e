/** Site-days that a linear programme alone gets wrong: minimum powers, export dearer than import, negative prices. */
import { describe, expect, test } from "vitest";
import { solveByLevel } from "../../src/planning/lp/by-level.ts";
import { formulate } from "../../src/planning/lp/formulation.ts";
import { openChoices } from "../../src/planning/lp/open-choices.ts";
import { plan } from "../../src/planning/planner.ts";
import type { PlanningProblem } from "../../src/planning/problem.ts";
import { createHighsSolver } from "../../src/planning/solver/highs.ts";
import { judge, siteDay } from "./judge.ts";

const solver = await createHighsSolver();

const withMinimum = (day: PlanningProblem, share: number): PlanningProblem => ({
  ...day,
  stays: day.stays.map((stay) => ({
    ...stay,
    minChargeW: stay.maxChargeW * share,
    minDischargeW: stay.maxDischargeW * share,
  })),
});

const priced = (
  day: PlanningProblem,
  change: (importPrice: number, t: number) => readonly [number, number],
): PlanningProblem => ({
  ...day,
  site: { ...day.site, exportLimitW: day.site.exportLimitW.map((limit) => Math.max(limit, 60_000)) },
  tariff: {
    ...day.tariff,
    importPerKWh: day.tariff.importPerKWh.map((price, t) => change(price, t)[0]),
    exportPerKWh: day.tariff.importPerKWh.map((price, t) => change(price, t)[1]),
  },
});

const openIn = (day: PlanningProblem): number => {
  const formulation = formulate(day);
  const loaded = solver.load(formulation.programme);
  const byLevel = solveByLevel(formulation, loaded)!;
  loaded.dispose();
  return openChoices(formulation, byLevel.solution.values).length;
};

const evening = (t: number): boolean => t >= 24 && t < 32;

// Ceilings are the costs that a branch-and-bound search of minutes found.
const cases: readonly (readonly [name: string, day: PlanningProblem, ceiling: number])[] = [
  ["at least a quarter of the rating", withMinimum(siteDay(3), 0.25), 2416.42 * 1.001],
  ["at least a seventh, both ways, with a demand charge", withMinimum(siteDay(1), 0.15), 305.8 * 1.001],
  ["export pays more than import costs for two hours", siteDay(8), 396.55 * 1.001],
  [
    "export pays more, with discharge",
    priced(siteDay(9), (price, t) => [price, evening(t) ? price + 0.35 : 0]),
    Infinity,
  ],
  ["negative prices at noon", priced(siteDay(12), (price, t) => (t > 80 ? [-0.05, -0.06] : [price, 0])), Infinity],
];

describe("one or the other", () => {
  test.each(cases)("%s", (_, day, ceiling) => {
    const { method, powerW, pvCurtailW, outcome } = plan(day, solver);
    expect(method).toBe("linear-programme");
    expect(judge(day, powerW, pvCurtailW).problems).toEqual([]);
    expect(outcome.bill.total).toBeLessThanOrEqual(ceiling);
  });

  test("the cases are such that the linear programme leaves something open", () => {
    const open = cases.map(([, day]) => openIn(day));
    expect(open.slice(0, 4).every((count) => count > 0)).toBe(true);
  });
});

/** A plan made anew leaves the plan in force alone where there is no reason to change it. */
import { describe, expect, test } from "vitest";
import { Planner } from "../../src/planning/planner.ts";
import type { PlanningProblem } from "../../src/planning/problem.ts";
import { createHighsSolver } from "../../src/planning/solver/highs.ts";
import { siteDay } from "./judge.ts";

const solver = await createHighsSolver();

type Powers = Readonly<Record<string, readonly number[]>>;

/** Energy that moved, as a share of the energy that was planned. */
function moved(before: Powers, after: Powers, without?: string): number {
  let movedW = 0;
  let plannedW = 0;
  for (const [evseId, slots] of Object.entries(before)) {
    if (evseId === without) continue;
    slots.forEach((power, t) => {
      plannedW += Math.abs(power);
      movedW += Math.abs(after[evseId]![t]! - power) / 2;
    });
  }
  return movedW / Math.max(1, plannedW);
}

const replan = (day: PlanningProblem, inForce: PlanningProblem): readonly [Powers, Powers] => {
  const planner = new Planner(solver);
  const before = planner.plan(inForce).powerW;
  const after = planner.plan({ ...day, previous: { powerW: before } }).powerW;
  planner.dispose();
  return [before, after];
};

describe("a plan made anew", () => {
  test.each([1, 3, 6, 7, 8, 9, 11, 12])("site-day %i without news: at most 1 % moves", (number) => {
    const [before, after] = replan(siteDay(number), siteDay(number));
    expect(moved(before, after)).toBeLessThanOrEqual(0.01);
  });

  test.each([1, 2, 3, 6, 7])(
    "site-day %i, one vehicle comes that was not known: at most 10 % moves elsewhere",
    (number) => {
      const day = siteDay(number);
      const [newcomer, ...known] = day.stays;
      const [before, after] = replan(day, { ...day, stays: known });
      expect(moved(before, after, newcomer!.evseId)).toBeLessThanOrEqual(0.1);
    },
  );

  test("a load forecast that is off by 2 % moves little", () => {
    const day = siteDay(3);
    const site = { ...day.site, loadW: day.site.loadW.map((load, t) => load * (t % 3 === 0 ? 1.02 : 0.99)) };
    const [before, after] = replan({ ...day, site }, day);
    expect(moved(before, after)).toBeLessThanOrEqual(0.1);
  });
});

/** A plan made anew leaves the plan in force alone where there is no reason to change it. */
import { describe, expect, test } from "vitest";
import type { LpSolver } from "../../src/planning/lp/linear-programme.ts";
import { Planner, plan } from "../../src/planning/planner.ts";
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

/** The solver, and how many simplex steps it took since the last time that was asked. */
function counted(): { readonly solver: LpSolver; steps(): number } {
  let steps = 0;
  const load: LpSolver["load"] = (programme) => {
    const loaded = solver.load(programme);
    const { solve } = loaded;
    loaded.solve = () => {
      const solution = solve.call(loaded);
      steps += solution?.iterations ?? 0;
      return solution;
    };
    return loaded;
  };
  return {
    solver: { ...solver, load },
    steps: () => {
      const taken = steps;
      steps = 0;
      return taken;
    },
  };
}

/** The same day a slot later: everything moves one slot nearer, and the last slot is as the one before it. */
function slotLater(day: PlanningProblem): PlanningProblem {
  const later = (series: readonly number[]): number[] => [...series.slice(1), series.at(-1)!];
  const { site, tariff } = day;
  return {
    ...day,
    firstSlot: (day.firstSlot ?? 0) + 1,
    site: {
      ...site,
      exportLimitW: later(site.exportLimitW),
      loadW: later(site.loadW),
      pvW: later(site.pvW),
      backup: site.backup ? { requiredWh: later(site.backup.requiredWh) } : null,
    },
    tariff: {
      importPerKWh: later(tariff.importPerKWh),
      exportPerKWh: later(tariff.exportPerKWh),
      demand: tariff.demand.map((one) => ({ ...one, slots: one.slots.map((t) => t - 1).filter((t) => t >= 0) })),
    },
    events: [],
    stays: day.stays
      .filter(({ arrivalSlot }) => arrivalSlot > 0)
      .map((stay) => ({ ...stay, arrivalSlot: stay.arrivalSlot - 1, departureSlot: stay.departureSlot - 1 })),
  };
}

describe("a plan made anew", () => {
  const day = { ...siteDay(2), events: [] };
  const [newcomer, ...known] = day.stays;
  const changes: readonly (readonly [string, PlanningProblem, PlanningProblem])[] = [
    ["a vehicle comes", { ...day, stays: known }, { ...day, stays: [newcomer!, ...known] }],
    ["a vehicle goes", day, { ...day, stays: known }],
    ["the next slot begins", day, slotLater(day)],
  ];
  test.each(changes)("%s: the solver goes on from where it was", (_, before, after) => {
    const kept = counted();
    const planner = new Planner(kept.solver);
    const inForce = planner.plan(before);
    kept.steps();
    const then = { ...after, previous: { powerW: inForce.powerW } };
    const warm = planner.plan(then);
    const warmSteps = kept.steps();
    planner.dispose();
    const cold = plan(then, kept.solver);
    expect(warmSteps).toBeLessThan(kept.steps() / 2);
    expect(warm.outcome.bill.total).toBeCloseTo(cold.outcome.bill.total, 2);
    expect(warm.outcome.unmetWh).toEqual(cold.outcome.unmetWh);
  });

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

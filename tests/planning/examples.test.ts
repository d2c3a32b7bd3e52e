/** Twelve site-days with their optimum: every limit kept, nothing more given up than has to be, and hardly a cent too dear. */
import { describe, expect, test } from "vitest";
import { Planner, plan } from "../../src/planning/planner.ts";
import { createHighsSolver } from "../../src/planning/solver/highs.ts";
import { judge, siteDay, siteDays } from "./judge.ts";

const solver = await createHighsSolver();

describe("the optimum of a site-day", () => {
  const over: number[] = [];
  test.each(siteDays.map((day) => [day.id, day.kind, day] as const))("%s (%s)", (_, __, day) => {
    const { powerW, pvCurtailW, method, faults, outcome } = plan(day, solver);
    const { reference } = day;
    expect(method).toBe("linear-programme");
    expect(faults.filter(({ code }) => code !== "export-above-import")).toEqual([]);
    const verdict = judge(day, powerW, pvCurtailW);
    expect(verdict.problems).toEqual([]);
    const unit = 3 + day.stays.length;
    for (const priority of ["1", "2", "3"] as const) {
      expect(verdict.unmetWh[priority]).toBeLessThanOrEqual(reference.unmetWh[priority] * 1.001 + unit);
    }
    expect(verdict.reserveShortWhh).toBeLessThanOrEqual(reference.reserveShortWhh * 1.001 + 20 * day.stays.length);
    expect(verdict.drShortWh).toBeLessThanOrEqual(reference.drShortWh * 1.001 + 50);
    const worse = (verdict.cost - reference.optimumCost) / Math.max(1, reference.optimumCost);
    expect(worse).toBeLessThanOrEqual(0.01);
    over.push(worse);
    // What the plan says of itself is what the judge finds.
    expect(outcome.bill.total).toBeCloseTo(verdict.cost, 4);
    expect(outcome.commitmentShortWh).toBeCloseTo(verdict.drShortWh, 1);
  });

  test("cost above the optimum: at most 0.1 % on average", () => {
    expect(over).toHaveLength(siteDays.length);
    expect(over.reduce((sum, value) => sum + value, 0) / over.length).toBeLessThanOrEqual(0.001);
  });
});

test("the same problem gives the same bytes", () => {
  for (const day of [siteDay(1), siteDay(10), siteDay(12)]) {
    const bytes = JSON.stringify(plan(day, solver));
    expect(JSON.stringify(plan(structuredClone(day), solver))).toBe(bytes);
  }
});

test("a kept programme gives a plan as good as a new one", () => {
  const day = siteDay(1);
  const planner = new Planner(solver);
  planner.plan(day);
  for (const factor of [1.02, 0.97]) {
    const news = { ...day, site: { ...day.site, loadW: day.site.loadW.map((load) => load * factor) } };
    const warm = planner.plan(news).outcome;
    const cold = plan(news, solver).outcome;
    expect(warm.unmetWh).toEqual(cold.unmetWh);
    expect(warm.bill.total).toBeCloseTo(cold.bill.total, 2);
  }
  planner.dispose();
});

describe("properties of every optimum", () => {
  test("equal prices and no demand charge: nobody discharges", () => {
    const day = siteDay(11);
    const flat = {
      ...day,
      tariff: { importPerKWh: Array(day.slots).fill(0.2), exportPerKWh: Array(day.slots).fill(0.1), demand: [] },
    };
    const open = { ...flat, site: { ...day.site, importLimitW: 2_000_000 } };
    const powers = Object.values(plan(open, solver).powerW).flat();
    expect(Math.min(...powers)).toBeGreaterThanOrEqual(0);
  });

  test("a higher reserve never makes the day cheaper", () => {
    const day = siteDay(1);
    const raised = {
      ...day,
      stays: day.stays.map((stay) => ({ ...stay, reserveWh: Math.min(stay.maxWh, stay.arrivalWh) })),
    };
    expect(plan(raised, solver).outcome.bill.total).toBeGreaterThanOrEqual(plan(day, solver).outcome.bill.total - 1e-3);
  });

  test("one more vehicle takes nothing from those before it in priority", () => {
    const day = siteDay(11);
    const first = day.stays.find(({ priority }) => priority === 2)!;
    const more = { ...day, stays: [...day.stays, { ...first, evseId: "evse-99", priority: 3 as const }] };
    const { unmetWh } = plan(more, solver).outcome;
    const before = plan(day, solver).outcome.unmetWh;
    expect(unmetWh[1]).toBeLessThanOrEqual(before[1] + 1);
    expect(unmetWh[2]).toBeLessThanOrEqual(before[2] + 1);
  });
});

/** The plan without a solver: keeps every limit, is named, and is never better than the optimum. */
import { describe, expect, test } from "vitest";
import type { LpSolver } from "../../src/planning/lp/linear-programme.ts";
import { plan } from "../../src/planning/planner.ts";
import { judge, siteDays } from "./judge.ts";

describe("greedy", () => {
  test.each(siteDays.map((day) => [day.id, day.kind, day] as const))("%s (%s): every limit kept", (_, __, day) => {
    const { powerW, pvCurtailW, method, fallback } = plan(day, null);
    expect(method).toBe("greedy");
    expect(fallback).toBe("there is no solver");
    const verdict = judge(day, powerW, pvCurtailW);
    expect(verdict.problems).toEqual([]);
    const { reference } = day;
    const levels = (unmet: Readonly<Record<"1" | "2" | "3", number>>): number[] => [unmet["1"], unmet["2"], unmet["3"]];
    const behind = levels(verdict.unmetWh)
      .map((wh, i) => wh - levels(reference.unmetWh)[i]!)
      .find((wh) => Math.abs(wh) > 60);
    expect(behind ?? 0, "never better than the optimum").toBeGreaterThanOrEqual(0);
  });

  const broken = (solve: () => never | null): LpSolver => ({
    name: "broken",
    memoryBytes: () => 0,
    load: () => ({
      update: () => undefined,
      setCosts: () => undefined,
      setColumnBounds: () => undefined,
      setRowBounds: () => undefined,
      basis: () => null,
      startFrom: () => undefined,
      solve,
      dispose: () => undefined,
    }),
  });

  test("a solver that gives up", () => {
    const { method, fallback } = plan(
      siteDays[0],
      broken(() => null),
    );
    expect([method, fallback]).toEqual(["greedy", "the solver found no plan"]);
  });

  test("a solver that dies", () => {
    const dying = broken(() => {
      throw new Error("memory access out of bounds");
    });
    const { method, fallback } = plan(siteDays[0], dying);
    expect([method, fallback]).toEqual(["greedy", "the solver failed: memory access out of bounds"]);
  });

  test("a solver whose plan breaks a limit is not believed", () => {
    const lying: LpSolver = {
      name: "lying",
      memoryBytes: () => 0,
      load: ({ upper }) => ({
        ...broken(() => null).load({} as never),
        solve: () => ({
          values: upper.map((most) => Math.min(most, 1e6)),
          columnDuals: upper,
          rowDuals: upper,
          iterations: 0,
        }),
      }),
    };
    const { method, fallback, powerW, pvCurtailW } = plan(siteDays[0], lying);
    expect(method).toBe("greedy");
    expect(fallback).toMatch(/breaks a limit|found no plan/);
    expect(judge(siteDays[0]!, powerW, pvCurtailW).problems).toEqual([]);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chainSetpointW,
  createLimitChains,
  explain,
  limit,
  limitsMax,
  startChain,
} from "../../src/core/setpoints/limits.ts";

const inf = Number.POSITIVE_INFINITY;

describe("an explained setpoint", () => {
  const cases: readonly [string, number, readonly (readonly [number, number])[], number][] = [
    ["a request that nothing limits stands", 7_000, [[-inf, inf]], 7_000],
    ["a charge is cut to the import limit", 7_000, [[-inf, 5_000]], 5_000],
    ["a discharge is cut to the export limit", -7_000, [[-5_000, inf]], -5_000],
    [
      "a later limit wins over an earlier one",
      7_000,
      [
        [6_000, 8_000],
        [0, 1_000],
      ],
      1_000,
    ],
    ["an unordered interval permits nothing", 7_000, [[5, -5]], 0],
    ["NaN permits nothing", 7_000, [[Number.NaN, 100]], 0],
    ["a request that is NaN is no request", Number.NaN, [[-inf, inf]], 0],
    ["an infinite request is no request", inf, [[-inf, inf]], 0],
    ["a charging limit of zero never discharges (lesson 1)", 7_000, [[-inf, 0]], 0],
    ["a discharging limit of zero never charges (lesson 4)", -7_000, [[0, inf]], 0],
    ["a forced minimum raises the request", 0, [[2_000, inf]], 2_000],
  ];
  test.each(cases)("%s", (_name, requestedW, limits, expectedW) => {
    const chains = createLimitChains(2);
    startChain(chains, 1, requestedW, 0);
    for (const [minW, maxW] of limits) limit(chains, 1, "backend-limit", "backend", minW, maxW);
    expect(chainSetpointW(chains, 1)).toBe(expectedW);
    expect(chainSetpointW(chains, 0)).toBe(0);
  });

  test("the explanation names what binds and adds up to the setpoint", () => {
    const interval = fc.tuple(fc.integer({ min: -100, max: 100 }), fc.integer({ min: -100, max: 100 }));
    fc.assert(
      fc.property(
        fc.integer({ min: -200, max: 200 }),
        fc.array(interval, { maxLength: limitsMax }),
        (requestedW, intervals) => {
          const chains = createLimitChains(1);
          startChain(chains, 0, requestedW, 0);
          for (const [minW, maxW] of intervals) limit(chains, 0, "vehicle-limit", "vehicle", minW, maxW);
          const explanation = explain(chains.values, 0);
          expect(explanation.limits).toHaveLength(intervals.length);
          let runningW = explanation.requestedW;
          for (const { minW, maxW, binds } of explanation.limits) {
            const movedW = Math.min(Math.max(runningW, minW), maxW);
            expect(binds).toBe(movedW !== runningW);
            runningW = movedW;
          }
          expect(runningW).toBe(explanation.setpointW);
        },
      ),
    );
  });

  test("more limits than the chain can explain still limit", () => {
    const chains = createLimitChains(1);
    startChain(chains, 0, 1_000, 0);
    for (let index = 0; index < limitsMax + 5; index++) limit(chains, 0, "vehicle-limit", "vehicle", 0, 900 - index);
    expect(chainSetpointW(chains, 0)).toBe(900 - limitsMax - 4);
  });
});

/**
 * Meters that average longer than their settings say, behind loops of different periods, with load steps of different
 * density: found as what they are, and then the limit is kept. And meters as configured, where nothing may be found. Field
 * problems: HoymilesZeroExport#28, esphome-soyosource#73 (hunting behind averaging meters).
 */
import { describe, expect, test } from "vitest";
import { measureSlower, type SlowerSpec } from "../../../bench/export-control/slower.ts";
import { largest } from "../../../bench/export-control/steps.ts";

const periodsMs = [20, 40, 100] as const;
/** Noise of a usual meter, and none. */
const sigmas = [0.003, 0.000_01] as const;
const runMs = 60_000;
const rightMs = 40_000;

const slower: readonly (readonly [updateMs: number, windowMs: number])[] = [
  [20, 400],
  [20, 1_000],
  [100, 600],
  [100, 1_000],
  [200, 1_000],
  [200, 2_000],
  [500, 2_000],
];

describe.each(slower)("updates %d ms, averages %d ms, told the update", (updateMs, windowMs) => {
  test.each([1, 2, 4])("%d stages: found in time, with its window, and the limit is kept after that", (stageCount) => {
    for (const tickMs of periodsMs)
      for (const [stepLeastMs, stepMostMs] of [
        [2_000, 4_000],
        [5_000, 6_000],
      ] as const)
        for (const sigmaShare of sigmas) {
          const result = measureSlower(
            {
              meter: { updateMs, windowMs },
              stage: {},
              told: { meter: { windowMs: updateMs } },
              stageCount,
              tickMs,
              sigmaShare,
              stepLeastMs,
              stepMostMs,
              limitShare: 0.05,
              loadShares: [0.5, 0.8, 0.25],
            },
            3,
            runMs,
          );
          const says = `period ${tickMs} ms, steps from ${stepLeastMs} ms, noise ${sigmaShare}`;
          expect([...result.causes.keys()], says).toEqual(["meter-slower"]);
          // A meter of few samples has less to say at each fall of the load (every third step): one fall more.
          expect(result.foundAtMs, says).toBeLessThanOrEqual(updateMs <= 100 ? 30_000 : 45_000);
          expect(result.windowMs / windowMs, says).toBeGreaterThanOrEqual(0.75);
          expect(result.windowMs / windowMs, says).toBeLessThanOrEqual(1.5);
          // The first step afterwards may still find power where the swing has left it.
          expect(largest([0, ...result.afterMs.slice(1)]), says).toBeLessThanOrEqual(1.6 * windowMs + 500);
        }
  });
});

/** Load steps this far apart, ms; the densest exceed a limit more than twelve times a minute, whatever anybody does. */
const intervals = [
  [500, 1_500],
  [1_500, 4_000],
  [4_000, 8_000],
] as const;
const right: readonly (readonly [updateMs: number, windowMs: number])[] = [
  [20, 20],
  [50, 50],
  [100, 100],
  [200, 200],
  [500, 500],
  [1_000, 1_000],
  [100, 1_000],
  [20, 200],
];

describe("nothing is found where meter and stages are as configured", () => {
  test.each(right)("updates %d ms, averages %d ms", (updateMs, windowMs) => {
    for (const tickMs of periodsMs)
      for (const [stepLeastMs, stepMostMs] of intervals)
        for (const sigmaShare of sigmas)
          for (const stageCount of [1, 4]) {
            const spec: SlowerSpec = {
              meter: { updateMs, windowMs },
              stage: {},
              told: {},
              limitShare: sigmaShare === sigmas[0] ? 0.1 : 0.05,
              stageCount,
              stageRatedW: stageCount === 1 ? 10_000 : 60_000,
              tickMs,
              sigmaShare,
              stepLeastMs,
              stepMostMs,
            };
            const { causes } = measureSlower(spec, 1, rightMs);
            causes.delete("control-unsteady");
            expect(
              [...causes.keys()],
              `period ${tickMs} ms, steps from ${stepLeastMs} ms, noise ${sigmaShare}`,
            ).toEqual([]);
          }
  });
});

describe("a load that moves together with the stages condemns no meter", () => {
  // While the meter's scale is in doubt the stages probe it, and dense steps of the load fall together with the probes.
  test.each([
    [20, 40, 500, 1_500, 1, 2],
    [20, 40, 500, 1_500, 1, 4],
    [50, 40, 500, 1_500, 4, 3],
    [100, 20, 500, 1_500, 4, 4],
    [100, 100, 1_500, 4_000, 1, 3],
    [200, 20, 500, 1_500, 1, 3],
  ])(
    "meter %d ms, period %d ms, steps %d to %d ms apart, %d stages, seed %d",
    (updateMs, tickMs, stepLeastMs, stepMostMs, stageCount, seed) => {
      const { causes } = measureSlower(
        { meter: { updateMs }, stage: {}, told: {}, limitShare: 0.1, stageCount, tickMs, stepLeastMs, stepMostMs },
        seed,
        60_000,
      );
      expect([...causes.keys()].filter((cause) => cause.startsWith("meter"))).toEqual([]);
    },
  );
});

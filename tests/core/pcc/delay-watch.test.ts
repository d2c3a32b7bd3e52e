/** The observer's delays follow what the stages show, where setpoints take longer to arrive than was found at commissioning. */
import { describe, expect, test } from "vitest";
import { createDice, Plant, uniform } from "../../../bench/export-control/plant.ts";
import { Site, usualOptions } from "../../../bench/export-control/site.ts";
import { createDelayFit, delaysCount, fitDelay } from "../../../src/core/pcc/dynamics/delay-fit.ts";
import { slowLinks } from "./slow-links.ts";

const ratedW = 60_000;
const toldDeadTimeMs = 40;

/** Steps of the load with stages that answer in `requestMs`; what the observer takes their delays to be afterwards, ms. */
function delaysAfterSteps(requestMs: number, acknowledges: boolean, steps = 10): readonly number[] {
  const dice = createDice(1);
  const stage = { ratedW, responseMs: 60, deadTimeMs: 5, rateWPerS: Number.POSITIVE_INFINITY };
  const plant = new Plant(
    Array.from({ length: 4 }, () => ({ ...stage, phaseShare: [1 / 3, 1 / 3, 1 / 3] as const })),
    { updateMs: 100, windowMs: 100, latencyMs: 15, jitterMs: 5, lostShare: 0, sigmaW: 70, gain: 1, offsetW: 0 },
    0,
    dice,
  );
  const told = { meter: { latencyMs: 20 }, stage: { deadTimeMs: toldDeadTimeMs } };
  const site = new Site(plant, { ...usualOptions, tickMs: 20, rangeW: 600_000, told });
  const advance = slowLinks(site, dice, { requestMs, shared: false });
  const each = (nowMs: number): void => {
    advance(nowMs);
    if (!acknowledges) for (const facts of site.stages) facts.acknowledgedAtMs = Number.NEGATIVE_INFINITY;
  };
  site.limits.exportLimitW = 30_000;
  site.requestedW.fill(-ratedW);
  for (let step = 0; step < steps; step += 1) {
    plant.loadW.fill((step % 2 === 1 ? 20_000 + 60_000 * uniform(dice) : 100_000 + 80_000 * uniform(dice)) / 3);
    site.run(3_000, each);
  }
  expect(site.control.dynamics.cause).toBe("");
  return [...site.control.observer.delayMs];
}

test.each([
  [80, 60, 140],
  [110, 110, 220],
])("stages that answer in %i ms instead of 35 → reckoned with", (requestMs, leastMs, mostMs) => {
  const delaysMs = delaysAfterSteps(requestMs, true, requestMs > 100 ? 40 : 12);
  const meanMs = delaysMs.reduce((sum, ms) => sum + ms, 0) / delaysMs.length;
  expect(meanMs).toBeGreaterThan(leastMs);
  expect(meanMs).toBeLessThan(mostMs);
});

test("as told where nothing is acknowledged", () => {
  for (const ms of delaysAfterSteps(35, false)) expect(ms).toBe(toldDeadTimeMs + 2);
});

describe("one reading after the other", () => {
  const longestMs = 120;
  const mostMs = 480;
  /** A ramp of 100 W/ms for 200 ms, asked for at 0. */
  const rampW = (ms: number): number => 100 * Math.max(0, Math.min(200, ms));
  const fitRamp = (lateMs: number): number => {
    const fit = createDelayFit(Float64Array.of(longestMs), Float64Array.of(mostMs));
    let delayMs = 20;
    for (let ms = 0; ms < 4_000; ms += 20) {
      for (let k = 0; k < delaysCount; k += 1) fit.expectedW[k] = rampW((ms % 400) - k * fit.stepMs[0]!);
      delayMs = fitDelay(fit, 0, rampW((ms % 400) - lateMs), 20_000, delayMs);
    }
    return delayMs;
  };

  test.each([0, 13, 47, 90, 120])("a stage that is %i ms late is found", (lateMs) => {
    expect(fitRamp(lateMs)).toBeCloseTo(lateMs, -1);
  });

  test.each([150, 190])("one that is %i ms late, beyond what is tried at first, is found", (lateMs) => {
    expect(Math.abs(fitRamp(lateMs) - lateMs)).toBeLessThan(20);
  });
});

/** PV held back under an export limit, with a meter of 1 s and inverters that take their time, judged by the plant. */
import { describe, expect, test } from "vitest";
import { createDice, uniform } from "../../../bench/export-control/plant.ts";
import { createPvCurtailment, stepPvCurtailment } from "../../../src/core/pcc/pv-curtailment.ts";
import { createSnapshot } from "../../../src/core/snapshot.ts";
import { makeSite, ratedW } from "./site.ts";

const pvRatedW = 60_000;
const toleranceW = 0.01 * pvRatedW;

interface Trial {
  readonly meterMs: number;
  /** From the command to the first movement, its time constant, and how old its reading may be, ms. */
  readonly deadTimeMs: number;
  readonly responseMs: number;
  readonly readEveryMs: number;
  readonly exportLimitW: number;
  readonly dischargeW?: number;
  readonly sunW?: (nowMs: number) => number;
}

function run(trial: Trial, seed: number, steps = 12) {
  const { meterMs, deadTimeMs, responseMs, readEveryMs, exportLimitW, dischargeW = 0 } = trial;
  const sunW = trial.sunW ?? (() => 0.9 * pvRatedW);
  const dice = createDice(seed);
  const site = makeSite({ count: 1, meterMs, tickMs: 100, responsesMs: [100], sigmaShare: 0.0005, seed });
  const { plant } = site;
  const { site: facts } = createSnapshot(1, 0);
  const pv = createPvCurtailment(pvRatedW, 100);
  pv.exportLimitW = exportLimitW;
  site.limits.exportLimitW = exportLimitW;
  site.requestedW[0] = -dischargeW;
  const told: { atMs: number; limitW: number }[] = [];
  const overs: number[] = [];
  let [loadW, pvW, givenWms, allowedWms, overSinceMs] = [30_000, 0, 0, 0, Number.NaN];
  const each = (nowMs: number): void => {
    if (nowMs % readEveryMs === 0) facts.pvPowerW = sunW(nowMs) > 0 ? pvW : Number.NaN;
    if (nowMs % 100 === 0) {
      stepPvCurtailment(pv, site.control, site.meter, facts, nowMs);
      if (told.at(-1)?.limitW !== pv.limitW) told.push({ atMs: nowMs, limitW: pv.limitW });
    }
    const inForceW = told.findLast(({ atMs }) => nowMs - atMs >= deadTimeMs)?.limitW ?? Number.POSITIVE_INFINITY;
    pvW += (Math.min(Math.max(0, sunW(nowMs)), inForceW) - pvW) / responseMs;
    plant.loadW.fill((loadW - pvW) / 3);
    if (nowMs < 15_000) return;
    givenWms += pvW;
    allowedWms += Math.min(Math.max(0, sunW(nowMs)), loadW + exportLimitW);
    const isOver = -plant.pccW[0]! - exportLimitW > toleranceW;
    if (!isOver && !Number.isNaN(overSinceMs)) overs.push(nowMs - overSinceMs);
    overSinceMs = isOver ? (Number.isNaN(overSinceMs) ? nowMs : overSinceMs) : Number.NaN;
  };
  site.run(15_000, each);
  for (let step = 0; step < steps; step += 1) {
    loadW = step % 2 === 0 ? 5_000 + 10_000 * uniform(dice) : 20_000 + 20_000 * uniform(dice);
    site.run(15_000 + Math.floor(1_000 * uniform(dice)), each);
  }
  return { told, overs, yieldShare: givenWms / allowedWms, endW: -plant.pccW[0]!, stageW: plant.powerW[0]! };
}

const slow: Trial = { meterMs: 1_000, deadTimeMs: 700, responseMs: 150, readEveryMs: 500, exportLimitW: 0 };

describe.each<Trial>([
  slow,
  { ...slow, exportLimitW: 10_000 },
  { ...slow, readEveryMs: 1_000 },
  { ...slow, meterMs: 200, deadTimeMs: 300, exportLimitW: 10_000 },
])("meter of $meterMs ms, PV after $deadTimeMs ms, read each $readEveryMs ms, limit $exportLimitW W", (trial) => {
  test("each step of the load is over within 5.5 s, nine tenths are used, one change in 2 s", () => {
    for (const seed of [1, 2, 3]) {
      const { told, overs, yieldShare } = run(trial, seed);
      expect(overs.length).toBeGreaterThan(0);
      expect(Math.max(...overs)).toBeLessThanOrEqual(5_500);
      expect(yieldShare).toBeGreaterThan(0.9);
      for (const [k, { atMs }] of told.entries())
        if (k > 1) expect(atMs - told[k - 1]!.atMs).toBeGreaterThanOrEqual(2_000);
    }
  });
});

test("at night values that are not there are no power: the limit stays what load and export leave", () => {
  const { told, endW } = run({ ...slow, sunW: () => 0 }, 1);
  for (const { limitW } of told) expect(limitW).toBeGreaterThanOrEqual(0);
  expect(endW).toBeLessThan(0);
});

test("a vehicle that discharges stands back for PV, so that no sun is lost to it", () => {
  const { yieldShare, stageW } = run({ ...slow, dischargeW: ratedW }, 1);
  expect(yieldShare).toBeGreaterThan(0.9);
  expect(stageW).toBeGreaterThan(-5_000);
});

test("a meter that falls silent → no more than may be exported without any load; nothing said before the first sample", () => {
  const site = makeSite({ count: 1, meterMs: 200, tickMs: 100 });
  const { site: facts } = createSnapshot(1, 0);
  const pv = createPvCurtailment(pvRatedW, 100);
  pv.exportLimitW = 4_000;
  facts.pvPowerW = 20_000;
  site.plant.loadW.fill(3_000);
  const each = (nowMs: number): void => {
    if (nowMs % 100 === 0) stepPvCurtailment(pv, site.control, site.meter, facts, nowMs);
  };
  site.meterSilent = true;
  site.run(1_000, each);
  expect(pv.limitW).toBe(Number.POSITIVE_INFINITY);
  site.meterSilent = false;
  site.run(5_000, each);
  expect(pv.limitW).toBeGreaterThan(25_000);
  site.meterSilent = true;
  site.run(6_000, each);
  expect(pv.limitW).toBe(4_000);
});

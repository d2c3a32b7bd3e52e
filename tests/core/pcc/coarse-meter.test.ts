/** Meters of coarse resolution in closed loop: a still value is the usual case, and no proof of anything. */
import { describe, expect, test } from "vitest";
import { measureDense } from "../../../bench/export-control/dense.ts";
import type { HostileSpec } from "../../../bench/export-control/hostile.ts";
import { createDice, Plant, uniform } from "../../../bench/export-control/plant.ts";
import { Site, usualOptions } from "../../../bench/export-control/site.ts";
import { makeStages, usualSteps } from "../../../bench/export-control/steps.ts";
import { Quality } from "../../../src/domain/quality.ts";
import { ratedW, setLoad, settle } from "./site.ts";

const sumW = 4 * ratedW;
const loadW = 0.7 * sumW;

/** Four stages that discharge to the limit behind a meter that shows `quantumW`; only its power is compared. */
function makeSite(meterMs: number, quantumW: number, sigmaW: number): Site {
  const dice = createDice(4_712);
  const plant = new Plant(
    makeStages(usualSteps, dice),
    {
      updateMs: meterMs,
      windowMs: meterMs,
      latencyMs: 10,
      jitterMs: 0,
      lostShare: 0,
      sigmaW,
      gain: 1,
      offsetW: 0,
      quantumW,
    },
    2,
    dice,
  );
  const site = new Site(plant, { ...usualOptions, rangeW: 2.5 * sumW });
  site.limits.exportLimitW = 0;
  site.requestedW.fill(-ratedW);
  return site;
}

const cells = [20, 100].flatMap((meterMs) =>
  [
    [10, 5],
    [10, 0],
    [100, 20],
    [100, 0],
  ].map(([quantumW, sigmaW]) => ({ meterMs, quantumW: quantumW!, sigmaW: sigmaW! })),
);

describe.each(cells)(
  "meter of $meterMs ms, $quantumW W resolution, $sigmaW W noise",
  ({ meterMs, quantumW, sigmaW }) => {
    test("a site that falls quiet is not called frozen, and no power retreats; a real freeze ends discharge within 2 s", () => {
      const site = makeSite(meterMs, quantumW, sigmaW);
      const { plant, control, budget } = site;
      setLoad(site, loadW);
      settle(site, 8_000);
      let doubtedMs = 0;
      let overdueMs = 0;
      let givenWms = 0;
      const watch = () => {
        if (budget.quality !== Quality.good) doubtedMs++;
        if (control.supervision.overdue) overdueMs++;
        for (let i = 0; i < 4; i++) givenWms -= plant.powerW[i]!;
      };
      // A load that wanders by 2 % for half a minute, then one that stands still for a minute.
      site.run(30_000, (nowMs) => {
        if (nowMs % 50 === 0) setLoad(site, loadW + 0.02 * sumW * uniform(plant.dice));
        watch();
      });
      setLoad(site, loadW);
      givenWms = 0;
      site.run(60_000, watch);
      expect({ doubtedMs, overdueMs }).toEqual({ doubtedMs: 0, overdueMs: 0 });
      expect(givenWms / 60_000).toBeGreaterThan(0.98 * loadW);

      plant.meterFrozen = true;
      const frozenAtMs = plant.nowMs;
      let lastMs = frozenAtMs;
      site.run(3_000, (nowMs) => {
        let dischargeW = 0;
        for (let i = 0; i < 4; i++) dischargeW += Math.max(0, -plant.powerW[i]!);
        if (dischargeW > 0.005 * sumW) lastMs = nowMs;
      });
      expect(budget.quality).toBe(Quality.frozen);
      expect(lastMs - frozenAtMs).toBeLessThanOrEqual(2_000);
    });
  },
);

const quiet = { stage: {}, told: {}, sigmaShare: 0 };
const denseSites: readonly [string, HostileSpec][] = [
  [
    "home of 10 kW, 200 ms meter of 10 W",
    { ...quiet, meter: { updateMs: 200, quantumW: 10 }, stageCount: 1, stageRatedW: 10_000 },
  ],
  ["100 ms meter of 100 W", { ...quiet, meter: { updateMs: 100, quantumW: 100 } }],
];
const seeds = [1, 2, 3, 4, 5, 6, 7];

describe.each(denseSites)("load steps all the time at a %s", (_, spec) => {
  test.each(seeds)("every 3 to 10 s: as much room is used as with a fine meter, nothing is found (seed %i)", (seed) => {
    const { usedShare, doubtShare, causes } = measureDense(spec, seed, 3_000, 10_000);
    const fine = measureDense({ ...spec, meter: { ...spec.meter, quantumW: 0 } }, seed, 3_000, 10_000);
    expect({ doubtShare, causes: [...causes] }).toEqual({ doubtShare: 0, causes: [] });
    expect(usedShare).toBeGreaterThan(0.97 * fine.usedShare);
  });

  test.each(seeds)("every 10 to 20 s: nine tenths of the room are used (seed %i)", (seed) => {
    const { usedShare, doubtShare, causes } = measureDense(spec, seed, 10_000, 20_000);
    expect({ doubtShare, causes: [...causes] }).toEqual({ doubtShare: 0, causes: [] });
    expect(usedShare).toBeGreaterThan(0.9);
  });
});

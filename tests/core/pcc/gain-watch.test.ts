/** A meter whose scale changes while power flows, in closed loop, and loads that only look like it. */
import { describe, expect, test } from "vitest";
import { hostileSite } from "../../../bench/export-control/hostile.ts";
import { uniform } from "../../../bench/export-control/plant.ts";
import { Quality } from "../../../src/domain/quality.ts";

type Side = "export" | "import";

function settled(side: Side, updateMs: number, limitShare: number, seed: number) {
  const site = hostileSite({ meter: { updateMs }, stage: {}, told: {} }, seed);
  const { plant } = site;
  const sumW = site.control.scaleW;
  const sign = side === "export" ? -1 : 1;
  const limitW = limitShare * sumW;
  if (side === "export") site.limits.exportLimitW = limitW;
  else site.limits.importLimitW = limitW;
  site.requestedW.fill((sign * sumW) / 4);
  plant.loadW.fill((sign * (limitW - 0.6 * sumW)) / 3);
  site.run(9_000 + Math.floor(500 * uniform(plant.dice)), () => undefined);
  const overW = () => sign * plant.pccW[0]! - limitW;
  return { site, plant, sumW, overW };
}

describe("the scale changes", () => {
  test.each<[string, Side, number, number, number]>([
    ["a tenth, discharging to a limit of 10 %, 20 ms meter", "export", 20, 0.1, 0.1],
    ["a tenth, discharging to a limit of 10 %, 200 ms meter", "export", 200, 0.1, 0.1],
    ["a tenth, discharging to a limit of 30 %, 1 s meter", "export", 1_000, 0.3, 0.1],
    ["a tenth, charging at the main breaker's limit, 100 ms meter", "import", 100, 1.2, 0.1],
    ["a hundredth, charging at the main breaker's limit", "import", 100, 1.2, 0.01],
    ["the other way round, discharging to a limit of 30 %, 100 ms meter", "export", 100, 0.3, -1],
    ["the other way round, charging at the main breaker's limit, 100 ms meter", "import", 100, 1.2, -1],
  ])("%s → believed no longer within seconds, the limit kept meanwhile", (_, side, updateMs, limitShare, scale) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { site, plant, sumW, overW } = settled(side, updateMs, limitShare, seed);
      plant.meterScale = scale;
      let aboveMs = 0;
      let foundAfterMs = Number.NaN;
      const atMs = plant.nowMs;
      site.run(30_000, (nowMs) => {
        if (overW() > 0.01 * sumW) aboveMs++;
        if (Number.isNaN(foundAfterMs) && site.budget.quality !== Quality.good) foundAfterMs = nowMs - atMs;
      });
      expect(foundAfterMs).toBeLessThan(6_000 + 15 * updateMs);
      expect(aboveMs).toBe(0);
      expect(plant.powerW.every((powerW) => Math.abs(powerW) < 1_000)).toBe(true);
    }
  });
});

test.each<[string, Side, number]>([["discharging", "export", 0.1]])(
  "ten times, %s → the power ends, the limit is kept",
  (_, side, limitShare) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { site, plant, sumW, overW } = settled(side, 100, limitShare, seed);
      plant.meterScale = 10;
      let aboveMs = 0;
      site.run(20_000, () => {
        if (overW() > 0.02 * sumW) aboveMs++;
      });
      expect(aboveMs).toBeLessThan(500);
      let most = 0;
      site.run(5_000, () => {
        for (const powerW of plant.powerW) most = Math.max(most, Math.abs(powerW));
      });
      expect(most).toBeLessThan(0.05 * sumW);
    }
  },
);

test("a load that steps to a tenth of the exchange costs a small move and a moment, no verdict", () => {
  const { site, plant, sumW } = settled("import", 100, 1.2, 3);
  const loadW = -0.52 * sumW;
  plant.loadW.fill(loadW / 3);
  site.run(1_000, () => undefined);
  for (let k = 0; k < 20; k++) {
    plant.loadW.fill(((k % 2 === 0 ? 0.06 : -0.5) * sumW - plant.powerW.reduce((sum, w) => sum + w, 0) * 0) / 3);
    site.run(5_000, () => undefined);
    expect(site.budget.quality).toBe(Quality.good);
  }
  expect(site.control.gainWatch.doubted).toBe(false);
});

test("a load that turns the exchange round to as much the other way costs a small move and a moment, no verdict", () => {
  const { site, plant, sumW } = settled("import", 100, 1.2, 4);
  for (let k = 0; k < 12; k++) {
    plant.loadW.fill(((k % 2 === 0 ? -1.6 : -0.4) * sumW) / 3);
    site.run(5_000, () => undefined);
    expect(site.budget.quality).toBe(Quality.good);
  }
  expect(site.control.gainWatch.doubted).toBe(false);
});

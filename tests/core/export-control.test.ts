/** Export control in closed loop: the acceptance table in small (`npm run -s bench -- export-control` has it in full). */
import { describe, expect, test } from "vitest";
import { columns, type Four, stepRows } from "../../bench/export-control/cells.table.ts";
import { measureClouds } from "../../bench/export-control/clouds.ts";
import { measureDoubts } from "../../bench/export-control/doubts.ts";
import { measureProfileYear } from "../../bench/export-control/profile-year.ts";
import { largest, measureSteps, percentile, usualSteps } from "../../bench/export-control/steps.ts";
import { installedGroup } from "../../src/core/pcc/control-state.ts";
import { Quality } from "../../src/domain/quality.ts";
import { makeSite, meanPcc, ratedW, setLoad, settle } from "./pcc/site.ts";

const seed = 77;
const rowsInSmall = [
  "export",
  "import",
  "drop",
  "model-half",
  "model-more",
  "lost",
  "noFeedback",
  "phases",
  "mixed-min",
  "drops-out",
  "disobeys",
];

describe("a load step is answered within the bounds of the acceptance table", () => {
  const rows = stepRows.filter((row) => rowsInSmall.includes(row.id));
  const cells = rows.flatMap((row) => columns.map((column, k) => ({ row, column, k })));
  test.each(cells)("$row.says, meter $column.meterMs ms, tick $column.tickMs ms", ({ row, column, k }) => {
    const result = measureSteps({ ...usualSteps, ...row.spec, ...column }, seed, 20);
    const bound = (bounds: Four | undefined) => bounds?.[k] ?? Number.POSITIVE_INFINITY;
    expect(largest(result.backMs)).toBeLessThanOrEqual(bound(row.max));
    expect(percentile(result.backMs, 0.99)).toBeLessThanOrEqual(bound(row.p99));
    // Twenty steps know the median to about a tenth.
    expect(percentile(result.backMs, 0.5)).toBeLessThanOrEqual(1.1 * bound(row.p50));
    expect(result.marginShare).toBeLessThanOrEqual(bound(row.margin));
    expect(largest(result.returnMs)).toBe(0);
    expect(result.steadyMs).toBe(0);
  });
});

describe("a meter in doubt ends discharge", () => {
  test.each(columns)("frozen or silent, meter $meterMs ms, tick $tickMs ms", ({ meterMs, tickMs }) => {
    const frozen = measureDoubts("frozen", meterMs, tickMs, seed, 3);
    const silent = measureDoubts("silent", meterMs, tickMs, seed, 3);
    expect(frozen.wrongVerdicts + silent.wrongVerdicts).toBe(0);
    expect(largest(frozen.zeroMs)).toBeLessThanOrEqual(meterMs === 20 ? 700 : 1_300);
    expect(largest(silent.zeroMs)).toBeLessThanOrEqual(2_000);
  });
});

test("cloud edges of 1.5 s and more stay under the limit but for moments", () => {
  for (const column of columns) {
    const clouds = measureClouds(column.meterMs, column.tickMs, seed, 2);
    expect(largest(clouds.longestMs)).toBeLessThanOrEqual(500);
    expect(clouds.usedShare).toBeGreaterThan(0.88);
  }
});

describe("a limited generation profile is held", () => {
  // UTC: 30 hours around each change of the clocks in Los Angeles in 2027, and around the end of a month.
  test.each([
    ["spring forward", Date.UTC(2027, 2, 14, 0), 1],
    ["fall back", Date.UTC(2027, 10, 7, 0), 1],
    ["end of February", Date.UTC(2027, 1, 28, 20), 0],
    ["end of the year", Date.UTC(2027, 11, 31, 20), 0],
  ] as const)("%s", (_, fromMs, clockChanges) => {
    const year = measureProfileYear(seed, "America/Los_Angeles", fromMs, 30);
    expect(year.clockChanges).toBe(clockChanges);
    expect(year.minutesAbove).toBe(0);
    expect(year.aboveMs).toBe(0);
    expect(year.usedShare).toBeGreaterThan(0.7);
  });
});

describe("several stages as one plant", () => {
  test("some vehicles charge while others discharge: only the sum at the PCC counts", () => {
    const site = makeSite();
    site.limits.exportLimitW = 0;
    site.limits.importLimitW = 100_000;
    setLoad(site, 50_000);
    site.requestedW.set([ratedW, ratedW, -ratedW, -ratedW]);
    settle(site, 8_000);
    const { powerW } = site.plant;
    // 50 kW load + 120 kW charging − 120 kW discharging stays between 0 and 100 kW without any limit.
    expect(powerW[0]! + powerW[1]!).toBeGreaterThan(118_000);
    expect(powerW[2]! + powerW[3]!).toBeLessThan(-118_000);
    expect(meanPcc(site, 500)).toBeCloseTo(50_000, -3);
    // When charging ends, discharging falls back to what the load takes.
    site.requestedW.set([0, 0, -ratedW, -ratedW]);
    settle(site, 500);
    let worstW = 0;
    site.run(3_000, () => {
      worstW = Math.min(worstW, site.plant.pccW[0]!);
    });
    expect(worstW).toBeGreaterThan(-0.005 * 4 * ratedW);
    expect(powerW[2]! + powerW[3]!).toBeLessThan(-40_000);
  });

  test("a stage that says it has dropped out is replaced in the cycle that hears it", () => {
    const site = makeSite();
    site.limits.exportLimitW = 0;
    setLoad(site, 120_000);
    site.requestedW.fill(-ratedW);
    settle(site, 9_000);
    const before = site.commands.slice(1).reduce((sum, command) => sum + command.powerW, 0);
    site.plant.dropped[0] = 1;
    // Until a whole reading of 20 ms shows it.
    const startMs = site.plant.nowMs;
    let heardMs = Number.NaN;
    let replacedMs = Number.NaN;
    site.run(200, (nowMs) => {
      if (Number.isNaN(heardMs) && site.stages[0]!.role === "off") heardMs = nowMs;
      const now = site.commands.slice(1).reduce((sum, command) => sum + command.powerW, 0);
      if (Number.isNaN(replacedMs) && now < before - 15_000) replacedMs = nowMs;
    });
    expect(heardMs - startMs).toBeLessThanOrEqual(10);
    expect(replacedMs - startMs).toBeLessThanOrEqual(50);
    settle(site, 3_000);
    expect(meanPcc(site, 200)).toBeLessThan(0.03 * 4 * ratedW);
  });

  test("a stage whose link is silent is held at its last power, and its return does not cause an export", () => {
    const site = makeSite({ meterMs: 100 });
    site.limits.exportLimitW = 0;
    setLoad(site, 120_000);
    site.requestedW.fill(-ratedW);
    settle(site, 9_000);
    site.silent[2] = 1;
    settle(site, 500);
    // Its own watchdog takes it to zero while nobody hears it.
    site.plant.dropped[2] = 1;
    settle(site, 5_000);
    expect(site.allocation.limits[2]![0]!.reason).toBe("stage-stale");
    site.plant.dropped[2] = 0;
    site.plant.powerW[2] = 0;
    site.plant.command(2, 0);
    site.silent[2] = 0;
    let worstW = 0;
    site.run(4_000, () => {
      worstW = Math.min(worstW, site.plant.pccW[0]!);
    });
    expect(worstW).toBeGreaterThan(-0.005 * 4 * ratedW);
  });

  test("a protective group wins over what the PCC would allow", () => {
    const site = makeSite({
      groups: [installedGroup("feeder A", "conductor-limit", [0, 1], 70_000, 50_000)],
    });
    site.requestedW.fill(ratedW);
    settle(site, 2_000);
    expect(site.plant.powerW[0]! + site.plant.powerW[1]!).toBeCloseTo(70_000, -3);
    expect(site.plant.powerW[2]! + site.plant.powerW[3]!).toBeCloseTo(120_000, -3);
    expect(site.allocation.limits[0]!.slice(0, site.allocation.limitCount[0]!)).toContainEqual(
      expect.objectContaining({ reason: "conductor-limit", source: "installer" }),
    );
    site.requestedW.fill(-ratedW);
    settle(site, 2_000);
    expect(site.plant.powerW[0]! + site.plant.powerW[1]!).toBeCloseTo(-50_000, -3);
  });

  test("a lower limit acts in the same tick, a higher one only slowly", () => {
    const site = makeSite();
    site.limits.exportLimitW = 100_000;
    setLoad(site, 50_000);
    site.requestedW.fill(-ratedW);
    settle(site, 9_000);
    const highW = site.budget.availableDischargeW;
    site.limits.exportLimitW = 0;
    site.run(10, () => undefined);
    expect(site.budget.availableDischargeW).toBeLessThan(highW - 99_000);
    settle(site, 2_000);
    site.limits.exportLimitW = 100_000;
    const lowW = site.budget.availableDischargeW;
    site.run(100, () => undefined);
    expect(site.budget.availableDischargeW - lowW).toBeLessThan(0.2 * 4 * ratedW * 0.1 + 4_000);
  });
});

describe("a meter that lies", () => {
  test("reversed and unproven: found by the first moves, before power is large", () => {
    const site = makeSite({ proven: false });
    site.plant.meterReversed = true;
    site.limits.exportLimitW = 0;
    site.limits.importLimitW = 500_000;
    setLoad(site, -80_000);
    let largestW = 0;
    const watch = () => {
      largestW = Math.max(largestW, Math.abs(site.plant.powerW.reduce((sum, powerW) => sum + powerW, 0)));
    };
    for (let k = 0; k < 4; k++) {
      site.requestedW.fill(k % 2 === 0 ? 3_000 : 0);
      site.run(2_000, watch);
    }
    expect(site.budget.quality).toBe(Quality.implausible);
    expect(site.budget.totalCapReason).toBe("meter-reversed");
    site.requestedW.fill(-ratedW);
    site.run(3_000, watch);
    expect(largestW).toBeLessThan(0.11 * 4 * ratedW);
    expect(site.budget.availableDischargeW).toBe(0);
  });

  test("right and unproven: power is small until two moves have proven it", () => {
    const site = makeSite({ proven: false });
    site.limits.exportLimitW = 0;
    site.limits.importLimitW = 500_000;
    setLoad(site, 100_000);
    site.requestedW.fill(ratedW);
    settle(site, 3_000);
    expect(site.budget.availableChargeW).toBeCloseTo(0.1 * 4 * ratedW, 0);
    site.requestedW.fill(0);
    settle(site, 2_000);
    site.requestedW.fill(3_000);
    settle(site, 2_000);
    expect(site.control.signProof.votes.proven).toBe(true);
    site.requestedW.fill(ratedW);
    settle(site, 3_000);
    expect(site.plant.powerW[0]!).toBeGreaterThan(0.9 * ratedW);
  });
});

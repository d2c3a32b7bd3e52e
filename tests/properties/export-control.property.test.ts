/** Whatever the requests, budgets and states: allocation and lead stay inside every limit. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCommands } from "../../src/core/commands.ts";
import { installedGroup } from "../../src/core/pcc/control-state.ts";
import { createExportControl, createSiteBudget, stepExportControl } from "../../src/core/pcc/export-control.ts";
import { PowerSource } from "../../src/core/pcc/load-observer.ts";
import { createPccLimits } from "../../src/core/pcc/pcc-limits.ts";
import { allocate, allocationRules, createAllocation } from "../../src/core/setpoints/allocation.ts";
import { leadOnCuts } from "../../src/core/setpoints/lead.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { clamp } from "../../src/domain/units.ts";

const power = fc.oneof(fc.integer({ min: -100_000, max: 100_000 }), fc.constantFrom(0, Number.NaN, 1e9, -1e9));
const stageCase = fc.record({
  requestedW: power,
  maxChargeW: fc.integer({ min: 0, max: 60_000 }),
  maxDischargeW: fc.integer({ min: 0, max: 60_000 }),
  leastW: fc.constantFrom(0, 0, 1_000, 6_000, 20_000),
  flowsW: fc.integer({ min: -60_000, max: 60_000 }),
  powerSource: fc.constantFrom(
    PowerSource.model,
    PowerSource.model,
    PowerSource.model,
    PowerSource.lastKnown,
    PowerSource.measured,
    PowerSource.otherControl,
  ),
  phase: fc.integer({ min: 0, max: 3 }),
  pluggedAtMs: fc.constantFrom(Number.NaN, 1, 2, 3),
});
const siteCase = fc.record({
  rule: fc.constantFrom(...allocationRules),
  stages: fc.array(stageCase, { minLength: 1, maxLength: 8 }),
  minW: fc.array(fc.integer({ min: -300_000, max: 50_000 }), { minLength: 5, maxLength: 5 }),
  maxW: fc.array(fc.integer({ min: -50_000, max: 300_000 }), { minLength: 5, maxLength: 5 }),
  totalChargeCapW: fc.integer({ min: 0, max: 500_000 }),
  totalDischargeCapW: fc.integer({ min: 0, max: 500_000 }),
  ticks: fc.integer({ min: 1, max: 4 }),
  // All alike: beside slow stages the fast ones take what the slow ones do not take yet, so setpoints may add up to more.
  responseMs: fc.constantFrom(20, 50, 200),
});

const phaseShares = [
  [1 / 3, 1 / 3, 1 / 3],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
] as const;

function makeControl(stages: readonly { responseMs: number; phase: number }[]) {
  return createExportControl(
    {
      tickMs: 20,
      writeMs: 2,
      linkStaleMs: 300,
      meter: {
        updateMs: 100,
        windowMs: 100,
        latencyMs: 10,
        rangeW: 1e6,
        offsetErrorW: 0,
        quantumW: 1,
        gainError: 0,
      },
      stages: stages.map(({ responseMs, phase }) => ({
        ratedW: 60_000,
        responseMs,
        deadTimeMs: 10,
        rateWPerS: Number.POSITIVE_INFINITY,
        measureWindowMs: 20,
        measureLatencyMs: 5,
        phaseShare: phaseShares[phase]!,
      })),
      phaseImportLimitW: 100_000,
      phaseExportLimitW: 100_000,
      groups: [installedGroup("A", "conductor-limit", [0], 50_000, 50_000)],
      fallbackChargeW: 0,
    },
    stages.length,
  );
}

describe("allocation", () => {
  test("stays inside budgets, own limits and minimums, and its chain explains the setpoint", () => {
    fc.assert(
      fc.property(siteCase, (site) => {
        const control = makeControl(site.stages.map(({ phase }) => ({ phase, responseMs: site.responseMs })));
        const o = control.observer;
        const a = createAllocation(control, site.rule);
        const budget = createSiteBudget(control);
        budget.minW.set(site.minW);
        budget.maxW.set(site.maxW);
        budget.totalChargeCapW = site.totalChargeCapW;
        budget.totalDischargeCapW = site.totalDischargeCapW;
        control.sinceMs = 20;
        const n = site.stages.length;
        site.stages.forEach((stage, i) => {
          o.powerSource[i] = stage.powerSource;
          o.modelW[i] = stage.flowsW;
          Object.assign(a.asks[i]!, {
            requestedW: stage.requestedW,
            minW: -stage.maxDischargeW,
            maxW: stage.maxChargeW,
            minChargeW: stage.leastW,
            minDischargeW: stage.leastW,
            pluggedAtMs: stage.pluggedAtMs,
            departsAtMs: stage.pluggedAtMs,
          });
        });
        for (let tick = 0; tick < site.ticks; tick++) allocate(a, control, budget, 20 * tick);
        const commandW = new Float64Array(n);
        leadOnCuts(control, budget, a.setpointW, new Float64Array(n), new Float64Array(n), commandW);
        for (let i = 0; i < n; i++) {
          const stage = site.stages[i]!;
          const setW = a.setpointW[i]!;
          const requestedW = Number.isNaN(stage.requestedW) ? 0 : stage.requestedW;
          expect(Number.isFinite(setW)).toBe(true);
          // Never beyond the request, never in the other direction, never beyond its own limits.
          expect(Math.abs(setW)).toBeLessThanOrEqual(Math.abs(requestedW) + 1e-6);
          expect(setW * requestedW).toBeGreaterThanOrEqual(0);
          expect(setW).toBeGreaterThanOrEqual(-stage.maxDischargeW - 1e-6);
          expect(setW).toBeLessThanOrEqual(stage.maxChargeW + 1e-6);
          if (setW !== 0) expect(Math.abs(setW)).toBeGreaterThanOrEqual(stage.leastW * (1 - 1e-6));
          if (stage.powerSource !== PowerSource.model) expect(setW).toBe(0);
          let explainedW = Number.isNaN(stage.requestedW)
            ? 0
            : clamp(requestedW, -stage.maxDischargeW, stage.maxChargeW);
          for (let k = 0; k < a.limitCount[i]!; k++) {
            explainedW = clamp(explainedW, a.limits[i]![k]!.minW, a.limits[i]![k]!.maxW);
          }
          expect(Math.abs(explainedW - setW)).toBeLessThan(1e-3);
          // Lead only ever takes away.
          expect(Math.abs(commandW[i]!)).toBeLessThanOrEqual(Math.abs(setW) + 1e-6);
        }
        // Each direction stays inside each budget, counting on the other one only as far as it flows.
        for (const sign of [1, -1]) {
          for (let c = 0; c < control.channelCount; c++) {
            let givenW = 0;
            let flowsBackW = 0;
            for (let i = 0; i < n; i++) {
              const share = control.shares[c * n + i]!;
              if (sign * a.setpointW[i]! > 0) givenW += share * Math.abs(a.setpointW[i]!);
              if (site.stages[i]!.powerSource === PowerSource.model)
                flowsBackW += share * Math.max(0, -sign * o.modelW[i]!);
            }
            const budgetW = sign > 0 ? budget.maxW[c]! : -budget.minW[c]!;
            expect(givenW).toBeLessThanOrEqual(Math.max(0, budgetW + flowsBackW) + 1e-3);
            if (c === 0) {
              expect(givenW).toBeLessThanOrEqual((sign > 0 ? site.totalChargeCapW : site.totalDischargeCapW) + 1e-3);
            }
          }
        }
      }),
      { numRuns: 1_500 },
    );
  });
});

describe("export control", () => {
  test("no measurement, however broken, lets a number out of its bounds or discharges without a meter", () => {
    const value = fc.oneof(
      fc.integer({ min: -400_000, max: 400_000 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e12),
    );
    const tick = fc.record({
      sample: fc.boolean(),
      meterW: value,
      phasesW: fc.tuple(value, value, value),
      stageW: value,
      fresh: fc.boolean(),
      alive: fc.boolean(),
      exportW: fc.constantFrom(0, 50_000, Number.POSITIVE_INFINITY),
      sinceMs: fc.constantFrom(0, 1, 20, 20, 20, 60, 1_500),
    });
    fc.assert(
      fc.property(fc.array(tick, { minLength: 1, maxLength: 60 }), (ticks) => {
        const control = makeControl([
          { responseMs: 50, phase: 0 },
          { responseMs: 200, phase: 1 },
        ]);
        const a = createAllocation(control, "equal");
        const budget = createSiteBudget(control);
        const limits = createPccLimits();
        const { meter, stages } = createSnapshot(2, 0);
        const commands = createCommands(2, 0).stages;
        const commandW = new Float64Array(2);
        const zero = new Float64Array(2);
        for (const ask of a.asks) Object.assign(ask, { requestedW: -60_000, minW: -60_000, maxW: 60_000 });
        let nowMs = 0;
        for (const given of ticks) {
          nowMs += given.sinceMs;
          meter.atMs = nowMs;
          if (given.sample) {
            meter.sampleCount++;
            meter.sampleAtMs = nowMs;
            meter.powerW = given.meterW;
            for (let k = 0; k < 3; k++) meter.phasePowerW[k] = given.phasesW[k]!;
          }
          for (const stage of stages) {
            if (given.fresh) stage.atMs = nowMs;
            if (given.fresh && given.alive) stage.liveAtMs = nowMs;
            stage.powerW = given.stageW;
            stage.role = "discharge";
          }
          limits.exportLimitW = given.exportW;
          stepExportControl(control, meter, stages, commands, limits, nowMs, budget);
          allocate(a, control, budget, nowMs);
          leadOnCuts(control, budget, a.setpointW, zero, zero, commandW);
          for (let i = 0; i < 2; i++) {
            expect(commandW[i]!).toBeGreaterThanOrEqual(-60_000);
            expect(commandW[i]!).toBeLessThanOrEqual(0);
            commands[i]!.powerW = commandW[i]!;
            commands[i]!.role = commandW[i]! < 0 ? "discharge" : "off";
          }
          expect(budget.availableDischargeW).toBeGreaterThanOrEqual(0);
          expect(budget.availableChargeW).toBeGreaterThanOrEqual(0);
          if (!ticks.some(({ sample, meterW }) => sample && Math.abs(meterW) <= 1e6)) {
            expect(commandW[0]! + commandW[1]!).toBe(0);
          }
        }
      }),
      { numRuns: 400 },
    );
  });
});

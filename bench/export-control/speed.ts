/** What one tick costs: export control, allocation and lead for stages that follow a moving load. */

import { stepExportControl } from "../../src/core/pcc/export-control.ts";
import { allocate } from "../../src/core/setpoints/allocation.ts";
import { leadOnCuts } from "../../src/core/setpoints/lead.ts";
import { createDice, Plant, uniform } from "./plant.ts";
import { Site, usualOptions } from "./site.ts";
import { makeStages, ratedW, usualSteps } from "./steps.ts";

const warmTicks = 20_000;
const measuredTicks = 50_000;
const tickMs = 10;

/** Nanoseconds of processor time per tick. The load moves a little with every sample, a meter of 20 ms. */
export function measureTickNs(stageCount: number, perPhase: boolean): number {
  const dice = createDice(stageCount);
  const sumW = stageCount * ratedW;
  const plant = new Plant(
    makeStages({ ...usualSteps, stageCount }, dice),
    {
      updateMs: 20,
      windowMs: 20,
      latencyMs: 10,
      jitterMs: 0,
      lostShare: 0,
      sigmaW: 0.00375 * sumW,
      gain: 1,
      offsetW: 0,
    },
    2,
    dice,
  );
  const phaseExportLimitW = perPhase ? sumW / 3 : Number.POSITIVE_INFINITY;
  const site = new Site(plant, { ...usualOptions, tickMs, rangeW: 2.5 * sumW, phaseExportLimitW });
  site.limits.exportLimitW = 0;
  site.requestedW.fill(-ratedW);
  plant.loadW.fill((0.6 * sumW) / 3);
  site.run(10_000, () => undefined);
  const { control, meter, stages, commands, limits, budget, allocation } = site;
  const commandW = new Float64Array(stageCount);
  const none = new Float64Array(stageCount);
  let nowMs = plant.nowMs;
  const run = (ticks: number) => {
    for (let tick = 0; tick < ticks; tick++) {
      nowMs += tickMs;
      meter.atMs = nowMs;
      if (tick % 2 === 0) {
        meter.sampleCount++;
        meter.sampleAtMs = nowMs;
        meter.powerW = (0.02 + 0.002 * uniform(dice)) * sumW;
        for (let phase = 0; phase < 3; phase++) meter.phasePowerW[phase] = meter.powerW / 3;
      }
      stepExportControl(control, meter, stages, commands, limits, nowMs, budget);
      allocate(allocation, control, budget, nowMs);
      leadOnCuts(control, budget, allocation.setpointW, none, none, commandW);
      for (let i = 0; i < stageCount; i++) {
        commands[i]!.powerW = commandW[i]!;
        commands[i]!.role = "discharge";
        stages[i]!.atMs = stages[i]!.liveAtMs = nowMs;
        stages[i]!.powerW = commandW[i]!;
      }
    }
  };
  run(warmTicks);
  const start = process.cpuUsage();
  run(measuredTicks);
  return (process.cpuUsage(start).user * 1_000) / measuredTicks;
}

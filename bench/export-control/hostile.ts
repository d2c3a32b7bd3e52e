/**
 * Sites whose meter or stages are not what the configuration says, or hard to control although it does: does export stay
 * inside the limit, how much of the room is used, does power swing for ever? Load steps every 25 s; in the seconds before
 * each one nothing happens, so that whatever swings then swings by itself.
 */
import { Quality } from "../../src/domain/quality.ts";
import { between, createDice, Plant, type PlantMeterSpec, type PlantStageSpec, uniform } from "./plant.ts";
import { Site, type SiteOptions, usualOptions } from "./site.ts";
import { ratedW } from "./steps.ts";

export interface HostileSpec {
  readonly meter: Partial<PlantMeterSpec>;
  readonly stage: Partial<PlantStageSpec>;
  readonly told: NonNullable<SiteOptions["told"]>;
  readonly side?: "export" | "import";
  readonly sigmaShare?: number;
  readonly stageCount?: number;
  readonly stageRatedW?: number;
  readonly countsSamples?: boolean;
  /** The meter was not proven at commissioning. */
  readonly unproven?: boolean;
  readonly tickMs?: number;
  /** Export limit, share of the stages' sum. */
  readonly limitShare?: number;
  /** Wanders of the load, share of the stages' sum. */
  readonly loadSigmaShare?: number;
}

export interface HostileResult {
  /** From a load step until the last instant above limit + 0.5 % of the stages' sum, ms, after the time for learning. */
  readonly backMs: number[];
  /** Peak to peak of the stages' sum in the quiet seconds before each step, shares of their sum. */
  readonly swingShare: number[];
  /** Largest fall of it within those seconds, the same: a rise that is still under way has none. */
  readonly fallShare: number[];
  /** Time above limit + 0.5 % in the quiet seconds, ms per s. */
  steadyMsPerS: number;
  /** Share of the room for the stages that was used in the quiet seconds. */
  usedShare: number;
  /** Share of ticks in which the meter was not believed. */
  doubtShare: number;
  /** Causes found by the controller, and when the first was found, ms from the first load step; NaN for never. */
  readonly causes: string[];
  readonly foundAtMs: number[];
}

const learnMs = 40_000;
const stepEveryMs = 25_000;
const quietMs = 5_000;
const excessShare = 0.005;

/** `sessions` plants of `steps` load steps each after the time for learning. */
export function measureHostile(spec: HostileSpec, seed: number, sessions: number, steps: number): HostileResult {
  const result: HostileResult = {
    backMs: [],
    swingShare: [],
    fallShare: [],
    steadyMsPerS: 0,
    usedShare: 0,
    doubtShare: 0,
    causes: [],
    foundAtMs: [],
  };
  for (let session = 0; session < sessions; session++) {
    runSession(spec, seed * 100_003 + session, steps, sessions, result);
  }
  return result;
}

export function hostileSite(spec: HostileSpec, seed: number): Site {
  const dice = createDice(seed);
  const { stageCount = 4, stageRatedW = ratedW, sigmaShare = 0.003 } = spec;
  const sumW = stageCount * stageRatedW;
  const stages = Array.from(
    { length: stageCount },
    (): PlantStageSpec => ({
      ratedW: stageRatedW,
      responseMs: 50,
      deadTimeMs: 15,
      rateWPerS: Number.POSITIVE_INFINITY,
      phaseShare: [1 / 3, 1 / 3, 1 / 3],
      ...spec.stage,
    }),
  );
  const meter: PlantMeterSpec = {
    updateMs: 20,
    windowMs: spec.meter.updateMs ?? 20,
    latencyMs: 10,
    jitterMs: 0,
    lostShare: 0,
    sigmaW: sigmaShare * 1.25 * sumW,
    gain: 1,
    offsetW: 0,
    ...spec.meter,
  };
  const plant = new Plant(stages, meter, 2, dice);
  const site = new Site(plant, {
    ...usualOptions,
    tickMs: spec.tickMs ?? 20,
    rangeW: 2.5 * sumW,
    proven: spec.unproven !== true,
    told: spec.told,
  });
  site.meter.countsSamples = spec.countsSamples ?? false;
  return site;
}

function runSession(spec: HostileSpec, seed: number, steps: number, sessions: number, result: HostileResult): void {
  const site = hostileSite(spec, seed);
  const { plant } = site;
  const { dice } = plant;
  const n = plant.stages.length;
  const sumW = n * plant.stages[0]!.ratedW;
  const exports = spec.side !== "import";
  const sign = exports ? -1 : 1;
  const limitW = exports ? (spec.limitShare ?? between(dice, 0, 0.2)) * sumW : 1.2 * sumW;
  if (exports) site.limits.exportLimitW = limitW;
  else site.limits.importLimitW = limitW;
  site.requestedW.fill(sign * plant.stages[0]!.ratedW);
  let roomW = between(dice, 0.4, 0.8) * sumW;
  let wanderW = 0;
  const { loadSigmaShare = 0.001 } = spec;
  const wanderKeep = Math.exp(-1 / 500);
  const wanderStepW = loadSigmaShare * sumW * Math.sqrt(1 - wanderKeep * wanderKeep) * Math.sqrt(3);
  let lastAboveMs = 0;
  let quiet = false;
  let lowW = 0;
  let highW = 0;
  let fallW = 0;
  let above = 0;
  let usedWms = 0;
  let roomWms = 0;
  let doubts = 0;
  let foundAtMs = Number.NaN;
  let firstStepMs = 5_000;
  const each = (nowMs: number) => {
    wanderW = wanderW * wanderKeep + wanderStepW * (2 * uniform(dice) - 1);
    plant.loadW.fill((sign * (limitW - roomW) + wanderW) / 3);
    let totalW = 0;
    for (let i = 0; i < n; i++) totalW += sign * plant.powerW[i]!;
    const overW = sign * plant.pccW[0]! - limitW;
    if (overW > excessShare * sumW) lastAboveMs = nowMs;
    if (Number.isNaN(foundAtMs) && site.control.dynamics.cause !== "") {
      foundAtMs = nowMs - firstStepMs;
      result.causes.push(site.control.dynamics.cause);
    }
    if (!quiet) return;
    if (overW > excessShare * sumW) above++;
    lowW = Math.min(lowW, totalW);
    highW = Math.max(highW, totalW);
    fallW = Math.max(fallW, highW - totalW);
    usedWms += totalW;
    roomWms += roomW - sign * wanderW;
    if (site.budget.quality !== Quality.good) doubts++;
  };
  site.run(5_000, each);
  firstStepMs = plant.nowMs;
  const stepTo = (ratio: number) => {
    roomW = ratio * sumW;
  };
  while (plant.nowMs - firstStepMs < learnMs) {
    stepTo(between(dice, 0.15, 0.9));
    site.run(10_000, each);
  }
  for (let step = 0; step < steps; step++) {
    const beforeW = roomW;
    roomW *= between(dice, 0.2, 0.8);
    const stepAtMs = plant.nowMs;
    lastAboveMs = stepAtMs;
    site.run(8_000, each);
    result.backMs.push(lastAboveMs - stepAtMs);
    roomW = Math.max(beforeW, 0.4 * sumW);
    site.run(stepEveryMs - 8_000, each);
    quiet = true;
    lowW = Number.POSITIVE_INFINITY;
    highW = Number.NEGATIVE_INFINITY;
    fallW = 0;
    site.run(quietMs, each);
    quiet = false;
    result.swingShare.push((highW - lowW) / sumW);
    result.fallShare.push(fallW / sumW);
  }
  result.foundAtMs.push(foundAtMs);
  result.steadyMsPerS += above / ((steps * quietMs) / 1_000) / sessions;
  result.usedShare += usedWms / roomWms / sessions;
  result.doubtShare += doubts / (steps * quietMs) / sessions;
}

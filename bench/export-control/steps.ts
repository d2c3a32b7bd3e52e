/**
 * Seeded load steps against export control: how long the limit is exceeded after a step, whether it is exceeded when the
 * load returns or in the steady state, and what the margin costs. "Back" is the last instant above limit + 0.5 % of the
 * stages' sum within 2 s, as in the study of the control loop.
 */
import type { AllocationRule } from "../../src/core/setpoints/allocation.ts";
import { between, createDice, type Dice, Plant, type PlantStageSpec, uniform } from "./plant.ts";
import { Site, usualOptions } from "./site.ts";

export interface StepSpec {
  readonly meterMs: number;
  readonly tickMs: number;
  /** Export limit with discharging, or import limit with charging. */
  readonly side: "export" | "import";
  readonly stageCount: number;
  /** Response of each stage, cycled, ms. */
  readonly responsesMs: readonly number[];
  readonly rateShareP: number;
  /** Room before the step, shares of the stages' sum. */
  readonly beforeMin: number;
  readonly beforeMax: number;
  /** Room after the step, shares of that before. */
  readonly ratioMin: number;
  readonly ratioMax: number;
  readonly modelFactor: number;
  readonly lostShare: number;
  /** Every sample is lost for this long, from a random moment within two samples after the step. */
  readonly lostMs: number;
  readonly jitterMs: number;
  readonly sigmaShare: number;
  /** Noise of the load itself, share of the stages' sum. */
  readonly loadSigmaShare: number;
  readonly mayOvershoot: boolean;
  readonly stuckStages: number;
  /** A stage drops out at a random time near the step. */
  readonly dropsOut: boolean;
  readonly perPhase: boolean;
  readonly minShareP: number;
  readonly rule: AllocationRule;
}

export const usualSteps: StepSpec = {
  meterMs: 20,
  tickMs: 10,
  side: "export",
  stageCount: 4,
  responsesMs: [50],
  rateShareP: Number.POSITIVE_INFINITY,
  beforeMin: 0.3,
  beforeMax: 1,
  ratioMin: 0.2,
  ratioMax: 0.8,
  modelFactor: 1,
  lostShare: 0,
  lostMs: 0,
  jitterMs: 0,
  sigmaShare: 0.003,
  loadSigmaShare: 0.001,
  mayOvershoot: false,
  stuckStages: 0,
  dropsOut: false,
  perPhase: false,
  minShareP: 0,
  rule: "equal",
};

export interface StepResult {
  readonly spec: StepSpec;
  /** Time above the limit for each step, ms. */
  readonly backMs: number[];
  /** Energy above the limit divided by the step, ms. */
  readonly energyMs: number[];
  /** Time above the limit after the load has returned, ms, each step. */
  readonly returnMs: number[];
  /** Time above the limit in the last second before the step, ms, summed. */
  steadyMs: number;
  /** Unused room in the last second before the step, share of the stages' sum, mean. */
  marginShare: number;
}

export const ratedW = 60_000;
const excessShare = 0.005;
const settleMs = 6_500;
const watchMs = 2_000;
const stepsPerSession = 10;
const thirds: readonly [number, number, number] = [1 / 3, 1 / 3, 1 / 3];
const singlePhase: readonly (readonly [number, number, number])[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** `count` steps from `seed`: a new plant and a new controller for every ten. */
export function measureSteps(spec: StepSpec, seed: number, count: number): StepResult {
  const result: StepResult = { spec, backMs: [], energyMs: [], returnMs: [], steadyMs: 0, marginShare: 0 };
  for (let session = 0; result.backMs.length < count; session++) {
    runSession(
      spec,
      createDice(seed * 100_003 + session),
      Math.min(stepsPerSession, count - result.backMs.length),
      result,
    );
  }
  result.marginShare /= result.backMs.length;
  return result;
}

export function makeStages(spec: StepSpec, dice: Dice): PlantStageSpec[] {
  return Array.from({ length: spec.stageCount }, (_, i) => ({
    ratedW,
    responseMs: spec.responsesMs[i % spec.responsesMs.length]!,
    deadTimeMs: Math.round(between(dice, 5, 30)),
    rateWPerS: spec.rateShareP * ratedW,
    phaseShare: spec.perPhase && i % 2 === 1 ? singlePhase[((i - 1) / 2) % 3]! : thirds,
  }));
}

function runSession(spec: StepSpec, dice: Dice, steps: number, result: StepResult): void {
  const sumW = spec.stageCount * ratedW;
  const rangeW = 1.25 * sumW;
  const plant = new Plant(
    makeStages(spec, dice),
    {
      updateMs: spec.meterMs,
      windowMs: spec.meterMs,
      latencyMs: 10,
      jitterMs: spec.jitterMs,
      lostShare: spec.lostShare,
      sigmaW: spec.sigmaShare * rangeW,
      gain: 1,
      offsetW: 0,
    },
    2,
    dice,
  );
  const exports = spec.side === "export";
  // With limits per phase one phase gets less than its third of the load, so that it binds first.
  const limitW = exports ? between(dice, 0, 0.2) * sumW : 1.2 * sumW;
  const site = new Site(plant, {
    ...usualOptions,
    tickMs: spec.tickMs,
    modelFactor: spec.modelFactor,
    rangeW: 2 * rangeW,
    mayOvershoot: spec.mayOvershoot,
    rule: spec.rule,
    phaseExportLimitW: spec.perPhase && exports ? limitW / 3 : Number.POSITIVE_INFINITY,
    phaseImportLimitW: spec.perPhase && !exports ? limitW / 3 : Number.POSITIVE_INFINITY,
  });
  if (exports) site.limits.exportLimitW = limitW;
  else site.limits.importLimitW = limitW;
  for (let i = 0; i < spec.stageCount; i++) {
    site.requestedW[i] = exports ? -ratedW : ratedW;
    const ask = site.allocation.asks[i]!;
    ask.minChargeW = spec.minShareP * ratedW;
    ask.minDischargeW = spec.minShareP * ratedW;
    ask.pluggedAtMs = i;
  }
  const skew = spec.perPhase ? [between(dice, 0.8, 1), between(dice, 0.9, 1.1), 1] : [1, 1, 1];
  let roomW = between(dice, spec.beforeMin, spec.beforeMax) * sumW;
  let wanderW = 0;
  const setLoad = () => {
    for (let k = 0; k < 3; k++) {
      const phaseRoomW = (roomW / 3) * skew[k]!;
      plant.loadW[k] = (exports ? phaseRoomW - limitW / 3 : limitW / 3 - phaseRoomW) + wanderW / 3;
    }
  };
  // The load wanders by itself with a memory of half a second.
  const wanderKeep = Math.exp(-1 / 500);
  const wanderStepW = spec.loadSigmaShare * sumW * Math.sqrt(1 - wanderKeep * wanderKeep) * Math.sqrt(3);
  let above = 0;
  let lastAboveMs = 0;
  let energyWms = 0;
  let unusedWms = 0;
  const excessW = excessShare * sumW;
  const each = (nowMs: number) => {
    if (spec.loadSigmaShare > 0) {
      wanderW = wanderW * wanderKeep + wanderStepW * (2 * uniform(dice) - 1);
      setLoad();
    }
    let overW = exports ? -plant.pccW[0]! - limitW : plant.pccW[0]! - limitW;
    unusedWms -= overW;
    if (spec.perPhase) {
      for (let k = 1; k < 4; k++) {
        const phaseOverW = 3 * (exports ? -plant.pccW[k]! - limitW / 3 : plant.pccW[k]! - limitW / 3);
        if (phaseOverW > overW) overW = phaseOverW;
      }
    }
    if (overW > 0) energyWms += overW;
    if (overW > excessW) {
      above++;
      lastAboveMs = nowMs;
    }
  };
  setLoad();
  site.run(1_000, each);
  for (let step = 0; step < steps; step++) {
    plant.dropped.fill(0);
    site.run(settleMs + Math.floor(uniform(dice) * 200), each);
    above = 0;
    unusedWms = 0;
    site.run(1_000, each);
    result.steadyMs += above;
    result.marginShare += unusedWms / 1_000 / sumW;
    const beforeW = roomW;
    for (let k = 0; k < spec.stuckStages; k++) plant.stuck[k] = 1;
    if (spec.dropsOut) {
      plant.dropped[step % spec.stageCount] = 1;
      site.run(Math.floor(uniform(dice) * 100), each);
    }
    roomW *= between(dice, spec.ratioMin, spec.ratioMax);
    setLoad();
    const stepAtMs = plant.nowMs;
    lastAboveMs = stepAtMs;
    energyWms = 0;
    const seesMs = spec.lostMs > 0 ? Math.floor(uniform(dice) * 2 * spec.meterMs) : watchMs;
    site.run(seesMs, each);
    plant.meterFrozen = true;
    site.run(Math.min(spec.lostMs, watchMs - seesMs), each);
    plant.meterFrozen = false;
    site.run(watchMs - seesMs - spec.lostMs, each);
    result.backMs.push(lastAboveMs - stepAtMs);
    result.energyMs.push(energyWms / (beforeW - roomW));
    plant.stuck.fill(0);
    site.run(500, each);
    roomW = beforeW;
    setLoad();
    above = 0;
    site.run(watchMs, each);
    result.returnMs.push(above);
    roomW = between(dice, spec.beforeMin, spec.beforeMax) * sumW;
    setLoad();
  }
}

/** The value below which the share `q` of the values lies (nearest rank). */
export function percentile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export function largest(values: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > most) most = value;
  return most;
}

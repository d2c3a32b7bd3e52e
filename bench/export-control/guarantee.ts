/**
 * What is promised of a limit against what happens: random steps of the load, down to nothing in a third of them, at random
 * moments of meter, loop and stages. The worst of all steps counts, by the truth at the PCC. Now and then the load stays as it
 * is after a step, for the eye on power that swings by itself. The promise is the one that `islet check-config` and the page
 * print of the same site file.
 */
import { siteGuarantees } from "../../src/core/core-config.ts";
import { Quality } from "../../src/domain/quality.ts";
import { type HostileSpec, hostileSite } from "./hostile.ts";
import { between, type Plant, uniform } from "./plant.ts";
import type { Site } from "./site.ts";

/** A meter's errors, of either sign in turn: of what it shows, %, and constant, as a share of the stages' sum. */
export interface MeterErrors {
  readonly classPct: number;
  readonly offsetShare: number;
}

export interface GuaranteeSpec extends HostileSpec {
  readonly errors?: MeterErrors;
}

export interface GuaranteeResult {
  readonly promisedMs: number;
  readonly promisedW: number;
  readonly promisedWh: number;
  steps: number;
  /** Worst of all steps: back under the limit + 0.5 % of the stages' sum, ms; beyond the limit, W; and in one step, Wh. */
  worstMs: number;
  worstW: number;
  worstWh: number;
  /** Steps that broke the promise of time or energy. */
  broken: number;
  /** Room for the stages in the seconds before the steps, and what of it was used, W·ms. */
  roomWms: number;
  usedWms: number;
  /** Times above the limit + 0.5 % in those seconds, and in the still ones below, ms. */
  quietAboveMs: number;
  /** Most falls of the stages' sum, each with a rise after it, from 10 s after a step on while the load stays. */
  swings: number;
  /** Ticks in which the meter was not believed. */
  doubtTicks: number;
  /** What was found although all is as configured; "" for nothing. */
  cause: string;
}

const excessShare = 0.005;
const stepsPerPlant = 50;
const hourMs = 3_600_000;
/** Of each step's time to settle, the end in which what is used is measured, ms. */
const quietMs = 2_000;
/** Every so many steps the load stays as it is: for so long, of which the first part is still the step's own, ms. */
const stillEvery = 25;
const stillMs = 30_000;
const stepsOwnMs = 10_000;
/** Falls from this share of the stages' sum on; a challenge of a meter that stands still is none, shares of it. */
const swingShare = 0.04;
const swingChallenges = 1.2;
/** Power rises by a fifth of the stages' sum in a second, from a second after the step on; half as fast without models, ms. */
const riseMs = 6_500;
const measuredRiseMs = 5_000;

export function measureGuarantee(
  spec: GuaranteeSpec,
  side: "export" | "import",
  seed: number,
  steps: number,
): GuaranteeResult {
  let result: GuaranteeResult | undefined;
  for (let plant = 0; plant * stepsPerPlant < steps; plant++) {
    const count = Math.min(stepsPerPlant, steps - plant * stepsPerPlant);
    const erred = withErrors(spec, side, plant % 2 === 0);
    result = measurePlant(erred, side, seed * 100_003 + plant, count, result);
  }
  return result!;
}

/** The meter with its errors: `hides` what is beyond the limit of this side, or shows more than there is. */
function withErrors(spec: GuaranteeSpec, side: "export" | "import", hides: boolean): HostileSpec {
  const { errors, stageCount = 4, stageRatedW = 60_000 } = spec;
  if (errors === undefined) return spec;
  const gain = 1 + ((hides ? -1 : 1) * errors.classPct) / 100;
  const sign = hides === (side === "export") ? 1 : -1;
  return { ...spec, meter: { ...spec.meter, gain, offsetW: sign * errors.offsetShare * stageCount * stageRatedW } };
}

function emptyResult(site: Site, side: "export" | "import"): GuaranteeResult {
  const promised = siteGuarantees(site.config)[side === "export" ? "exports" : "imports"];
  return {
    promisedMs: promised.backMs,
    promisedW: promised.peakW,
    promisedWh: promised.energyWh,
    steps: 0,
    worstMs: 0,
    worstW: 0,
    worstWh: 0,
    broken: 0,
    roomWms: 0,
    usedWms: 0,
    quietAboveMs: 0,
    swings: 0,
    doubtTicks: 0,
    cause: "",
  };
}

function measurePlant(
  spec: HostileSpec,
  side: "export" | "import",
  seed: number,
  steps: number,
  before: GuaranteeResult | undefined,
): GuaranteeResult {
  const site = hostileSite(spec, seed);
  const { plant, control } = site;
  const { dice } = plant;
  const sumW = control.scaleW;
  const result = before ?? emptyResult(site, side);
  const sign = side === "export" ? -1 : 1;
  const limitW = (side === "export" ? between(dice, 0, 0.2) : 1.2) * sumW;
  if (side === "export") site.limits.exportLimitW = limitW;
  else site.limits.importLimitW = limitW;
  site.requestedW.fill(sign * plant.stages[0]!.ratedW);
  const settleMs = settleTimeMs(plant, control.dynamics.alwaysMeasured);
  let roomW = 0;
  let lastAboveMs = 0;
  let energyWms = 0;
  let quiet = false;
  const each = (nowMs: number) => {
    plant.loadW.fill((sign * (limitW - roomW)) / 3);
    const overW = sign * plant.pccW[0]! - limitW;
    const above = overW > excessShare * sumW;
    if (above) lastAboveMs = nowMs;
    if (overW > 0) energyWms += overW;
    if (overW > result.worstW) result.worstW = overW;
    if (site.budget.quality !== Quality.good && nowMs > settleMs) result.doubtTicks++;
    if (!quiet) return;
    if (above) result.quietAboveMs++;
    result.roomWms += roomW;
    result.usedWms += roomW + overW;
  };
  for (let step = 0; step < steps; step++) {
    roomW = between(dice, 0.3, 1) * sumW;
    site.run(settleMs + Math.floor(1_100 * uniform(dice)), each);
    quiet = true;
    site.run(quietMs, each);
    quiet = false;
    roomW *= step % 3 === 0 ? 0 : between(dice, 0, 0.8);
    const atMs = plant.nowMs;
    lastAboveMs = atMs;
    energyWms = 0;
    site.run(result.promisedMs + 1_500, each);
    const backMs = lastAboveMs - atMs;
    const overWh = energyWms / hourMs;
    result.steps++;
    if (backMs > result.promisedMs || overWh > result.promisedWh) result.broken++;
    if (backMs > result.worstMs) result.worstMs = backMs;
    if (overWh > result.worstWh) result.worstWh = overWh;
    if (step % stillEvery === 1)
      result.swings = Math.max(result.swings, swingsAfter(site, atMs + stepsOwnMs, each, result));
  }
  if (control.dynamics.cause !== "") result.cause = control.dynamics.cause;
  if (control.supervision.condemned) result.cause = control.supervision.reason;
  return result;
}

/** Until power is up again, ms. */
function settleTimeMs({ stages, meter }: Plant, measured: boolean): number {
  const { responseMs, deadTimeMs, rateWPerS, ratedW, commandPeriodMs = 0 } = stages[0]!;
  const risesMs = riseMs + (measured ? measuredRiseMs : 0);
  return risesMs + 5 * responseMs + deadTimeMs + commandPeriodMs + (1_000 * ratedW) / rateWPerS + 2 * meter.windowMs;
}

/** How often the stages' sum falls and rises again while the load stays as it is, from `fromMs` on. */
function swingsAfter(site: Site, fromMs: number, each: (nowMs: number) => void, result: GuaranteeResult): number {
  const { plant, control } = site;
  const leastW = Math.max(swingShare * control.scaleW, swingChallenges * control.challengeW);
  let swings = 0;
  let falling = false;
  let turnW = Number.NaN;
  site.run(fromMs - plant.nowMs + stillMs - stepsOwnMs, (nowMs) => {
    each(nowMs);
    if (nowMs < fromMs) return;
    let totalW = 0;
    for (const powerW of plant.powerW) totalW += Math.abs(powerW);
    if (Number.isNaN(turnW) || (falling ? totalW < turnW : totalW > turnW)) turnW = totalW;
    if (falling ? totalW > turnW + leastW : totalW < turnW - leastW) {
      if (falling) swings++;
      falling = !falling;
      turnW = totalW;
    }
    if (isAbove(site)) result.quietAboveMs++;
  });
  return swings;
}

function isAbove({ plant, limits, control }: Site): boolean {
  const pccW = plant.pccW[0]!;
  return Math.max(-pccW - limits.exportLimitW, pccW - limits.importLimitW) > excessShare * control.scaleW;
}

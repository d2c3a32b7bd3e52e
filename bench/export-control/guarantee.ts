/**
 * What is promised of a limit (`limitGuarantee`) against what happens: random steps of the load, down to nothing in a third of
 * them, at random moments of meter, loop and stages. The worst of all steps counts.
 */
import { limitGuarantee } from "../../src/core/pcc/guarantee.ts";
import { type HostileSpec, hostileSite } from "./hostile.ts";
import { between, uniform } from "./plant.ts";

export interface GuaranteeResult {
  readonly promisedMs: number;
  readonly promisedW: number;
  readonly promisedWh: number;
  /** Worst of all steps: back under the limit + 0.5 % of the stages' sum, ms; beyond the limit, W; and in one step, Wh. */
  worstMs: number;
  worstW: number;
  worstWh: number;
  /** Steps that broke the promise of time or energy. */
  broken: number;
  /** What was found although all is as configured; "" for nothing. */
  cause: string;
}

const excessShare = 0.005;
const stepsPerPlant = 50;
const hourMs = 3_600_000;

export function measureGuarantee(
  spec: HostileSpec,
  side: "export" | "import",
  seed: number,
  steps: number,
): GuaranteeResult {
  let result: GuaranteeResult | undefined;
  for (let plant = 0; plant * stepsPerPlant < steps; plant++) {
    result = measurePlant(
      spec,
      side,
      seed * 100_003 + plant,
      Math.min(stepsPerPlant, steps - plant * stepsPerPlant),
      result,
    );
  }
  return result!;
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
  const { dice, stages } = plant;
  const sumW = control.scaleW;
  const promised = limitGuarantee(control.config, sumW);
  const result = before ?? {
    promisedMs: promised.backMs,
    promisedW: promised.peakW,
    promisedWh: promised.energyWh,
    worstMs: 0,
    worstW: 0,
    worstWh: 0,
    broken: 0,
    cause: "",
  };
  const sign = side === "export" ? -1 : 1;
  const limitW = (side === "export" ? between(dice, 0, 0.2) : 1.2) * sumW;
  if (side === "export") site.limits.exportLimitW = limitW;
  else site.limits.importLimitW = limitW;
  site.requestedW.fill(sign * stages[0]!.ratedW);
  const { responseMs, deadTimeMs, rateWPerS, ratedW } = stages[0]!;
  // Until power is up again: a fifth of the stages' sum in a second, after a second, as fast as the stages are.
  const settleMs = 6_500 + 5 * responseMs + deadTimeMs + (1_000 * ratedW) / rateWPerS + 2 * plant.meter.windowMs;
  let roomW = 0;
  let lastAboveMs = 0;
  let energyWms = 0;
  const each = (nowMs: number) => {
    plant.loadW.fill((sign * (limitW - roomW)) / 3);
    const overW = sign * plant.pccW[0]! - limitW;
    if (overW > excessShare * sumW) lastAboveMs = nowMs;
    if (overW > 0) energyWms += overW;
    if (overW > result.worstW) result.worstW = overW;
  };
  for (let step = 0; step < steps; step++) {
    roomW = between(dice, 0.3, 1) * sumW;
    site.run(settleMs + Math.floor(1_100 * uniform(dice)), each);
    roomW *= step % 3 === 0 ? 0 : between(dice, 0, 0.8);
    const atMs = plant.nowMs;
    lastAboveMs = atMs;
    energyWms = 0;
    site.run(promised.backMs + 1_500, each);
    const backMs = lastAboveMs - atMs;
    const overWh = energyWms / hourMs;
    if (backMs > promised.backMs || overWh > promised.energyWh) result.broken++;
    if (backMs > result.worstMs) result.worstMs = backMs;
    if (overWh > result.worstWh) result.worstWh = overWh;
  }
  if (control.dynamics.cause !== "") result.cause = control.dynamics.cause;
  return result;
}

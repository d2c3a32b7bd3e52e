/**
 * A site whose load steps every few seconds from the first moment: when is a meter or a stage that is slower than configured
 * found, and how long is the limit exceeded after each step, before and after that? With a right configuration nothing may
 * be found.
 */
import { Quality } from "../../src/domain/quality.ts";
import { type HostileSpec, hostileSite } from "./hostile.ts";
import { between, uniform } from "./plant.ts";

export interface SlowerSpec extends HostileSpec {
  /** From one step of the load to the next, ms; each is drawn between both. */
  readonly stepLeastMs: number;
  readonly stepMostMs: number;
  /** Loads in turn, shares of the stages' sum; without them they are drawn. */
  readonly loadShares?: readonly number[];
  readonly limitW?: number;
}

export interface SlowerResult {
  /** First cause, and when it was found after the first step, ms; "" and NaN for none. */
  readonly cause: string;
  readonly foundAtMs: number;
  /** Time above the limit + 0.5 % of the stages' sum after each step, ms: until something was found, and from then on. */
  readonly beforeMs: number[];
  readonly afterMs: number[];
  /** Share of the room that was used once something was found, and of the ticks in which the meter was not believed. */
  readonly usedShare: number;
  readonly doubtShare: number;
  /** Every cause and every reason of the supervision, once, with the time. */
  readonly causes: Map<string, number>;
  /** The meter's window and latency in use at the end, ms. */
  readonly windowMs: number;
  readonly latencyMs: number;
}

const settleMs = 5_000;
const excessShare = 0.005;
/** The load wanders by so much beside its steps, share of the stages' sum, with a memory of half a second. */
const wanderShare = 0.0002;

export function measureSlower(spec: SlowerSpec, seed: number, runMs: number): SlowerResult {
  const site = hostileSite(spec, seed);
  const { plant, control, budget } = site;
  const { dice, stages } = plant;
  const sumW = control.scaleW;
  const limitW = spec.limitW ?? (spec.limitShare ?? 0.1) * sumW;
  site.limits.exportLimitW = limitW;
  site.requestedW.fill(-stages[0]!.ratedW);
  const keep = Math.exp(-1 / 500);
  const stepW = wanderShare * sumW * Math.sqrt(3 * (1 - keep * keep));
  const causes = new Map<string, number>();
  const beforeMs: number[] = [];
  const afterMs: number[] = [];
  let buildingW = (spec.loadShares?.[0] ?? 0.5) * sumW;
  let wanderW = 0;
  let aboveMs = 0;
  let usedWms = 0;
  let roomWms = 0;
  let doubtMs = 0;
  let cause = "";
  let foundAtMs = Number.NaN;
  const each = (nowMs: number) => {
    wanderW = wanderW * keep + stepW * (2 * uniform(dice) - 1);
    plant.loadW.fill((buildingW + wanderW) / 3);
    if (nowMs < settleMs) return;
    if (-plant.pccW[0]! > limitW + excessShare * sumW) aboveMs++;
    for (const name of [control.supervision.reason, control.dynamics.cause])
      if (name !== "" && !causes.has(name)) causes.set(name, nowMs - settleMs);
    if (budget.quality !== Quality.good) doubtMs++;
    if (cause === "" && control.dynamics.cause !== "") {
      cause = control.dynamics.cause;
      foundAtMs = nowMs - settleMs;
    }
    if (cause === "") return;
    for (let i = 0; i < stages.length; i++) usedWms -= plant.powerW[i]!;
    roomWms += Math.min(sumW, buildingW + limitW);
  };
  site.run(settleMs, each);
  for (let step = 1; plant.nowMs < settleMs + runMs; step++) {
    const shares = spec.loadShares;
    buildingW = (shares === undefined ? between(dice, 0.15, 0.9) : shares[step % shares.length]!) * sumW;
    aboveMs = 0;
    const found = cause !== "";
    site.run(Math.round(between(dice, spec.stepLeastMs, spec.stepMostMs)), each);
    (found ? afterMs : beforeMs).push(aboveMs);
  }
  return {
    cause,
    foundAtMs,
    beforeMs,
    afterMs,
    usedShare: usedWms / roomWms,
    doubtShare: doubtMs / runMs,
    causes,
    windowMs: control.dynamics.windowMs,
    latencyMs: control.dynamics.latencyMs,
  };
}

/**
 * Hardware that is otherwise than the site file says, from the start or from a moment on, in closed loop while the load steps
 * every few seconds and requests change now and then: when is it found, what is said, what flows afterwards, and for how long
 * was a limit exceeded?
 */
import { Quality } from "../../src/domain/quality.ts";
import { type HostileSpec, hostileSite } from "./hostile.ts";
import { between, type Plant, uniform } from "./plant.ts";
import type { Site } from "./site.ts";

export interface WrongSpec extends HostileSpec {
  /** From this moment after the settling on the plant is changed, ms; 0 from the start. */
  readonly atMs?: number;
  readonly change?: (plant: Plant) => void;
  /** Named too slow counts as found as well. */
  readonly slowIsFound?: boolean;
  /** Requests: to the limit all the time, or other ones every few seconds. */
  readonly asks?: "limit" | "moves";
}

export interface WrongResult {
  /** Everything that was said of meter or stages, with the time since the change, ms. */
  readonly said: Map<string, number>;
  /** When the meter or a stage was first named as wrong, ms since the change; NaN for never. */
  readonly foundMs: number;
  /** Until then: time above the limit, ms, and the most that was exported or imported above it in a second, share of the sum. */
  readonly aboveUntilFoundMs: number;
  readonly mostAboveShare: number;
  /** Mean of the stages' power in the last ten seconds, and time above the limit + 0.5 % after the change, share of it. */
  readonly endShare: number;
  readonly aboveShare: number;
  /** The same in the last ten seconds. */
  readonly endAboveShare: number;
  /** Time in which the meter was not believed, share. */
  readonly doubtShare: number;
}

const settleMs = 5_000;
const endMs = 10_000;
const excessShare = 0.005;
const wanderShare = 0.0005;
/** Memory of the mean of what is above the limit, ms. */
const meanMs = 1_000;

export function measureWrong(spec: WrongSpec, seed: number, runMs: number): WrongResult {
  const site: Site = hostileSite(spec, seed);
  const { plant, control } = site;
  const { dice, stages } = plant;
  const n = stages.length;
  const sumW = control.scaleW;
  const exports = spec.side !== "import";
  const sign = exports ? -1 : 1;
  const limitW = exports ? (spec.limitShare ?? between(dice, 0.02, 0.3)) * sumW : 1.2 * sumW;
  if (exports) site.limits.exportLimitW = limitW;
  else site.limits.importLimitW = limitW;
  const { atMs = 0, change, asks = "limit" } = spec;
  if (atMs === 0) change?.(plant);
  const said = new Map<string, number>();
  const keep = Math.exp(-1 / 500);
  const stepW = wanderShare * sumW * Math.sqrt(3 * (1 - keep * keep));
  let roomW = between(dice, 0.3, 0.9) * sumW;
  let wanderW = 0;
  let changedMs = 0;
  let aboveMs = 0;
  let endAboveMs = 0;
  let endWms = 0;
  let doubtMs = 0;
  const untilMs = settleMs + atMs + runMs;
  let foundMs = Number.NaN;
  let aboveUntilFoundMs = 0;
  let meanAboveW = 0;
  let mostAboveW = 0;
  const each = (nowMs: number) => {
    wanderW = wanderW * keep + stepW * (2 * uniform(dice) - 1);
    plant.loadW.fill((sign * (limitW - roomW) + wanderW) / 3);
    if (nowMs < settleMs) return;
    const above = sign * plant.pccW[0]! - limitW > excessShare * sumW;
    if (nowMs >= changedMs && above) aboveMs++;
    if (nowMs >= changedMs && Number.isNaN(foundMs)) {
      if (above) aboveUntilFoundMs++;
      meanAboveW += (Math.max(0, sign * plant.pccW[0]! - limitW) - meanAboveW) / meanMs;
      mostAboveW = Math.max(mostAboveW, meanAboveW);
    }
    if (site.budget.quality !== Quality.good) doubtMs++;
    for (const name of [control.supervision.reason, control.dynamics.cause])
      if (name !== "" && !said.has(name)) said.set(name, nowMs - changedMs);
    for (let i = 0; i < n; i++)
      if (control.observer.powerSource[i] === 2 && !said.has(`stage-disobeys`))
        said.set(`stage-disobeys`, nowMs - changedMs);
    const named = spec.slowIsFound === true ? said.size > 0 : control.supervision.reason !== "";
    if (Number.isNaN(foundMs) && nowMs >= changedMs && named) foundMs = nowMs - changedMs;
    if (nowMs < untilMs - endMs) return;
    if (above) endAboveMs++;
    for (let i = 0; i < n; i++) endWms += Math.abs(plant.powerW[i]!);
  };
  const moves = () => {
    const share = asks === "limit" ? 1 : between(dice, 0.05, 1);
    site.requestedW.fill(sign * share * stages[0]!.ratedW);
  };
  moves();
  site.run(settleMs, each);
  changedMs = settleMs + atMs;
  let changed = atMs === 0;
  while (plant.nowMs < untilMs) {
    if (!changed && plant.nowMs >= changedMs) {
      change?.(plant);
      changed = true;
    }
    if (uniform(dice) < 0.5 || asks === "limit") roomW = between(dice, 0.15, 0.9) * sumW;
    moves();
    const leftMs = changed ? untilMs - plant.nowMs : changedMs - plant.nowMs;
    site.run(Math.min(leftMs, Math.round(between(dice, 2_500, 7_000))), each);
  }
  return {
    said,
    foundMs,
    aboveUntilFoundMs,
    mostAboveShare: mostAboveW / sumW,
    endShare: endWms / endMs / sumW,
    aboveShare: aboveMs / runMs,
    endAboveShare: endAboveMs / endMs,
    doubtShare: doubtMs / (runMs + atMs),
  };
}

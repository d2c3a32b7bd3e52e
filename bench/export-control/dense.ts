/** A site whose load steps all the time, every few seconds, behind a meter as configured: nothing may be found in it. */
import { Quality } from "../../src/domain/quality.ts";
import { type HostileSpec, hostileSite } from "./hostile.ts";
import { between, uniform } from "./plant.ts";

export interface DenseResult {
  /** Share of the room for the stages that was used, and of the ticks in which the meter was not believed. */
  readonly usedShare: number;
  readonly doubtShare: number;
  /** Every cause that was found, once. */
  readonly causes: ReadonlySet<string>;
}

const settleMs = 5_000;
const runMs = 180_000;
const limitShare = 0.1;
/** The load wanders by so much beside its steps, share of the stages' sum, with a memory of half a second. */
const wanderShare = 0.0002;

/** Three minutes; from one step to the next `leastMs` to `mostMs`. */
export function measureDense(spec: HostileSpec, seed: number, leastMs: number, mostMs: number): DenseResult {
  const site = hostileSite(spec, seed);
  const { plant, control, budget } = site;
  const { dice, stages } = plant;
  const sumW = stages.length * stages[0]!.ratedW;
  const limitW = limitShare * sumW;
  site.limits.exportLimitW = limitW;
  site.requestedW.fill(-stages[0]!.ratedW);
  const keep = Math.exp(-1 / 500);
  const stepW = wanderShare * sumW * Math.sqrt(3 * (1 - keep * keep));
  const causes = new Set<string>();
  let roomW = 0.6 * sumW;
  let wanderW = 0;
  let usedWms = 0;
  let roomWms = 0;
  let doubtMs = 0;
  const each = (nowMs: number) => {
    wanderW = wanderW * keep + stepW * (2 * uniform(dice) - 1);
    plant.loadW.fill((roomW - limitW + wanderW) / 3);
    if (nowMs < settleMs) return;
    for (let i = 0; i < stages.length; i++) usedWms -= plant.powerW[i]!;
    roomWms += roomW;
    if (budget.quality !== Quality.good) doubtMs++;
    for (const cause of [control.supervision.reason, control.dynamics.cause]) if (cause !== "") causes.add(cause);
  };
  site.run(settleMs, each);
  while (plant.nowMs < runMs) {
    roomW = between(dice, 0.15, 0.9) * sumW;
    site.run(Math.round(between(dice, leastMs, mostMs)), each);
  }
  return { usedShare: usedWms / roomWms, doubtShare: doubtMs / (runMs - settleMs), causes };
}

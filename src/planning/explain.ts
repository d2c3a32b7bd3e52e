/**
 * Why a vehicle does in a slot what it does, proven: what is named is taken away, the day is planned again, and the slot has changed.
 * The likely reason from the duals is tried first, then the others that can apply; where none alone is enough, several together. A
 * proof costs a few plans on the kept programme, so it is made for what is shown, not for every slot of every plan.
 */
import { without } from "./counterfactual.ts";
import type { Plan, Planner } from "./planner.ts";
import type { PlanningProblem } from "./problem.ts";
import type { PlanReason } from "./reasons.table.ts";

export interface Explanation {
  /** All of them have to be gone for the slot to change; the first alone is enough when there is one. */
  readonly reasons: readonly PlanReason[];
  /** False: nothing that was tried changes the slot, and the reason is the likely one. */
  readonly proven: boolean;
}

/** A slot that moves by less has not changed, W. */
const unchangedW = 1;

const candidates: Readonly<Record<"charge" | "idle" | "discharge", readonly PlanReason[]>> = {
  charge: [
    "price",
    "need",
    "reserve",
    "import-limit",
    "group-limit",
    "demand-peak",
    "rating",
    "commitment",
    "self-supply",
    "export-limit",
    "taper",
    "full",
    "minimum-power",
  ],
  idle: [
    "price",
    "demand-peak",
    "import-limit",
    "group-limit",
    "commitment",
    "reserve",
    "full",
    "minimum-power",
    "export-limit",
    "taper",
  ],
  discharge: [
    "price",
    "commitment",
    "demand-peak",
    "rating",
    "reserve",
    "export-limit",
    "self-supply",
    "import-limit",
    "group-limit",
    "need",
    "minimum-power",
  ],
};

/** `plan` is the plan of `problem`; `planner` may be any. */
export function explainSlot(
  planner: Planner,
  problem: PlanningProblem,
  plan: Plan,
  evseId: string,
  slot: number,
): Explanation {
  const asking = explaining(problem, plan, evseId, slot);
  let step = asking.next();
  while (!step.done) step = asking.next(planner.plan(step.value));
  return step.value;
}

/** The same for whoever plans elsewhere: gives problems, takes their plans, and ends with the explanation. */
export function* explaining(
  problem: PlanningProblem,
  plan: Plan,
  evseId: string,
  slot: number,
): Generator<PlanningProblem, Explanation, Plan> {
  const likely = plan.reasons[evseId]?.[slot] ?? "absent";
  if (likely === "absent" || likely === "fallback") return { reasons: [likely], proven: likely === "absent" };
  const powerW = plan.powerW[evseId]![slot]!;
  const state = powerW > unchangedW ? "charge" : powerW < -unchangedW ? "discharge" : "idle";
  const kept: PlanningProblem = { ...problem, previous: { powerW: plan.powerW } };
  const gone = (from: PlanningProblem, reason: PlanReason): PlanningProblem =>
    without(from, { evseId, slot, reason, powerW }) ?? from;
  // With nothing taken away: what moves by itself proves nothing.
  const stillW = (yield kept).powerW[evseId]?.[slot] ?? 0;
  const differs = (then: Plan): boolean => {
    const thenW = then.powerW[evseId]?.[slot] ?? 0;
    return then.method === plan.method && [powerW, stillW].every((nowW) => Math.abs(thenW - nowW) > unchangedW);
  };
  const order = [likely, ...candidates[state].filter((reason) => reason !== likely)];
  for (const reason of order) if (differs(yield gone(kept, reason))) return { reasons: [reason], proven: true };
  const named: PlanReason[] = [];
  let other = kept;
  for (const reason of order) {
    other = gone(other, reason);
    named.push(reason);
    if (named.length > 1 && differs(yield other)) return { reasons: named, proven: true };
  }
  return { reasons: [likely], proven: false };
}

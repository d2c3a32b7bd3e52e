/**
 * "What if": the situation with a change, planned again in a thread of its own, against the plan in force. One at a time, each with the
 * planner's bounds; the thread ends when nobody has asked for a while.
 */
import { type Explanation, explaining } from "../../planning/explain.ts";
import { plan as planOnce } from "../../planning/planner.ts";
import { PlannerThread } from "../../planning/thread/planner-thread.ts";
import { held } from "../people.ts";
import type { Vehicles } from "../vehicles/vehicles.ts";
import { type BuiltProblem, buildProblem, evseIdOf } from "./build-problem.ts";
import type { MadePlan } from "./planning.ts";
import { enoughWh } from "./readiness.ts";
import type { SituatedEvse, Situation } from "./situation.ts";

/** A change that can be tried. */
export type TriedChange =
  | { readonly kind: "departure"; readonly evse: number; readonly departsAtMs: number }
  | { readonly kind: "need"; readonly evse: number; readonly neededPct: number }
  | { readonly kind: "priority"; readonly evse: number; readonly priority: number }
  | { readonly kind: "charge-now"; readonly evse: number }
  | { readonly kind: "stop"; readonly evse: number }
  | { readonly kind: "resume"; readonly evse: number }
  | { readonly kind: "backend-limit"; readonly evse: number }
  | { readonly kind: "import-limit"; readonly limitW: number }
  | { readonly kind: "reserve"; readonly reservePct: number };

/** A plan that was tried, and how it would do. */
export interface Tried {
  readonly built: BuiltProblem;
  readonly plan: MadePlan["plan"];
  readonly ready: ReadonlyMap<string, boolean>;
  readonly tookMs: number;
}

export interface Tries {
  /** Null: too many are waiting. */
  run(made: MadePlan, changes: readonly TriedChange[]): Promise<Tried | null>;
  /** Why the plan has an EVSE do in a slot what it does, proven by planning without it. Null: too many are waiting. */
  explain(made: MadePlan, evse: number, slot: number): Promise<Explanation | null>;
  stop(): Promise<void>;
}

/** Explanations that may wait, and how long one may take before the likely reason has to do, ms. */
const explainedMax = 4;
const explainMs = 10_000;
/** Tries that may wait. */
const waitingMax = 24;
/** The thread ends when nobody has asked for so long, ms. */
const idleMs = 60_000;

/** The situation with a change in it. */
function withChange(situation: Situation, change: TriedChange): Situation {
  if (change.kind === "import-limit")
    return { ...situation, importLimitW: Math.min(situation.configuredImportW, change.limitW) };
  const one = (evse: SituatedEvse): SituatedEvse => {
    switch (change.kind) {
      case "reserve":
        return { ...evse, reservePct: change.reservePct };
      case "departure":
        return evse.need === null ? evse : { ...evse, need: { ...evse.need, departsAtMs: change.departsAtMs } };
      case "need":
        return evse.need === null
          ? evse
          : { ...evse, need: { ...evse.need, neededWh: (change.neededPct / 100) * evse.capacityWh } };
      case "priority":
        return { ...evse, priority: change.priority === 1 ? 1 : change.priority === 3 ? 3 : 2 };
      case "charge-now":
        return { ...evse, chargeNow: true };
      case "stop":
        return { ...evse, held: held.everything };
      case "resume":
        return { ...evse, held: 0 };
      default:
        return { ...evse, backendMaxW: Number.POSITIVE_INFINITY };
    }
  };
  const concerns = (evse: SituatedEvse): boolean => change.kind === "reserve" || change.evse === evse.evse;
  return { ...situation, evses: situation.evses.map((evse) => (concerns(evse) ? one(evse) : evse)) };
}

/** Whether each stay has what it needs, by EVSE and departure; a stay's own need, as tried. */
export const stayKey = ({
  evse,
  arrivesAtMs,
}: {
  readonly evse: number;
  readonly arrivesAtMs: number | null;
}): string => `${evse} ${arrivesAtMs ?? "here"}`;

export function readyOf({ built, plan }: Pick<MadePlan, "built" | "plan">): Map<string, boolean> {
  return new Map(built.stays.map((one, k) => [stayKey(one), (plan.outcome.stays[k]?.shortWh ?? 0) <= enoughWh]));
}

export function createTries(vehicles: Pick<Vehicles, "departures" | "routes">): Tries {
  let thread: PlannerThread | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let explained = 0;
  /** A page asks the same again every few seconds: one proof for each slot of a plan. */
  const proofs = new WeakMap<MadePlan, Map<string, Promise<Explanation>>>();
  let resting: ReturnType<typeof setTimeout> | null = null;

  const rest = (): void => {
    if (resting) clearTimeout(resting);
    resting = setTimeout(() => {
      void thread?.close();
      thread = null;
    }, idleMs);
    resting.unref();
  };
  const once = async (made: MadePlan, changes: readonly TriedChange[]): Promise<Tried> => {
    const fromMs = performance.now();
    const situation = changes.reduce(withChange, made.situation);
    const built = buildProblem(situation, vehicles, {
      startsAtMs: made.situation.startsAtMs,
      powerW: made.plan.powerW,
    });
    // Against a greedy plan only a greedy one compares.
    const plan =
      made.plan.method === "greedy"
        ? planOnce(built.problem, null)
        : await (thread ??= new PlannerThread()).plan(built.problem);
    rest();
    return { built, plan, ready: readyOf({ built, plan }), tookMs: performance.now() - fromMs };
  };
  const why = async ({ built, plan }: MadePlan, evse: number, slot: number): Promise<Explanation> => {
    const evseId = evseIdOf(evse);
    const untilMs = performance.now() + explainMs;
    const asking = explaining(built.problem, plan, evseId, slot);
    let step = asking.next();
    while (!step.done) {
      if (performance.now() > untilMs) return { reasons: [plan.reasons[evseId]?.[slot] ?? "absent"], proven: false };
      thread ??= new PlannerThread();
      step = asking.next(await thread.plan(step.value));
    }
    rest();
    return step.value;
  };
  /** One after the other, in the order in which they were asked. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    run(made, changes) {
      if (waiting >= waitingMax) return Promise.resolve(null);
      waiting++;
      return inTurn(() => once(made, changes)).finally(() => waiting--);
    },
    explain(made, evse, slot) {
      const ofPlan = proofs.get(made) ?? new Map<string, Promise<Explanation>>();
      proofs.set(made, ofPlan);
      const key = `${evse} ${slot}`;
      const before = ofPlan.get(key);
      if (before !== undefined) return before;
      if (explained >= explainedMax) return Promise.resolve(null);
      explained++;
      const proof = inTurn(() => why(made, evse, slot)).finally(() => explained--);
      ofPlan.set(key, proof);
      return proof;
    },
    async stop() {
      if (resting) clearTimeout(resting);
      await thread?.close();
      thread = null;
    },
  };
}

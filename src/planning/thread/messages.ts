/** What passes between the service and the planner's thread. */
import type { Plan } from "../planner.ts";

export interface PlanQuestion {
  readonly number: number;
  readonly problem: unknown;
}

/** Number 0 without a plan: the thread is ready. */
export interface PlanAnswer {
  readonly number: number;
  readonly plan: Plan | null;
  /** Memory of the solver's engine, which the thread's own limits don't count. */
  readonly solverBytes: number;
}

/** The planner's own thread: takes problems one at a time, keeps its programme from one to the next, and answers with plans. */
import { parentPort } from "node:worker_threads";
import type { LpSolver } from "../lp/linear-programme.ts";
import { Planner } from "../planner.ts";
import { createHighsSolver } from "../solver/highs.ts";
import type { PlanAnswer, PlanQuestion } from "./messages.ts";
import { warmUpProblem } from "./warm-up.ts";

const port = parentPort!;
let solver: LpSolver | null = null;
let why = "";
try {
  solver = await createHighsSolver();
  // The first solve of a process compiles the engine and costs three times as much: nobody waits for this one.
  new Planner(solver).plan(warmUpProblem);
} catch (failure) {
  why = `there is no solver: ${failure instanceof Error ? failure.message : String(failure)}`;
}
const planner = new Planner(solver, why);

port.on("message", ({ number, problem }: PlanQuestion) => {
  const plan = planner.plan(problem);
  port.postMessage({ number, plan, solverBytes: solver?.memoryBytes() ?? 0 } satisfies PlanAnswer);
});
port.postMessage({ number: 0, plan: null, solverBytes: 0 } satisfies PlanAnswer);

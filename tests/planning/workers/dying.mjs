// A planner's thread that dies of every problem.
import { parentPort } from "node:worker_threads";

parentPort.on("message", () => {
  throw new Error("memory access out of bounds");
});
parentPort.postMessage({ number: 0, plan: null, solverBytes: 0 });

// A planner's thread that answers who it is, and each time holds more memory than it may.
import { parentPort, threadId } from "node:worker_threads";

parentPort.on("message", ({ number }) => {
  parentPort.postMessage({ number, plan: { method: "linear-programme", threadId }, solverBytes: 2 ** 31 });
});
parentPort.postMessage({ number: 0, plan: null, solverBytes: 0 });

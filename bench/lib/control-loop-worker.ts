/** A control loop as in production (same thread, same priority, same waiting), with nothing to control: only when it wakes counts. */
import { parentPort, workerData } from "node:worker_threads";
import { startControlLoop } from "../../src/app/control/control-loop.ts";
import type { Histogram } from "../../src/app/control/histogram.ts";
import { controlPriority, requestRealTime } from "../../src/app/control/real-time.ts";
import { tuneForSteadyTick } from "../../src/app/control/v8-tuning.ts";

export interface LoopOutcome {
  readonly realTime: boolean;
  readonly skipped: number;
  readonly lateness: Histogram;
}

tuneForSteadyTick();
const { periodMs } = workerData as { periodMs: number };
const realTime = requestRealTime(controlPriority, "The bench's control loop").granted;
const loop = startControlLoop(
  periodMs,
  () => undefined,
  (failure) => {
    throw failure;
  },
);
parentPort?.once("message", async () => {
  const { figures } = loop;
  await loop.stop();
  const outcome: LoopOutcome = { realTime, skipped: figures.skipped, lateness: figures.lateness };
  parentPort?.postMessage(outcome);
  parentPort?.close();
});

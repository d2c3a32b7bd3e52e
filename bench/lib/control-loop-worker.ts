/** A control loop as in production (same thread, same priority, same waiting), with nothing to control: only when it wakes counts. */
import { parentPort, workerData } from "node:worker_threads";
import { startControlLoop } from "../../src/app/control-loop.ts";
import { quantileMs } from "../../src/app/histogram.ts";
import { controlPriority, requestRealTime } from "../../src/app/real-time.ts";
import { tuneForSteadyTick } from "../../src/app/v8-tuning.ts";

export interface LoopOutcome {
  readonly realTime: boolean;
  readonly ticks: number;
  readonly skipped: number;
  readonly lateP99Ms: number;
  readonly lateP999Ms: number;
  readonly lateMaxMs: number;
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
  const outcome: LoopOutcome = {
    realTime,
    ticks: figures.ticks,
    skipped: figures.skipped,
    lateP99Ms: quantileMs(figures.lateness, 0.99),
    lateP999Ms: quantileMs(figures.lateness, 0.999),
    lateMaxMs: figures.lateness.maxMs,
  };
  parentPort?.postMessage(outcome);
  parentPort?.close();
});

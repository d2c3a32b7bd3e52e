/** Prints how many bytes a tick of a busy site of 20 EVSEs allocates in steady state: in a process of its own, where nothing else does. */
import { getHeapStatistics } from "node:v8";
import { busySite } from "../../../bench/core.ts";
import { tuneForSteadyTick } from "../../../src/app/control/v8-tuning.ts";

const periodMs = 20;
/** Until the compiler is done with what runs in every tick. */
const warmTicks = 60_000;
const watchedTicks = 8_000;
/** The compiler works beside and allocates too: the least of so many tries counts. */
const attempts = 6;

tuneForSteadyTick();
const { tick } = busySite(20);
let nowMs = 0;
function runTicks(count: number): void {
  for (let n = 0; n < count; n++) {
    nowMs += periodMs;
    tick(nowMs);
  }
}
runTicks(warmTicks);
let leastBytes = Number.POSITIVE_INFINITY;
for (let attempt = 0; attempt < attempts; attempt++) {
  const before = getHeapStatistics().total_allocated_bytes;
  runTicks(watchedTicks);
  leastBytes = Math.min(leastBytes, getHeapStatistics().total_allocated_bytes - before);
}
process.stdout.write(`${leastBytes / watchedTicks}\n`);

/** Tells people of stalls of the controller itself, so that nobody looks for the fault in cables. */
import type { Lateness } from "./control-loop.ts";

/** A machine that stalls does so again and again: one line for all stalls of this long, ms. */
const lineEveryMs = 10_000;

type Warn = (level: "warn", message: string, fields: Record<string, unknown>) => void;

export interface StallNotes {
  take(stall: Lateness): void;
}

/**
 * The first stall is told at once, later ones together, with their number and the longest. `clock` in ms; `hasRealTime`: the
 * loop was granted its priority, and more of it is no way out.
 */
export function createStallNotes(log: Warn, clock: () => number, hasRealTime: () => boolean): StallNotes {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  let longestMs = 0;
  return {
    take({ lateMs }) {
      count++;
      longestMs = Math.max(longestMs, lateMs);
      const nowMs = clock();
      if (nowMs - saidAtMs < lineEveryMs) return;
      log("warn", stallSentence(count, longestMs, hasRealTime()), { stalls: count, longestMs });
      saidAtMs = nowMs;
      count = 0;
      longestMs = 0;
    },
  };
}

function stallSentence(count: number, longestMs: number, hasRealTime: boolean): string {
  const what =
    count === 1
      ? `The controller itself stood still for ${Math.round(longestMs)} ms`
      : `The controller itself stood still ${count} times, for ${Math.round(longestMs)} ms at most`;
  const todo = hasRealTime
    ? "It has real-time priority already: look for what suspends the whole machine (a hypervisor, power saving), or for work of higher priority."
    : "Look for other work on this machine, and give the controller CAP_SYS_NICE for real-time priority.";
  return `${what}: its machine was too busy. No device is to blame. ${todo}`;
}

/** Real-time priority for the calling thread, where the system allows it. */
import { execFileSync } from "node:child_process";
import { readlinkSync } from "node:fs";

/** Priorities within SCHED_FIFO: above ordinary work, below the kernel's own threads; simulated hardware below the loop. */
export const controlPriority = 50;
export const simulatorPriority = 40;

export interface RealTimeOutcome {
  readonly granted: boolean;
  /** A sentence for the log and the health bar. */
  readonly sentence: string;
}

/** Which threads are meant: the one that asks, or all that its process has now, the engine's own helpers with them. */
export type RealTimeThreads = "this" | "all";

/** Asks for SCHED_FIFO for the thread that calls this (or all of its process), not for processes that it starts. Needs Linux, `chrt` and the right (CAP_SYS_NICE or an rtprio limit). */
export function requestRealTime(fifoPriority: number, who: string, threads: RealTimeThreads = "this"): RealTimeOutcome {
  try {
    const which =
      threads === "all"
        ? ["--all-tasks", "--pid", String(fifoPriority), String(process.pid)]
        : ["--pid", String(fifoPriority), readlinkSync("/proc/thread-self").split("/").pop()!];
    execFileSync("chrt", ["--fifo", "--reset-on-fork", ...which], {
      stdio: "pipe",
      timeout: 2_000,
    });
    return { granted: true, sentence: `${who} runs with SCHED_FIFO priority ${fifoPriority}.` };
  } catch (failure) {
    const cause = failure instanceof Error ? (failure.message.split("\n")[0] ?? "") : String(failure);
    return {
      granted: false,
      sentence: `${who} has no real-time priority (${cause}); grant CAP_SYS_NICE or an rtprio limit to get it.`,
    };
  }
}

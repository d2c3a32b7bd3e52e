/**
 * The heartbeat of the controller: absolute monotonic deadlines, a timer to shortly before each one and an exact wait for
 * the rest. A late tick is reported, a missed one is skipped and counted, none is caught up in a burst.
 */
import { createHistogram, type Histogram, record, resetHistogram } from "./histogram.ts";
import { monotonicMs } from "./monotonic.ts";

/** A timer may fire this much late on a busy machine, so the exact wait takes over this long before the deadline, ms. */
const exactWaitMs = 2;

export interface LoopFigures {
  readonly periodMs: number;
  /** Deadline → awake. */
  readonly lateness: Histogram;
  /** Deadline → all writes acknowledged. */
  readonly cycle: Histogram;
  ticks: number;
  /** Deadlines that passed while an earlier cycle was still under way. */
  skipped: number;
}

export function resetFigures(figures: LoopFigures): void {
  resetHistogram(figures.lateness);
  resetHistogram(figures.cycle);
  figures.ticks = 0;
  figures.skipped = 0;
}

export interface ControlLoop {
  readonly figures: LoopFigures;
  /** Ends after the cycle under way. */
  stop(): Promise<void>;
}

const waitCell = new Int32Array(new SharedArrayBuffer(4));

/** Starts calling `cycle(deadlineMs)` every `periodMs`; `cycle` may be asynchronous and never overlaps itself. A throw ends the loop and reaches `onFailure`: silence below is what makes the hardware safe. */
export function startControlLoop(
  periodMs: number,
  cycle: (deadlineMs: number) => Promise<void> | void,
  onFailure: (failure: unknown) => void,
): ControlLoop {
  const figures: LoopFigures = {
    periodMs,
    lateness: createHistogram(),
    cycle: createHistogram(),
    ticks: 0,
    skipped: 0,
  };
  let stopping = false;
  let wakeEarly: (() => void) | undefined;
  const finished = run();

  async function run(): Promise<void> {
    let deadlineMs = monotonicMs() + periodMs;
    while (!stopping) {
      const sleepMs = deadlineMs - monotonicMs() - exactWaitMs;
      await (sleepMs >= 1 ? sleep(sleepMs) : turn());
      if (stopping) return;
      const restMs = deadlineMs - monotonicMs();
      if (restMs > 0) Atomics.wait(waitCell, 0, 0, restMs);
      record(figures.lateness, monotonicMs() - deadlineMs);
      try {
        await cycle(deadlineMs);
      } catch (failure) {
        stopping = true;
        onFailure(failure);
        return;
      }
      const endedMs = monotonicMs();
      record(figures.cycle, endedMs - deadlineMs);
      figures.ticks++;
      deadlineMs += periodMs;
      if (endedMs > deadlineMs) {
        const missed = Math.ceil((endedMs - deadlineMs) / periodMs);
        figures.skipped += missed;
        deadlineMs += missed * periodMs;
      }
    }
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.floor(ms));
      function done(): void {
        wakeEarly = undefined;
        clearTimeout(timer);
        resolve();
      }
      wakeEarly = done;
    });
  }

  return {
    figures,
    async stop() {
      stopping = true;
      wakeEarly?.();
      await finished;
    },
  };
}

/** One turn of the event loop, so that sockets are served even when there is no time to sleep. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

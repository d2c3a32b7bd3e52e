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
  /** How often the thread did not run although it was due, for `stallFromMs` or more; for how long altogether, and at most. */
  stalls: number;
  stalledMs: number;
  stallLongestMs: number;
  /** End of the last stall, monotonic ms, and its length, ms. */
  lastStallAtMs: number;
  lastStallMs: number;
}

/**
 * A thread that runs this much later than it was due has stalled: the machine gave the processor to others, or the engine
 * stood still. Facts that grew old meanwhile say nothing about the devices. Less is ordinary lateness, ms.
 */
const stallFromMs = 50;

/**
 * After a stall every device is asked once more before anything is concluded from the age of its facts, and gets this long
 * to answer, ms. The stages' own watchdogs bound what a longer stall can do.
 */
export const lookAgainMs = 100;

const createLoopFigures = (periodMs: number): LoopFigures => ({
  periodMs,
  lateness: createHistogram(),
  cycle: createHistogram(),
  ticks: 0,
  skipped: 0,
  stalls: 0,
  stalledMs: 0,
  stallLongestMs: 0,
  lastStallAtMs: Number.NEGATIVE_INFINITY,
  lastStallMs: 0,
});

export function resetFigures(figures: LoopFigures): void {
  resetHistogram(figures.lateness);
  resetHistogram(figures.cycle);
  figures.ticks = 0;
  figures.skipped = 0;
  figures.stalls = 0;
  figures.stalledMs = 0;
  figures.stallLongestMs = 0;
  figures.lastStallAtMs = Number.NEGATIVE_INFINITY;
  figures.lastStallMs = 0;
}

/** One wake-up or one cycle that ended later than it should. */
export interface Lateness {
  /** When it was noticed, monotonic ms, and how late that was, ms. */
  readonly atMs: number;
  readonly lateMs: number;
  /** Woken late, or late to end although every wait for a device is bounded by its own deadline. */
  readonly where: "wake-up" | "cycle";
}

/** The clock and the two ways of waiting; a test puts its own in their place. */
export interface LoopTime {
  nowMs(): number;
  /** Lets others run for about so long; `woken` is called once with what ends it early. */
  sleep(ms: number, woken: (wake: () => void) => void): Promise<void>;
  /** Holds the thread until so much has passed, ms. */
  waitExactly(ms: number): void;
}

export interface LoopOptions {
  readonly time?: LoopTime;
  /** Told of every lateness from `lateFromMs` on (default: stalls). */
  readonly onLate?: (late: Lateness) => void;
  readonly lateFromMs?: number;
}

export interface ControlLoop {
  readonly figures: LoopFigures;
  /** Ends after the cycle under way. */
  stop(): Promise<void>;
}

const waitCell = new Int32Array(new SharedArrayBuffer(4));

const machineTime: LoopTime = {
  nowMs: monotonicMs,
  sleep(ms, woken) {
    // One turn of the event loop, so that sockets are served even when there is no time to sleep.
    if (ms < 1) return new Promise((resolve) => setImmediate(resolve));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.floor(ms));
      woken(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  },
  waitExactly: (ms) => void Atomics.wait(waitCell, 0, 0, ms),
};

/**
 * Starts calling `cycle(deadlineMs, startedMs, stalledMs)` every `periodMs`; `cycle` may be asynchronous and never overlaps
 * itself. `startedMs` is when it really begins; `stalledMs` is how long the thread stood still since the last cycle began, 0
 * where it did not. A throw ends the loop and reaches `onFailure`: silence below is what makes the hardware safe.
 */
export function startControlLoop(
  periodMs: number,
  cycle: (deadlineMs: number, startedMs: number, stalledMs: number) => Promise<void> | void,
  onFailure: (failure: unknown) => void,
  { onLate, lateFromMs = stallFromMs, time = machineTime }: LoopOptions = {},
): ControlLoop {
  const figures = createLoopFigures(periodMs);
  let stopping = false;
  let wakeEarly: (() => void) | undefined;
  /** A stall inside the last cycle, which the next one has to know of, ms. */
  let unseenMs = 0;
  const finished = run();

  async function run(): Promise<void> {
    let deadlineMs = time.nowMs() + periodMs;
    while (!stopping) {
      await time.sleep(deadlineMs - time.nowMs() - exactWaitMs, awaken);
      wakeEarly = undefined;
      if (stopping) return;
      const restMs = deadlineMs - time.nowMs();
      if (restMs > 0) time.waitExactly(restMs);
      const startedMs = time.nowMs();
      record(figures.lateness, startedMs - deadlineMs);
      const stalledMs = unseenMs + noteLateness("wake-up", startedMs, startedMs - deadlineMs);
      unseenMs = 0;
      try {
        await cycle(deadlineMs, startedMs, stalledMs);
      } catch (failure) {
        stopping = true;
        onFailure(failure);
        return;
      }
      const endedMs = time.nowMs();
      record(figures.cycle, endedMs - deadlineMs);
      figures.ticks++;
      // Every wait inside a cycle is bounded, so whatever took longer was no device.
      const allowedMs = stalledMs > 0 ? periodMs + lookAgainMs : periodMs;
      unseenMs = noteLateness("cycle", endedMs, endedMs - startedMs - allowedMs);
      deadlineMs += periodMs;
      if (endedMs > deadlineMs) {
        const missed = Math.ceil((endedMs - deadlineMs) / periodMs);
        figures.skipped += missed;
        deadlineMs += missed * periodMs;
      }
    }
  }

  /** Counts a stall and tells of it; its length, ms, or 0 when it was none. */
  function noteLateness(where: Lateness["where"], atMs: number, lateMs: number): number {
    if (lateMs >= lateFromMs) onLate?.({ atMs, lateMs, where });
    if (!(lateMs >= stallFromMs)) return 0;
    figures.stalls++;
    figures.stalledMs += lateMs;
    if (lateMs > figures.stallLongestMs) figures.stallLongestMs = lateMs;
    figures.lastStallAtMs = atMs;
    figures.lastStallMs = lateMs;
    return lateMs;
  }

  function awaken(wake: () => void): void {
    wakeEarly = wake;
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

/** The loop's own rules on a clock of the test's: no busy machine can change them. */
import { describe, expect, test } from "vitest";
import { type Lateness, type LoopFigures, startControlLoop } from "../../src/app/control/control-loop.ts";

const startMs = 1_000.25;

/** What a cycle of the test sees and may cause. */
interface Seen {
  /** 0, 1, 2, … */
  readonly cycle: number;
  readonly deadlineMs: number;
  readonly startedMs: number;
  readonly stalledMs: number;
  /** So much time goes by. */
  takes(ms: number): void;
}

interface Run {
  readonly figures: LoopFigures;
  readonly cycles: readonly Omit<Seen, "takes">[];
  readonly late: readonly Lateness[];
  readonly failure: unknown;
}

/** Runs `count` cycles of `periodMs`; `oversleptMs` says how much later than asked the n-th sleep ends. */
async function run(
  count: number,
  periodMs: number,
  cycle: (seen: Seen) => void | Promise<void> = () => undefined,
  oversleptMs: (sleep: number) => number = () => 0,
): Promise<Run> {
  let nowMs = startMs;
  let sleeps = 0;
  let failure: unknown = null;
  const cycles: Omit<Seen, "takes">[] = [];
  const late: Lateness[] = [];
  let over: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    over = resolve;
  });
  const loop = startControlLoop(
    periodMs,
    async (deadlineMs, startedMs, stalledMs) => {
      const seen = { cycle: cycles.length, deadlineMs, startedMs, stalledMs };
      cycles.push(seen);
      if (cycles.length === count) over();
      await cycle({
        ...seen,
        takes(ms) {
          nowMs += ms;
        },
      });
    },
    (why) => {
      failure = why;
      over();
    },
    {
      onLate: (one) => late.push(one),
      time: {
        nowMs: () => nowMs,
        async sleep(ms) {
          nowMs += Math.max(0, Math.floor(ms)) + oversleptMs(sleeps++);
        },
        waitExactly(ms) {
          nowMs += ms;
        },
      },
    },
  );
  await finished;
  await loop.stop();
  return { figures: loop.figures, cycles, late, failure };
}

describe("the control loop", () => {
  test("deadlines are absolute: each is a whole number of periods after the first", async () => {
    const { cycles } = await run(50, 5, ({ cycle, takes }) => takes(cycle % 7));
    for (const { deadlineMs, startedMs } of cycles) {
      expect((deadlineMs - startMs) % 5).toBe(0);
      expect(startedMs).toBeGreaterThanOrEqual(deadlineMs);
    }
    expect(cycles[0]!.deadlineMs).toBe(startMs + 5);
  });

  test("a cycle that takes too long skips deadlines, counts them and never overlaps or catches up", async () => {
    let running = 0;
    let overlapped = false;
    const { cycles, figures } = await run(20, 5, async ({ takes }) => {
      overlapped ||= running > 0;
      running++;
      takes(12);
      await Promise.resolve();
      running--;
    });
    expect(overlapped).toBe(false);
    expect(cycles.map(({ deadlineMs }) => deadlineMs - startMs)).toEqual(cycles.map((_, n) => 5 + 15 * n));
    expect(figures.skipped).toBe(2 * cycles.length);
  });

  test.each([
    ["inside a cycle", ({ cycle, takes }: Seen) => takes(cycle === 2 ? 160 : 0), () => 0, "cycle"],
    ["asleep", () => undefined, (sleep: number) => (sleep === 3 ? 152 : 0), "wake-up"],
  ] as const)(
    "a thread that stood still %s → counted as a stall with its length, told once, and the next cycle knows",
    async (_, cycle, overslept, where) => {
      const { cycles, figures, late } = await run(10, 10, cycle, overslept);
      expect(late).toHaveLength(1);
      expect(late[0]).toMatchObject({ where, lateMs: 150 });
      expect(cycles.map(({ stalledMs }) => stalledMs)).toEqual([0, 0, 0, 150, 0, 0, 0, 0, 0, 0]);
      expect(figures).toMatchObject({ stalls: 1, stalledMs: 150, stallLongestMs: 150, lastStallMs: 150 });
    },
  );

  test("a cycle that looks again after a stall has the time for it: that is no new stall", async () => {
    const { figures } = await run(10, 10, ({ cycle, stalledMs, takes }) => takes(cycle === 2 ? 160 : stalledMs && 90));
    expect(figures.stalls).toBe(1);
  });

  test("a cycle that looks again for longer than it may has stalled once more", async () => {
    const { figures } = await run(6, 10, ({ cycle, takes }) => takes(cycle === 2 ? 160 : cycle === 3 ? 175 : 0));
    expect(figures).toMatchObject({ stalls: 2, stallLongestMs: 150, lastStallMs: 65 });
  });

  test("a cycle that throws ends the loop: silence is what makes the hardware safe", async () => {
    const { cycles, failure } = await run(1_000, 5, ({ cycle }) => {
      if (cycle === 1) throw new Error("impossible");
    });
    expect(failure).toBeInstanceOf(Error);
    expect(cycles).toHaveLength(2);
  });
});

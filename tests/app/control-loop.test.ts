import { describe, expect, test } from "vitest";
import { startControlLoop } from "../../src/app/control/control-loop.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Blocks the thread, as a machine does that runs others. */
const standStill = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

describe("the control loop", () => {
  test("deadlines are absolute: each is a whole number of periods after the first", async () => {
    const deadlines: number[] = [];
    const loop = startControlLoop(
      5,
      (deadlineMs) => void deadlines.push(deadlineMs),
      () => {},
    );
    await sleep(100);
    await loop.stop();
    expect(deadlines.length).toBeGreaterThan(2);
    for (const deadline of deadlines) {
      const periods = (deadline - deadlines[0]!) / 5;
      expect(Math.abs(periods - Math.round(periods))).toBeLessThan(1e-6);
    }
  });

  test("a cycle that takes too long skips deadlines, counts them and never overlaps or catches up", async () => {
    let running = 0;
    let overlapped = false;
    const deadlines: number[] = [];
    const loop = startControlLoop(
      5,
      async (deadlineMs) => {
        overlapped ||= running > 0;
        running++;
        deadlines.push(deadlineMs);
        await sleep(12);
        running--;
      },
      () => {},
    );
    await sleep(120);
    await loop.stop();
    expect(overlapped).toBe(false);
    expect(loop.figures.skipped).toBeGreaterThanOrEqual(deadlines.length);
    for (let n = 1; n < deadlines.length; n++) expect(deadlines[n]! - deadlines[n - 1]!).toBeGreaterThan(10);
  });

  test("a thread that stood still → counted as a stall with its length, told once, and the next cycle knows", async () => {
    const told: number[] = [];
    const stalled: number[] = [];
    let cycles = 0;
    const loop = startControlLoop(
      10,
      (_deadlineMs, _startedMs, stalledMs) => {
        stalled.push(stalledMs);
        if (++cycles === 3) standStill(150);
      },
      () => {},
      { onLate: ({ lateMs }) => void told.push(lateMs) },
    );
    await sleep(400);
    await loop.stop();
    const { stalls, stalledMs, stallLongestMs } = loop.figures;
    expect(told.some((ms) => ms > 120 && ms < 300)).toBe(true);
    expect(stalled.filter((ms) => ms > 120)).toHaveLength(1);
    expect(stalled[3]).toBeGreaterThan(120);
    expect(stalls).toBe(told.length);
    expect(stallLongestMs).toBeGreaterThan(120);
    expect(stalledMs).toBeGreaterThanOrEqual(stallLongestMs);
  });

  test("a cycle that looks again after a stall has the time for it: that is no new stall", async () => {
    let cycles = 0;
    const loop = startControlLoop(
      10,
      async (_deadlineMs, _startedMs, stalledMs) => {
        if (++cycles === 3) standStill(150);
        if (stalledMs > 0) await sleep(90);
      },
      () => {},
    );
    await sleep(500);
    await loop.stop();
    expect(loop.figures.stalls).toBe(1);
  });

  test("a cycle that throws ends the loop: silence is what makes the hardware safe", async () => {
    let cycles = 0;
    const failure = await new Promise((resolve) => {
      startControlLoop(
        5,
        () => {
          cycles++;
          throw new Error("impossible");
        },
        resolve,
      );
    });
    await sleep(30);
    expect(failure).toBeInstanceOf(Error);
    expect(cycles).toBe(1);
  });
});

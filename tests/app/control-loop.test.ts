import { describe, expect, test } from "vitest";
import { startControlLoop } from "../../src/app/control-loop.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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

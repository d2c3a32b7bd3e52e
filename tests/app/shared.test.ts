import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { createHistogram, quantileMs, record } from "../../src/app/histogram.ts";
import { beginWrite, createSeqlock, endWrite, generation, readInto } from "../../src/app/shared/seqlock.ts";
import { struct } from "../../src/app/shared/struct.ts";

describe("latest values between threads", () => {
  test("nothing written yet is not an image of zeros", () => {
    expect(readInto(createSeqlock(4), new Float64Array(4))).toBe(false);
  });

  test("a write under way is not read", () => {
    const lock = createSeqlock(2);
    beginWrite(lock);
    expect(readInto(lock, new Float64Array(2))).toBe(false);
    lock.values.fill(7);
    endWrite(lock);
    const into = new Float64Array(2);
    expect(readInto(lock, into)).toBe(true);
    expect([...into]).toEqual([7, 7]);
    expect(generation(lock)).toBe(1);
  });

  test("another thread writing as fast as it can is never read torn", async () => {
    const lock = createSeqlock(64);
    const worker = new Worker(
      `const { workerData } = require("node:worker_threads");
       const sequence = new Int32Array(workerData, 0, 2), values = new Float64Array(workerData, 8);
       for (let n = 1; n <= 200000; n++) { Atomics.add(sequence, 0, 1); values.fill(n); Atomics.add(sequence, 0, 1); }`,
      { eval: true, workerData: lock.buffer },
    );
    const finished = new Promise((resolve) => worker.once("exit", resolve));
    let running = true;
    void finished.then(() => (running = false));
    const into = new Float64Array(64);
    let torn = 0;
    while (running) {
      for (let n = 0; n < 1_000; n++) {
        if (readInto(lock, into) && into.some((value) => value !== into[0])) torn++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(torn).toBe(0);
    expect(generation(lock)).toBe(200_000);
  });
});

test("a struct carries numbers, flags and words there and back", () => {
  const words = ["off", "charge"] as const;
  interface Sample {
    powerW: number;
    alive: boolean;
    role: (typeof words)[number];
  }
  const codec = struct<Sample>([
    ["powerW", "number"],
    ["alive", "flag"],
    ["role", words],
  ]);
  const numbers = new Float64Array(10);
  codec.write(numbers, 4, { powerW: Number.NEGATIVE_INFINITY, alive: true, role: "charge" });
  const into: Sample = { powerW: 0, alive: false, role: "off" };
  codec.read(numbers, 4, into);
  expect(into).toEqual({ powerW: Number.NEGATIVE_INFINITY, alive: true, role: "charge" });
});

describe("the histogram of times", () => {
  test("quantiles are upper edges and never flatter", () => {
    const histogram = createHistogram();
    for (let n = 0; n < 1_000; n++) record(histogram, n / 100);
    for (const [q, exactMs] of [
      [0.5, 5],
      [0.99, 9.9],
      [0.999, 9.99],
    ] as const) {
      expect(quantileMs(histogram, q)).toBeGreaterThanOrEqual(exactMs - 0.01);
      expect(quantileMs(histogram, q)).toBeLessThanOrEqual(exactMs + 0.11);
    }
    expect(histogram.maxMs).toBe(9.99);
  });
  test("nothing recorded has no quantile", () => expect(quantileMs(createHistogram(), 0.5)).toBeNaN());
  test("an hour late is still counted, at its true maximum", () => {
    const histogram = createHistogram();
    record(histogram, 3_600_000);
    expect(quantileMs(histogram, 0.5)).toBe(3_600_000);
  });
});

import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createHistogram, quantileMs, record } from "../../src/app/control/histogram.ts";
import { createLatest } from "../../src/app/control/shared/latest.ts";
import { struct } from "../../src/app/control/shared/struct.ts";

describe("latest values between processes", () => {
  test("nothing written yet is not an image of zeros", () => {
    const rows = createLatest(4);
    expect(rows.readInto(new Float64Array(4))).toBe(false);
    expect(rows.generation()).toBe(0);
    rows.close();
  });

  test("what was published is read, what was only written is not", () => {
    const rows = createLatest(2);
    const into = new Float64Array(2);
    rows.values.fill(7);
    rows.publish();
    rows.values.fill(8);
    expect(rows.readInto(into)).toBe(true);
    expect([...into]).toEqual([7, 7]);
    expect(rows.generation()).toBe(1);
    rows.close();
  });

  test("another process writing as fast as it can is never read torn", async () => {
    const length = 2_000;
    const writes = 20_000;
    const rows = createLatest(length);
    const source = `import { openLatest } from ${JSON.stringify(new URL("../../src/app/control/shared/latest.ts", import.meta.url).href)};
      const rows = openLatest(3, ${length});
      for (let n = 1; n <= ${writes}; n++) { rows.values.fill(n); rows.publish(); }`;
    const writer = spawn(process.execPath, ["--input-type=module", "-e", source], {
      stdio: ["ignore", "inherit", "inherit", rows.fd],
    });
    let running = true;
    writer.once("exit", () => {
      running = false;
    });
    const into = new Float64Array(length);
    let torn = 0;
    let read = 0;
    while (running) {
      for (let n = 0; n < 200; n++) {
        if (!rows.readInto(into)) continue;
        read++;
        if (into.some((value) => value !== into[0])) torn++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(torn).toBe(0);
    expect(read).toBeGreaterThan(0);
    expect(rows.generation()).toBe(writes);
    rows.close();
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

import { describe, expect, test } from "vitest";
import { createRecorder, type Measured } from "../../src/dashboard/archive/recorder.ts";

const midnightMs = Date.UTC(2026, 6, 14, 7);
const hourMs = 3_600_000;
const measured = (pccW: number): Measured => ({
  pccW,
  loadW: 1000,
  pvW: Number.NaN,
  vehiclesW: 0,
  gridVoltagePu: 1,
  gridFrequencyHz: 60,
  busFrequencyHz: 60,
});
const recorded = () => {
  const recorder = createRecorder();
  for (let atMs = midnightMs; atMs < midnightMs + 2 * hourMs; atMs += 2000)
    recorder.add(measured(atMs < midnightMs + hourMs ? 1000 : 3000), atMs, midnightMs);
  return recorder;
};
const ask = (fromMs: number, toMs: number, quantity: "pccW" | "gridVoltagePu" = "pccW", pointsMax = 500) =>
  recorded().history({ quantity, fromMs, toMs, pointsMax });

describe("the recorder", () => {
  test("averages quarters of an hour; what was not measured stays unknown", () => {
    const values = recorded().measured("pccW");
    expect([values[0], values[3], values[4], values[7], values[8]]).toEqual([1000, 1000, 3000, 3000, null]);
    expect(
      recorded()
        .measured("pvW")
        .every((value) => value === null),
    ).toBe(true);
  });
  test("keeps five minutes for the trend, no more", () => {
    expect(recorded().trend("pccW", "pccW", 0, null).samples).toHaveLength(150);
  });
  test("a new day begins empty", () => {
    const recorder = recorded();
    recorder.add(measured(5), midnightMs + 24 * hourMs, midnightMs + 24 * hourMs);
    expect(recorder.measured("pccW").filter((value) => value !== null)).toEqual([5]);
  });
  test.each([
    ["the last minute by two seconds", () => ask(midnightMs + 2 * hourMs - 60_000, midnightMs + 2 * hourMs), 2000, 30],
    ["today by quarters of an hour", () => ask(midnightMs, midnightMs + hourMs), 900_000, 5],
    ["a voltage as far as it reaches", () => ask(midnightMs, midnightMs + 2 * hourMs, "gridVoltagePu"), 2000, 150],
    ["not more points than asked for", () => ask(midnightMs, midnightMs + 2 * hourMs, "pccW", 3), 900_000, 3],
    ["the future is empty", () => ask(midnightMs + 48 * hourMs, midnightMs + 49 * hourMs), 2000, 0],
    [
      "before the first day is empty",
      () => createRecorder().history({ quantity: "pccW", fromMs: 0, toMs: 1000, pointsMax: 5 }),
      2000,
      0,
    ],
  ] as const)("%s", (_name, run, stepMs, count) => {
    const series = run();
    expect([series.stepMs, series.values.length]).toEqual([stepMs, count]);
  });
});

import { describe, expect, test } from "vitest";
import { measureLedger } from "../../../bench/export-control/ledger.ts";
import { largest, percentile } from "../../../bench/export-control/steps.ts";
import {
  acknowledgeLedger,
  createExceedanceLedger,
  type ExceedanceLedger,
  noteSample,
  usualLedger,
} from "../../../src/core/pcc/exceedance-ledger.ts";

describe("the ledger agrees with what really happened, event by event", () => {
  test.each([
    { meterMs: 20, tickMs: 10 },
    { meterMs: 20, tickMs: 20 },
    { meterMs: 100, tickMs: 10 },
    { meterMs: 100, tickMs: 20 },
  ])("meter $meterMs ms, tick $tickMs ms", ({ meterMs, tickMs }) => {
    const ledger = measureLedger(meterMs, tickMs, 77, 20);
    expect(ledger.trueEvents).toBeGreaterThan(8);
    expect(ledger).toMatchObject({ missed: 0, invented: 0, wrongCause: 0 });
    const absolute = (values: readonly number[]) => values.map(Math.abs);
    expect(percentile(absolute(ledger.peakErrors), 0.5)).toBeLessThan(0.04);
    expect(largest(absolute(ledger.peakErrors))).toBeLessThan(0.15);
    expect(percentile(absolute(ledger.durationErrorsMs), 0.5)).toBeLessThan(tickMs);
    expect(largest(absolute(ledger.durationErrorsMs))).toBeLessThan(100);
    expect(percentile(absolute(ledger.energyErrors), 0.5)).toBeLessThan(meterMs === 20 ? 0.05 : 0.2);
    expect(largest(absolute(ledger.energyErrors))).toBeLessThan(0.5);
  });
});

/** Events of a given length, one after the other, through samples of one second. */
function play(ledger: ExceedanceLedger, events: readonly { startS: number; lengthS: number }[], untilS: number): void {
  for (let second = 0; second < untilS; second++) {
    const above = events.some(({ startS, lengthS }) => second >= startS && second < startS + lengthS);
    noteSample(
      ledger,
      {
        fromMs: 1_000 * second,
        untilMs: 1_000 * (second + 1),
        powerW: above ? 20_000 : -5_000,
        otherW: above ? 10_000 : -15_000,
        limitW: 0,
        limitFromMs: Number.NEGATIVE_INFINITY,
        sigmaW: 100,
        cause: "load-step",
      },
      () => 10_000,
      0,
    );
  }
}

describe("alarms of inadvertent export", () => {
  const dayS = 86_400;
  test.each([
    [
      "two of 5 s in a day",
      [
        { startS: 10, lengthS: 5 },
        { startS: 500, lengthS: 5 },
      ],
      600,
      2,
      false,
      false,
    ],
    [
      "three of 5 s in a day",
      [
        { startS: 10, lengthS: 5 },
        { startS: 500, lengthS: 5 },
        { startS: 900, lengthS: 5 },
      ],
      1_000,
      3,
      true,
      false,
    ],
    [
      "three of 5 s in two days",
      [
        { startS: 10, lengthS: 5 },
        { startS: 500, lengthS: 5 },
        { startS: dayS + 600, lengthS: 5 },
      ],
      dayS + 700,
      3,
      false,
      false,
    ],
    [
      "three that last 1 s",
      [
        { startS: 10, lengthS: 1 },
        { startS: 500, lengthS: 1 },
        { startS: 900, lengthS: 1 },
      ],
      1_000,
      3,
      false,
      false,
    ],
    ["one of 61 s", [{ startS: 10, lengthS: 61 }], 100, 1, false, true],
    ["one that is still going on after 70 s", [{ startS: 10, lengthS: 500 }], 82, 0, false, true],
  ] as const)("%s", (_, events, untilS, total, tooMany, tooLong) => {
    const ledger = createExceedanceLedger(usualLedger, 1_000);
    play(ledger, events, untilS);
    expect(ledger.total).toBe(total);
    expect([ledger.alarmTooMany, ledger.alarmTooLong]).toEqual([tooMany, tooLong]);
    acknowledgeLedger(ledger);
    expect([ledger.alarmTooMany, ledger.alarmTooLong]).toEqual([false, false]);
  });

  test("an entry has start, length, peak and energy", () => {
    const ledger = createExceedanceLedger(usualLedger, 1_000);
    play(ledger, [{ startS: 10, lengthS: 5 }], 30);
    const entry = ledger.entries[0]!;
    expect(entry).toMatchObject({ sequence: 1, startMs: 10_000, limitW: 0, cause: "load-step" });
    expect(entry.durationMs).toBeGreaterThan(4_500);
    expect(entry.durationMs).toBeLessThanOrEqual(6_000);
    expect(entry.peakOverW).toBeCloseTo(20_000, -3);
    expect(entry.energyWh).toBeCloseTo((20_000 * 5) / 3_600, 0);
  });

  test("the newest events stay when the ledger is full", () => {
    const ledger = createExceedanceLedger({ ...usualLedger, entriesMax: 3 }, 1_000);
    play(
      ledger,
      Array.from({ length: 5 }, (_, k) => ({ startS: 10 + 20 * k, lengthS: 2 })),
      130,
    );
    expect(ledger.total).toBe(5);
    expect(ledger.entries.map(({ sequence }) => sequence).sort()).toEqual([3, 4, 5]);
  });
});

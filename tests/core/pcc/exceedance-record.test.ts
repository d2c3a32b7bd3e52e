/** What is on record against what happened at the PCC, known to the millisecond, for slow meters as for fast ones. */
import { describe, expect, test } from "vitest";
import {
  countWithin,
  createExceedanceLedger,
  noteSample,
  usualLedger,
} from "../../../src/core/pcc/exceedance-ledger.ts";
import { createPccRecord, recordPcc } from "../../../src/core/pcc/pcc-record.ts";
import { makeSite, ratedW, setLoad } from "./site.ts";

const sumW = 4 * ratedW;
const toleranceW = 0.005 * sumW;
/** Less time within the limit than this is no end of an exceedance. */
const pauseMs = 50;
const stepW = 60_000;

interface Excess {
  startMs: number;
  endMs: number;
  peakW: number;
}

/** Steps of the load by −60 kW at these moments after the end of a meter's window; truth and record of what follows. */
function runSteps(meterMs: number, phase: number, laterMs: readonly number[]) {
  const site = makeSite({ meterMs, tickMs: 20, sigmaShare: 0.0005 });
  const { plant } = site;
  const record = createPccRecord(site.control, usualLedger);
  const truth: Excess[] = [];
  const each = (nowMs: number) => {
    if (nowMs % 20 === 0) recordPcc(record, site.control, site.budget, site.meter, site.stages, site.limits, nowMs);
    const overW = -plant.pccW[0]!;
    if (overW <= toleranceW) return;
    let last = truth.at(-1);
    if (last === undefined || nowMs - last.endMs > pauseMs) {
      last = { startMs: nowMs - 1, endMs: nowMs, peakW: 0 };
      truth.push(last);
    }
    last.endMs = nowMs;
    last.peakW = Math.max(last.peakW, overW);
  };
  site.limits.exportLimitW = 0;
  site.requestedW.fill(-ratedW);
  setLoad(site, 200_000);
  site.run(12_000, each);
  const windowEndMs = plant.shownUntilMs;
  let loadW = 200_000;
  for (const after of laterMs) {
    const atMs = windowEndMs + 2 * meterMs + Math.round(phase * meterMs) + after;
    site.run(atMs - plant.nowMs, each);
    loadW -= stepW;
    setLoad(site, loadW);
  }
  site.run(4 * meterMs + 2_000, each);
  const { ledger } = record.exports;
  return { truth, entries: ledger.entries.slice(0, ledger.total) };
}

/** The record agrees with the plant: as many, as long within 60 ms, peaks within a tenth. */
function expectRecorded({ truth, entries }: ReturnType<typeof runSteps>, count: number): void {
  expect(truth).toHaveLength(count);
  expect(entries).toHaveLength(count);
  for (const [k, { startMs, endMs, peakW }] of truth.entries()) {
    const { durationMs, peakOverW } = entries[k]!;
    expect(Math.abs(durationMs - (endMs - startMs))).toBeLessThanOrEqual(60);
    expect(peakOverW / peakW).toBeGreaterThan(0.9);
    expect(peakOverW / peakW).toBeLessThan(1.1);
  }
}

const meters = [20, 100, 200, 500];
const phases = [0.03, 0.2, 0.4, 0.6, 0.8, 0.97];

describe.each(meters)("meter of %i ms", (meterMs) => {
  test.each(phases)("a step of the load at %s of its window", (phase) => {
    expectRecorded(runSteps(meterMs, phase, [0]), 1);
  });

  test.each(phases)("two steps with little time within the limit between them, at %s", (phase) => {
    expectRecorded(runSteps(meterMs, phase, [0, 1.5 * meterMs + 300]), 2);
  });

  test("two steps while the first excess lasts are one exceedance", () => {
    const { truth, entries } = runSteps(meterMs, 0.4, [0, 40]);
    expect(entries).toHaveLength(truth.length);
    expect(truth).toHaveLength(1);
  });
});

test("exceedances that follow each other closely are entries of their own, and one for the alarm", () => {
  const ledger = createExceedanceLedger(usualLedger, 1_000);
  for (let ms = 0; ms < 20_000; ms += 100) {
    // 800 ms above the limit, 200 ms below it, five times; then quiet, three times over.
    const cycling = ms % 6_000 < 5_000 && ms % 1_000 < 800;
    const powerW = cycling ? 20_000 : -5_000;
    const sample = { fromMs: ms, untilMs: ms + 100, powerW, otherW: powerW, limitW: 0, sigmaW: 100 };
    noteSample(ledger, { ...sample, limitFromMs: Number.NEGATIVE_INFINITY, cause: "load-step" }, () => 0, 0);
  }
  expect(ledger.total).toBeGreaterThanOrEqual(15);
  expect(countWithin(ledger, 20_000)).toBe(3);
  expect(ledger.alarmTooMany).toBe(true);
});

describe("behind an open K1, with stages that carry an island and a limit of 0 W", () => {
  /** A meter that shows noise and, from the fifth second on, `powerW`. */
  const island = (k1Open: boolean, powerW: number) => {
    const site = makeSite({ meterMs: 100, tickMs: 20, sigmaShare: 0.0005 });
    const record = createPccRecord(site.control, usualLedger);
    record.k1Open = k1Open;
    site.limits.exportLimitW = 0;
    site.requestedW.fill(-ratedW / 2);
    setLoad(site, 120_000);
    site.run(12_000, (nowMs) => {
      if (nowMs % 20 !== 0) return;
      const noiseW = 4_000 * Math.sin(nowMs * 0.37);
      const shown = { ...site.meter, powerW: noiseW + (nowMs > 5_000 ? powerW : 0) };
      // The load is what the meter shows without the stages.
      const budget = { ...site.budget, loadW: site.budget.loadW + shown.powerW };
      recordPcc(record, site.control, budget, shown, site.stages, site.limits, nowMs);
    });
    return record.exports.ledger.total + Number(record.exports.ledger.isOpen);
  };

  test.each([
    ["noise of the meter → no export", true, 0, 0],
    ["the same noise with K1 closed → exports, as the meter says", false, 0, 1],
    ["power that the meter sees although K1's contacts say open → an export", true, -20_000, 1],
  ] as const)("%s", (_, k1Open, powerW, leastEvents) => {
    const events = island(k1Open, powerW);
    if (leastEvents === 0) expect(events).toBe(0);
    else expect(events).toBeGreaterThanOrEqual(leastEvents);
  });
});

import { describe, expect, test } from "vitest";
import { openStore } from "../../src/app/store/store.ts";
import { daysMax, type KeptDay, openDayArchive } from "../../src/dashboard/archive/day-archive.ts";
import { createRecorder, type Measured } from "../../src/dashboard/archive/recorder.ts";
import { type DayPlanInputs, planDay } from "../../src/dashboard/live/day-plan.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const quarterMs = hourMs / 4;
const midnightMs = Date.UTC(2026, 6, 14);
const keptDay = (startsAtMs: number, loadW = 8_000, pvW = 3_000): KeptDay => ({
  startsAtMs,
  savedAtMs: startsAtMs + dayMs,
  loadW: Array.from({ length: 96 }, () => loadW),
  pvW: Array.from({ length: 96 }, () => pvW),
  pccW: [],
  vehiclesW: [],
  outages: [],
});
const noon = midnightMs + 12 * hourMs;
const plan = (more: Partial<DayPlanInputs> = {}) =>
  planDay({
    nowMs: noon,
    startsAtMs: midnightMs,
    stepMs: quarterMs,
    steps: 96,
    plans: [],
    yesterday: undefined,
    hasPv: true,
    importLimitW: 50_000,
    exportLimitW: 0,
    ...more,
  });
/** Charges 10 kW from 14:00 to 15:30. */
const charging = [
  { startsAtMs: noon + 2 * hourMs, powerW: 10_000 },
  { startsAtMs: noon + 3.5 * hourMs, powerW: 0 },
];

describe("the rest of the day", () => {
  test("without a departure and without a day before nothing is planned", () => {
    const { loadW, pvW, vehiclesW, pccW, basis } = plan({ plans: [[], null] });
    expect([loadW, pvW, vehiclesW, pccW]).toEqual([[], [], [], []]);
    expect(basis).toEqual({ load: "none", plannedVehicles: 0, connectedVehicles: 1 });
  });
  test("vehicles by the forecasts of their departures, nothing before now", () => {
    const { vehiclesW, basis } = plan({ plans: [charging, [], null, [{ startsAtMs: noon, powerW: -2_000 }]] });
    expect(basis).toMatchObject({ plannedVehicles: 2, connectedVehicles: 3 });
    expect([47, 48, 55, 56, 61, 62].map((i) => vehiclesW[i])).toEqual([null, -2_000, -2_000, 8_000, 8_000, -2_000]);
  });
  test("a step inside a quarter of an hour counts for its part, the present quarter from now on", () => {
    const nowMs = noon + 5 * 60_000;
    const { vehiclesW } = plan({
      nowMs,
      plans: [
        [
          { startsAtMs: nowMs, powerW: 6_000 },
          { startsAtMs: nowMs + 5 * 60_000, powerW: 0 },
        ],
      ],
    });
    expect(vehiclesW.slice(48, 50)).toEqual([3_000, 0]);
  });
  test("load and PV as yesterday, the grid follows, never beyond a limit", () => {
    const yesterday = keptDay(midnightMs - dayMs);
    const within = plan({ yesterday, plans: [charging] });
    expect([within.loadW[60], within.pvW[60], within.pccW[60], within.loadW[47]]).toEqual([8_000, 3_000, 15_000, null]);
    expect(within.basis.load).toBe("yesterday");
    expect(plan({ yesterday, plans: [charging], importLimitW: 9_000 }).pccW[60]).toBe(9_000);
    expect(plan({ yesterday: keptDay(midnightMs - dayMs, 1_000) }).pccW[60]).toBe(0);
    expect(plan({ yesterday, hasPv: false }).pvW).toEqual([]);
  });
  test("what was not measured yesterday is not planned", () => {
    const yesterday = keptDay(midnightMs - dayMs);
    yesterday.loadW[60] = null;
    const { loadW, pccW } = plan({ yesterday });
    expect([loadW[60], pccW[60], pccW[61]]).toEqual([null, null, 5_000]);
  });
});

describe("days on disk", () => {
  test("the day before is found by its date, over the turn of the day and a restart", () => {
    const store = openStore({ path: ":memory:" });
    const archive = openDayArchive(store);
    expect([archive.newest, archive.count, archive.before(midnightMs)]).toEqual([undefined, 0, undefined]);
    for (const daysAgo of [3, 2, 1]) archive.save(keptDay(midnightMs - daysAgo * dayMs, 1_000 * daysAgo));
    expect(archive.before(midnightMs)?.loadW[0]).toBe(1_000);
    archive.save(keptDay(midnightMs, 9));
    for (const opened of [archive, openDayArchive(store)]) {
      expect([opened.count, opened.newest?.loadW[0], opened.before(midnightMs)?.loadW[0]]).toEqual([4, 9, 1_000]);
      expect(opened.before(midnightMs + 2 * dayMs)).toBeUndefined();
    }
  });
  test("a day that can't be read counts for nothing", () => {
    const store = openStore({ path: ":memory:" });
    store.put("days", String(midnightMs).padStart(15, "0"), "{");
    expect(openDayArchive(store).newest).toBeUndefined();
  });
  test("bounded: the oldest go first", () => {
    const store = openStore({ path: ":memory:" });
    const archive = openDayArchive(store);
    for (let i = 0; i < daysMax + 5; i++) archive.save({ ...keptDay(i * dayMs), loadW: [], pvW: [] });
    expect(
      store
        .entries("days")
        .map(({ key }) => Number(key) / dayMs)
        .slice(0, 1),
    ).toEqual([5]);
    expect(archive.count).toBe(daysMax);
  });
});

describe("a recorder that goes on after a restart", () => {
  const measured = (pccW: number): Measured => ({
    pccW,
    loadW: Number.NaN,
    pvW: Number.NaN,
    vehiclesW: 0,
    gridVoltagePu: 1,
    gridFrequencyHz: 60,
    busFrequencyHz: 60,
  });
  const half = (fromMs: number, pccW: number, recorder: ReturnType<typeof createRecorder>) => {
    for (let i = 0; i < quarterMs / 2 / 250; i++) recorder.add(measured(pccW), fromMs + i * 250, midnightMs);
  };
  test("keeps the day's quarters and weighs the present one by its time", () => {
    const first = createRecorder();
    half(midnightMs, 1_000, first);
    half(midnightMs + quarterMs, 1_000, first);
    first.outageBegan(midnightMs + quarterMs);
    const second = createRecorder(first.day(midnightMs + 1.5 * quarterMs));
    half(midnightMs + 1.5 * quarterMs, 3_000, second);
    expect(second.measured("pccW").slice(0, 3)).toEqual([1_000, 2_000, null]);
    // The outage that the restart fell into is one.
    second.outageBegan(midnightMs + 1.6 * quarterMs);
    second.outageEnded(midnightMs + 1.7 * quarterMs);
    expect(second.outages).toEqual([{ fromMs: midnightMs + quarterMs, toMs: midnightMs + 1.7 * quarterMs }]);
  });
  test("a day of the past stays in the past; outages are bounded", () => {
    const second = createRecorder(keptDay(midnightMs - dayMs));
    expect([second.quarter, second.day(midnightMs)]).toEqual([-1, undefined]);
    second.add(measured(5), midnightMs, midnightMs);
    expect(second.measured("loadW").every((value) => value === null)).toBe(true);
    for (let i = 0; i < 80; i++) {
      second.outageBegan(midnightMs + i);
      second.outageEnded(midnightMs + i);
    }
    expect(second.outages).toHaveLength(50);
  });
  test("the last hour of a day of 25 hours is kept", () => {
    const recorder = createRecorder();
    recorder.add(measured(7), midnightMs + 24.5 * hourMs, midnightMs);
    expect(recorder.measured("pccW")).toHaveLength(99);
    expect(recorder.measured("pccW")[98]).toBe(7);
  });
});

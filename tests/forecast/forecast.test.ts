/** Forecasts of load, PV and arrivals on days made up for the purpose, and feeds of other people's forecasts. */
import { describe, expect, test } from "vitest";
import { dayOfDate, startOfDayMs } from "../../src/domain/calendar.ts";
import { tableZone } from "../../src/domain/time-zone.ts";
import { dayMs, hourMs } from "../../src/domain/units.ts";
import { forecastArrival } from "../../src/forecast/arrivals.ts";
import { forecastOfFeed, parseFeed } from "../../src/forecast/feed.ts";
import { forecastLoad } from "../../src/forecast/load.ts";
import { type MeasuredDay, pastDays, quarterMs } from "../../src/forecast/past-days.ts";
import { forecastPv } from "../../src/forecast/pv.ts";

const table = tableZone("America/Los_Angeles");
if (!table.ok) throw new Error(table.error);
const zone = table.value;
const calendar = { zone, holidays: new Set<number>() };
const at = (date: string, hour = 0): number => startOfDayMs(zone, dayOfDate(date)!) + hour * hourMs;

/** Days from a date on, each by the quarters that it has. */
function days(from: string, count: number, powerW: (day: number, quarter: number) => number | null): MeasuredDay[] {
  const first = dayOfDate(from)!;
  return Array.from({ length: count }, (_, d) => {
    const startsAtMs = startOfDayMs(zone, first + d);
    const quarters = (startOfDayMs(zone, first + d + 1) - startsAtMs) / quarterMs;
    return { startsAtMs, quarterW: Array.from({ length: quarters }, (_, q) => powerW(d, q)) };
  });
}

const load = (measured: readonly MeasuredDay[], nowMs: number, quarters = 96) =>
  forecastLoad({ calendar, days: pastDays(calendar, measured), nowMs, startsAtMs: nowMs, quarters, errors: null });

describe("load", () => {
  test("a Saturday is like the Saturday before, not like the Friday", () => {
    // 2026-07-06 is a Monday.
    const measured = days("2026-07-06", 12, (day) => (day % 7 < 5 ? 100_000 : 20_000));
    const forecast = load(measured, at("2026-07-18"));
    expect(forecast.basis).toBe("similar-days");
    expect(forecast.powerW.every((value) => value === 20_000)).toBe(true);
  });

  test("an announced holiday is like a Sunday", () => {
    const holidays = new Set([dayOfDate("2026-07-14")!]);
    const measured = days("2026-06-29", 15, (day) => (day % 7 < 5 ? 100_000 : 20_000));
    const forecast = forecastLoad({
      calendar: { ...calendar, holidays },
      days: pastDays({ ...calendar, holidays }, measured),
      nowMs: at("2026-07-14"),
      startsAtMs: at("2026-07-14"),
      quarters: 96,
      errors: null,
    });
    expect(forecast.powerW.at(60)).toBeCloseTo(20_000, -2);
  });

  test("a holiday that nobody announced is not repeated on the next day", () => {
    const measured = days("2026-06-29", 16, (day) => (day === 15 || day % 7 >= 5 ? 20_000 : 100_000));
    expect(load(measured, at("2026-07-15")).powerW.at(60)).toBeGreaterThan(90_000);
  });

  test("what the last hours were above the usual fades over the next ones", () => {
    const measured = days("2026-06-29", 16, (day, q) => (day === 15 ? (q < 48 ? 120_000 : null) : 100_000));
    const { powerW } = load(measured, at("2026-07-14", 12), 48);
    expect(powerW[0]).toBeGreaterThan(118_000);
    expect(powerW[47]).toBeLessThan(104_000);
  });

  test("without such a day the last hour goes on, and says so; without anything nothing is known", () => {
    const measured = days("2026-07-14", 1, (_, q) => (q < 48 ? 50_000 : null));
    const flat = load(measured, at("2026-07-14", 12), 200);
    expect([flat.basis, flat.powerW.at(100)]).toEqual(["similar-days", 50_000]);
    expect(load(measured, at("2026-07-14", 12), 8)).toMatchObject({ basis: "flat", powerW: Array(8).fill(50_000) });
    expect(load([], at("2026-07-14"), 2)).toMatchObject({ basis: "unknown", powerW: [null, null], lowW: [null, null] });
  });

  test("the days of 23 and 25 hours keep the hours of the clock in place", () => {
    // The clock goes forward on 8 March and back on 1 November 2026.
    for (const [date, hours] of [
      ["2026-03-08", 23],
      ["2026-11-01", 25],
    ] as const) {
      const first = dayOfDate(date)! - 14;
      const measured = Array.from({ length: 14 }, (_, d): MeasuredDay => {
        const startsAtMs = startOfDayMs(zone, first + d);
        return { startsAtMs, quarterW: Array.from({ length: 96 }, (_, q) => (q >= 68 ? 90_000 : 10_000)) };
      });
      const startsAtMs = at(date);
      const { powerW } = load(measured, startsAtMs, hours * 4);
      expect(startOfDayMs(zone, dayOfDate(date)! + 1) - startsAtMs).toBe(hours * hourMs);
      expect(powerW.filter((value) => value! > 50_000)).toHaveLength(28);
      expect(powerW.at(-28)).toBeGreaterThan(50_000);
      expect(powerW.at(-29)).toBeLessThan(50_000);
    }
  });
});

describe("PV", () => {
  const sun = (q: number) => Math.max(0, Math.sin(((q - 24) / 48) * Math.PI)) * 50_000;
  const pv = (measured: readonly MeasuredDay[], nowMs: number) =>
    forecastPv({
      calendar,
      days: pastDays(calendar, measured),
      nowMs,
      startsAtMs: nowMs,
      quarters: 48,
      ratedW: 60_000,
      errors: null,
    });

  test("a cloudy noon goes on for the next hour and fades by the evening", () => {
    const measured = days("2026-06-01", 11, (day, q) => (day === 10 ? (q < 48 ? sun(q) / 4 : null) : sun(q)));
    const { powerW } = pv(measured, at("2026-06-11", 12));
    expect(powerW[0]! / sun(48)).toBeLessThan(0.35);
    expect(powerW[20]! / sun(68)).toBeGreaterThan(0.75);
    expect(powerW.slice(24).every((value) => value! < 1)).toBe(true);
  });

  test("nothing is known before the first whole day", () => {
    expect(pv([], at("2026-06-11")).basis).toBe("unknown");
    expect(
      pv(
        days("2026-06-11", 1, (_, q) => (q < 40 ? 1_000 : null)),
        at("2026-06-11", 10),
      ).powerW[0],
    ).toBeNull();
  });
});

describe("arrivals", () => {
  const stay = (hour: number, usedWh: number | null = null) =>
    ({ kind: "workday", intoDayMs: hour * hourMs, usedWh }) as const;

  test("the middle for the plan, four of five for a promise; two stays are no habit", () => {
    const past = [stay(21, 100_000), stay(20, 90_000), stay(22, null), stay(21, 110_000), stay(23, 120_000)];
    expect(forecastArrival(past, "workday")).toEqual({
      intoDayMs: 21 * hourMs,
      byMs: 22.2 * hourMs,
      usedWh: 105_000,
      stays: 5,
    });
    expect(forecastArrival(past.slice(0, 2), "workday")).toBeNull();
    expect(forecastArrival(past, "sunday")).toBeNull();
  });
});

describe("a forecast of somebody else", () => {
  const otherwise = load([], at("2026-07-14"), 8);

  test("is taken by quarters, and what it doesn't cover stays as it was", () => {
    const points = parseFeed("at,W\n2026-07-14T00:00:00-07:00,1000\n2026-07-14T00:30:00-07:00,3000\n", 10_000);
    if (!points.ok) throw new Error(points.error);
    expect(forecastOfFeed(points.value, otherwise)).toMatchObject({
      basis: "feed",
      powerW: [1_000, 1_000, 3_000, 3_000, null, null, null, null],
    });
    const json = parseFeed(JSON.stringify([{ at: "2026-07-14T07:00:00Z", powerW: 5 }]), 10);
    expect(json.ok && forecastOfFeed(json.value, otherwise).powerW.slice(0, 2)).toEqual([5, null]);
    expect(forecastOfFeed([{ atMs: at("2026-07-14") - dayMs, value: 1 }], otherwise)).toBe(otherwise);
  });

  test.each([
    ["", "the series has no values"],
    ["a,b\nyesterday,4", 'line 2: "yesterday" is no moment such as 2026-07-04T12:00:00-07:00'],
    ["2026-07-14T00:00:00,4", 'line 1: "2026-07-14T00:00:00" is no moment such as 2026-07-04T12:00:00-07:00'],
    ["2026-07-14T00:00:00Z", "line 1: must be a moment and a power, with one comma between"],
    ["2026-07-14T00:00:00Z,-4", "line 1: the power must be a number from 0 to 1000 W"],
    ["2026-07-14T00:00:00Z,1e9", "line 1: the power must be a number from 0 to 1000 W"],
    ["2026-07-14T00:00:00Z,1\n2026-07-14T00:00:00Z,2", "line 2: moments must follow each other, each one once"],
    ["[{]", "the series begins like JSON, but can't be read as such"],
    ["[null]", 'entry 1: "" is no moment such as 2026-07-04T12:00:00-07:00'],
    ["x".repeat(500_001), "the series is longer than 500000 characters"],
  ])("refuses %.30s: %s", (text, error) => {
    expect(parseFeed(text, 1_000)).toEqual({ ok: false, error });
  });
});

/** How long the island lasts. */
import { describe, expect, test } from "vitest";
import {
  checkForecast,
  createForecastCheck,
  forecastRunway,
  horizonH,
  type RunwayVehicle,
  usableWh,
} from "../../src/core/runway.ts";
import { hourMs } from "../../src/domain/units.ts";

const vehicle = (
  name: string,
  energyWh: number,
  departsInH = Number.POSITIVE_INFINITY,
  maxDischargeW = 60_000,
): RunwayVehicle => ({
  name,
  usableWh: energyWh,
  maxDischargeW,
  departsInH,
});

describe("hours left", () => {
  const cases: readonly (readonly [
    name: string,
    tierLoadW: number[],
    vehicles: RunwayVehicle[],
    pv: number[],
    hours: number[],
  ])[] = [
    ["one truck, one house", [1_200], [vehicle("truck", 72_000)], [], [60]],
    ["each tier with all before it", [1_000, 1_000, 2_000], [vehicle("a", 40_000)], [], [40, 20, 10]],
    ["two buses one after the other", [25_000], [vehicle("a", 50_000), vehicle("b", 100_000)], [], [6]],
    [
      "one that leaves early takes its energy with it",
      [10_000],
      [vehicle("a", 100_000, 2), vehicle("b", 30_000)],
      [],
      [5],
    ],
    ["PV carries the day", [5_000], [vehicle("a", 10_000)], [5_000, 5_000, 0], [4]],
    ["too weak for the load", [20_000], [vehicle("a", 100_000, Number.POSITIVE_INFINITY, 10_000)], [], [0]],
    ["no vehicle", [1_000], [], [], [0]],
    ["no load", [0], [], [], [horizonH]],
    ["a battery that nobody knows", [1_000], [vehicle("a", Number.NaN)], [], [0]],
    ["a load that nobody measures", [Number.NaN, 1_000], [vehicle("a", 5_000)], [], [horizonH, 5]],
  ];
  test.each(cases)("%s", (_, tierLoadW, vehicles, pvByHourW, hours) => {
    const { tiers } = forecastRunway({ tierLoadW, vehicles, pvByHourW });
    for (const [t, { hours: found }] of tiers.entries()) expect(Math.abs(found - hours[t]!)).toBeLessThan(0.1);
  });

  test("says which vehicle is needed next, and when", () => {
    const { nextNeeded, nextNeededInH } = forecastRunway({
      tierLoadW: [25_000],
      vehicles: [vehicle("Bus 101", 50_000), vehicle("Bus 102", 50_000)],
      pvByHourW: [],
    });
    expect(nextNeeded).toBe("Bus 102");
    expect(nextNeededInH).toBeCloseTo(2, 1);
  });

  test("a departure hands over as well", () => {
    const { nextNeeded, nextNeededInH } = forecastRunway({
      tierLoadW: [10_000],
      vehicles: [vehicle("Bus 101", 90_000, 3), vehicle("Bus 102", 50_000)],
      pvByHourW: [],
    });
    expect([nextNeeded, nextNeededInH]).toEqual(["Bus 102", 3]);
  });
});

describe("usable energy", () => {
  const cases: readonly (readonly [socPct: number, reservePct: number, capacityWh: number, expectedWh: number])[] = [
    [85, 30, 131_000, 72_050],
    [30, 30, 131_000, 0],
    [10, 30, 131_000, 0],
    [10, 30, Number.NaN, 0],
    [80, 30, Number.NaN, Number.NaN],
    [Number.NaN, 30, 131_000, Number.NaN],
  ];
  test.each(cases)("%s percent with %s in reserve of %s Wh → %s Wh", (socPct, reservePct, capacityWh, expectedWh) => {
    expect(Math.round(usableWh(socPct, reservePct, capacityWh, 1))).toBe(expectedWh);
  });
});

describe("the forecast against the clock", () => {
  test("no verdict in the first hour, none without error after it", () => {
    const check = createForecastCheck();
    expect(checkForecast(check, 0, 10, 0.5 * hourMs)).toBeNaN();
    expect(checkForecast(check, 0, 9, 1 * hourMs)).toBe(0);
    expect(checkForecast(check, 0, 8, 2 * hourMs)).toBeCloseTo(0, 9);
  });

  test("a load that rose by a tenth shows as error", () => {
    const check = createForecastCheck();
    checkForecast(check, 0, 10, hourMs);
    expect(checkForecast(check, 0, 8.1, 2 * hourMs)).toBeCloseTo(0.09, 6);
  });
});

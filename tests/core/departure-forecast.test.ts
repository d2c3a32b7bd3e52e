import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DepartureInputs, forecastDeparture } from "../../src/core/setpoints/departure-forecast.ts";
import { hourMs } from "../../src/domain/units.ts";

const vehicle: DepartureInputs = {
  socPct: 50,
  capacityWh: 100_000,
  targetPct: 80,
  departsAtMs: 8 * hourMs,
  reservePct: 30,
  askedW: Number.NaN,
  urgent: false,
  reachableW: 20_000,
};

describe("what a vehicle will have when it leaves", () => {
  test.each([
    ["its own plan charges at once and reaches the target", {}, 80],
    ["too little time: as much as possible", { departsAtMs: hourMs }, 68.6],
    ["it has more already", { socPct: 90 }, 90],
    ["asked to rest, the departure takes over in time", { askedW: 0 }, 80],
    ["asked to discharge, the reserve is kept and the departure takes over in time", { askedW: -20_000 }, 80],
    ["stopped: it stays as it is", { reachableW: 0 }, 50],
  ] as const)("%s", (_name, change, expected) =>
    expect(forecastDeparture({ ...vehicle, ...change }, 0)!.socPct).toBeCloseTo(expected, 0),
  );
  test.each([
    ["no state of charge", { socPct: Number.NaN }],
    ["no battery size", { capacityWh: Number.NaN }],
    ["no target", { targetPct: Number.NaN }],
    ["no departure", { departsAtMs: Number.NaN }],
    ["a departure that is past", { departsAtMs: -1 }],
    ["a departure in a month", { departsAtMs: 720 * hourMs }],
  ] as const)("%s: no forecast", (_name, change) => expect(forecastDeparture({ ...vehicle, ...change }, 0)).toBeNull());
  test("the plan says when the reserve ends what is asked, and when the departure takes over", () => {
    const { steps } = forecastDeparture({ ...vehicle, askedW: -10_000 }, 0)!;
    expect(steps.slice(0, 3).map(({ powerW }) => powerW)).toEqual([-10_000, 0, 20_000]);
    // 50 kWh are missing after the reserve, at 17 kW of the 20: about 3.2 h before it leaves.
    expect(steps[2]!.startsAtMs / hourMs).toBeCloseTo(8 - 50 / 0.93 / 17, 1);
  });
  test("whatever the vehicle, the forecast lies between reserve and full and no more than its power can do", () => {
    fc.assert(
      fc.property(
        fc.record({
          socPct: fc.double({ min: 0, max: 100, noNaN: true }),
          targetPct: fc.double({ min: 0, max: 100, noNaN: true }),
          askedW: fc.double({ min: -60_000, max: 60_000 }),
          reachableW: fc.double({ min: 0, max: 60_000, noNaN: true }),
          hours: fc.double({ min: 0.01, max: 40, noNaN: true }),
        }),
        ({ hours, ...given }) => {
          const inputs = { ...vehicle, ...given, departsAtMs: hours * hourMs };
          const { socPct } = forecastDeparture(inputs, 0)!;
          expect(socPct).toBeGreaterThanOrEqual(Math.min(given.socPct, vehicle.reservePct) - 1e-9);
          expect(socPct).toBeLessThanOrEqual(100 + 1e-9);
          expect(socPct).toBeLessThanOrEqual(given.socPct + (given.reachableW * hours) / 1_000 + 1e-6);
        },
      ),
    );
  });
});

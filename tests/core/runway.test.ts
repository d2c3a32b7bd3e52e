/** How long the island lasts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createRunway,
  createRunwayInputs,
  forecastRunway,
  horizonH,
  type Runway,
  type RunwayInputs,
  usableWh,
} from "../../src/core/island/runway.ts";

interface Vehicle {
  readonly energyWh: number;
  readonly departsInH: number;
  readonly maxDischargeW: number;
}
const vehicle = (energyWh: number, departsInH = Number.POSITIVE_INFINITY, maxDischargeW = 60_000): Vehicle => ({
  energyWh,
  departsInH,
  maxDischargeW,
});

function forecast(
  tierLoadW: readonly number[],
  vehicles: readonly Vehicle[],
  pvByHourW: readonly number[] = [],
  given: Partial<RunwayInputs> = {},
): Runway {
  const inputs = createRunwayInputs(given.sheddable ?? tierLoadW.map((_, t) => t > 0), vehicles.length);
  inputs.tierLoadW.set(tierLoadW);
  inputs.pvByHourW.set(pvByHourW);
  for (const [i, one] of vehicles.entries()) {
    inputs.usableWh[i] = one.energyWh;
    inputs.departsInH[i] = one.departsInH;
    inputs.maxDischargeW[i] = one.maxDischargeW;
  }
  const runway = createRunway(vehicles.length, tierLoadW.length);
  forecastRunway(runway, Object.assign(inputs, { shedBelowH: 0.5 }, given));
  return runway;
}

describe("hours in which a tier could be fed with those before it", () => {
  const cases: readonly (readonly [
    name: string,
    tierLoadW: number[],
    vehicles: Vehicle[],
    pv: number[],
    hours: number[],
  ])[] = [
    ["one truck, one house", [1_200], [vehicle(72_000)], [], [60]],
    ["each tier with all before it", [1_000, 1_000, 2_000], [vehicle(40_000)], [], [40, 20, 10]],
    ["two buses one after the other", [25_000], [vehicle(50_000), vehicle(100_000)], [], [6]],
    ["one that leaves early takes its energy with it", [10_000], [vehicle(100_000, 2), vehicle(30_000)], [], [5]],
    ["the order of the stages changes nothing", [10_000], [vehicle(30_000), vehicle(100_000, 2)], [], [5]],
    ["PV carries the day", [5_000], [vehicle(10_000)], [5_000, 5_000, 0], [4]],
    ["too weak for the load", [20_000], [vehicle(100_000, Number.POSITIVE_INFINITY, 10_000)], [], [0]],
    ["two weak ones together", [20_000], [vehicle(40_000, 9, 10_000), vehicle(60_000, 9, 10_000)], [], [4]],
    ["no vehicle", [1_000], [], [], [0]],
    ["no load", [0], [], [], [horizonH]],
    ["a battery that nobody knows", [1_000], [vehicle(Number.NaN)], [], [0]],
    ["a load that nobody measures", [Number.NaN, 1_000], [vehicle(5_000)], [], [horizonH, 5]],
  ];
  test.each(cases)("%s", (_, tierLoadW, vehicles, pvByHourW, hours) => {
    const { couldH } = forecast(tierLoadW, vehicles, pvByHourW);
    for (const [t, expected] of hours.entries()) expect(couldH[t]).toBeCloseTo(expected, 3);
  });
});

describe("hours in which a tier goes on being fed as things are", () => {
  test("tiers are shed from the last at half an hour of energy, and the first lives longer for it", () => {
    const { fedH } = forecast([1_000, 1_000, 2_000], [vehicle(40_000)]);
    // 4 kW until 2 kWh are left, then 2 kW until 1 kWh is left, then 1 kW to the end.
    expect([...fedH].map((h) => Number(h.toFixed(3)))).toEqual([11, 10, 9.5]);
  });

  test("tiers that may not be shed end together", () => {
    const { fedH } = forecast([1_000, 3_000], [vehicle(40_000)], [], { sheddable: [false, false] });
    expect([...fedH]).toEqual([10, 10]);
  });

  test("one that is shed already has no hours", () => {
    const { fedH } = forecast([1_000, 3_000], [vehicle(10_000)], [], { fed: 1 });
    expect([...fedH]).toEqual([10, 0]);
  });

  test("too little power: the last goes at once", () => {
    const { fedH } = forecast([8_000, 8_000], [vehicle(80_000, Number.POSITIVE_INFINITY, 10_000)]);
    expect([...fedH]).toEqual([10, 0]);
  });

  test("after a departure the rest is too weak: the last goes then", () => {
    const { fedH } = forecast([8_000, 8_000], [vehicle(80_000, 2, 10_000), vehicle(80_000, 20, 10_000)]);
    expect(fedH[1]).toBeCloseTo(2, 6);
    // Both gave 32 kWh together in two hours, 20 of them from the one that left.
    expect(fedH[0]).toBeCloseTo(2 + (80_000 - 12_000) / 8_000, 6);
  });

  test("whatever comes: hours fall with the tiers, could is at least as long as fed, none is negative", () => {
    const one = fc.record({
      energyWh: fc.oneof(fc.double({ min: 0, max: 300_000, noNaN: true }), fc.constant(Number.NaN)),
      departsInH: fc.oneof(fc.double({ min: 0, max: 48, noNaN: true }), fc.constant(Number.POSITIVE_INFINITY)),
      maxDischargeW: fc.constantFrom(0, 3_700, 9_600, 60_000),
    });
    fc.assert(
      fc.property(
        fc.array(one, { maxLength: 8 }),
        fc.array(fc.oneof(fc.nat(40_000), fc.constant(Number.NaN)), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(20_000), { maxLength: 24 }),
        (vehicles, tierLoadW, pvByHourW) => {
          const { fedH, couldH } = forecast(tierLoadW, vehicles, pvByHourW);
          for (let t = 0; t < fedH.length; t++) {
            expect(fedH[t]).toBeGreaterThanOrEqual(0);
            expect(couldH[t]).toBeLessThanOrEqual(horizonH);
            expect(fedH[t]!).toBeLessThanOrEqual(couldH[t]! + 1e-6);
            if (t === 0) continue;
            expect(fedH[t]!).toBeLessThanOrEqual(fedH[t - 1]! + 1e-6);
            expect(couldH[t]!).toBeLessThanOrEqual(couldH[t - 1]! + 1e-6);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("who takes over", () => {
  const cases: readonly (readonly [name: string, vehicles: Vehicle[], next: number, inH: number])[] = [
    ["an empty one hands over", [vehicle(50_000), vehicle(50_000)], 1, 5],
    ["a departure hands over as well", [vehicle(90_000, 3), vehicle(50_000)], 1, 3],
    ["nobody is left", [vehicle(50_000)], -1, Number.NaN],
  ];
  test.each(cases)("%s", (_, vehicles, next, inH) => {
    const { nextStage, nextInH } = forecast([10_000], vehicles);
    expect(nextStage).toBe(next);
    if (next >= 0) expect(nextInH).toBeCloseTo(inH, 6);
    else expect(nextInH).toBeNaN();
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
    expect(Math.round(usableWh(socPct, reservePct, capacityWh / 100))).toBe(expectedWh);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fromPhysicalValue,
  fromRationalNumber,
  isExact,
  toPhysicalValue,
  toRationalNumber,
} from "../../../src/protocols/iso15118/physical-values.ts";

describe("RationalNumber", () => {
  test.each([
    ["zero", 0, 0, 0],
    ["as people write it", 400, 0, 400],
    ["a tenth is a tenth", 0.1, -1, 1],
    ["32767 fits", 32_767, 0, 32_767],
    ["32768 is rounded to tens", 32_768, 1, 3_277],
    ["-32768 fits", -32_768, 0, -32_768],
    ["150 kW", 150_000, 1, 15_000],
    ["1 MW", 1_000_000, 2, 10_000],
    ["four digits behind the point", 2.5015, -4, 25_015],
    ["more digits than fit are rounded", 2.50151265, -4, 25_015],
    ["rounding may take one digit more", 32767.6, 1, 3_277],
    ["tiny", 5e-324, 0, 0],
    ["-230.5 V", -230.5, -1, -2_305],
  ])("%s", (_, number, Exponent, Value) => {
    expect(toRationalNumber(number)).toEqual({ Exponent, Value });
  });

  test("beyond the range there is none", () => expect(toRationalNumber(1e132)).toBeUndefined());

  test("every value that can be written is read as the same number and written as an equal one", () => {
    fc.assert(
      fc.property(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -32_768, max: 32_767 }), (Exponent, Value) => {
        const number = fromRationalNumber({ Exponent, Value });
        const again = toRationalNumber(number);
        expect(fromRationalNumber(again!)).toBe(number);
        expect(isExact(number, again)).toBe(true);
      }),
    );
  });

  test("any other number is rounded by less than a ten-thousandth of itself", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (number) => {
        for (const signed of [number, -number]) {
          const written = toRationalNumber(signed)!;
          expect(Math.abs(fromRationalNumber(written) - signed)).toBeLessThanOrEqual(Math.abs(signed) * 1.6e-4);
          expect(Math.abs(written.Value)).toBeLessThanOrEqual(32_768);
        }
      }),
    );
  });
});

describe("PhysicalValue", () => {
  test.each([
    ["125 A", 125, "A", { Multiplier: 0, Unit: "A", Value: 125 }],
    ["60 kW", 60_000, "W", { Multiplier: 1, Unit: "W", Value: 6_000 }],
    ["thousandths are the finest", 0.0004, "V", { Multiplier: 0, Unit: "V", Value: 0 }],
    ["half a thousandth rounds up", 0.0005, "V", { Multiplier: -3, Unit: "V", Value: 1 }],
    ["the largest", 32_767_000, "W", { Multiplier: 3, Unit: "W", Value: 32_767 }],
    ["beyond the largest", 33_000_000, "W", undefined],
  ] as const)("%s", (_, number, unit, written) => {
    expect(toPhysicalValue(number, unit)).toEqual(written);
  });

  test("reads multiplier and value", () => {
    expect(fromPhysicalValue({ Multiplier: -1, Unit: "V", Value: 4_005 })).toBe(400.5);
    expect(fromPhysicalValue({ Multiplier: 3, Value: -2 }), "DIN without a unit").toBe(-2_000);
  });

  test("tells whether a number is kept exactly", () => {
    expect(isExact(400.5, toPhysicalValue(400.5, "V"))).toBe(true);
    expect(isExact(400.5001, toPhysicalValue(400.5001, "V"))).toBe(false);
    expect(isExact(1e9, toPhysicalValue(1e9, "W"))).toBe(false);
  });
});

test("NaN and infinity are defects of the caller", () => {
  expect(() => toRationalNumber(Number.NaN)).toThrow(/finite/);
  expect(() => toPhysicalValue(Number.POSITIVE_INFINITY, "W")).toThrow(/finite/);
});

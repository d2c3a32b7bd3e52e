import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type NumericType,
  pointTypes,
  readNumber,
  readText,
  toRegisterNumber,
  writeNumber,
  writeText,
} from "../../../src/protocols/sunspec/point-types.ts";

const notImplemented: readonly (readonly [NumericType, string])[] = [
  ["int16", "8000"],
  ["uint16", "ffff"],
  ["enum16", "ffff"],
  ["bitfield16", "ffff"],
  ["sunssf", "8000"],
  ["acc16", "0000"],
  ["int32", "80000000"],
  ["uint32", "ffffffff"],
  ["bitfield32", "ffffffff"],
  ["acc32", "00000000"],
  ["uint64", "ffffffffffffffff"],
  ["float32", "7fc00000"],
];

describe("not implemented", () => {
  for (const [type, hex] of notImplemented) {
    test(`${type} ${hex} → NaN`, () => {
      expect(readNumber(type, Buffer.from(hex, "hex"), 0)).toBeNaN();
    });
    test(`NaN → ${type} that reads as NaN`, () => {
      const bytes = Buffer.alloc(8);
      writeNumber(type, Number.NaN, bytes, 0);
      expect(readNumber(type, bytes, 0)).toBeNaN();
    });
  }

  test("infinite floats → NaN too", () => {
    expect(readNumber("float32", Buffer.from("7f800000", "hex"), 0)).toBeNaN();
    expect(readNumber("float32", Buffer.from("ff800000", "hex"), 0)).toBeNaN();
  });
});

test("property: whole numbers in range survive registers", () => {
  const types = ["int16", "uint16", "enum16", "bitfield16", "int32", "uint32", "bitfield32", "uint64"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.double({ min: 0, max: 1, noNaN: true }), (type, share) => {
      const { min, max } = pointTypes[type];
      const value = Math.round(min + share * (max - min));
      const bytes = Buffer.alloc(8);
      writeNumber(type, value, bytes, 0);
      expect(readNumber(type, bytes, 0)).toBe(value);
    }),
  );
});

describe("rounding", () => {
  for (const [name, value, scale, expected] of [
    ["a limit that does not fit the step → towards zero", 1_999, 10, 199],
    ["a discharge that does not fit the step → towards zero", -1_999, 10, -199],
    ["a binary fraction that means a whole step → that step", 0.1 + 0.2, 0.1, 3],
    ["above the range → the end of the range", 1e9, 1, 32_767],
    ["below the range → the end of the range", -1e9, 1, -32_767],
  ] as const) {
    test(name, () => {
      expect(toRegisterNumber("int16", value, scale)).toBe(expected);
    });
  }

  test("property: what is written is never more than was asked, in either direction", () => {
    fc.assert(
      fc.property(fc.integer({ min: -300_000, max: 300_000 }), fc.integer({ min: -2, max: 2 }), (centi, exponent) => {
        const value = centi / 100;
        const scale = 10 ** exponent;
        const written = toRegisterNumber("int32", value, scale) * scale;
        expect(Math.abs(written)).toBeLessThanOrEqual(Math.abs(value) + 1e-5 * scale);
        expect(Math.sign(written) === 0 || Math.sign(written) === Math.sign(value)).toBe(true);
        expect(Math.abs(written - value)).toBeLessThan(scale * (1 + 1e-5));
      }),
    );
  });
});

test("texts end at the first zero byte and are cut where the point ends", () => {
  const bytes = Buffer.alloc(16, 0x55);
  writeText("Bay 4", bytes, 0, 8);
  expect(readText(bytes, 0, 8)).toBe("Bay 4");
  writeText("a very long name of a thing", bytes, 0, 8);
  expect(readText(bytes, 0, 8)).toBe("a very long name");
});

import { expect, test } from "vitest";
import { flipIeee1547, flipMeter, flipSunSpecDer } from "../../src/domain/sign.ts";

const importPositive = (power: number): number => flipMeter(power, true);
const importNegative = (power: number): number => flipMeter(power, false);

test.each([
  ["SunSpec counts 5 kW of discharging positive", flipSunSpecDer, 5_000, -5_000],
  ["SunSpec counts 5 kW of charging negative", flipSunSpecDer, -5_000, 5_000],
  ["SunSpec's zero is no negative zero", flipSunSpecDer, 0, 0],
  ["an injection of IEEE 1547 leaves the vehicle", flipIeee1547, 5_000, -5_000],
  ["an absorption of IEEE 1547 charges it", flipIeee1547, -5_000, 5_000],
  ["IEEE 1547's zero is no negative zero", flipIeee1547, 0, 0],
  ["a meter that counts import positive has the core's sign", importPositive, 5_000, 5_000],
  ["a meter that counts import negative is flipped", importNegative, 5_000, -5_000],
  ["a flipped meter's zero is no negative zero", importNegative, 0, 0],
  ["what is not known stays not known", flipSunSpecDer, Number.NaN, Number.NaN],
  ["what a flipped meter does not know stays not known", importNegative, Number.NaN, Number.NaN],
] as const)("%s", (_name, flip, power, flipped) => {
  expect(flip(power)).toBe(flipped);
  expect(flip(flip(power))).toBe(power);
});

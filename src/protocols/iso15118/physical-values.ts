/**
 * Physical values on the wire: a 16-bit value and a power of ten. These helpers keep exactness where it is possible,
 * tell where it is not, and never leave the range.
 */
import { invariant } from "../../domain/result.ts";
import type { Infer } from "../exi/schema.ts";
import type { PhysicalValue as DinPhysicalValueType } from "./messages/din-data-types.ts";
import type { PhysicalValue as Iso2PhysicalValue, UnitSymbol } from "./messages/iso2-data-types.ts";
import type { RationalNumber as Iso20RationalNumber } from "./messages/iso20-common-types.ts";

/** ISO 15118-20: Value × 10^Exponent in the unit that the field implies (W, V, A, Wh, Hz). */
export type RationalNumber = Infer<typeof Iso20RationalNumber>;
/** ISO 15118-2: Value × 10^Multiplier in Unit. */
export type PhysicalValue = Infer<typeof Iso2PhysicalValue>;
/** DIN SPEC 70121: the same, and the unit may be absent. */
export type DinPhysicalValue = Infer<typeof DinPhysicalValueType>;

export type Unit = Infer<typeof UnitSymbol>;

const valueMin = -32_768;
const valueMax = 32_767;

/** The power of ten that fits: the smallest for which the value takes 16 bits, within what the field allows. */
interface Decimal {
  readonly value: number;
  readonly exponent: number;
}

/**
 * `number` as value × 10^exponent, exponent within [exponentMin, exponentMax].
 * Exact wherever the number has at most four significant digits (or five up to 32767); otherwise rounded to the nearest
 * that the range allows. Of several exact forms it takes the one with the exponent nearest to zero, as people write it.
 * Returns undefined beyond the range; NaN and infinity are defects of the caller.
 */
function toDecimal(number: number, exponentMin: number, exponentMax: number): Decimal | undefined {
  invariant(Number.isFinite(number), "a physical value is finite");
  if (number === 0) return { value: 0, exponent: 0 };
  // The shortest decimal digits that mean this number, so that 0.1 is one tenth and not a binary fraction.
  const [digits, power] = Math.abs(number).toExponential().split("e") as [string, string];
  const [whole, fraction = ""] = digits.split(".") as [string, string?];
  const largest = number < 0 ? -valueMin : valueMax;
  let mantissa = Number(whole + fraction);
  let exponent = Number(power) - fraction.length;
  while (exponent > 0 && mantissa * 10 <= largest) {
    mantissa *= 10;
    exponent--;
  }
  let dropped = 0;
  while (exponent + dropped < exponentMin || Math.round(mantissa / 10 ** dropped) > largest) dropped++;
  const value = Math.round(mantissa / 10 ** dropped);
  if (value === 0) return { value: 0, exponent: 0 };
  if (exponent + dropped > exponentMax) return undefined;
  return { value: number < 0 ? -value : value, exponent: exponent + dropped };
}

/** The number that value × 10^exponent is: correctly rounded, so that 3 × 10^-1 is 0.3. */
const fromDecimal = (value: number, exponent: number): number => Number(`${value}e${exponent}`);

/** A number for an ISO 15118-20 field; undefined beyond ±3.2768e131. */
export function toRationalNumber(number: number): RationalNumber | undefined {
  const decimal = toDecimal(number, -128, 127);
  return decimal === undefined ? undefined : { Exponent: decimal.exponent, Value: decimal.value };
}

export const fromRationalNumber = ({ Exponent, Value }: RationalNumber): number => fromDecimal(Value, Exponent);

/** A number for an ISO 15118-2 field; undefined beyond ±32,768,000, rounded to thousandths. */
export function toPhysicalValue(number: number, unit: Unit): PhysicalValue | undefined {
  const decimal = toDecimal(number, -3, 3);
  return decimal === undefined ? undefined : { Multiplier: decimal.exponent, Unit: unit, Value: decimal.value };
}

export const fromPhysicalValue = ({ Multiplier, Value }: PhysicalValue | DinPhysicalValue): number =>
  fromDecimal(Value, Multiplier);

/** Is the number kept exactly? Then reading what was written gives it back. */
export const isExact = (number: number, written: RationalNumber | PhysicalValue | undefined): boolean =>
  written !== undefined &&
  number === ("Exponent" in written ? fromRationalNumber(written) : fromPhysicalValue(written));

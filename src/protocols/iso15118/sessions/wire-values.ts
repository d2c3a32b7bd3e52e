/** Numbers as DIN SPEC 70121 and ISO 15118-2 carry them, and texts and identifiers as bytes. */
import { clamp } from "../../../domain/units.ts";
import {
  type DinPhysicalValue,
  fromPhysicalValue,
  fromRationalNumber,
  type PhysicalValue,
  type RationalNumber,
  toPhysicalValue,
  toRationalNumber,
  type Unit,
} from "../physical-values.ts";

/** Nothing larger fits: 32,767 × 10³. */
const largest = 32_767_000;

/** A value in its unit; what is not known is 0, what is too large is the largest that fits. */
export const physical = (value: number, unit: Unit): PhysicalValue =>
  toPhysicalValue(Number.isFinite(value) ? clamp(value, -largest, largest) : 0, unit)!;

/** The number in a physical value that may be absent: NaN without one. */
export const numberOf = (value: DinPhysicalValue | PhysicalValue | undefined): number =>
  value === undefined ? Number.NaN : fromPhysicalValue(value);

/** Bytes as hexadecimal digits. */
export const hexOf = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? "" : Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Hexadecimal digits as bytes. */
export const bytesOfHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length >> 1 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));

/** An ASCII text as bytes, at most so many. */
export const asciiBytes = (text: string, most: number): Uint8Array =>
  Uint8Array.from(text.slice(0, most), (letter) => letter.charCodeAt(0) & 0x7f);

/** A number of ISO 15118-20; what is not known is 0. */
export const rational = (value: number): RationalNumber => toRationalNumber(Number.isFinite(value) ? value : 0)!;

/** The number in a field of ISO 15118-20 that may be absent: NaN without it. */
export const rationalOf = (value: RationalNumber | undefined): number =>
  value === undefined ? Number.NaN : fromRationalNumber(value);

/** Discharging limits come as magnitudes from some vehicles and below zero from others; both mean the same. */
export const magnitudeOf = (value: RationalNumber | undefined): number => Math.abs(rationalOf(value));

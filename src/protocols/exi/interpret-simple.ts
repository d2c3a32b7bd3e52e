/** Simple values to bits and back, one rule at a time: the readable statement that the fast code is tested against. */
import { type BitReader, type BitWriter, bitWidth } from "./bits.ts";
import { isXmlCharacter } from "./characters.ts";
import { ExiError, type ExiErrorCode } from "./errors.ts";
import type { BinaryType, EnumerationType, IntegerType, SimpleType, StringType } from "./schema.ts";

/** Where an interpretation is, for its errors. */
export interface Place {
  /** Names from the root to here. */
  readonly path: string[];
}

/** An error with the path at which it happened. */
export const fail = (place: Place, code: ExiErrorCode, what: string, bit?: number): ExiError =>
  new ExiError(code, what, bit === undefined ? { path: place.path.join("/") } : { path: place.path.join("/"), bit });

/** Groups of seven bits that a number up to `max` takes. */
function groupsOf(max: bigint): number {
  let groups = 1;
  for (let left = max >> 7n; left > 0n; left >>= 7n) groups++;
  return groups;
}

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Reads a value of a simple type. Throws ExiError. */
export function readSimple(reader: BitReader, type: SimpleType, place: Place): unknown {
  switch (type.kind) {
    case "boolean":
      return reader.read(1) === 1;
    case "enumeration":
      return readEnumeration(reader, type, place);
    case "integer":
      return readInteger(reader, type, place);
    case "string":
      return readString(reader, type, place);
    case "binary":
      return readBinary(reader, type, place);
  }
}

function readEnumeration(reader: BitReader, type: EnumerationType, place: Place): string {
  const bit = reader.position;
  const value = type.values[reader.read(bitWidth(type.values.length))];
  if (value === undefined) throw fail(place, "enumeration", "a number behind the last word of the enumeration", bit);
  return value;
}

function readInteger(reader: BitReader, type: IntegerType, place: Place): number | bigint {
  const bit = reader.position;
  let value: bigint;
  if (type.coding === "bits") {
    value = type.min + BigInt(reader.read(bitWidth(Number(type.max - type.min + 1n))));
  } else if (type.coding === "unsigned") {
    value = readUnsigned(reader, groupsOf(type.max), place);
  } else {
    const negative = reader.read(1) === 1;
    const magnitude = readUnsigned(reader, groupsOf(negative ? -type.min - 1n : type.max), place);
    value = negative ? -magnitude - 1n : magnitude;
  }
  if (value < type.min || value > type.max) {
    throw fail(place, "range", `${value} is outside ${type.min} to ${type.max}`, bit);
  }
  return integerValue(value, type);
}

/** The value as its type gives it: see `IntegerType.as`. */
export function integerValue(value: bigint, type: IntegerType): number | bigint {
  if (type.as === "bigint") return value;
  const small = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
  return type.as === "number" || small ? Number(value) : value;
}

/** Groups of seven bits, least significant first, each behind a bit that tells whether more follow. */
function readUnsigned(reader: BitReader, groupsMax: number, place: Place): bigint {
  const bit = reader.position;
  let value = 0n;
  for (let group = 0; ; group++) {
    if (group === groupsMax) throw fail(place, "range", `a number of more than ${groupsMax} groups of 7 bits`, bit);
    const octet = reader.read(8);
    value += BigInt(octet & 127) << BigInt(7 * group);
    if (octet < 128) {
      if (octet === 0 && group > 0) throw fail(place, "overlong-integer", "a number that ends in empty groups", bit);
      return value;
    }
  }
}

/** Groups of a length in 32 bits, and of a code point. */
const lengthGroupsMax = 5;
const codePointGroupsMax = 3;

/** A length plus `offset` (2 for strings, whose 0 and 1 stand for earlier values). */
function readLength(reader: BitReader, type: StringType | BinaryType, offset: number, place: Place): number {
  const bit = reader.position;
  const length = Number(readUnsigned(reader, lengthGroupsMax, place)) - offset;
  if (length < 0) throw fail(place, "value-hit", "a reference to an earlier string", bit);
  if (length > type.maxLength) throw fail(place, "length", `length ${length}, at most ${type.maxLength}`, bit);
  reader.need(length * 8);
  return length;
}

function readString(reader: BitReader, type: StringType, place: Place): string {
  const length = readLength(reader, type, 2, place);
  let text = "";
  for (let i = 0; i < length; i++) {
    const bit = reader.position;
    const codePoint = Number(readUnsigned(reader, codePointGroupsMax, place));
    if (!isXmlCharacter(codePoint)) {
      throw fail(place, "character", `U+${codePoint.toString(16).toUpperCase()} is no character of XML`, bit);
    }
    text += String.fromCodePoint(codePoint);
  }
  return text;
}

function readBinary(reader: BitReader, type: BinaryType, place: Place): Uint8Array {
  return reader.octets(readLength(reader, type, 0, place));
}

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Writes a value of a simple type. Throws ExiError where it doesn't fit the type. */
export function writeSimple(writer: BitWriter, type: SimpleType, value: unknown, place: Place): void {
  switch (type.kind) {
    case "boolean":
      if (typeof value !== "boolean") throw fail(place, "type", `${show(value)} is not a boolean`);
      writer.write(value ? 1 : 0, 1);
      return;
    case "enumeration": {
      const index = type.values.indexOf(value as string);
      if (index < 0) throw fail(place, "enumeration", `${show(value)} is none of ${type.values.join(", ")}`);
      writer.write(index, bitWidth(type.values.length));
      return;
    }
    case "integer":
      writeInteger(writer, type, value, place);
      return;
    case "string":
      writeString(writer, type, value, place);
      return;
    case "binary":
      if (!(value instanceof Uint8Array)) throw fail(place, "type", `${show(value)} is not a Uint8Array`);
      checkLength(type, value.length, place);
      writeUnsigned(writer, BigInt(value.length));
      for (const octet of value) writer.write(octet, 8);
      return;
  }
}

function writeInteger(writer: BitWriter, type: IntegerType, given: unknown, place: Place): void {
  if (typeof given === "number" ? !Number.isSafeInteger(given) : typeof given !== "bigint") {
    throw fail(place, "type", `${show(given)} is not a whole number (beyond 53 bits, use a bigint)`);
  }
  if (typeof given === "bigint" && type.as === "number") throw fail(place, "type", `${given}n should be a number`);
  if (typeof given === "number" && type.as === "bigint") throw fail(place, "type", `${given} should be a bigint`);
  const value = BigInt(given as number | bigint);
  if (value < type.min || value > type.max)
    throw fail(place, "range", `${value} is outside ${type.min} to ${type.max}`);
  if (type.coding === "bits") {
    writer.write(Number(value - type.min), bitWidth(Number(type.max - type.min + 1n)));
    return;
  }
  if (type.coding === "signed") writer.write(value < 0n ? 1 : 0, 1);
  writeUnsigned(writer, value < 0n ? -value - 1n : value);
}

function writeUnsigned(writer: BitWriter, value: bigint): void {
  for (; value > 127n; value >>= 7n) writer.write(Number(value & 127n) | 128, 8);
  writer.write(Number(value), 8);
}

function writeString(writer: BitWriter, type: StringType, value: unknown, place: Place): void {
  if (typeof value !== "string") throw fail(place, "type", `${show(value)} is not a string`);
  // Beyond this there are more code points than may be, however many halves of pairs there are: no need to count them.
  if (value.length > 2 * type.maxLength)
    throw fail(place, "length", `more than ${type.maxLength} characters (${value.length} units of UTF-16)`);
  const codePoints = Array.from(value);
  checkLength(type, codePoints.length, place);
  writeUnsigned(writer, BigInt(codePoints.length + 2));
  for (const character of codePoints) {
    const codePoint = character.codePointAt(0)!;
    if (!isXmlCharacter(codePoint)) {
      throw fail(place, "character", `U+${codePoint.toString(16).toUpperCase()} is no character of XML`);
    }
    writeUnsigned(writer, BigInt(codePoint));
  }
}

function checkLength(type: StringType | BinaryType, length: number, place: Place): void {
  if (length > type.maxLength) throw fail(place, "length", `length ${length}, at most ${type.maxLength}`);
}

const showMax = 40;

/** A value in an error message. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > showMax ? `${text.slice(0, showMax)}…` : text;
}

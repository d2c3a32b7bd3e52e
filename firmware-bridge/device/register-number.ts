/** Numbers as devices of all makers put them into registers: any byte order, single bytes, single bits. */
import {
  type NumericType,
  pointTypes,
  rawNumber,
  readNumber,
  writeNumber,
} from "../../src/protocols/sunspec/point-types.ts";
import type { ByteOrder, NumberPlace, NumberType } from "../maps/device-map.ts";

/** Registers (bits, for the type `bit`) that a number takes. */
export const registersOf = (type: NumberType): number => (isNarrow(type) ? 1 : pointTypes[type].registers);

type Narrow = "bit" | "int8" | "uint8";
const isNarrow = (type: NumberType): type is Narrow => type === "bit" || type === "int8" || type === "uint8";

/** Room for one number whose bytes are put in order. */
const ordered = Buffer.alloc(8);

/**
 * The number at register (or bit) `index` of a reply. NaN when it says "no value": by the type's own number for that, or
 * by one of `unknown` where the place has its own.
 */
export function numberAt(
  place: NumberPlace & { readonly unknown?: readonly number[] },
  reply: Buffer,
  index: number,
): number {
  const { type, unknown } = place;
  if (isNarrow(type)) {
    const raw = narrowNumber(type, place.byte, reply, index);
    return unknown?.includes(raw) ? Number.NaN : raw;
  }
  let bytes = reply;
  let offset = 2 * index;
  if (place.order !== undefined && place.order !== "ABCD") {
    putInOrder(place.order, reply, offset, pointTypes[type].registers);
    bytes = ordered;
    offset = 0;
  }
  if (unknown === undefined) return readNumber(type, bytes, offset);
  const raw = rawNumber(type, bytes, offset);
  return unknown.includes(raw) || !Number.isFinite(raw) ? Number.NaN : raw;
}

function narrowNumber(type: Narrow, byte: "high" | "low" | undefined, reply: Buffer, index: number): number {
  if (type === "bit") return (reply[index >> 3]! >> (index & 7)) & 1;
  const at = 2 * index + (byte === "high" ? 0 : 1);
  return type === "int8" ? reply.readInt8(at) : reply[at]!;
}

/** Copies a number's words into `ordered`, highest byte first. */
function putInOrder(order: ByteOrder, from: Buffer, offset: number, words: number): void {
  const lowWordFirst = order === "CDAB" || order === "DCBA";
  const lowByteFirst = order === "BADC" || order === "DCBA";
  for (let word = 0; word < words; word += 1) {
    const at = offset + 2 * (lowWordFirst ? words - 1 - word : word);
    ordered[2 * word] = from[lowByteFirst ? at + 1 : at]!;
    ordered[2 * word + 1] = from[lowByteFirst ? at : at + 1]!;
  }
}

/** Puts a whole number (any, for floats) into registers. `type` is not `bit`: coils are set by their exchange. */
export function putNumber(place: NumberPlace, value: number, bytes: Buffer, offset: number): void {
  const type = place.type as NumericType | "int8" | "uint8";
  if (type === "int8" || type === "uint8") {
    const at = offset + (place.byte === "high" ? 0 : 1);
    bytes[at] = value & 0xff;
    return;
  }
  writeNumber(type, value, bytes, offset);
  if (place.order === undefined || place.order === "ABCD") return;
  // The same exchange of places leads back.
  const words = pointTypes[type].registers;
  putInOrder(place.order, bytes, offset, words);
  ordered.copy(bytes, offset, 0, 2 * words);
}

/** Least and largest number that a register of the type holds. */
export function rangeOf(type: NumberType): readonly [min: number, max: number] {
  if (type === "bit") return [0, 1];
  if (type === "int8") return [-128, 127];
  if (type === "uint8") return [0, 255];
  return [pointTypes[type].min, pointTypes[type].max];
}

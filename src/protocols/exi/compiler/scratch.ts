/**
 * The ground that generated functions stand on: two fixed buffers, and the values that are too long for one load or
 * store of 32 bits. Everything is synchronous, and the next message overwrites the buffers.
 *
 * `lead` is a number of zero bits that stand before the value (event codes of what must come); checking or writing
 * them together with the value is most of the speed. Positions count bits. A put returns the position behind it;
 * a get leaves it in `cursor.position`.
 *
 * A store of n ≤ 24 bits clears the rest of its 32, so the bits behind the position are zero at any time.
 */
import { messageBytesMax } from "../bits.ts";
import { isXmlCharacter } from "../characters.ts";
import { binaryLengthMax, stringLengthMax } from "../schema.ts";

/** Room behind the largest message for what a type writes or reads between two checks of the position. */
const slackBytes = 8192;

export const input = new Uint8Array(messageBytesMax + slackBytes);
export const inputView = new DataView(input.buffer);
export const output = new Uint8Array(messageBytesMax + slackBytes);
export const outputView = new DataView(output.buffer);

/** Where reading is, and where the message ends, in bits. */
export const cursor = { position: 0, end: 0 };

/** Thrown when a value or a stream is wrong; the interpreter then says what is. */
export const REFUSED: unique symbol = Symbol("refused");

const positionMax = messageBytesMax * 8;

// ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Appends `count` ≤ 24 bits. */
function put(p: number, value: number, count: number): number {
  outputView.setUint32(p >>> 3, (output[p >>> 3]! << 24) | (value << (32 - count - (p & 7))));
  return p + count;
}

/** A number from 0 to 2^53 - 1 in groups of seven bits. */
export function putUnsigned(p: number, value: number, lead: number): number {
  if (value < 128) return put(p, value, lead + 8);
  if (value < 16384 && lead <= 8) return put(p, ((value & 127) << 8) | 32768 | (value >>> 7), lead + 16);
  let left = value;
  let zeros = lead;
  for (; left > 0x7fffffff; left = Math.floor(left / 128)) {
    p = put(p, (left % 128) | 128, zeros + 8);
    zeros = 0;
  }
  for (; left > 127; left >>>= 7) {
    p = put(p, (left & 127) | 128, zeros + 8);
    zeros = 0;
  }
  return put(p, left, 8);
}

/** A number of at most 32 bits with its sign. */
export function putSigned(p: number, value: number, lead: number): number {
  const sign = value < 0 ? 1 : 0;
  const magnitude = value < 0 ? -value - 1 : value;
  if (magnitude < 128) return put(p, (sign << 8) | magnitude, lead + 9);
  if (magnitude < 16384 && lead <= 7)
    return put(p, (sign << 16) | ((magnitude & 127) << 8) | 32768 | (magnitude >>> 7), lead + 17);
  return putUnsigned(put(p, sign, lead + 1), magnitude, 0);
}

/** A 64-bit integer, as a number or a bigint. */
export function putUnsigned64(p: number, value: number | bigint, lead: number): number {
  if (typeof value === "number") {
    if (!(value >= 0 && Number.isSafeInteger(value))) throw REFUSED;
    return putUnsigned(p, value, lead);
  }
  if (typeof value !== "bigint" || value < 0n || value >= 1n << 64n) throw REFUSED;
  return putGroups(put(p, 0, lead), value);
}

export function putSigned64(p: number, value: number | bigint, lead: number): number {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw REFUSED;
    return value < 0 ? putUnsigned(put(p, 1, lead + 1), -value - 1, 0) : putUnsigned(put(p, 0, lead + 1), value, 0);
  }
  if (typeof value !== "bigint" || value < -(1n << 63n) || value >= 1n << 63n) throw REFUSED;
  return putInteger(p, value, lead);
}

/** An integer without a range. */
export function putInteger(p: number, value: bigint, lead: number): number {
  return value < 0n ? putGroups(put(p, 1, lead + 1), -value - 1n) : putGroups(put(p, 0, lead + 1), value);
}

function putGroups(p: number, value: bigint): number {
  let left = value;
  for (; left > 127n; left >>= 7n) p = put(p, Number(left & 127n) | 128, 8);
  return put(p, Number(left), 8);
}

/** Characters, each as its code point. ASCII goes byte by byte, anything else starts over. */
export function putString(p: number, text: string, lead: number, lengthMax: number): number {
  if (typeof text !== "string") throw REFUSED;
  const length = text.length;
  if (length > lengthMax) return putCodePoints(p, text, lead, lengthMax);
  if (p + length * 8 > positionMax) throw REFUSED;
  const start = p;
  p = length < 126 ? put(p, length + 2, lead + 8) : putUnsigned(p, length + 2, lead);
  const shift = p & 7;
  let at = p >>> 3;
  let carry = output[at]!;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || code < 32) {
      // The stores so far left the byte at `start` as it was, but for bits behind the position.
      output[start >>> 3]! &= -256 >>> (start & 7);
      return putCodePoints(start, text, lead, lengthMax);
    }
    output[at++] = carry | (code >>> shift);
    carry = code << (8 - shift);
  }
  output[at] = carry;
  return p + length * 8;
}

function putCodePoints(p: number, text: string, lead: number, lengthMax: number): number {
  if (text.length > 2 * lengthMax) throw REFUSED;
  const characters = Array.from(text);
  if (characters.length > lengthMax || p + characters.length * 24 > positionMax) throw REFUSED;
  p = putUnsigned(p, characters.length + 2, lead);
  for (const character of characters) {
    const codePoint = character.codePointAt(0)!;
    if (!isXmlCharacter(codePoint)) throw REFUSED;
    p = putUnsigned(p, codePoint, 0);
  }
  return p;
}

const octetByOctetMax = 16;

/** Octets; long ones are copied at once and shifted in place by words, from the end. */
export function putOctets(p: number, octets: Uint8Array, lead: number, lengthMax: number): number {
  if (!(octets instanceof Uint8Array)) throw REFUSED;
  const length = octets.length;
  if (length > lengthMax || p + length * 8 > positionMax) throw REFUSED;
  p = length < 128 ? put(p, length, lead + 8) : putUnsigned(p, length, lead);
  const shift = p & 7;
  const at = p >>> 3;
  if (length <= octetByOctetMax) {
    let carry = output[at]!;
    for (let i = 0; i < length; i++) {
      const octet = octets[i]!;
      output[at + i] = carry | (octet >>> shift);
      carry = octet << (8 - shift);
    }
    output[at + length] = carry;
    return p + length * 8;
  }
  const head = output[at]!;
  output.set(octets, at);
  outputView.setUint32(at + length, 0);
  if (shift > 0) {
    for (let i = at + (length & -4); i > at; i -= 4) {
      outputView.setUint32(i, (outputView.getUint32(i) >>> shift) | (output[i - 1]! << (32 - shift)));
    }
    outputView.setUint32(at, (outputView.getUint32(at) >>> shift) | (head << 24));
  }
  return p + length * 8;
}

/** Bits that the interpreter wrote. */
export function putBits(p: number, bytes: Uint8Array, count: number): number {
  if (p + count > positionMax) throw REFUSED;
  for (let done = 0; done < count; done += 8) {
    const bits = Math.min(8, count - done);
    p = put(p, bytes[done >>> 3]! >>> (8 - bits), bits);
  }
  return p;
}

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** `count` ≤ 24 bits. */
const get = (p: number, count: number): number => (inputView.getUint32(p >>> 3) << (p & 7)) >>> (32 - count);

/** The rest of a number whose first group, with the bit that more follow, is `first`; at most `groupsMax` ≤ 5. */
export function moreUnsigned(p: number, first: number, groupsMax: number): number {
  let value = first & 127;
  let scale = 128;
  for (let groups = 1; groups < groupsMax; groups++) {
    const octet = get(p, 8);
    p += 8;
    value += (octet & 127) * scale;
    if (octet < 128) {
      if (octet === 0) throw REFUSED;
      cursor.position = p;
      return value;
    }
    scale *= 128;
  }
  throw REFUSED;
}

/** A number of at most 32 bits with its sign. */
export function getSigned(p: number, lead: number, groupsMax: number): number {
  const head = get(p, lead + 9);
  if (head > 511) throw REFUSED;
  p += lead + 9;
  let magnitude = head & 255;
  if (magnitude > 127) magnitude = moreUnsigned(p, magnitude, groupsMax);
  else cursor.position = p;
  return head > 255 ? -magnitude - 1 : magnitude;
}

export function getUnsigned64(p: number, lead: number): number | bigint {
  const head = get(p, lead + 8);
  if (head > 255) throw REFUSED;
  const value = getGroups(p + lead, 10);
  if (typeof value === "bigint" && value >= 1n << 64n) throw REFUSED;
  return value;
}

export function getSigned64(p: number, lead: number): number | bigint {
  const sign = get(p, lead + 1);
  if (sign > 1) throw REFUSED;
  const magnitude = getGroups(p + lead + 1, 9);
  if (typeof magnitude === "bigint" && magnitude >= 1n << 63n) throw REFUSED;
  if (sign === 0) return magnitude;
  return typeof magnitude === "number" && magnitude < Number.MAX_SAFE_INTEGER
    ? -magnitude - 1
    : -BigInt(magnitude) - 1n;
}

/** An integer without a range. */
export function getInteger(p: number, lead: number, groupsMax: number): bigint {
  const sign = get(p, lead + 1);
  if (sign > 1) throw REFUSED;
  const magnitude = BigInt(getGroups(p + lead + 1, groupsMax));
  return sign === 0 ? magnitude : -magnitude - 1n;
}

/** Groups of seven bits: a number up to 53 bits, a bigint beyond. */
function getGroups(p: number, groupsMax: number): number | bigint {
  let value = 0;
  let scale = 1;
  for (let groups = 0; groups < groupsMax && groups < 7; groups++) {
    const octet = get(p, 8);
    p += 8;
    value += (octet & 127) * scale;
    if (octet < 128) {
      if (octet === 0 && groups > 0) throw REFUSED;
      cursor.position = p;
      return value;
    }
    scale *= 128;
  }
  let big = BigInt(value);
  for (let groups = 7; groups < groupsMax; groups++) {
    const octet = get(p, 8);
    p += 8;
    big += BigInt(octet & 127) << BigInt(7 * groups);
    if (octet < 128) {
      if (octet === 0) throw REFUSED;
      cursor.position = p;
      return big <= Number.MAX_SAFE_INTEGER ? Number(big) : big;
    }
  }
  throw REFUSED;
}

/** The coded length of a string or of octets. */
function getLength(p: number, lead: number): number {
  const head = get(p, lead + 8);
  cursor.position = p + lead + 8;
  if (head < 128) return head;
  if (head > 255) throw REFUSED;
  return moreUnsigned(p + lead + 8, head, 5);
}

/** Node reads text out of its own kind of array four times as fast as a TextDecoder; a browser has none. */
type Latin1 = Uint8Array & { latin1Slice?(start: number, end: number): string };
const { Buffer: NodeArray } = globalThis as { Buffer?: { alloc(length: number): Latin1 } };
const text: Latin1 = NodeArray?.alloc(stringLengthMax + 8) ?? new Uint8Array(stringLengthMax + 8);
const textView = new DataView(text.buffer, text.byteOffset, text.length);
const decoder = new TextDecoder();
const longText: (length: number) => string =
  text.latin1Slice === undefined
    ? (length) => decoder.decode(text.subarray(0, length))
    : (length) => text.latin1Slice!(0, length);

export function getString(p: number, lead: number, lengthMax: number): string {
  const length = getLength(p, lead) - 2;
  p = cursor.position;
  if (length < 0 || length > lengthMax || p + length * 8 > cursor.end) throw REFUSED;
  const shift = p & 7;
  const at = p >>> 3;
  for (let i = 0; i < length; i += 4) {
    let word = (inputView.getUint32(at + i) << shift) | (input[at + i + 4]! >>> (8 - shift));
    const left = (length - i) << 3;
    // Behind the end of the string stand spaces, which pass the checks.
    if (left < 32) word = (word & (-1 << (32 - left))) | (0x20202020 >>> left);
    if ((word & 0x80808080) !== 0 || ((word | (word >>> 1)) & 0x20202020) !== 0x20202020)
      return getCodePoints(p, length);
    textView.setUint32(i, word);
  }
  cursor.position = p + length * 8;
  return length < 5 ? shortText(length) : longText(length);
}

function shortText(length: number): string {
  let short = "";
  for (let i = 0; i < length; i++) short += String.fromCharCode(text[i]!);
  return short;
}

function getCodePoints(p: number, length: number): string {
  let long = "";
  for (let i = 0; i < length; i++) {
    let codePoint = get(p, 8);
    p += 8;
    if (codePoint > 127) {
      codePoint = moreUnsigned(p, codePoint, 3);
      p = cursor.position;
    }
    if (!isXmlCharacter(codePoint) || p > cursor.end) throw REFUSED;
    long += String.fromCodePoint(codePoint);
  }
  cursor.position = p;
  return long;
}

/** Decoded octets are views of blocks that are shared by several messages: a long-lived holder copies them. */
const arenaBytes = binaryLengthMax + 4;
let arena = new ArrayBuffer(arenaBytes);
let arenaView = new DataView(arena);
let arenaUsed = 0;

export function getOctets(p: number, lead: number, lengthMax: number): Uint8Array {
  const length = getLength(p, lead);
  p = cursor.position;
  if (length > lengthMax || p + length * 8 > cursor.end) throw REFUSED;
  if (arenaUsed + length + 4 > arenaBytes) {
    arena = new ArrayBuffer(arenaBytes);
    arenaView = new DataView(arena);
    arenaUsed = 0;
  }
  const start = arenaUsed;
  const shift = p & 7;
  const at = p >>> 3;
  for (let i = 0; i < length; i += 4) {
    arenaView.setUint32(start + i, (inputView.getUint32(at + i) << shift) | (input[at + i + 4]! >>> (8 - shift)));
  }
  arenaUsed = start + ((length + 3) & -4);
  cursor.position = p + length * 8;
  return new Uint8Array(arena, start, length);
}

/** Spoils bytes and text the way noise, cut transfers, hasty editors and attackers do; the same chance spoils the same way. */
import type { Random } from "../../sim/random.ts";

/** Values that have broken readers before, as they stand in text. */
const awkward = [
  "0",
  "-1",
  "-0",
  "1e309",
  "1e-400",
  "NaN",
  "9007199254740993",
  "99999999999999999999999999",
  "2147483648",
  "-32769",
  "65536",
  "null",
  "true",
  "~",
  "[]",
  "{}",
  '""',
  "[[[[[[[[",
  "__proto__",
  "constructor",
  "toString",
  "0x10",
  "1_000",
  "2026-02-30",
  "2026-10-25T02:30:00+02:00",
  "24:00",
  "-00:00",
  "&a *a",
  "&a [*a]",
  "*x",
  "!!binary x",
  "<<: *x",
  "\u0000",
  "\ufeff",
  "\u2028",
  "\ud800",
  "é",
  "🚌",
  "../../etc/passwd",
  "=1+1",
] as const;
const longMax = 4_000;
const bytesMax = 64_000;

type Mutation = (bytes: Buffer, chance: Random, other: Buffer) => Buffer;

const at = (bytes: Buffer, chance: Random): number => chance.below(bytes.length + 1);
const splice = (bytes: Buffer, from: number, to: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(to)]);

/** From one place to another, at most so far apart. */
function span(bytes: Buffer, chance: Random, most: number): [number, number] {
  const from = at(bytes, chance);
  return [from, Math.min(bytes.length, from + 1 + chance.below(most))];
}

/** Where a word or number of text begins and ends, near a place. */
function wordAt(bytes: Buffer, from: number): [number, number] {
  const isWord = (code: number | undefined): boolean =>
    code !== undefined && (code > 127 || /[\w.+:/-]/.test(String.fromCharCode(code)));
  let start = from;
  while (start < bytes.length && !isWord(bytes[start])) start++;
  let end = start;
  while (isWord(bytes[end])) end++;
  while (start > 0 && isWord(bytes[start - 1])) start--;
  return [start, end];
}

function lineAt(bytes: Buffer, from: number): [number, number] {
  const start = from === 0 ? 0 : bytes.lastIndexOf(10, from - 1) + 1;
  const end = bytes.indexOf(10, from);
  return [start, end < 0 ? bytes.length : end + 1];
}

const mutations: readonly Mutation[] = [
  function flipBit(bytes, chance) {
    if (bytes.length === 0) return bytes;
    const copy = Buffer.from(bytes);
    copy[chance.below(copy.length)]! ^= 1 << chance.below(8);
    return copy;
  },
  function anyByte(bytes, chance) {
    if (bytes.length === 0) return bytes;
    const copy = Buffer.from(bytes);
    copy[chance.below(copy.length)] = chance.pick([0, 1, 0x7f, 0x80, 0xff, 10, 32, 34, 44, 58, chance.below(256)]);
    return copy;
  },
  function cutOff(bytes, chance) {
    return bytes.subarray(0, at(bytes, chance));
  },
  function cutOut(bytes, chance) {
    const [from, to] = span(bytes, chance, 64);
    return splice(bytes, from, to, Buffer.alloc(0));
  },
  function double(bytes, chance) {
    const [from, to] = span(bytes, chance, 200);
    return splice(bytes, to, to, bytes.subarray(from, to));
  },
  function repeat(bytes, chance) {
    const [from, to] = span(bytes, chance, 16);
    const piece = bytes.subarray(from, to);
    const times = 1 + chance.below(Math.max(1, Math.floor(longMax / Math.max(1, piece.length))));
    return splice(bytes, to, to, Buffer.concat(new Array<Buffer>(times).fill(piece)));
  },
  function otherWord(bytes, chance) {
    const [from, to] = wordAt(bytes, at(bytes, chance));
    return splice(bytes, from, to, Buffer.from(chance.pick(awkward)));
  },
  function wordFromElsewhere(bytes, chance, other) {
    const [from, to] = wordAt(bytes, at(bytes, chance));
    return splice(bytes, from, to, other.subarray(...wordAt(other, at(other, chance))));
  },
  function lineFromElsewhere(bytes, chance, other) {
    const [from] = lineAt(bytes, at(bytes, chance));
    return splice(bytes, from, from, other.subarray(...lineAt(other, at(other, chance))));
  },
  function withoutLine(bytes, chance) {
    const [from, to] = lineAt(bytes, at(bytes, chance));
    return splice(bytes, from, to, Buffer.alloc(0));
  },
  function pieceFromElsewhere(bytes, chance, other) {
    const [from, to] = span(bytes, chance, 64);
    return splice(bytes, from, to, other.subarray(...span(other, chance, 64)));
  },
];

const stepsMax = 6;

/** Spoils bytes once to some times; `other` lends words and lines. Never longer than 64 kB. */
export function mutate(bytes: Buffer, chance: Random, other: Buffer): Buffer {
  let spoilt = bytes;
  for (let steps = 1 + chance.below(stepsMax); steps > 0; steps--)
    spoilt = chance.pick(mutations)(spoilt, chance, other);
  return spoilt.subarray(0, bytesMax);
}

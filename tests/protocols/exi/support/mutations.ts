/** Frames that are nearly right, from frames that are: what a noisy line, a defect or an attacker sends. */

import { isDeepStrictEqual } from "node:util";
import { BitReader } from "../../../../src/protocols/exi/bits.ts";
import { ExiError } from "../../../../src/protocols/exi/errors.ts";
import { interpretDocument } from "../../../../src/protocols/exi/interpret.ts";
import { anyCodecOf, bytesOf, comparable, hexOf, readVectors, setOf } from "./vectors.ts";

/** A small seeded generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Mutated {
  /** Index of the frame that it was made from. */
  readonly origin: number;
  readonly frame: Uint8Array;
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** Every call gives another frame, mutated once to three times. */
function createMutator(random: () => number, frames: readonly Uint8Array[]): () => Mutated {
  const below = (n: number): number => Math.floor(random() * n);
  const mutations: ((frame: Uint8Array) => Uint8Array)[] = [
    function flipBit(frame) {
      frame[below(frame.length)]! ^= 1 << below(8);
      return frame;
    },
    function flipEarlyBit(frame) {
      frame[below(Math.min(frame.length, 24))]! ^= 1 << below(8);
      return frame;
    },
    function replaceByte(frame) {
      frame[below(frame.length)] = below(256);
      return frame;
    },
    function fillRun(frame) {
      const start = below(frame.length);
      return frame.fill([0, 0xff, 0x80, 0x55][below(4)]!, start, start + 1 + below(12));
    },
    function truncate(frame) {
      return frame.slice(0, 1 + below(frame.length));
    },
    function insertByte(frame) {
      const at = below(frame.length + 1);
      return joined(frame.subarray(0, at), Uint8Array.of(below(256)), frame.subarray(at));
    },
    function removeByte(frame) {
      const at = below(frame.length);
      return joined(frame.subarray(0, at), frame.subarray(at + 1));
    },
    function splice(frame) {
      const other = frames[below(frames.length)]!;
      return joined(frame.subarray(0, below(frame.length) + 1), other.subarray(below(other.length)));
    },
  ];
  return () => {
    const origin = below(frames.length);
    let frame: Uint8Array = frames[origin]!.slice();
    for (let times = 1 + below(3); times > 0 && frame.length > 0; times--)
      frame = mutations[below(mutations.length)]!(frame);
    return { origin, frame };
  };
}

export interface MutationReport {
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  /** What must not happen, each with the frame that shows it: an error without a name, or two opinions. */
  readonly defects: readonly string[];
  readonly heapGrowthMiB: number;
}

const defectsMax = 20;

/** Reads `count` mutations of the golden messages. What is accepted is compared with the interpreter, which has seen the rest. */
export function runMutations(count: number, seed: number): MutationReport {
  const vectors = readVectors("public.jsonl.gz").map(({ schemaSet, exi }) => ({ schemaSet, bytes: bytesOf(exi) }));
  const mutate = createMutator(
    mulberry32(seed),
    vectors.map(({ bytes }) => bytes),
  );
  const refused: Record<string, number> = {};
  const defects: string[] = [];
  let accepted = 0;
  let heapStart = 0;
  let heapMax = 0;
  for (let i = 0; i < count && defects.length < defectsMax; i++) {
    const { origin, frame } = mutate();
    const { schemaSet } = vectors[origin]!;
    const codec = anyCodecOf(schemaSet);
    const defect = (what: string): unknown =>
      defects.push(`frame ${i} of seed ${seed}, ${schemaSet}, ${what}: ${hexOf(frame)}`);
    let message: { root: string; value: unknown } | undefined;
    try {
      message = codec.decode(frame);
    } catch (error) {
      if (error instanceof ExiError && error.bit !== undefined) refused[error.code] = (refused[error.code] ?? 0) + 1;
      else defect(String(error));
    }
    if (message !== undefined) {
      accepted++;
      try {
        const stated = interpretDocument(new BitReader(frame), setOf(schemaSet));
        if (!isDeepStrictEqual(comparable(message.value), comparable(stated.value))) defect("two opinions");
        const again = codec.decode(codec.encode(message.root, message.value));
        if (!isDeepStrictEqual(comparable(message.value), comparable(again.value))) defect("not the same again");
      } catch (error) {
        defect(`accepted by one, refused by the other (${error})`);
      }
    }
    if (i % 10_000 === 5_000) {
      const heap = process.memoryUsage().heapUsed;
      if (heapStart === 0) heapStart = heap;
      heapMax = Math.max(heapMax, heap);
    }
  }
  return { accepted, refused, defects, heapGrowthMiB: (heapMax - heapStart) / 2 ** 20 };
}

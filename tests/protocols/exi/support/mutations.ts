/** Frames that are nearly right, from frames that are: what a noisy line, a defect or an attacker sends. */

/** A small seeded generator of numbers in [0, 1). */
export function mulberry32(seed: number): () => number {
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
export function createMutator(random: () => number, frames: readonly Uint8Array[]): () => Mutated {
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

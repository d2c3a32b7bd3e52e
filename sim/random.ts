/**
 * Seeded chance: the same seed gives the same numbers on every machine. The generator is sfc32 (Chris Doty-Humphrey's
 * small fast chaotic generator, 128 bits of state, period at least 2^32), seeded through a 32-bit mixing hash.
 */
import type { Chance } from "./plant/chance.ts";

const twoTo32 = 4_294_967_296;

/** Mixes text or a number into 32 bits (FNV-1a, then a finalizer), for seeds and for naming streams. */
export function hash32(value: string | number): number {
  const text = String(value);
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Random implements Chance {
  readonly seed: number;
  readonly #state = new Int32Array(4);
  #spareNormal = Number.NaN;

  constructor(seed: number) {
    this.seed = seed;
    const s = this.#state;
    for (let i = 0; i < 3; i++) s[i] = hash32(`${seed}/${i}`);
    s[3] = 1;
    for (let i = 0; i < 12; i++) this.uniform();
  }

  /** In [0, 1). */
  uniform(): number {
    const s = this.#state;
    const t = (((s[0]! + s[1]!) | 0) + s[3]!) | 0;
    s[3] = (s[3]! + 1) | 0;
    s[0] = s[1]! ^ (s[1]! >>> 9);
    s[1] = (s[2]! + (s[2]! << 3)) | 0;
    s[2] = (((s[2]! << 21) | (s[2]! >>> 11)) + t) | 0;
    return (t >>> 0) / twoTo32;
  }

  /** In [min, max). */
  between(min: number, max: number): number {
    return min + (max - min) * this.uniform();
  }

  /** A whole number in [0, count). */
  below(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** Mean 0, standard deviation 1 (Marsaglia's polar method, two at a time). */
  normal(): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal;
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const r = x * x + y * y;
      if (r > 0 && r < 1) {
        const scale = Math.sqrt((-2 * Math.log(r)) / r);
        this.#spareNormal = y * scale;
        return x * scale;
      }
    }
  }

  /** A waiting time with this mean, for events that know no past. */
  waiting(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** An independent stream for one purpose: adding a new user of chance does not disturb the others. */
  stream(purpose: string): Random {
    return new Random(hash32(`${this.seed}/${purpose}`));
  }
}

/**
 * One column of a recording: a number that changes from tick to tick, coded by what it was before. In this order it is tried
 * whether it stays as it is, whether it is what a neighbour is in the same tick, whether it is one of the column's 256 known
 * values, a whole number of steps away from the last one, and at last it is written as it stands. Values of registers come back
 * again and again, so most of them cost a few bits; every double, NaN and −0 included, comes out as it went in.
 */
import { Bits, type RangeDecoder, type RangeEncoder } from "./range-coder.ts";

/** Steps in one unit: what registers are scaled by, and the loop's own moments, voltages and frequencies. */
const scales = [1, 10, 100, 1_000, 8, 0.1, 4_096, 512] as const;
const scaleWidth = 3;
const knownMax = 256;
const knownWidth = 8;
/** Steps from zero that are exact, with room for their difference. */
const stepsMax = 2 ** 40;
const lengthWidth = 6;

const methodKnown = 0;
const methodSteps = 1;
const methodRaw = 2;

/** Places in a column's bits. */
const heldAt = 0;
const neighbourAt = 4;
const methodAt = 6;
const scaleAt = 10;
const lengthAt = scaleAt + 2 + (1 << scaleWidth);
const mantissaAt = lengthAt + (1 << lengthWidth);
const headLength = mantissaAt + (1 << lengthWidth);

const double = new Float64Array(1);
const bytes = new Uint8Array(double.buffer);

/** The same number to whoever calculates: bit by bit, and NaN like NaN. */
export const same = (a: number, b: number): boolean =>
  a === b ? a !== 0 || 1 / a === 1 / b : Number.isNaN(a) && Number.isNaN(b);

export class Column {
  last = 0;
  held = true;
  readonly #head = new Bits(headLength);
  #knownBits: Bits | null = null;
  readonly #known = new Float64Array(knownMax);
  readonly #places = new Map<number, number>();
  #knownCount = 0;
  #nextKnown = 0;
  #rawBits: Bits | null = null;
  #scale = 0;
  #likeNeighbour = 0;

  /** `fresh`: its device was heard in this tick. */
  encodeHeld(encoder: RangeEncoder, isHeld: boolean, fresh: boolean): void {
    encoder.bit(this.#head, heldAt + (this.held ? 1 : 0) + (fresh ? 2 : 0), isHeld ? 1 : 0);
    this.held = isHeld;
  }

  decodeHeld(decoder: RangeDecoder, fresh: boolean): boolean {
    this.held = decoder.bit(this.#head, heldAt + (this.held ? 1 : 0) + (fresh ? 2 : 0)) === 1;
    return this.held;
  }

  /** `base`, 0 for none, is what the column is expected to be: only what is beyond it is coded; `neighbour` is NaN-safe and compared by its bits. */
  encode(encoder: RangeEncoder, value: number, base: number, neighbour: number, hasNeighbour: boolean): void {
    if (hasNeighbour) {
      const isSame = same(value, neighbour);
      encoder.bit(this.#head, neighbourAt + this.#likeNeighbour, isSame ? 1 : 0);
      this.#likeNeighbour = isSame ? 1 : 0;
      if (isSame) {
        this.last = value;
        return;
      }
    }
    const offset = same(base + (value - base), value) && !Object.is(value - base, -0) ? value - base : Number.NaN;
    const usable = !Number.isNaN(offset) || (base === 0 && Number.isNaN(value));
    const place = usable ? this.#places.get(offset) : undefined;
    const isKnown = place !== undefined && !isMinusZero(offset);
    const scale = usable ? this.#scaleOf(offset) : -1;
    const lastOffset = base === 0 ? this.last : 0;
    if (isKnown && !(scale >= 0 && this.#stepsCost(offset, lastOffset, scale) < this.#knownCost(place))) {
      encoder.tree(this.#head, methodAt, 2, methodKnown);
      encoder.tree(this.#knownTree(), 0, knownWidth, place);
    } else if (scale >= 0) {
      encoder.tree(this.#head, methodAt, 2, methodSteps);
      this.#encodeSteps(encoder, offset, lastOffset, scale);
      if (!isKnown) this.#remember(offset);
    } else {
      encoder.tree(this.#head, methodAt, 2, methodRaw);
      this.#encodeRaw(encoder, value);
      if (usable && !isMinusZero(offset) && !isKnown) this.#remember(offset);
    }
    this.last = value;
  }

  decode(decoder: RangeDecoder, base: number, neighbour: number, hasNeighbour: boolean): number {
    if (hasNeighbour) {
      this.#likeNeighbour = decoder.bit(this.#head, neighbourAt + this.#likeNeighbour);
      if (this.#likeNeighbour === 1) {
        this.last = neighbour;
        return neighbour;
      }
    }
    const method = decoder.tree(this.#head, methodAt, 2);
    let value: number;
    if (method === methodKnown) {
      const offset = this.#known[decoder.tree(this.#knownTree(), 0, knownWidth)]!;
      value = base + offset;
    } else if (method === methodSteps) {
      const offset = this.#decodeSteps(decoder, base === 0 ? this.last : 0);
      value = base + offset;
      if (!this.#places.has(offset)) this.#remember(offset);
    } else {
      value = this.#decodeRaw(decoder);
      const back = value - base;
      const offset = same(base + back, value) && !Object.is(back, -0) ? back : Number.NaN;
      const usable = !Number.isNaN(offset) || (base === 0 && Number.isNaN(value));
      if (usable && !isMinusZero(offset) && !this.#places.has(offset)) this.#remember(offset);
    }
    this.last = value;
    return value;
  }

  /** A known value is forgotten for a new one, the oldest first. */
  #remember(offset: number): void {
    if (this.#knownCount === knownMax) this.#places.delete(this.#known[this.#nextKnown]!);
    else this.#knownCount++;
    this.#known[this.#nextKnown] = offset;
    this.#places.set(offset, this.#nextKnown);
    this.#nextKnown = (this.#nextKnown + 1) % knownMax;
  }

  #knownTree(): Bits {
    this.#knownBits ??= new Bits(knownMax);
    return this.#knownBits;
  }

  #knownCost(place: number): number {
    const bits = this.#knownTree();
    let node = 1;
    let cost = 0;
    for (let i = knownWidth - 1; i >= 0; i--) {
      const bit = (place >>> i) & 1;
      cost += bits.cost(node, bit);
      node = (node << 1) | bit;
    }
    return cost;
  }

  /** A scale by which the number is a whole number of steps, the column's own first; −1 for none. */
  #scaleOf(value: number): number {
    if (!(Math.abs(value) < 2 ** 36) || isMinusZero(value)) return -1;
    if (isWhole(value, this.#scale)) return this.#scale;
    for (let s = 0; s < scales.length; s++) if (isWhole(value, s)) return s;
    return -1;
  }

  #stepsCost(value: number, last: number, scale: number): number {
    const z = zigzag(stepsOf(value, scale) - lastSteps(last, scale));
    const width = widthOf(z);
    let node = 1;
    let cost = width > 1 ? 16 * (width - 1) : 0;
    for (let i = lengthWidth - 1; i >= 0; i--) {
      const bit = (width >>> i) & 1;
      cost += this.#head.cost(lengthAt + node, bit);
      node = (node << 1) | bit;
    }
    return cost;
  }

  #encodeSteps(encoder: RangeEncoder, value: number, last: number, scale: number): void {
    encoder.bit(this.#head, scaleAt, scale === this.#scale ? 1 : 0);
    if (scale !== this.#scale) encoder.tree(this.#head, scaleAt + 1, scaleWidth, scale);
    this.#scale = scale;
    const z = zigzag(stepsOf(value, scale) - lastSteps(last, scale));
    const width = widthOf(z);
    encoder.tree(this.#head, lengthAt, lengthWidth, width);
    if (width < 2) return;
    const below = z - 2 ** (width - 1);
    const half = 2 ** (width - 2);
    encoder.bit(this.#head, mantissaAt + width, below >= half ? 1 : 0);
    plain(encoder, below % half, width - 2);
  }

  #decodeSteps(decoder: RangeDecoder, last: number): number {
    if (decoder.bit(this.#head, scaleAt) === 0) this.#scale = decoder.tree(this.#head, scaleAt + 1, scaleWidth);
    const scale = this.#scale;
    const width = decoder.tree(this.#head, lengthAt, lengthWidth);
    let z = width === 0 ? 0 : 1;
    if (width >= 2) {
      const half = 2 ** (width - 2);
      const high = decoder.bit(this.#head, mantissaAt + width);
      z = 2 ** (width - 1) + high * half + plainFrom(decoder, width - 2);
    }
    return fromSteps(lastSteps(last, scale) + unzigzag(z), scale);
  }

  #encodeRaw(encoder: RangeEncoder, value: number): void {
    double[0] = value;
    const bits = this.#rawTree();
    for (let i = 0; i < 8; i++) encoder.tree(bits, i * 256, 8, bytes[i]!);
  }

  #decodeRaw(decoder: RangeDecoder): number {
    const bits = this.#rawTree();
    for (let i = 0; i < 8; i++) bytes[i] = decoder.tree(bits, i * 256, 8);
    return double[0]!;
  }

  #rawTree(): Bits {
    this.#rawBits ??= new Bits(8 * 256);
    return this.#rawBits;
  }
}

const isMinusZero = (value: number): boolean => value === 0 && 1 / value < 0;
const stepsOf = (value: number, scale: number): number => Math.round(value * scales[scale]!);
const fromSteps = (steps: number, scale: number): number => {
  const value = steps / scales[scale]!;
  return value === 0 ? 0 : value;
};
const isWhole = (value: number, scale: number): boolean => {
  const steps = stepsOf(value, scale);
  return Math.abs(steps) < stepsMax && fromSteps(steps, scale) === value;
};
/** Where the steps are counted from: the last value, or zero where that is no number or out of reach. */
const lastSteps = (last: number, scale: number): number => {
  const steps = stepsOf(last, scale);
  return Math.abs(steps) < stepsMax ? steps : 0;
};
const zigzag = (difference: number): number => (difference >= 0 ? 2 * difference : -2 * difference - 1);
const unzigzag = (z: number): number => (z % 2 === 0 ? z / 2 : -(z + 1) / 2);
/** Bits of a whole number up to 2 ** 53. */
const widthOf = (z: number): number =>
  z < 2 ** 31 ? 32 - Math.clz32(z) : 32 + (32 - Math.clz32(Math.floor(z / 2 ** 32)));

const plainPart = 16;
function plain(encoder: RangeEncoder, value: number, width: number): void {
  let left = width;
  while (left > 0) {
    const take = Math.min(left, plainPart);
    left -= take;
    encoder.plain(Math.floor(value / 2 ** left) % 2 ** take, take);
  }
}
function plainFrom(decoder: RangeDecoder, width: number): number {
  let value = 0;
  let left = width;
  while (left > 0) {
    const take = Math.min(left, plainPart);
    left -= take;
    value = value * 2 ** take + decoder.plain(take);
  }
  return value;
}

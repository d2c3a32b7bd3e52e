/**
 * Adaptive binary range coder: each yes or no costs what it is worth by how often it was yes before, down to a few thousandths
 * of a bit. Carries as in LZMA (range 32 bits, one pending byte and a count of 0xFF). Each probability is the mean of a quick
 * and a slow one, so that it learns at once and still comes close to certainty.
 */

/** Quick and slow halves of `count` probabilities, 16 bits each, of a 0. */
export class Bits {
  readonly quick: Uint16Array;
  readonly slow: Uint16Array;

  constructor(count: number) {
    this.quick = new Uint16Array(count).fill(0x8000);
    this.slow = new Uint16Array(count).fill(0x8000);
  }

  /** Of a 0, in (0, 65536). */
  zero(i: number): number {
    return Math.min(Math.max((this.quick[i]! + this.slow[i]!) >>> 1, least), 0x1_0000 - least);
  }

  learn(i: number, bit: number): void {
    const quick = this.quick[i]!;
    const slow = this.slow[i]!;
    if (bit === 0) {
      this.quick[i] = quick + ((0xffff - quick) >>> quickShift);
      this.slow[i] = slow + ((0xffff - slow) >>> slowShift);
    } else {
      this.quick[i] = quick - (quick >>> quickShift);
      this.slow[i] = slow - (slow >>> slowShift);
    }
  }

  /** What coding `bit` would cost, in 1/16 bits. */
  cost(i: number, bit: number): number {
    const zero = this.zero(i);
    return costs[(bit === 0 ? zero : 0x1_0000 - zero) >>> 8]!;
  }
}

const quickShift = 4;
const slowShift = 7;
/** No bit is ever impossible. */
const least = 24;
const costs = Uint16Array.from({ length: 256 }, (_, i) => Math.round(-16 * Math.log2((i + 0.5) / 256)));

const top = 2 ** 24;

export class RangeEncoder {
  #bytes = new Uint8Array(4_096);
  #length = 0;
  #low = 0;
  #range = 0xffff_ffff;
  #cache = 0;
  #pending = 1;

  bit(bits: Bits, i: number, bit: number): void {
    const bound = (this.#range >>> 16) * bits.zero(i);
    if (bit === 0) this.#range = bound;
    else {
      this.#low += bound;
      this.#range -= bound;
    }
    bits.learn(i, bit);
    while (this.#range < top) this.#shift();
  }

  /** `count` ≤ 24 bits as they are, the highest first. */
  plain(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) {
      this.#range >>>= 1;
      if (((value >>> i) & 1) === 1) this.#low += this.#range;
      while (this.#range < top) this.#shift();
    }
  }

  /** A number of `width` bits through a tree of `2 ** width` probabilities at `at`. */
  tree(bits: Bits, at: number, width: number, value: number): void {
    let node = 1;
    for (let i = width - 1; i >= 0; i--) {
      const bit = (value >>> i) & 1;
      this.bit(bits, at + node, bit);
      node = (node << 1) | bit;
    }
  }

  /** Bytes so far, before the end is written. */
  get length(): number {
    return this.#length + this.#pending;
  }

  /** Everything coded since the last end; the next begins anew, with what was learned. */
  finish(): Uint8Array {
    for (let i = 0; i < 5; i++) this.#shift();
    const bytes = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#low = 0;
    this.#range = 0xffff_ffff;
    this.#cache = 0;
    this.#pending = 1;
    return bytes;
  }

  #shift(): void {
    if (this.#low < 0xff00_0000 || this.#low >= 0x1_0000_0000) {
      const carry = this.#low >= 0x1_0000_0000 ? 1 : 0;
      let byte = this.#cache;
      do {
        this.#put((byte + carry) & 0xff);
        byte = 0xff;
      } while (--this.#pending > 0);
      this.#cache = Math.floor(this.#low / 0x100_0000) & 0xff;
    }
    this.#pending++;
    this.#low = (this.#low % 0x100_0000) * 256;
    this.#range = (this.#range * 256) >>> 0;
  }

  #put(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }
}

/** Reads beyond its end as zeros and says so: whoever decodes broken bytes gets wrong numbers, never an endless loop. */
export class RangeDecoder {
  readonly #bytes: Uint8Array;
  #at = 0;
  #code = 0;
  #range = 0xffff_ffff;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let i = 0; i < 5; i++) this.#code = (this.#code * 256 + this.#next()) % 0x1_0000_0000;
  }

  /** More was asked for than there is. */
  get isBeyondEnd(): boolean {
    return this.#at > this.#bytes.length;
  }

  bit(bits: Bits, i: number): number {
    const bound = (this.#range >>> 16) * bits.zero(i);
    let bit = 0;
    if (this.#code < bound) this.#range = bound;
    else {
      bit = 1;
      this.#code -= bound;
      this.#range -= bound;
    }
    bits.learn(i, bit);
    while (this.#range < top) this.#shift();
    return bit;
  }

  plain(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      let bit = 0;
      if (this.#code >= this.#range) {
        bit = 1;
        this.#code -= this.#range;
      }
      value = (value << 1) | bit;
      while (this.#range < top) this.#shift();
    }
    return value;
  }

  tree(bits: Bits, at: number, width: number): number {
    let node = 1;
    for (let i = 0; i < width; i++) node = (node << 1) | this.bit(bits, at + node);
    return node - (1 << width);
  }

  #shift(): void {
    this.#code = (this.#code * 256 + this.#next()) % 0x1_0000_0000;
    this.#range = (this.#range * 256) >>> 0;
  }

  #next(): number {
    return this.#bytes[this.#at++] ?? 0;
  }
}

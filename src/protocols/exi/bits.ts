/**
 * Bits, most significant first, with every access checked. The interpreter stands on these two classes;
 * the generated functions have their own, faster and equally bounded, access in `scratch.ts`.
 */
import { ExiError } from "./errors.ts";

/** Largest message, in and out: far beyond what a session sends (certificates and schedules take a few KiB). */
export const messageBytesMax = 1 << 18;

/**
 * Bytes behind the end of a message that are tolerated: some senders pad to words of 64 bits. More of them are rather
 * the entry of a list that is longer than its maximum.
 */
export const trailingBytesMax = 7;

/** How many bits a number from 0 to `values - 1` takes. */
export const bitWidth = (values: number): number => (values <= 1 ? 0 : 32 - Math.clz32(values - 1));

/** Reads from a position that may be moved; reading behind the end is `truncated`. */
export class BitReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length * 8) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** The next `count` (0 to 32) bits as an unsigned number. */
  read(count: number): number {
    this.need(count);
    let value = 0;
    for (let left = count; left > 0; ) {
      const at = this.position >>> 3;
      const taken = Math.min(left, 16);
      const window = (this.bytes[at]! << 24) | ((this.bytes[at + 1] ?? 0) << 16) | ((this.bytes[at + 2] ?? 0) << 8);
      value = value * 2 ** taken + ((window << (this.position & 7)) >>> (32 - taken));
      this.position += taken;
      left -= taken;
    }
    return value;
  }

  octets(count: number): Uint8Array {
    this.need(count * 8);
    const octets = new Uint8Array(count);
    for (let i = 0; i < count; i++) octets[i] = this.read(8);
    return octets;
  }

  /** Fails before anything is allocated when fewer bits are left than a value of this length takes at least. */
  need(bits: number): void {
    if (this.position + bits <= this.end) return;
    throw new ExiError("truncated", "the message ends too early", { bit: this.end });
  }
}

/** Appends bits to a buffer that doubles up to `messageBytesMax`. */
export class BitWriter {
  private bytes = new Uint8Array(256);
  position = 0;

  /** Appends the low `count` (0 to 32) bits of `value`. */
  write(value: number, count: number): void {
    while (this.position + count > this.bytes.length * 8) this.grow();
    for (let left = count; left > 0; ) {
      const free = 8 - (this.position & 7);
      const put = Math.min(free, left);
      const bits = Math.floor(value / 2 ** (left - put)) & ((1 << put) - 1);
      this.bytes[this.position >>> 3]! |= bits << (free - put);
      this.position += put;
      left -= put;
    }
  }

  /** What has been written, zero bits up to the byte's end. */
  finish(): Uint8Array {
    return this.bytes.slice(0, (this.position + 7) >>> 3);
  }

  private grow(): void {
    if (this.bytes.length >= messageBytesMax) {
      throw new ExiError("message-too-large", `the message is larger than ${messageBytesMax} bytes`);
    }
    const grown = new Uint8Array(this.bytes.length * 2);
    grown.set(this.bytes);
    this.bytes = grown;
  }
}

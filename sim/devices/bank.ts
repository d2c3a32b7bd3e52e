/**
 * Registers of an emulated device as its maker describes them: what is not described does not exist, a value may insist on
 * being read whole, writes go where the maker allows them and everywhere else are refused and counted.
 */
import type { Registers } from "../../src/protocols/modbus/answer.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";

/** Holding registers (3), input registers (4), coils (1) and discrete inputs (2). */
export type Space = 1 | 2 | 3 | 4;

/** What a device is particular about. */
export interface BankHabits {
  /** Of values of several registers the lowest comes first. */
  readonly lowWordFirst?: boolean;
  /** The two bytes of each register of a text are turned. */
  readonly turnedText?: boolean;
  readonly registersMax?: number;
  /** A read that begins or ends inside a value is refused. */
  readonly wholeValues?: boolean;
  /** The same registers answer functions 3 and 4. */
  readonly inputIsHolding?: boolean;
}

/** A write that was taken, as it came. */
export interface TakenWrite {
  readonly functionCode: number;
  readonly address: number;
  readonly words: readonly number[];
}

type Taken = (words: readonly number[], functionCode: number) => ExceptionCode | undefined;

/** One unit's registers. */
export class DeviceBank implements Registers {
  readonly hasBits = true;
  readonly writes: TakenWrite[] = [];
  /** Writes to places that the maker does not let anybody write. */
  forbiddenWrites = 0;
  reads = 0;
  /** Called before each read, to bring the values up to date. */
  refresh: () => void = () => undefined;
  readonly #habits: BankHabits;
  readonly #words: Readonly<Record<Space, Map<number, number>>> = {
    1: new Map(),
    2: new Map(),
    3: new Map(),
    4: new Map(),
  };
  /** First register of a value → the one after its last. */
  readonly #values: Readonly<Record<Space, Map<number, number>>> = {
    1: new Map(),
    2: new Map(),
    3: new Map(),
    4: new Map(),
  };
  readonly #writable = new Map<string, { readonly count: number; readonly taken: Taken }>();

  constructor(habits: BankHabits = {}) {
    this.#habits = habits;
  }

  int16(space: Space, address: number, value: number): void {
    this.words(space, address, [Math.round(value) & 0xffff]);
  }

  int32(space: Space, address: number, value: number): void {
    const whole = Math.round(value) >>> 0;
    this.#ordered(space, address, [whole >>> 16, whole & 0xffff]);
  }

  int64(space: Space, address: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(Math.round(value)));
    this.#ordered(space, address, wordsOf(bytes));
  }

  float32(space: Space, address: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(value);
    this.#ordered(space, address, wordsOf(bytes));
  }

  float64(space: Space, address: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    this.#ordered(space, address, wordsOf(bytes));
  }

  text(space: Space, address: number, text: string, registers: number): void {
    const bytes = Buffer.alloc(2 * registers);
    bytes.write(text, "latin1");
    if (this.#habits.turnedText) bytes.swap16();
    this.words(space, address, wordsOf(bytes));
  }

  bit(space: 1 | 2, address: number, on: boolean): void {
    this.words(space, address, [on ? 1 : 0]);
  }

  /** Registers as they are, one value. */
  words(space: Space, address: number, words: readonly number[]): void {
    for (const [i, word] of words.entries()) this.#words[space].set(address + i, word & 0xffff);
    this.#values[space].set(address, address + words.length);
  }

  word(space: Space, address: number): number {
    return this.#words[space].get(address) ?? 0;
  }

  /** A place that may be written with one function, `count` registers at once; they exist for reading too, unless `hidden`. */
  writable(
    functionCode: 5 | 6 | 15 | 16,
    address: number,
    count: number,
    taken: Taken = () => undefined,
    hidden = false,
  ): void {
    this.#writable.set(`${functionCode}@${address}`, { count, taken });
    const space = functionCode === 5 || functionCode === 15 ? 1 : 3;
    const missing = !this.#words[space].has(address);
    if (missing && !hidden) this.words(space, address, new Array<number>(count).fill(0));
  }

  /** A writable number of two registers, in the device's order; `null` for anything else than 2 words. */
  number32(words: readonly number[], kind: "int32" | "float32"): number {
    const [high, low] = this.#habits.lowWordFirst ? [words[1]!, words[0]!] : [words[0]!, words[1]!];
    const bytes = Buffer.alloc(4);
    bytes.writeUInt16BE(high, 0);
    bytes.writeUInt16BE(low, 2);
    return kind === "int32" ? bytes.readInt32BE(0) : bytes.readFloatBE(0);
  }

  read(address: number, count: number, into: Buffer, at: number, functionCode = 3): ExceptionCode {
    this.refresh();
    this.reads += 1;
    const asked = functionCode as Space;
    const space: Space = asked === 4 && this.#habits.inputIsHolding ? 3 : asked;
    if (space > 2 && count > (this.#habits.registersMax ?? 125)) return ExceptionCode.illegalValue;
    for (let i = 0; i < count; i += 1)
      if (!this.#words[space].has(address + i))
        return this.#words[space].size === 0 ? ExceptionCode.illegalFunction : ExceptionCode.illegalAddress;
    if (this.#habits.wholeValues && !this.#isWhole(space, address, count)) return ExceptionCode.illegalAddress;
    if (space <= 2) {
      into.fill(0, at, at + Math.ceil(count / 8));
      for (let i = 0; i < count; i += 1) into[at + (i >> 3)]! |= this.word(space, address + i) << (i & 7);
    } else for (let i = 0; i < count; i += 1) into.writeUInt16BE(this.word(space, address + i), at + 2 * i);
    return ExceptionCode.ok;
  }

  write(address: number, count: number, from: Buffer, at: number, functionCode = 16): ExceptionCode {
    const words = Array.from({ length: count }, (_, i) => this.#written(functionCode, from, at, i));
    const place = this.#writable.get(`${functionCode}@${address}`);
    if (place === undefined || count > place.count) {
      this.forbiddenWrites += 1;
      return ExceptionCode.illegalAddress;
    }
    const refusal = place.taken(words, functionCode);
    if (refusal !== undefined && refusal !== ExceptionCode.ok) {
      this.forbiddenWrites += 1;
      return refusal;
    }
    const space = functionCode === 5 || functionCode === 15 ? 1 : 3;
    for (const [i, word] of words.entries())
      if (this.#words[space].has(address + i)) this.#words[space].set(address + i, word);
    this.writes.push({ functionCode, address, words });
    return ExceptionCode.ok;
  }

  #written(functionCode: number, from: Buffer, at: number, i: number): number {
    if (functionCode === 5) return from.readUInt16BE(at) === 0xff00 ? 1 : 0;
    if (functionCode === 15) return (from[at + (i >> 3)]! >> (i & 7)) & 1;
    return from.readUInt16BE(at + 2 * i);
  }

  #ordered(space: Space, address: number, highFirst: readonly number[]): void {
    this.words(space, address, this.#habits.lowWordFirst ? [...highFirst].reverse() : highFirst);
  }

  #isWhole(space: Space, address: number, count: number): boolean {
    let next = address;
    while (next < address + count) {
      const end = this.#values[space].get(next);
      if (end === undefined) return false;
      next = end;
    }
    return next === address + count;
  }
}

const wordsOf = (bytes: Buffer): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i));

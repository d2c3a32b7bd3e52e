/** Plain registers and bits of an imaginary device, for tests: no SunSpec, no meaning. */
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";

export interface WrittenRegisters {
  readonly functionCode: number;
  readonly address: number;
  readonly words: readonly number[];
}

export interface RegisterBank {
  readonly hasBits: true;
  readonly holding: Uint16Array;
  readonly input: Uint16Array;
  readonly coils: Uint8Array;
  readonly discrete: Uint8Array;
  readonly writes: WrittenRegisters[];
  read(address: number, count: number, into: Buffer, at: number, functionCode?: number): ExceptionCode;
  write(address: number, count: number, from: Buffer, at: number, functionCode?: number): ExceptionCode;
}

export function registerBank(): RegisterBank {
  const holding = new Uint16Array(65_536);
  const input = new Uint16Array(65_536);
  const coils = new Uint8Array(65_536);
  const discrete = new Uint8Array(65_536);
  const writes: WrittenRegisters[] = [];
  return {
    hasBits: true,
    holding,
    input,
    coils,
    discrete,
    writes,
    read: (address, count, into, at, functionCode = 3) => {
      if (functionCode <= 2) {
        const bits = functionCode === 1 ? coils : discrete;
        into.fill(0, at, at + Math.ceil(count / 8));
        for (let i = 0; i < count; i += 1) into[at + (i >> 3)]! |= bits[address + i]! << (i & 7);
        return ExceptionCode.ok;
      }
      const words = functionCode === 4 ? input : holding;
      for (let i = 0; i < count; i += 1) into.writeUInt16BE(words[address + i]!, at + 2 * i);
      return ExceptionCode.ok;
    },
    write: (address, count, from, at, functionCode = 16) => {
      if (functionCode === 5 || functionCode === 15) {
        const bit = (i: number): number =>
          functionCode === 5 ? Number(from.readUInt16BE(at) === 0xff00) : (from[at + (i >> 3)]! >> (i & 7)) & 1;
        const bits = Array.from({ length: count }, (_, i) => bit(i));
        coils.set(bits, address);
        writes.push({ functionCode, address, words: bits });
        return ExceptionCode.ok;
      }
      const words = Array.from({ length: count }, (_, i) => from.readUInt16BE(at + 2 * i));
      holding.set(words, address);
      writes.push({ functionCode, address, words });
      return ExceptionCode.ok;
    },
  };
}

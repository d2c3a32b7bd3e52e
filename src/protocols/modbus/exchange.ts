/**
 * One Modbus request and the place for its reply, made once and used again for each transaction. Registers are big-endian
 * 16-bit words, coils and discrete inputs single bits, eight to a byte with the lowest address in the lowest bit; addresses
 * are 0-based (Modbus Application Protocol 1.1b3, functions 1 to 6, 15 and 16).
 */
import { invariant } from "../../domain/result.ts";
import type { ModbusFault } from "./faults.table.ts";

export const FunctionCode = {
  readCoils: 1,
  readDiscrete: 2,
  readHolding: 3,
  readInput: 4,
  writeCoil: 5,
  writeSingle: 6,
  writeCoils: 15,
  writeMultiple: 16,
} as const;
/** A function code of Modbus that is used here. */
export type FunctionCode = (typeof FunctionCode)[keyof typeof FunctionCode];

/** Most registers that one request may read or write. */
export const readRegistersMax = 125;
const writeRegistersMax = 123;

/** Most coils or inputs that one request may read or write. */
export const readBitsMax = 2_000;
const writeBitsMax = 1_968;
/** What a single coil is written with when it is to be on; 0 when off. */
const coilOn = 0xff00;

/** Functions of single bits: coils and discrete inputs. */
export const isBitFunction = (functionCode: FunctionCode): boolean =>
  functionCode <= FunctionCode.readDiscrete ||
  functionCode === FunctionCode.writeCoil ||
  functionCode === FunctionCode.writeCoils;

/** Functions that write; the others read. */
export const isWriteFunction = (functionCode: FunctionCode): boolean => functionCode > FunctionCode.readInput;

/** Most registers or bits that one request with this function holds. */
export function countMax(functionCode: FunctionCode): number {
  if (functionCode === FunctionCode.writeSingle || functionCode === FunctionCode.writeCoil) return 1;
  if (isBitFunction(functionCode)) return isWriteFunction(functionCode) ? writeBitsMax : readBitsMax;
  return isWriteFunction(functionCode) ? writeRegistersMax : readRegistersMax;
}

/** Bytes that so many registers or bits take. */
export const bytesOf = (functionCode: FunctionCode, count: number): number =>
  isBitFunction(functionCode) ? Math.ceil(count / 8) : 2 * count;

/** Length of the MBAP header, unit identifier included. */
export const headerLength = 7;
/** Longest frame: header and a PDU of 253 bytes. */
export const frameLengthMax = headerLength + 253;

const ignore = (): void => {};

/** A request with its reply, made once and used again; its buffers don't grow. */
export class Exchange {
  readonly unit: number;
  readonly functionCode: FunctionCode;
  readonly address: number;
  readonly count: number;
  readonly isWrite: boolean;
  /** Where the registers or bits of a write begin in `frame`. */
  readonly dataOffset: number;
  /** Bytes after the unit identifier that a good reply has. */
  readonly replyPduLength: number;
  /** Header and request as TCP sends them; the link puts the transaction identifier in front. */
  readonly frame: Buffer;
  /** Registers, or packed bits, of the last good read; what they hold after a fault is the read before. */
  readonly reply: Buffer;

  /** Between `start` and `onDone`. A busy exchange must not be started again. */
  busy = false;
  /** Why the last transaction failed; null when it did not. */
  fault: ModbusFault | null = null;
  /** With fault `exception`: the device's code. */
  exceptionCode = 0;
  /** While it waits for its turn: when it is given up unsent. Once sent: when the reply must be there. */
  deadlineMs = 0;
  startedMs = 0;
  /** When it went out; NaN while it has not. */
  sentMs = Number.NaN;
  /** Time for the reply from the moment of sending, ms; Infinity: `deadlineMs` counts for both. */
  replyTimeoutMs = Number.POSITIVE_INFINITY;
  /** The reply may name any unit: some gateways and devices put 0 or 255 there. */
  anyUnit = false;
  /** Called right before sending, to put the latest values in; false when there is nothing to say any more. */
  prepare: ((exchange: Exchange) => boolean) | null = null;
  /** Arrival of the reply, or the moment of the fault. */
  finishedMs = 0;
  /** Called exactly once for each start, perhaps before `start` returns. */
  onDone: (exchange: Exchange) => void = ignore;

  constructor(unit: number, functionCode: FunctionCode, address: number, count: number) {
    const isWrite = isWriteFunction(functionCode);
    const most = countMax(functionCode);
    const isSingle = most === 1;
    const dataBytes = bytesOf(functionCode, count);
    invariant(Number.isInteger(unit) && unit >= 0 && unit <= 255, `unit identifier ${unit} must be 0 to 255`);
    invariant(count >= 1 && count <= most, `one request with function ${functionCode} holds 1 to ${most} registers`);
    invariant(address >= 0 && address + count <= 65_536, `registers ${address} and ${count - 1} more do not exist`);
    this.unit = unit;
    this.functionCode = functionCode;
    this.address = address;
    this.count = count;
    this.isWrite = isWrite;
    const pduLength = isWrite && !isSingle ? 6 + dataBytes : 5;
    this.frame = Buffer.alloc(headerLength + pduLength);
    this.frame.writeUInt16BE(1 + pduLength, 4);
    this.frame[6] = unit;
    this.frame[7] = functionCode;
    this.frame.writeUInt16BE(address, 8);
    if (!isSingle) this.frame.writeUInt16BE(count, 10);
    if (isWrite && !isSingle) this.frame[12] = dataBytes;
    this.dataOffset = isWrite && !isSingle ? 13 : 10;
    this.replyPduLength = isWrite ? 5 : 2 + dataBytes;
    this.reply = Buffer.alloc(isWrite ? 0 : dataBytes);
  }

  /** Register `index` of a write. */
  setWord(index: number, word: number): void {
    this.frame.writeUInt16BE(word & 0xffff, this.dataOffset + 2 * index);
  }

  /** Register `index` of the last good read. */
  word(index: number): number {
    return this.reply.readUInt16BE(2 * index);
  }

  /** Coil or input `index` of a write: of a single coil, or of several. */
  setBit(index: number, on: boolean): void {
    if (this.functionCode === FunctionCode.writeCoil) {
      this.frame.writeUInt16BE(on ? coilOn : 0, this.dataOffset);
      return;
    }
    const at = this.dataOffset + (index >> 3);
    const mask = 1 << (index & 7);
    this.frame[at] = on ? this.frame[at]! | mask : this.frame[at]! & ~mask;
  }
}

/** A read of `count` holding registers (function 3). */
export const readHolding = (unit: number, address: number, count: number): Exchange =>
  new Exchange(unit, FunctionCode.readHolding, address, count);

/** A write of `count` holding registers (function 16). */
export const writeMultiple = (unit: number, address: number, count: number): Exchange =>
  new Exchange(unit, FunctionCode.writeMultiple, address, count);

/**
 * Compares a reply's PDU (function code first) with what `exchange` demands and, when it is a good read, copies its
 * registers. Returns the fault, or null. Used by every transport, so that they refuse the same things.
 */
export function takeReply(exchange: Exchange, bytes: Buffer, start: number, length: number): ModbusFault | null {
  const code = bytes[start]!;
  if (code === (exchange.functionCode | 0x80)) {
    if (length !== 2) return "wrong-length";
    exchange.exceptionCode = bytes[start + 1]!;
    return "exception";
  }
  if (code !== exchange.functionCode) return "wrong-function";
  if (length !== exchange.replyPduLength) return "wrong-length";
  if (!exchange.isWrite) {
    if (bytes[start + 1] !== exchange.reply.length) return "wrong-length";
    bytes.copy(exchange.reply, 0, start + 2, start + length);
    return null;
  }
  const { frame } = exchange;
  for (let i = 1; i < 5; i += 1) if (bytes[start + i] !== frame[headerLength + i]) return "wrong-echo";
  return null;
}

/** What a Modbus server answers to one request: the frame in, the reply or exception out (functions 1 to 6, 15 and 16). */
import { bytesOf, countMax, FunctionCode, isBitFunction, isWriteFunction } from "./exchange.ts";

/** Modbus exception codes. `ok` stands for none. */
export const ExceptionCode = {
  ok: 0,
  illegalFunction: 1,
  illegalAddress: 2,
  illegalValue: 3,
  deviceFailure: 4,
} as const;
export type ExceptionCode = (typeof ExceptionCode)[keyof typeof ExceptionCode];

/**
 * What a unit answers with. Bytes from `at` on are big-endian registers or, where it has coils or inputs, packed bits; the word of a
 * single coil for function 5.
 */
export interface Registers {
  /** Without it functions of bits are refused. */
  readonly hasBits?: boolean;
  read(address: number, count: number, into: Buffer, at: number, functionCode?: number): ExceptionCode;
  write(address: number, count: number, from: Buffer, at: number, functionCode?: number): ExceptionCode;
}

export interface Answered {
  readonly reply: Buffer;
  readonly kind: "read" | "write" | "refused";
}

const functionCodes: readonly number[] = Object.values(FunctionCode);
const isKnown = (code: number): code is FunctionCode => functionCodes.includes(code);

/** `request`: a whole TCP frame; `face` undefined: no such unit. */
export function answerTo(request: Buffer, face: Registers | undefined): Answered {
  const refuse = (code: ExceptionCode): Answered => ({ reply: exceptionReply(request, code), kind: "refused" });
  if (face === undefined) return refuse(ExceptionCode.deviceFailure);
  const functionCode = request[7]!;
  const address = request.length >= 12 ? request.readUInt16BE(8) : 0;
  const second = request.length >= 12 ? request.readUInt16BE(10) : 0;
  if (!isKnown(functionCode) || (isBitFunction(functionCode) && face.hasBits !== true))
    return refuse(ExceptionCode.illegalFunction);
  if (functionCode === FunctionCode.writeSingle || functionCode === FunctionCode.writeCoil) {
    if (request.length !== 12) return refuse(ExceptionCode.illegalValue);
    const code = face.write(address, 1, request, 10, functionCode);
    return code === ExceptionCode.ok ? { reply: Buffer.from(request), kind: "write" } : refuse(code);
  }
  const bytes = bytesOf(functionCode, second);
  const fits = second >= 1 && second <= countMax(functionCode);
  if (!isWriteFunction(functionCode)) {
    if (!fits || request.length !== 12) return refuse(ExceptionCode.illegalValue);
    const reply = Buffer.allocUnsafe(9 + bytes);
    const code = face.read(address, second, reply, 9, functionCode);
    if (code !== ExceptionCode.ok) return refuse(code);
    request.copy(reply, 0, 0, 8);
    reply.writeUInt16BE(reply.length - 6, 4);
    reply[8] = bytes;
    return { reply, kind: "read" };
  }
  if (!fits || request.length !== 13 + bytes || request[12] !== bytes) return refuse(ExceptionCode.illegalValue);
  const code = face.write(address, second, request, 13, functionCode);
  if (code !== ExceptionCode.ok) return refuse(code);
  const reply = Buffer.from(request.subarray(0, 12));
  reply.writeUInt16BE(6, 4);
  return { reply, kind: "write" };
}

function exceptionReply(request: Buffer, code: ExceptionCode): Buffer {
  const reply = Buffer.from(request.subarray(0, 9));
  reply.writeUInt16BE(3, 4);
  reply[7] = request[7]! | 0x80;
  reply[8] = code;
  return reply;
}

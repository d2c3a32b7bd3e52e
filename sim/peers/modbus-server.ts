/**
 * A Modbus TCP server on loopback for simulated devices: several units behind one port, functions 1 to 6, 15 and 16, seeded
 * faults on the wire. `freeze` stops its attention while its connections stay up, and the requests that pile up are
 * executed at `thaw`, even those of connections that are gone by then: the worst peer that a controller can meet.
 */
import { createServer, type Server, type Socket } from "node:net";
import {
  bytesOf,
  countMax,
  FunctionCode,
  frameLengthMax,
  headerLength,
  isBitFunction,
  isWriteFunction,
} from "../../src/protocols/modbus/exchange.ts";
import { ExceptionCode } from "./register-face.ts";
import { FaultyWire, type WireFaults } from "./wire-faults.ts";

/** Requests that a frozen server keeps. */
const frozenRequestsMax = 10_000;
const connectionsMax = 64;

/**
 * What a unit answers with; `RegisterFace` is one. Bytes from `at` on are big-endian registers or, where it has coils or
 * inputs, packed bits; the word of a single coil for function 5.
 */
export interface Registers {
  /** Without it functions of bits are refused. */
  readonly hasBits?: boolean;
  read(address: number, count: number, into: Buffer, at: number, functionCode?: number): ExceptionCode;
  write(address: number, count: number, from: Buffer, at: number, functionCode?: number): ExceptionCode;
}

const functionCodes: readonly number[] = Object.values(FunctionCode);
const isKnown = (code: number): code is FunctionCode => functionCodes.includes(code);

export interface ModbusServerOptions {
  readonly units: ReadonlyMap<number, Registers>;
  /** 0 takes any free port. */
  readonly port?: number;
  readonly host?: string;
  readonly seed?: number;
}

export interface ServerCounters {
  connections: number;
  reads: number;
  writes: number;
  refused: number;
  malformed: number;
}

interface Waiting {
  readonly socket: Socket;
  readonly frame: Buffer;
}

export class ModbusServer {
  readonly wire: FaultyWire;
  readonly counters: ServerCounters = { connections: 0, reads: 0, writes: 0, refused: 0, malformed: 0 };
  readonly #units: ReadonlyMap<number, Registers>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #frozen = false;
  #waiting: Waiting[] = [];
  /** Whether the present request comes from what piled up while frozen. */
  thawing = false;

  constructor(options: ModbusServerOptions) {
    this.#units = options.units;
    this.wire = new FaultyWire(options.seed ?? 1);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = connectionsMax;
  }

  get faults(): WireFaults {
    return this.wire.faults;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  listen(port = 0, host = "127.0.0.1"): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** Executes what has piled up, oldest first, and goes on. */
  thaw(): void {
    this.#frozen = false;
    this.thawing = true;
    for (const { socket, frame } of this.#waiting.splice(0)) this.#answer(socket, frame);
    this.thawing = false;
  }

  /** Resets every connection. */
  resetConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #accept(socket: Socket): void {
    this.counters.connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= headerLength) {
        const frameLength = 6 + pending.readUInt16BE(4);
        if (pending.readUInt16BE(2) !== 0 || frameLength < headerLength + 1 || frameLength > frameLengthMax) {
          this.counters.malformed += 1;
          socket.destroy();
          return;
        }
        if (pending.length < frameLength) break;
        const frame = pending.subarray(0, frameLength);
        pending = pending.subarray(frameLength);
        if (!this.#frozen) this.#answer(socket, frame);
        else if (this.#waiting.length < frozenRequestsMax) this.#waiting.push({ socket, frame: Buffer.from(frame) });
      }
    });
  }

  #answer(socket: Socket, request: Buffer): void {
    const reply = this.#execute(request);
    const { frame, fate, delayMs } = this.wire.spoil(reply);
    if (fate === "lost") return;
    const send = (): void => {
      if (socket.destroyed) return;
      socket.write(frame);
      if (fate === "half-reset") setImmediate(() => socket.resetAndDestroy());
    };
    if (delayMs > 0) setTimeout(send, delayMs);
    else send();
  }

  #execute(request: Buffer): Buffer {
    const unit = request[6]!;
    const functionCode = request[7]!;
    const face = this.#units.get(unit);
    if (face === undefined) return exceptionReply(request, ExceptionCode.deviceFailure);
    const address = request.length >= 12 ? request.readUInt16BE(8) : 0;
    const second = request.length >= 12 ? request.readUInt16BE(10) : 0;
    if (!isKnown(functionCode) || (isBitFunction(functionCode) && face.hasBits !== true)) {
      return exceptionReply(request, ExceptionCode.illegalFunction);
    }
    if (functionCode === FunctionCode.writeSingle || functionCode === FunctionCode.writeCoil) {
      if (request.length !== 12) return this.#refuse(request, ExceptionCode.illegalValue);
      this.counters.writes += 1;
      const code = face.write(address, 1, request, 10, functionCode);
      return code === ExceptionCode.ok ? Buffer.from(request) : this.#refuse(request, code);
    }
    const bytes = bytesOf(functionCode, second);
    const fits = second >= 1 && second <= countMax(functionCode);
    if (!isWriteFunction(functionCode)) {
      if (!fits || request.length !== 12) return this.#refuse(request, ExceptionCode.illegalValue);
      this.counters.reads += 1;
      const reply = Buffer.allocUnsafe(9 + bytes);
      const code = face.read(address, second, reply, 9, functionCode);
      if (code !== ExceptionCode.ok) return this.#refuse(request, code);
      request.copy(reply, 0, 0, 8);
      reply.writeUInt16BE(reply.length - 6, 4);
      reply[8] = bytes;
      return reply;
    }
    if (fits && request.length === 13 + bytes && request[12] === bytes) {
      this.counters.writes += 1;
      const code = face.write(address, second, request, 13, functionCode);
      if (code !== ExceptionCode.ok) return this.#refuse(request, code);
      const reply = Buffer.from(request.subarray(0, 12));
      reply.writeUInt16BE(6, 4);
      return reply;
    }
    return this.#refuse(request, ExceptionCode.illegalValue);
  }

  #refuse(request: Buffer, code: ExceptionCode): Buffer {
    this.counters.refused += 1;
    return exceptionReply(request, code);
  }
}

function exceptionReply(request: Buffer, code: ExceptionCode): Buffer {
  const reply = Buffer.from(request.subarray(0, 9));
  reply.writeUInt16BE(3, 4);
  reply[7] = request[7]! | 0x80;
  reply[8] = code;
  return reply;
}

/** Starts a server and waits until it listens. */
export async function startModbusServer(options: ModbusServerOptions): Promise<ModbusServer> {
  const server = new ModbusServer(options);
  await server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  return server;
}

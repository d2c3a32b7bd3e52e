/**
 * A Modbus TCP server on loopback for simulated devices: several units behind one port, functions 1 to 6, 15 and 16, seeded
 * faults on the wire. `freeze` stops its attention while its connections stay up, and the requests that pile up are
 * executed at `thaw`, even those of connections that are gone by then: the worst peer that a controller can meet.
 */
import { createServer, type Server, type Socket } from "node:net";
import { answerTo, type Registers } from "../../src/protocols/modbus/answer.ts";
import { frameLengthMax, headerLength } from "../../src/protocols/modbus/exchange.ts";
import { FaultyWire, type WireFaults } from "./wire-faults.ts";

/** Requests that a frozen server keeps. */
const frozenRequestsMax = 10_000;
const connectionsMax = 64;

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
    const { reply, kind } = answerTo(request, this.#units.get(request[6]!));
    if (kind === "read") this.counters.reads += 1;
    else if (kind === "write") this.counters.writes += 1;
    else this.counters.refused += 1;
    return reply;
  }
}

/** Starts a server and waits until it listens. */
export async function startModbusServer(options: ModbusServerOptions): Promise<ModbusServer> {
  const server = new ModbusServer(options);
  await server.listen(options.port ?? 0, options.host ?? "127.0.0.1");
  return server;
}

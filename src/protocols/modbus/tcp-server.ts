/**
 * A Modbus TCP server: who may connect is said by address, connections, idle time and pace are bounded, and a frame that is none
 * ends its connection. It answers from registers of ours and never waits.
 */
import { createServer, type Server, type Socket } from "node:net";
import { answerTo, type Registers } from "./answer.ts";
import { frameLengthMax, headerLength } from "./exchange.ts";

/** Requests that are worked off in a row before the rest of the process has its turn, and its turn, ms. */
const inARowMax = 20;
const turnMs = 20;
/** Bytes that wait to be answered or taken by the other side; beyond that a connection ends. */
const pendingMaxBytes = 16 * frameLengthMax;

export interface TcpServerOptions {
  readonly host: string;
  readonly port: number;
  readonly unitId: number;
  readonly connectionsMax: number;
  /** A connection that asks nothing for so long is closed, ms. */
  readonly idleMs: number;
  /** Whether somebody at this address may connect at all. */
  readonly mayConnect: (address: string) => boolean;
  /** Registers as they are for whoever asks from this address. */
  readonly facing: (address: string) => Registers;
  readonly onRefused: (address: string) => void;
}

export interface TcpServer {
  readonly connections: number;
  listen(): Promise<number>;
  stop(): void;
}

/** An IPv4 address that came over an IPv6 socket is that address. */
const plainAddress = (address: string | undefined): string => (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");

export function createTcpServer(options: TcpServerOptions): TcpServer {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (socket) => {
    const address = plainAddress(socket.remoteAddress);
    socket.on("error", () => undefined);
    if (!options.mayConnect(address) || sockets.size >= options.connectionsMax) {
      options.onRefused(address);
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.setTimeout(options.idleMs, () => socket.destroy());
    serve(socket, options, options.facing(address));
  });
  return {
    get connections() {
      return sockets.size;
    },
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(options.port, options.host, () => {
          server.off("error", reject);
          const bound = server.address();
          resolve(typeof bound === "object" && bound !== null ? bound.port : options.port);
        });
      }),
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serve(socket: Socket, { unitId }: TcpServerOptions, registers: Registers): void {
  let pending: Buffer = Buffer.alloc(0);
  let inARow = 0;
  const work = (): void => {
    while (pending.length >= headerLength && !socket.destroyed) {
      const frameLength = 6 + pending.readUInt16BE(4);
      if (pending.readUInt16BE(2) !== 0 || frameLength < headerLength + 1 || frameLength > frameLengthMax) {
        socket.destroy();
        return;
      }
      if (pending.length < frameLength) return;
      if (++inARow > inARowMax) {
        inARow = 0;
        socket.pause();
        setTimeout(() => {
          socket.resume();
          work();
        }, turnMs).unref();
        return;
      }
      const frame = pending.subarray(0, frameLength);
      pending = pending.subarray(frameLength);
      socket.write(answerTo(frame, frame[6] === unitId ? registers : undefined).reply);
      // Whoever asks and does not read is let go.
      if (socket.writableLength > pendingMaxBytes) socket.destroy();
    }
  };
  socket.on("data", (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    if (pending.length > pendingMaxBytes + chunk.length) socket.destroy();
    else work();
  });
}

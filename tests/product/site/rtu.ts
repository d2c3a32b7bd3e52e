/** Modbus RTU as meters of other makers speak it: on a serial line, or through a gateway that passes its frames over TCP. */
import { createServer, type Socket } from "node:net";
import type { RegisterImage } from "./modbus-server.ts";

/** A read of registers, from unit to checksum. */
const requestBytes = 8;

/** Checksum of Modbus RTU, bit by bit. */
function crc16(bytes: Buffer): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

export function sealed(body: Buffer): Buffer {
  const frame = Buffer.alloc(body.length + 2);
  body.copy(frame);
  frame.writeUInt16LE(crc16(body), body.length);
  return frame;
}

/** The reply of a device to a read of registers; nothing where the request is for another unit or was garbled. */
export function answerRtu(request: Buffer, unit: number, image: RegisterImage): Buffer | undefined {
  if (request[0] !== unit || !sealed(request.subarray(0, -2)).equals(request)) return undefined;
  const functionCode = request[1]! === 3 ? 3 : 4;
  const words = image.registers(functionCode, request.readUInt16BE(2), request.readUInt16BE(4));
  return sealed(
    typeof words === "number"
      ? Buffer.from([unit, 0x80 | functionCode, words])
      : Buffer.concat([Buffer.from([unit, functionCode, words.length]), words]),
  );
}

export interface Gateway {
  readonly port: number;
  image: RegisterImage | undefined;
  /** Connections taken since it started. */
  readonly connections: number;
  /** Ends the next reply, and its connection, after half of the frame. */
  cut(): void;
  close(): Promise<void>;
}

/** A gateway with one meter behind it: each reply arrives in two pieces, as a serial line gives them. */
export async function startGateway(unit: number): Promise<Gateway> {
  const sockets = new Set<Socket>();
  let cuts = false;
  let connections = 0;
  const reply = (socket: Socket, frame: Buffer): void => {
    const half = frame.length >> 1;
    socket.write(frame.subarray(0, half));
    if (cuts) {
      cuts = false;
      socket.end();
    } else setTimeout(() => socket.writable && socket.write(frame.subarray(half)), 15);
  };
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      if (pending.length < requestBytes) return;
      const frame = gateway.image && answerRtu(pending.subarray(0, requestBytes), unit, gateway.image);
      pending = pending.subarray(requestBytes);
      if (frame !== undefined) setTimeout(() => socket.writable && reply(socket, frame), 25);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const gateway: Gateway = {
    port: typeof address === "object" && address !== null ? address.port : 0,
    image: undefined,
    get connections() {
      return connections;
    },
    cut: () => {
      cuts = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return gateway;
}

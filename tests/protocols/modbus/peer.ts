/** A scripted Modbus TCP peer: the test sees each request as bytes and decides what goes back, and when. */
import { createServer, type Server, type Socket } from "node:net";

export interface PeerRequest {
  readonly socket: Socket;
  readonly frame: Buffer;
  /** The answer that a good device would give: registers count up from their address. */
  readonly good: Buffer;
}

export class Peer {
  readonly requests: PeerRequest[] = [];
  connections = 0;
  /** What to do with a request; by default the good answer. */
  answer: (request: PeerRequest) => void = ({ socket, good }) => socket.write(good);
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor() {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
      let pending: Buffer = Buffer.alloc(0);
      socket.on("data", (chunk: Buffer) => {
        pending = Buffer.concat([pending, chunk]);
        while (pending.length >= 7 && pending.length >= 6 + pending.readUInt16BE(4)) {
          const length = 6 + pending.readUInt16BE(4);
          const frame = Buffer.from(pending.subarray(0, length));
          pending = pending.subarray(length);
          const request = { socket, frame, good: goodReply(frame) };
          this.requests.push(request);
          this.answer(request);
        }
      });
    });
  }

  listen(port = 0): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(port, "127.0.0.1", () => {
        const address = this.#server.address();
        resolve(address !== null && typeof address === "object" ? address.port : 0);
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

function goodReply(request: Buffer): Buffer {
  const functionCode = request[7]!;
  if (functionCode === 6) return Buffer.from(request);
  if (functionCode === 16) {
    const reply = Buffer.from(request.subarray(0, 12));
    reply.writeUInt16BE(6, 4);
    return reply;
  }
  const address = request.readUInt16BE(8);
  const count = request.readUInt16BE(10);
  const reply = Buffer.alloc(9 + 2 * count);
  request.copy(reply, 0, 0, 8);
  reply.writeUInt16BE(3 + 2 * count, 4);
  reply[8] = 2 * count;
  for (let i = 0; i < count; i += 1) reply.writeUInt16BE((address + i) & 0xffff, 9 + 2 * i);
  return reply;
}

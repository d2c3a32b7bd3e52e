/** A plain Modbus TCP client for tests: one request after the other, exceptions as their codes. */
import { connect, type Socket } from "node:net";

export interface ModbusClient {
  /** Registers, or the code of the exception. */
  read(address: number, count: number): Promise<readonly number[] | number>;
  /** 0, or the code of the exception. */
  write(address: number, words: readonly number[]): Promise<number>;
  readonly isOpen: boolean;
  end(): void;
}

export async function connectModbus(port: number, unit = 1): Promise<ModbusClient> {
  const socket: Socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("connect", resolve));
  let pending = Buffer.alloc(0);
  const waiting: ((frame: Buffer | null) => void)[] = [];
  socket.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 8 && pending.length >= 6 + pending.readUInt16BE(4)) {
      const length = 6 + pending.readUInt16BE(4);
      waiting.shift()?.(pending.subarray(0, length));
      pending = pending.subarray(length);
    }
  });
  socket.on("close", () => {
    for (const done of waiting.splice(0)) done(null);
  });
  const call = async (pdu: readonly number[]): Promise<Buffer> => {
    const frame = Buffer.from([0, 1, 0, 0, 0, pdu.length + 1, unit, ...pdu]);
    const reply = await new Promise<Buffer | null>((resolve) => {
      if (socket.destroyed) return resolve(null);
      waiting.push(resolve);
      socket.write(frame);
    });
    if (reply === null) throw new Error("the connection was closed");
    return reply;
  };
  const bytes = (word: number): number[] => [(word >> 8) & 0xff, word & 0xff];
  return {
    async read(address, count) {
      const reply = await call([3, ...bytes(address), ...bytes(count)]);
      if (reply[7]! > 0x80) return reply[8]!;
      return Array.from({ length: count }, (_, i) => reply.readUInt16BE(9 + 2 * i));
    },
    async write(address, words) {
      const reply = await call([
        16,
        ...bytes(address),
        ...bytes(words.length),
        2 * words.length,
        ...words.flatMap(bytes),
      ]);
      return reply[7]! > 0x80 ? reply[8]! : 0;
    },
    get isOpen() {
      return !socket.destroyed;
    },
    end: () => void socket.destroy(),
  };
}

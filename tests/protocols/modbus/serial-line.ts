/**
 * A serial port without hardware: a binding for the serial library whose other end is a scripted RTU device. Bytes really
 * pass through the library's stream, its framing and its checksum.
 */
import { crc16 } from "./crc16.ts";

export interface SerialRequest {
  /** Unit to checksum. */
  readonly frame: Buffer;
  readonly good: Buffer;
  /** Puts bytes on the line. */
  readonly reply: (bytes: Buffer) => void;
  /** Pulls the plug. */
  readonly unplug: () => void;
}

interface PendingRead {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly length: number;
  readonly resolve: (read: { buffer: Buffer; bytesRead: number }) => void;
  readonly reject: (error: Error) => void;
}

class FakePort {
  isOpen = true;
  readonly openOptions: object;
  readonly #line: FakeLine;
  #incoming: Buffer = Buffer.alloc(0);
  #pending: PendingRead | undefined;
  #unplugged = false;

  constructor(line: FakeLine, openOptions: object) {
    this.#line = line;
    this.openOptions = openOptions;
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.#end(true);
  }

  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    return new Promise((resolve, reject) => {
      this.#pending = { buffer, offset, length, resolve, reject };
      this.#deliver();
    });
  }

  async write(bytes: Buffer): Promise<void> {
    const frame = Buffer.from(bytes);
    this.#line.requests.push(frame);
    const reply = (answer: Buffer): void => this.#arrive(answer);
    this.#line.answer({ frame, good: goodReply(frame), reply, unplug: () => this.#end(false) });
  }

  async update(): Promise<void> {}
  async set(): Promise<void> {}
  async get(): Promise<object> {
    return { cts: true, dsr: false, dcd: false };
  }
  async getBaudRate(): Promise<object> {
    return { baudRate: 19_200 };
  }
  async flush(): Promise<void> {
    this.#incoming = Buffer.alloc(0);
  }
  async drain(): Promise<void> {}

  #arrive(bytes: Buffer): void {
    if (!this.isOpen) return;
    this.#incoming = Buffer.concat([this.#incoming, bytes]);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#unplugged) {
      this.#end(false);
      return;
    }
    if (this.#pending === undefined || this.#incoming.length === 0) return;
    const { buffer, offset, length, resolve } = this.#pending;
    this.#pending = undefined;
    const bytesRead = this.#incoming.copy(buffer, offset, 0, Math.min(length, this.#incoming.length));
    this.#incoming = this.#incoming.subarray(bytesRead);
    resolve({ buffer, bytesRead });
  }

  #end(canceled: boolean): void {
    this.#unplugged ||= !canceled;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(Object.assign(new Error("port closed"), { canceled }));
  }
}

/** The line and the device at its end. `binding` goes into the serial library's options. */
export class FakeLine {
  readonly requests: Buffer[] = [];
  opens = 0;
  answer: (request: SerialRequest) => void = ({ reply, good }) => reply(good);
  readonly binding = {
    list: async (): Promise<object[]> => [],
    open: async (options: object): Promise<FakePort> => {
      this.opens += 1;
      return new FakePort(this, options);
    },
  };
}

export function withChecksum(bytes: Buffer): Buffer {
  const frame = Buffer.alloc(bytes.length + 2);
  bytes.copy(frame);
  frame.writeUInt16LE(crc16(bytes), bytes.length);
  return frame;
}

/** What a good device answers: registers count up from their address. */
function goodReply(request: Buffer): Buffer {
  const functionCode = request[1]!;
  if (functionCode === 6 || functionCode === 16) return withChecksum(request.subarray(0, 6));
  const address = request.readUInt16BE(2);
  const count = request.readUInt16BE(4);
  const reply = Buffer.alloc(3 + 2 * count);
  request.copy(reply, 0, 0, 2);
  reply[2] = 2 * count;
  for (let i = 0; i < count; i += 1) reply.writeUInt16BE((address + i) & 0xffff, 3 + 2 * i);
  return withChecksum(reply);
}

/** A line of bytes without hardware: its other end is a scripted RTU device. */
import type { ByteLine } from "../../../src/protocols/modbus/byte-line.ts";
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

/** The line and the device at its end. */
export class FakeLine implements ByteLine {
  readonly name = "rtu /dev/ttyFAKE";
  readonly characterMs: number;
  readonly requests: Buffer[] = [];
  readonly writtenMs: number[] = [];
  opens = 0;
  /** Openings that end before the last one was closed: there must be none. */
  overlaps = 0;
  absent = false;
  answer: (request: SerialRequest) => void = ({ reply, good }) => reply(good);
  #received: (bytes: Buffer) => void = () => {};
  #lost: () => void = () => {};
  #isOpen = false;

  constructor(characterMs = 0) {
    this.characterMs = characterMs;
  }

  async open(received: (bytes: Buffer) => void, lost: () => void): Promise<void> {
    if (this.#isOpen) this.overlaps += 1;
    if (this.absent) throw new Error("/dev/ttyFAKE: no such file or directory");
    this.opens += 1;
    this.#isOpen = true;
    this.#received = received;
    this.#lost = lost;
  }

  write(bytes: Buffer): void {
    const frame = Buffer.from(bytes);
    this.requests.push(frame);
    this.writtenMs.push(performance.now());
    this.answer({
      frame,
      good: goodReply(frame),
      reply: (answer) => setImmediate(() => this.#isOpen && this.#received(answer)),
      unplug: () => setImmediate(() => this.#lost()),
    });
  }

  async close(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.#isOpen = false;
  }
}

export function withChecksum(bytes: Buffer): Buffer {
  const frame = Buffer.alloc(bytes.length + 2);
  bytes.copy(frame);
  frame.writeUInt16LE(crc16(bytes), bytes.length);
  return frame;
}

/** What a good device answers: registers count up from their address. */
export function goodReply(request: Buffer): Buffer {
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

/**
 * A Modbus TCP server as devices of other makers are: its own framing, nothing shared with the controller. Functions 1 to 6,
 * 15 and 16; each device behind a unit identifier. What real servers do wrong can be switched on while it runs.
 */
import { createServer, type Server, type Socket } from "node:net";

/** A register space as a device shows it. Numbers returned from the writing functions are exception codes; 0 is good. */
export interface RegisterDevice {
  /** Holding (3) or input (4) registers, `count` words big-endian; or an exception code. */
  registers(functionCode: 3 | 4, address: number, count: number): Buffer | number;
  writeRegisters(address: number, words: readonly number[]): number;
  /** Coils (1) or discrete inputs (2); or an exception code. */
  bits?(functionCode: 1 | 2, address: number, count: number): readonly boolean[] | number;
  writeCoils?(address: number, values: readonly boolean[]): number;
}

/** How the server behaves; may be changed at any moment. */
export interface ServerHabits {
  /** From the request to the answer, and what is added at random, ms. */
  latencyMs: number;
  jitterMs: number;
  /** Share of requests answered with an exception that our requests did not cause, and its code: 6, busy; 5, 10, 11. */
  busyShare: number;
  busyCode: number;
  /** Share of requests that get no answer. */
  lossShare: number;
  /** One in so many requests gets no answer, never two in a row; Infinity: none. */
  loseEvery: number;
  /** Longest read or write, registers; more is exception 3. */
  registersMax: number;
  /** Only one connection at a time: another one is closed at once. */
  singleClient: boolean;
  /** What an unknown unit gets: nothing, or exception 11. */
  unknownUnit: "silent" | "exception";
  /** Requests are taken and never answered; connections stay. */
  silent: boolean;
  /** One request at a time: what arrives while one is being served is lost. */
  dropsWhileBusy: boolean;
  /** One request at a time, as on a serial line behind a gateway: what arrives meanwhile waits its turn. */
  oneAtATime: boolean;
  /** Sent on every new connection before anything is asked. */
  greeting: Buffer | null;
  /** Unit identifier in the replies; null: the one that was asked. */
  replyUnit: number | null;
  /** Transaction identifier in the replies: the one that was asked, or always nought. */
  transaction: "echoed" | "zero";
  /** Nothing is answered on a connection before it is this old, ms. */
  firstAnswerMs: number;
  /** Replies leave in pieces of so many bytes, a few milliseconds apart; Infinity: whole. */
  pieceBytes: number;
  /** A connection is closed when nothing was asked for so long, ms, or after so many requests. */
  idleCloseMs: number;
  requestsPerConnection: number;
}

const illegalFunction = 1,
  illegalAddress = 2,
  illegalValue = 3,
  busy = 6,
  gatewayNoAnswer = 11;

const plainHabits: ServerHabits = {
  latencyMs: 0,
  jitterMs: 0,
  busyShare: 0,
  busyCode: busy,
  lossShare: 0,
  loseEvery: Number.POSITIVE_INFINITY,
  registersMax: 125,
  singleClient: false,
  unknownUnit: "exception",
  silent: false,
  dropsWhileBusy: false,
  oneAtATime: false,
  greeting: null,
  replyUnit: null,
  transaction: "echoed",
  firstAnswerMs: 0,
  pieceBytes: Number.POSITIVE_INFINITY,
  idleCloseMs: Number.POSITIVE_INFINITY,
  requestsPerConnection: Number.POSITIVE_INFINITY,
};

/** Between two pieces of a reply, ms. */
const pieceMs = 4;

/** Pieces that each connection still has to send: replies leave one after the other. */
const sending = new WeakMap<Socket, Promise<void>>();

/** A whole frame at once, or in pieces as a serial gateway passes on what it has. */
function send(socket: Socket, frame: Buffer, pieceBytes: number): void {
  if (!Number.isFinite(pieceBytes)) return void (socket.writable && socket.write(frame));
  const before = sending.get(socket);
  sending.set(socket, sendPieces(socket, frame, pieceBytes, before));
}

async function sendPieces(
  socket: Socket,
  frame: Buffer,
  pieceBytes: number,
  before: Promise<void> | undefined,
): Promise<void> {
  await before;
  for (let at = 0; at < frame.length && socket.writable; at += pieceBytes) {
    if (at > 0) await new Promise((resolve) => setTimeout(resolve, pieceMs));
    socket.write(frame.subarray(at, Math.min(frame.length, at + pieceBytes)));
  }
}

/** One request as it came. */
export interface WireRequest {
  readonly atMs: number;
  readonly unit: number;
  readonly functionCode: number;
  readonly address: number;
  readonly count: number;
}

/** A reply with an exception, other than those that `busyShare` made. */
export interface Refused {
  readonly atMs: number;
  readonly unit: number;
  readonly functionCode: number;
  readonly address: number;
  readonly code: number;
}

/** One request that changes something, as it was on the wire. */
export interface WireWrite {
  readonly atMs: number;
  readonly unit: number;
  readonly functionCode: number;
  readonly address: number;
  readonly words: readonly number[];
  /** 0, or the exception that it was answered with. */
  readonly exception: number;
}

export interface ModbusServer {
  readonly port: number;
  readonly habits: ServerHabits;
  readonly writes: readonly WireWrite[];
  /** Requests of any kind, by function code and address, such as `3@40000`. */
  readonly asked: ReadonlyMap<string, number>;
  /** Answers kept back by `loseEvery`. */
  readonly lost: number;
  /** Connections that are open, the most that were open at once, and all that were taken or closed at once. */
  readonly clients: number;
  readonly clientsPeak: number;
  readonly opened: number;
  /** Good replies to reads, by unit. */
  readonly readsOf: ReadonlyMap<number, number>;
  readonly refused: readonly Refused[];
  /** Every request as it came, the oldest dropped. */
  readonly requests: readonly WireRequest[];
  /** The present connections are never answered again, as after a power cut of the far end; new ones are. */
  halfOpen(): void;
  /** Cuts every connection with a reset. */
  reset(): void;
  /** Closes the port: connections are refused until `listen`. */
  deaf(): Promise<void>;
  listen(): Promise<void>;
  close(): Promise<void>;
}

/** Writes kept; older ones are dropped. */
const writesMax = 50_000;
const refusedMax = 10_000;

/** A device's answer to one request, from function code on; writes are noted. */
export const answerTo = (
  device: RegisterDevice,
  unit: number,
  pdu: Buffer,
  noted: (write: WireWrite) => void,
  registersMax: number,
): Buffer => {
  const functionCode = pdu[0]!;
  const exception = (code: number): Buffer => Buffer.from([functionCode | 0x80, code]);
  if (pdu.length < 5) return exception(illegalValue);
  const address = pdu.readUInt16BE(1);
  const count = pdu.readUInt16BE(3);
  const note = (words: readonly number[], code: number): void => {
    noted({ atMs: performance.now(), unit, functionCode, address, words, exception: code });
  };
  switch (functionCode) {
    case 1:
    case 2: {
      const bits = device.bits?.(functionCode, address, count) ?? illegalFunction;
      if (typeof bits === "number") return exception(bits);
      const bytes = Buffer.alloc(Math.ceil(count / 8));
      bits.forEach((on, i) => {
        if (on) bytes[i >> 3]! |= 1 << (i & 7);
      });
      return Buffer.concat([Buffer.from([functionCode, bytes.length]), bytes]);
    }
    case 3:
    case 4: {
      if (count < 1 || count > registersMax) return exception(illegalValue);
      const words = device.registers(functionCode, address, count);
      if (typeof words === "number") return exception(words);
      return Buffer.concat([Buffer.from([functionCode, words.length]), words]);
    }
    case 5: {
      const code = device.writeCoils?.(address, [count === 0xff00]) ?? illegalFunction;
      note([count], code);
      return code === 0 ? Buffer.from(pdu.subarray(0, 5)) : exception(code);
    }
    case 6: {
      const code = device.writeRegisters(address, [count]);
      note([count], code);
      return code === 0 ? Buffer.from(pdu.subarray(0, 5)) : exception(code);
    }
    case 15: {
      const values = Array.from({ length: count }, (_, i) => (((pdu[6 + (i >> 3)] ?? 0) >> (i & 7)) & 1) === 1);
      const code = device.writeCoils?.(address, values) ?? illegalFunction;
      note(values.map(Number), code);
      return code === 0 ? Buffer.from(pdu.subarray(0, 5)) : exception(code);
    }
    case 16: {
      if (count < 1 || count > Math.min(123, registersMax) || pdu[5] !== 2 * count || pdu.length !== 6 + 2 * count)
        return exception(illegalValue);
      const words = Array.from({ length: count }, (_, i) => pdu.readUInt16BE(6 + 2 * i));
      const code = device.writeRegisters(address, words);
      note(words, code);
      return code === 0 ? Buffer.from(pdu.subarray(0, 5)) : exception(code);
    }
    default:
      return exception(illegalFunction);
  }
};

export async function startModbusServer(
  units: ReadonlyMap<number, RegisterDevice>,
  given: Partial<ServerHabits> = {},
): Promise<ModbusServer> {
  const habits: ServerHabits = { ...plainHabits, ...given };
  const writes: WireWrite[] = [];
  const asked = new Map<string, number>();
  const sockets = new Set<Socket>();
  const readsOf = new Map<number, number>();
  const refused: Refused[] = [];
  const requests: WireRequest[] = [];
  let dead = new WeakSet<Socket>();
  const openedAtMs = new WeakMap<Socket, number>();
  /** Replies that went out on each connection. */
  const answeredOf = new WeakMap<Socket, number>();
  let clientsPeak = 0;
  let opened = 0;
  /** When the line behind the gateway is free again. */
  let freeAtMs = 0;
  let serving = 0;
  let lost = 0;
  let sinceLost = 0;

  const serve = (socket: Socket, frame: Buffer): void => {
    const unit = frame[6]!;
    const pdu = frame.subarray(7);
    const device = units.get(unit);
    const functionCode = pdu[0]!;
    if (pdu.length >= 5) {
      requests.push({
        atMs: performance.now(),
        unit,
        functionCode,
        address: pdu.readUInt16BE(1),
        count: pdu.readUInt16BE(3),
      });
      if (requests.length > writesMax) requests.splice(0, writesMax / 2);
    }
    if (pdu.length >= 3) {
      const key = `${functionCode}@${pdu.readUInt16BE(1)}`;
      asked.set(key, (asked.get(key) ?? 0) + 1);
    }
    if (habits.silent || dead.has(socket) || (habits.dropsWhileBusy && serving > 0)) return;
    if (device === undefined && habits.unknownUnit === "silent") return;
    sinceLost += 1;
    const isLost = sinceLost >= habits.loseEvery;
    if (isLost) {
      sinceLost = 0;
      lost += 1;
    }
    serving += 1;
    const answer = (): void => {
      serving -= 1;
      if (isLost || socket.destroyed || habits.silent || Math.random() < habits.lossShare) return;
      const isBusy = Math.random() < habits.busyShare;
      const body =
        device === undefined
          ? Buffer.from([functionCode | 0x80, gatewayNoAnswer])
          : isBusy
            ? Buffer.from([functionCode | 0x80, habits.busyCode])
            : answerTo(device, unit, pdu, note, habits.registersMax);
      if (body[0]! < 0x80) {
        if (functionCode <= 4) readsOf.set(unit, (readsOf.get(unit) ?? 0) + 1);
      } else if (!isBusy && refused.length < refusedMax)
        refused.push({ atMs: performance.now(), unit, functionCode, address: pdu.readUInt16BE(1), code: body[1]! });
      const head = Buffer.alloc(7);
      if (habits.transaction === "echoed") frame.copy(head, 0, 0, 2);
      head.writeUInt16BE(body.length + 1, 4);
      head[6] = habits.replyUnit ?? unit;
      send(socket, Buffer.concat([head, body]), habits.pieceBytes);
      const count = (answeredOf.get(socket) ?? 0) + 1;
      answeredOf.set(socket, count);
      if (count >= habits.requestsPerConnection) socket.end();
    };
    let delayMs = habits.latencyMs + Math.random() * habits.jitterMs;
    if (habits.firstAnswerMs > 0)
      delayMs = Math.max(delayMs, (openedAtMs.get(socket) ?? 0) + habits.firstAnswerMs - performance.now());
    if (habits.oneAtATime) {
      const nowMs = performance.now();
      freeAtMs = Math.max(freeAtMs, nowMs) + delayMs;
      delayMs = freeAtMs - nowMs;
    }
    if (delayMs > 0) setTimeout(answer, delayMs);
    else answer();
  };

  const note = (write: WireWrite): void => {
    writes.push(write);
    if (writes.length > writesMax) writes.splice(0, writesMax / 2);
  };

  const server: Server = createServer((socket) => {
    opened += 1;
    if (habits.singleClient && sockets.size > 0) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    openedAtMs.set(socket, performance.now());
    clientsPeak = Math.max(clientsPeak, sockets.size);
    if (habits.greeting !== null) socket.write(habits.greeting);
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    if (Number.isFinite(habits.idleCloseMs)) socket.setTimeout(habits.idleCloseMs, () => socket.end());
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 8) {
        const length = 6 + pending.readUInt16BE(4);
        if (pending.readUInt16BE(2) !== 0 || length > 260) return void socket.destroy();
        if (pending.length < length) return;
        serve(socket, Buffer.from(pending.subarray(0, length)));
        pending = pending.subarray(length);
      }
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.removeListener("error", reject);
        resolve();
      });
    });
  await listen(0);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      reset();
    });
  return {
    port,
    habits,
    writes,
    asked,
    get lost() {
      return lost;
    },
    get clients() {
      return sockets.size;
    },
    get clientsPeak() {
      return clientsPeak;
    },
    get opened() {
      return opened;
    },
    readsOf,
    refused,
    requests,
    halfOpen: () => {
      dead = new WeakSet(sockets);
    },
    reset,
    deaf: close,
    listen: () => listen(port),
    close,
  };
}

/** Registers at fixed places that a face fills before they are read; holes are refused with exception 2. */
export class RegisterImage implements RegisterDevice {
  readonly words = new Uint16Array(65_536);
  readonly #defined = new Uint8Array(65_536);
  readonly #readFunctions: readonly number[];
  /** Puts present values into the image. Not called while it is frozen. */
  refresh: () => void = () => undefined;
  /** What a write does; an exception code, or 0. */
  write: (address: number, words: readonly number[]) => number = () => illegalAddress;
  /** It goes on answering with what it showed at this moment, and takes writes without effect. */
  frozen = false;
  /** It has just started: every register is nought. */
  blank = false;

  constructor(readFunctions: readonly number[] = [3, 4]) {
    this.#readFunctions = readFunctions;
  }

  define(address: number, count: number): void {
    this.#defined.fill(1, address, address + count);
  }

  has(address: number): boolean {
    return this.#defined[address] === 1;
  }

  registers(functionCode: 3 | 4, address: number, count: number): Buffer | number {
    if (!this.#readFunctions.includes(functionCode)) return illegalFunction;
    if (!this.frozen) this.refresh();
    const bytes = Buffer.alloc(2 * count);
    for (let i = 0; i < count; i += 1) {
      if (this.#defined[address + i] !== 1) return illegalAddress;
      bytes.writeUInt16BE(this.blank ? 0 : this.words[address + i]!, 2 * i);
    }
    return bytes;
  }

  writeRegisters(address: number, words: readonly number[]): number {
    if (words.some((_, i) => this.#defined[address + i] !== 1)) return illegalAddress;
    return this.frozen ? 0 : this.write(address, words);
  }

  setFloat(address: number, value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(value);
    this.words[address] = bytes.readUInt16BE(0);
    this.words[address + 1] = bytes.readUInt16BE(2);
  }
}

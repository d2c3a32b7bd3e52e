/** Modbus TCP devices and gateways as they are in the field: slow, busy, particular about what they are asked and how. */
import { createServer, type Server, type Socket } from "node:net";

export interface FieldHabits {
  /** Time from request to reply, ms. */
  latencyMs: number;
  /** A serial gateway: requests of all units are served one after the other, each for this long, ms. */
  serialMs: number;
  /** What arrives while a request is being served is lost. */
  dropsWhileServing: boolean;
  /** What arrives sooner after the last reply is lost, ms. */
  needsPauseMs: number;
  /** Longest read, registers; longer is refused with `refusal`. */
  registersMax: number;
  refusal: 2 | 3;
  /** Every so-manieth request is answered with exception 6; 0 for none. */
  busyEvery: number;
  /** Unit that replies name; -1: the one that was asked. */
  replyUnit: number;
  /** Bytes sent on every new connection. */
  greeting: Buffer;
  /** Only one connection at a time; a second one is reset. */
  singleClient: boolean;
  /** Units that do not answer. */
  silentUnits: ReadonlySet<number>;
  /** Each connection ends so long after it began, ms, or after so many requests; 0: it stays. */
  endsAfterMs: number;
  endsAfterRequests: number;
  /** How it ends: in good order, or by a reset. */
  endsBy: "fin" | "rst";
  /** After the first connection has ended nobody listens for so long, ms. */
  closedMs: number;
  /** Answered with exception 11 (the gateway's device is silent) for so long after the start, ms, and every so-manieth request. */
  absentMs: number;
  absentEvery: number;
  /** Transaction identifier of every reply; -1: the request's. */
  replyId: number;
}

const plain: FieldHabits = {
  latencyMs: 0,
  serialMs: 0,
  dropsWhileServing: false,
  needsPauseMs: 0,
  registersMax: 125,
  refusal: 3,
  busyEvery: 0,
  replyUnit: -1,
  greeting: Buffer.alloc(0),
  singleClient: false,
  silentUnits: new Set(),
  endsAfterMs: 0,
  endsAfterRequests: 0,
  endsBy: "fin",
  closedMs: 0,
  absentMs: 0,
  absentEvery: 0,
  replyId: -1,
};

export class FieldDevice {
  readonly habits: FieldHabits;
  /** Registers that exist, for every unit. */
  readonly registers = new Map<number, number>();
  /** Good reads, by unit. */
  readonly reads = new Map<number, number>();
  readonly writes: { unit: number; address: number; words: number[]; atMs: number }[] = [];
  requests = 0;
  lost = 0;
  connections = 0;
  refusedConnections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #startMs = performance.now();
  #port = 0;
  #wasClosed = false;
  #serving = 0;
  #repliedMs = Number.NEGATIVE_INFINITY;
  #lineFreeMs = 0;

  constructor(habits: Partial<FieldHabits> = {}) {
    this.habits = { ...plain, ...habits };
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Registers from `address` on. */
  put(address: number, ...words: number[]): this {
    for (const [i, word] of words.entries()) this.registers.set(address + i, word & 0xffff);
    return this;
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    this.#port = address !== null && typeof address === "object" ? address.port : 0;
    return this.#port;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.habits.singleClient && this.#sockets.size > 0) {
      this.refusedConnections += 1;
      socket.resetAndDestroy();
      return;
    }
    this.connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => this.#sockets.delete(socket));
    if (this.habits.greeting.length > 0) socket.write(this.habits.greeting);
    if (this.habits.endsAfterMs > 0) setTimeout(() => this.#end(socket), this.habits.endsAfterMs);
    let taken = 0;
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 8 && pending.length >= 6 + pending.readUInt16BE(4)) {
        const length = 6 + pending.readUInt16BE(4);
        this.#take(socket, Buffer.from(pending.subarray(0, length)));
        pending = pending.subarray(length);
        taken += 1;
        if (taken === this.habits.endsAfterRequests) this.#end(socket);
      }
    });
  }

  #end(socket: Socket): void {
    if (socket.destroyed) return;
    if (this.habits.endsBy === "fin") socket.end();
    else socket.resetAndDestroy();
    const { closedMs } = this.habits;
    if (closedMs === 0 || this.#wasClosed) return;
    this.#wasClosed = true;
    this.#server.close();
    setTimeout(() => this.#server.listen(this.#port, "127.0.0.1"), closedMs);
  }

  #take(socket: Socket, frame: Buffer): void {
    const { habits } = this;
    const nowMs = performance.now();
    this.requests += 1;
    const tooSoon = nowMs - this.#repliedMs < habits.needsPauseMs;
    if (tooSoon || (habits.dropsWhileServing && this.#serving > 0) || habits.silentUnits.has(frame[6]!)) {
      this.lost += 1;
      return;
    }
    this.#serving += 1;
    let delayMs = habits.latencyMs;
    if (habits.serialMs > 0) {
      this.#lineFreeMs = Math.max(this.#lineFreeMs, nowMs) + habits.serialMs;
      delayMs = this.#lineFreeMs - nowMs;
    }
    const reply = (): void => {
      this.#serving -= 1;
      this.#repliedMs = performance.now();
      if (!socket.destroyed) socket.write(this.#replyTo(frame));
    };
    if (delayMs > 0) setTimeout(reply, delayMs);
    else reply();
  }

  #replyTo(frame: Buffer): Buffer {
    const pdu = this.#pduFor(frame);
    const head = Buffer.alloc(7);
    if (this.habits.replyId < 0) frame.copy(head, 0, 0, 2);
    else head.writeUInt16BE(this.habits.replyId, 0);
    head.writeUInt16BE(pdu.length + 1, 4);
    head[6] = this.habits.replyUnit < 0 ? frame[6]! : this.habits.replyUnit;
    return Buffer.concat([head, pdu]);
  }

  #pduFor(frame: Buffer): Buffer {
    const unit = frame[6]!;
    const code = frame[7]!;
    const refuse = (why: number): Buffer => Buffer.from([code | 0x80, why]);
    const { absentMs, absentEvery } = this.habits;
    const isAbsent = absentEvery > 0 && this.requests % absentEvery === 0;
    if (isAbsent || performance.now() - this.#startMs < absentMs) return refuse(11);
    if (this.habits.busyEvery > 0 && this.requests % this.habits.busyEvery === 0) return refuse(6);
    const address = frame.readUInt16BE(8);
    const count = code === 6 ? 1 : frame.readUInt16BE(10);
    if (code === 6 || code === 16) {
      const from = code === 6 ? 10 : 13;
      const words = Array.from({ length: count }, (_, i) => frame.readUInt16BE(from + 2 * i));
      this.writes.push({ unit, address, words, atMs: performance.now() });
      this.put(address, ...words);
      return Buffer.from(frame.subarray(7, 12));
    }
    if (count > this.habits.registersMax) return refuse(this.habits.refusal);
    const words = Array.from({ length: count }, (_, i) => this.registers.get(address + i));
    if (words.includes(undefined)) return refuse(2);
    this.reads.set(unit, (this.reads.get(unit) ?? 0) + 1);
    const body = Buffer.alloc(2 + 2 * count);
    body[0] = code;
    body[1] = 2 * count;
    for (const [i, word] of words.entries()) body.writeUInt16BE(word!, 2 + 2 * i);
    return body;
  }
}

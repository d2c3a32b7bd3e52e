/**
 * Modbus RTU over a serial line, framed by `modbus-serial`, behind the same interface as TCP. One request at a time. RTU
 * has no transaction identifiers, so a reply that comes after its deadline could pass for the next one: after a timeout
 * the line is closed and opened again, which throws away what is in the buffers, and stays silent for a while first.
 */
import { invariant } from "../../domain/result.ts";
import type { Deadlines, Expirable } from "./deadlines.ts";
import { type Exchange, FunctionCode } from "./exchange.ts";
import { type ModbusFault, modbusFaults } from "./faults.table.ts";
import { backoffMs, countOutcome, createLinkCounters, type LinkState, type ModbusLink } from "./link.ts";

const queueMax = 64;
/** Silence after a timeout, in which a late reply runs out. */
export const drainMs = 60;
const openTimeoutMs = 2_000;

/** What is used of `modbus-serial`'s client. `SerialLine` lets a test put a line of its own in. */
export interface SerialLine {
  open(): Promise<void>;
  close(): void;
  /** `next` gets an error, or the reply's register bytes for a read, its echo for a write. */
  request(exchange: Exchange, next: (error: Error | null, reply: SerialReply) => void): void;
  onLost(listener: () => void): void;
}

export interface SerialReply {
  readonly buffer?: Buffer;
  readonly address?: number;
  readonly length?: number;
  readonly value?: number;
}

export interface SerialSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

export class RtuLink implements ModbusLink, Expirable {
  readonly name: string;
  readonly counters = createLinkCounters();
  state: LinkState = "closed";

  readonly #deadlines: Deadlines;
  readonly #makeLine: () => SerialLine;
  #line: SerialLine | undefined;
  #current: Exchange | undefined;
  readonly #queue: Exchange[] = [];
  #failures = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #openDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(settings: SerialSettings, deadlines: Deadlines, makeLine: () => SerialLine = () => openSerial(settings)) {
    this.name = `rtu ${settings.path}`;
    this.#deadlines = deadlines;
    this.#makeLine = makeLine;
    deadlines.add(this);
  }

  start(exchange: Exchange, deadlineMs: number): void {
    invariant(!exchange.busy, `an exchange with ${this.name} was started twice`);
    exchange.busy = true;
    exchange.deadlineMs = deadlineMs;
    exchange.startedMs = this.#deadlines.clock();
    if (this.state !== "open") {
      this.open();
      this.#finish(exchange, "not-connected");
      return;
    }
    if (this.#queue.length >= queueMax) {
      this.#finish(exchange, "queue-full");
      return;
    }
    this.#queue.push(exchange);
    this.#deadlines.need(deadlineMs);
    this.#sendNext();
  }

  open(): void {
    if (this.state !== "closed") return;
    const nowMs = this.#deadlines.clock();
    if (nowMs < this.#retryAtMs) return;
    this.state = "connecting";
    this.#openDeadlineMs = nowMs + openTimeoutMs;
    this.#deadlines.need(this.#openDeadlineMs);
    const line = this.#makeLine();
    this.#line = line;
    line.onLost(() => {
      if (this.#line === line) this.#reopen("reset", 0);
    });
    line.open().then(
      () => {
        if (this.#line !== line) return;
        this.state = "open";
        this.#openDeadlineMs = Number.POSITIVE_INFINITY;
      },
      () => {
        if (this.#line === line) this.#reopen("not-connected", 0);
      },
    );
  }

  shut(): void {
    this.#line?.close();
    this.#line = undefined;
    this.state = "shut";
    this.#deadlines.remove(this);
    this.#failPending("reopened");
  }

  expire(nowMs: number): void {
    if (nowMs >= this.#openDeadlineMs) this.#reopen("not-connected", 0);
    for (let i = 0; i < this.#queue.length; ) {
      const exchange = this.#queue[i]!;
      if (exchange.deadlineMs > nowMs) i += 1;
      else {
        this.#queue.splice(i, 1);
        this.#finish(exchange, "not-sent");
      }
    }
    const current = this.#current;
    if (current !== undefined && current.deadlineMs <= nowMs) {
      this.#reopen(current.isWrite ? "write-timeout" : "timeout", drainMs);
    }
  }

  nextDeadlineMs(): number {
    let earliestMs = Math.min(this.#openDeadlineMs, this.#current?.deadlineMs ?? Number.POSITIVE_INFINITY);
    for (const { deadlineMs } of this.#queue) if (deadlineMs < earliestMs) earliestMs = deadlineMs;
    return earliestMs;
  }

  #sendNext(): void {
    while (this.state === "open" && this.#current === undefined && this.#queue.length > 0) {
      const exchange = this.#queue.shift()!;
      if (exchange.deadlineMs <= this.#deadlines.clock()) {
        this.#finish(exchange, "not-sent");
        continue;
      }
      this.#current = exchange;
      const line = this.#line!;
      line.request(exchange, (error, reply) => {
        if (this.#line === line && this.#current === exchange) this.#take(exchange, error, reply);
      });
    }
  }

  #take(exchange: Exchange, error: Error | null, reply: SerialReply): void {
    const fault = error === null ? checkReply(exchange, reply) : faultOf(error, exchange);
    if (fault !== null && modbusFaults[fault].reopens) {
      this.#reopen(fault, drainMs);
      return;
    }
    this.#current = undefined;
    this.#failures = 0;
    this.#finish(exchange, fault);
    this.#sendNext();
  }

  #reopen(fault: ModbusFault, silenceMs: number): void {
    const culprit = this.#current;
    this.#current = undefined;
    this.#line?.close();
    this.#line = undefined;
    this.state = "closed";
    this.#openDeadlineMs = Number.POSITIVE_INFINITY;
    this.#failures += 1;
    this.counters.reconnects += 1;
    const nowMs = this.#deadlines.clock();
    this.#retryAtMs = nowMs + Math.max(silenceMs, backoffMs(this.#failures));
    this.counters.lastFault = fault;
    this.counters.lastFaultAtMs = nowMs;
    if (culprit !== undefined) this.#finish(culprit, fault);
    this.#failPending("reopened");
    this.open();
  }

  #failPending(fault: ModbusFault): void {
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) this.#finish(current, fault);
    for (const exchange of this.#queue.splice(0)) this.#finish(exchange, fault);
  }

  #finish(exchange: Exchange, fault: ModbusFault | null): void {
    exchange.busy = false;
    exchange.fault = fault;
    exchange.finishedMs = this.#deadlines.clock();
    countOutcome(this.counters, exchange);
    exchange.onDone(exchange);
  }
}

function checkReply(exchange: Exchange, reply: SerialReply): ModbusFault | null {
  if (!exchange.isWrite) {
    if (reply.buffer?.length !== exchange.reply.length) return "wrong-length";
    reply.buffer.copy(exchange.reply);
    return null;
  }
  const repeated =
    exchange.functionCode === FunctionCode.writeSingle
      ? reply.value === exchange.frame.readUInt16BE(exchange.dataOffset)
      : reply.length === exchange.count;
  return reply.address === exchange.address && repeated ? null : "wrong-echo";
}

/** The library tells its faults in sentences; exceptions carry the device's code. */
function faultOf(error: Error & { modbusCode?: number }, exchange: Exchange): ModbusFault {
  if (error.modbusCode !== undefined) {
    exchange.exceptionCode = error.modbusCode;
    return "exception";
  }
  if (error.message.startsWith("CRC")) return "wrong-checksum";
  if (error.message.startsWith("Data length")) return "wrong-length";
  if (error.message.includes("expected address")) return "wrong-unit";
  if (error.message.includes("expected code")) return "wrong-function";
  return "reset";
}

/** The parts of the library's client that its own types leave out. */
interface LowLevelClient {
  connectRTUBuffered(path: string, options: object): Promise<void>;
  destroy(done: () => void): void;
  close(done: () => void): void;
  on(event: "close" | "error", listener: () => void): void;
  isOpen: boolean;
  writeFC3(unit: number, address: number, count: number, next: Next): void;
  writeFC4(unit: number, address: number, count: number, next: Next): void;
  writeFC6(unit: number, address: number, value: number, next: Next): void;
  writeFC16(unit: number, address: number, values: number[], next: Next): void;
}
type Next = (error: Error | null, reply: SerialReply) => void;

/** A line of `modbus-serial`, which is loaded only where there is one. `extra` goes to the serial port: a test's binding. */
export function openSerial(settings: SerialSettings, extra: object = {}): SerialLine {
  let client: LowLevelClient | undefined;
  let lost = (): void => {};
  let closed = false;
  return {
    open: async () => {
      const library = (await import("modbus-serial")) as unknown as { readonly default: new () => LowLevelClient };
      const made = new library.default();
      made.on("close", () => lost());
      made.on("error", () => lost());
      await made.connectRTUBuffered(settings.path, {
        baudRate: settings.baudRate,
        parity: settings.parity,
        stopBits: settings.stopBits,
        ...extra,
      });
      client = made;
      if (closed) made.close(() => {});
    },
    close: () => {
      closed = true;
      lost = () => {};
      if (client?.isOpen) client.close(() => {});
    },
    onLost: (listener) => {
      lost = listener;
    },
    request: (exchange, next) => {
      const { unit, address, count, functionCode } = exchange;
      if (functionCode === FunctionCode.readHolding) client!.writeFC3(unit, address, count, next);
      else if (functionCode === FunctionCode.readInput) client!.writeFC4(unit, address, count, next);
      else if (functionCode === FunctionCode.writeSingle) {
        client!.writeFC6(unit, address, exchange.frame.readUInt16BE(exchange.dataOffset), next);
      } else {
        const words = Array.from({ length: count }, (_, i) => exchange.frame.readUInt16BE(exchange.dataOffset + 2 * i));
        client!.writeFC16(unit, address, words, next);
      }
    },
  };
}

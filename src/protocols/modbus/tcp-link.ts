/**
 * Strict Modbus TCP client for the control cycle: 16-bit transaction identifiers, at most two requests in flight, one
 * deadline per transaction, every field of a reply checked. A write that is not acknowledged in time destroys the socket:
 * bytes that the peer has not read yet are dropped with it, and what it read but has not executed is refused by the
 * stage's own age check (firmware-bridge/CONTRACT.md).
 */
import { connect, type Socket } from "node:net";
import { invariant } from "../../domain/result.ts";
import type { Deadlines, Expirable } from "./deadlines.ts";
import { type Exchange, frameLengthMax, headerLength, takeReply } from "./exchange.ts";
import { type ModbusFault, modbusFaults } from "./faults.table.ts";
import { backoffMs, countOutcome, createLinkCounters, type LinkState, type ModbusLink } from "./link.ts";

const inFlightMax = 2;
const queueMax = 64;
/** Reads that may time out one after the other before the connection is given up. */
const readTimeoutsMax = 3;
/** Identifiers of reads that timed out and whose late reply may still come; more means that the peer only swallows. */
const abandonedMax = 8;
const connectTimeoutMs = 1_000;
const receiveChunk = 8_192;

export class TcpLink implements ModbusLink, Expirable {
  readonly name: string;
  readonly counters = createLinkCounters();
  state: LinkState = "closed";

  readonly #host: string;
  readonly #port: number;
  readonly #deadlines: Deadlines;
  #socket: Socket | undefined;
  readonly #chunk = Buffer.alloc(receiveChunk);
  readonly #received = Buffer.alloc(receiveChunk + frameLengthMax);
  #receivedLength = 0;

  readonly #inFlight: (Exchange | undefined)[] = new Array(inFlightMax).fill(undefined);
  readonly #inFlightIds = new Int32Array(inFlightMax).fill(-1);
  readonly #queue: Exchange[] = [];
  readonly #abandonedIds = new Int32Array(abandonedMax).fill(-1);
  #nextId: number;

  #failures = 0;
  #readTimeouts = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #connectDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(host: string, port: number, deadlines: Deadlines, firstId = 1) {
    this.name = `tcp ${host}:${port}`;
    this.#host = host;
    this.#port = port;
    this.#deadlines = deadlines;
    this.#nextId = firstId & 0xffff;
    deadlines.add(this);
  }

  start(exchange: Exchange, deadlineMs: number): void {
    invariant(!exchange.busy, `an exchange with ${this.name} was started twice`);
    exchange.busy = true;
    exchange.deadlineMs = deadlineMs;
    exchange.startedMs = this.#deadlines.clock();
    if (this.state !== "open") {
      this.open();
      this.#finish(exchange, "not-connected", exchange.startedMs);
      return;
    }
    const slot = this.#freeSlot();
    if (slot >= 0) this.#send(exchange, slot);
    else if (this.#queue.length < queueMax) this.#queue.push(exchange);
    else {
      this.#finish(exchange, "queue-full", exchange.startedMs);
      return;
    }
    this.#deadlines.need(deadlineMs);
  }

  open(): void {
    if (this.state !== "closed") return;
    const nowMs = this.#deadlines.clock();
    if (nowMs < this.#retryAtMs) return;
    this.state = "connecting";
    this.#receivedLength = 0;
    this.#connectDeadlineMs = nowMs + connectTimeoutMs;
    this.#deadlines.need(this.#connectDeadlineMs);
    const socket = connect({
      host: this.#host,
      port: this.#port,
      noDelay: true,
      onread: {
        buffer: this.#chunk,
        callback: (length) => {
          if (this.#socket === socket) this.#receive(length);
          return true;
        },
      },
    });
    this.#socket = socket;
    socket.on("connect", () => {
      if (this.#socket !== socket) return;
      this.state = "open";
      this.#connectDeadlineMs = Number.POSITIVE_INFINITY;
    });
    const lost = () => {
      if (this.#socket === socket) this.#reopen(this.state === "connecting" ? "not-connected" : "reset");
    };
    socket.on("error", () => {});
    socket.on("end", lost);
    socket.on("close", lost);
  }

  shut(): void {
    this.#dropSocket();
    this.state = "shut";
    this.#deadlines.remove(this);
    this.#failPending("reopened", "reopened");
  }

  expire(nowMs: number): void {
    if (nowMs >= this.#connectDeadlineMs) this.#reopen("not-connected");
    for (let i = 0; i < this.#queue.length; ) {
      const exchange = this.#queue[i]!;
      if (exchange.deadlineMs > nowMs) {
        i += 1;
        continue;
      }
      this.#queue.splice(i, 1);
      this.#finish(exchange, "not-sent", nowMs);
    }
    for (let slot = 0; slot < inFlightMax; slot += 1) {
      const exchange = this.#inFlight[slot];
      if (exchange === undefined || exchange.deadlineMs > nowMs) continue;
      if (exchange.isWrite) {
        this.#reopen("write-timeout", slot);
        return;
      }
      this.#readTimeouts += 1;
      if (this.#readTimeouts >= readTimeoutsMax || !this.#abandon(this.#inFlightIds[slot]!)) {
        this.#reopen("timeout", slot);
        return;
      }
      this.#release(slot);
      this.#finish(exchange, "timeout", nowMs);
    }
    this.#sendQueued();
  }

  nextDeadlineMs(): number {
    let earliestMs = this.#connectDeadlineMs;
    for (let slot = 0; slot < inFlightMax; slot += 1) {
      const exchange = this.#inFlight[slot];
      if (exchange !== undefined && exchange.deadlineMs < earliestMs) earliestMs = exchange.deadlineMs;
    }
    for (let i = 0; i < this.#queue.length; i += 1) {
      if (this.#queue[i]!.deadlineMs < earliestMs) earliestMs = this.#queue[i]!.deadlineMs;
    }
    return earliestMs;
  }

  #freeSlot(): number {
    for (let slot = 0; slot < inFlightMax; slot += 1) if (this.#inFlight[slot] === undefined) return slot;
    return -1;
  }

  #release(slot: number): void {
    this.#inFlight[slot] = undefined;
    this.#inFlightIds[slot] = -1;
  }

  #send(exchange: Exchange, slot: number): void {
    do {
      this.#nextId = (this.#nextId + 1) & 0xffff;
    } while (this.#inFlightIds.includes(this.#nextId) || this.#abandonedIds.includes(this.#nextId));
    this.#inFlight[slot] = exchange;
    this.#inFlightIds[slot] = this.#nextId;
    exchange.frame[0] = this.#nextId >> 8;
    exchange.frame[1] = this.#nextId & 0xff;
    this.#socket!.write(exchange.frame);
  }

  #sendQueued(): void {
    while (this.state === "open" && this.#queue.length > 0) {
      const slot = this.#freeSlot();
      if (slot < 0) return;
      const exchange = this.#queue.shift()!;
      if (exchange.deadlineMs <= this.#deadlines.clock()) this.#finish(exchange, "not-sent", this.#deadlines.clock());
      else this.#send(exchange, slot);
    }
  }

  #receive(length: number): void {
    this.#chunk.copy(this.#received, this.#receivedLength, 0, length);
    this.#receivedLength += length;
    const nowMs = this.#deadlines.clock();
    const bytes = this.#received;
    let start = 0;
    while (this.#receivedLength - start >= headerLength) {
      const frameLength = 6 + ((bytes[start + 4]! << 8) | bytes[start + 5]!);
      if (bytes[start + 2] !== 0 || bytes[start + 3] !== 0) {
        this.#reopen("wrong-protocol");
        return;
      }
      if (frameLength < headerLength + 2 || frameLength > frameLengthMax) {
        this.#reopen("wrong-length");
        return;
      }
      if (this.#receivedLength - start < frameLength) break;
      if (!this.#takeFrame(start, frameLength, nowMs)) return;
      start += frameLength;
    }
    if (start > 0) bytes.copyWithin(0, start, this.#receivedLength);
    this.#receivedLength -= start;
    this.#sendQueued();
  }

  /** One whole frame. False when the connection was given up because of it. */
  #takeFrame(start: number, frameLength: number, nowMs: number): boolean {
    const bytes = this.#received;
    const id = (bytes[start]! << 8) | bytes[start + 1]!;
    const slot = this.#inFlightIds.indexOf(id);
    if (slot < 0) {
      const abandoned = this.#abandonedIds.indexOf(id);
      if (abandoned < 0) {
        this.#reopen("wrong-transaction");
        return false;
      }
      this.#abandonedIds[abandoned] = -1;
      this.counters.lateReplies += 1;
      return true;
    }
    const exchange = this.#inFlight[slot]!;
    const fault =
      bytes[start + 6] === exchange.unit
        ? takeReply(exchange, bytes, start + headerLength, frameLength - headerLength)
        : "wrong-unit";
    if (fault !== null && modbusFaults[fault].reopens) {
      this.#reopen(fault, slot);
      return false;
    }
    this.#release(slot);
    this.#failures = 0;
    this.#readTimeouts = 0;
    this.#finish(exchange, fault, nowMs);
    return this.state === "open";
  }

  #abandon(id: number): boolean {
    const place = this.#abandonedIds.indexOf(-1);
    if (place >= 0) this.#abandonedIds[place] = id;
    return place >= 0;
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    if (socket.connecting) socket.destroy();
    else socket.resetAndDestroy();
  }

  /**
   * Gives the connection up. The exchange in `slot` (all of them without one) ends with `fault`, whatever else is pending
   * with `reopened`. The next attempt is at once after the first failure, then later and later.
   */
  #reopen(fault: ModbusFault, slot?: number): void {
    const culprit = slot === undefined ? undefined : this.#inFlight[slot];
    this.#dropSocket();
    this.state = "closed";
    this.#connectDeadlineMs = Number.POSITIVE_INFINITY;
    this.#receivedLength = 0;
    this.#abandonedIds.fill(-1);
    this.#readTimeouts = 0;
    this.#failures += 1;
    this.counters.reconnects += 1;
    const nowMs = this.#deadlines.clock();
    this.#retryAtMs = nowMs + backoffMs(this.#failures);
    this.counters.lastFault = fault;
    this.counters.lastFaultAtMs = nowMs;
    if (culprit !== undefined) {
      this.#release(slot!);
      this.#finish(culprit, fault, nowMs);
      this.#failPending("reopened", "reopened");
    } else {
      if (fault.startsWith("wrong-") && !this.#inFlight.some((exchange) => exchange !== undefined)) {
        this.counters.malformed += 1;
      }
      this.#failPending(fault, "reopened");
    }
    this.open();
  }

  #failPending(inFlightFault: ModbusFault, queuedFault: ModbusFault): void {
    const nowMs = this.#deadlines.clock();
    for (let slot = 0; slot < inFlightMax; slot += 1) {
      const exchange = this.#inFlight[slot];
      if (exchange === undefined) continue;
      this.#release(slot);
      this.#finish(exchange, inFlightFault, nowMs);
    }
    for (const exchange of this.#queue.splice(0)) this.#finish(exchange, queuedFault, nowMs);
  }

  #finish(exchange: Exchange, fault: ModbusFault | null, nowMs: number): void {
    exchange.busy = false;
    exchange.fault = fault;
    exchange.finishedMs = nowMs;
    countOutcome(this.counters, exchange);
    exchange.onDone(exchange);
  }
}

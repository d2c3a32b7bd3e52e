/**
 * Strict Modbus TCP client for the control cycle: 16-bit transaction identifiers, few requests in flight, one deadline per
 * transaction, every field of a reply checked. A write that is not acknowledged in time destroys the socket: bytes that the
 * peer has not read yet are dropped with it, and what it read but has not executed is refused by the stage's own age check
 * (firmware-bridge/CONTRACT.md). There is never more than one connection: the old socket has ended before the next one
 * opens, because many devices and gateways serve a single client.
 */
import { connect, type Socket } from "node:net";
import { invariant } from "../../domain/result.ts";
import { Attempts } from "./attempts.ts";
import type { Deadlines, Expirable } from "./deadlines.ts";
import { type Exchange, frameLengthMax, headerLength, takeReply } from "./exchange.ts";
import { type ModbusFault, modbusFaults } from "./faults.table.ts";
import {
  beginExchange,
  createLinkCounters,
  finishExchange,
  type LinkState,
  type ModbusLink,
  whyUnsent,
} from "./link.ts";
import { openFailureText } from "./open-failure.ts";
import { createTlsClient, type TlsClient, type TlsSettings, tlsConnectTimeoutMs, tlsFailureText } from "./tls.ts";
import { type Pace, Turns } from "./turns.ts";

/** Most requests in flight that a pace may ask for. */
const inFlightMax = 8;
/** Reads that may time out one after the other before the connection is given up. */
const readTimeoutsMax = 3;
/** So many are enough when nothing at all has come from the far end for so long, ms: the connection is dead on its side. */
const deadTimeouts = 2;
const deadAfterMs = 400;
/** Identifiers of reads that timed out and whose late reply may still come; more means that the peer only swallows. */
const abandonedMax = 8;
const connectTimeoutMs = 1_000;
const receiveChunk = 8_192;
/** Bytes that a device may send on a new connection before its first reply without being given up. */
const greetingMax = 512;

/** First transaction id, for tests; pause after connecting, ms. */
export interface TcpLinkOptions {
  /** First transaction identifier. */
  readonly firstId?: number;
  /** Wait between the connection and the first request, ms. */
  readonly connectDelayMs?: number;
  /** The connection is secured: Modbus/TCP Security. */
  readonly tls?: TlsSettings;
  /** Which of this machine's addresses it comes from; unsaid, the system's choice. */
  readonly localAddress?: string;
}

/** Modbus TCP; reconnects by itself. */
export class TcpLink implements ModbusLink, Expirable {
  readonly name: string;
  readonly counters = createLinkCounters();
  state: LinkState = "closed";
  openFailure = "";

  readonly #host: string;
  readonly #port: number;
  readonly #deadlines: Deadlines;
  readonly #connectDelayMs: number;
  readonly #connectTimeoutMs: number;
  readonly #tls: TlsClient | undefined;
  readonly #localAddress: string | undefined;
  #socket: Socket | undefined;
  /** A socket that was given up and has not ended yet. */
  #leaving: Socket | undefined;
  readonly #chunk = Buffer.alloc(receiveChunk);
  readonly #received = Buffer.alloc(receiveChunk + frameLengthMax + greetingMax);
  #receivedLength = 0;
  /** On this connection a reply came whose identifier nobody had asked with. */
  #misnumbered = false;
  /** Bytes thrown away on this connection; -1 after the first good reply, when nothing stray is forgiven any more. */
  #greeting = 0;

  readonly #turns = new Turns();
  readonly #inFlight: (Exchange | undefined)[] = new Array(inFlightMax).fill(undefined);
  readonly #inFlightIds = new Int32Array(inFlightMax).fill(-1);
  readonly #abandonedIds = new Int32Array(abandonedMax).fill(-1);
  #nextId: number;

  readonly #attempts = new Attempts();
  #readTimeouts = 0;
  /** When something last came from the far end, or the connection was opened. */
  #heardMs = Number.NEGATIVE_INFINITY;
  #readyAtMs = Number.NEGATIVE_INFINITY;
  #connectDeadlineMs = Number.POSITIVE_INFINITY;

  constructor(host: string, port: number, deadlines: Deadlines, options: TcpLinkOptions = {}) {
    this.name = `${options.tls === undefined ? "tcp" : "tls"} ${host}:${port}`;
    this.#tls = options.tls && createTlsClient(options.tls);
    this.#connectTimeoutMs = options.tls === undefined ? connectTimeoutMs : tlsConnectTimeoutMs;
    this.#host = host;
    this.#port = port;
    this.#localAddress = options.localAddress;
    this.#deadlines = deadlines;
    this.#connectDelayMs = options.connectDelayMs ?? 0;
    this.#nextId = (options.firstId ?? 1) & 0xffff;
    deadlines.add(this);
  }

  setPace(unit: number, pace: Pace): void {
    this.#turns.setPace(unit, { ...pace, urgent: false, maxInFlight: Math.min(inFlightMax, pace.maxInFlight) });
  }

  rest(unit: number, untilMs: number): void {
    this.#turns.rest(unit, untilMs);
  }

  start(exchange: Exchange, deadlineMs: number, replyTimeoutMs = Number.POSITIVE_INFINITY): void {
    invariant(!exchange.busy, `an exchange with ${this.name} was started twice`);
    const nowMs = this.#deadlines.clock();
    beginExchange(exchange, nowMs, deadlineMs, replyTimeoutMs);
    if (this.state !== "open") {
      this.open();
      this.#finish(exchange, "not-connected", nowMs);
      return;
    }
    if (!this.#turns.push(exchange)) {
      this.#finish(exchange, "queue-full", nowMs);
      return;
    }
    this.#sendQueued(nowMs);
    this.#deadlines.need(exchange.deadlineMs);
  }

  open(): void {
    if (this.state !== "closed" || this.#leaving !== undefined) return;
    const nowMs = this.#deadlines.clock();
    if (!this.#attempts.isDue(nowMs)) return;
    if (this.#tls !== undefined && this.#tls.broken !== "") {
      this.openFailure = this.#tls.broken;
      return;
    }
    this.state = "connecting";
    this.#receivedLength = 0;
    this.#greeting = 0;
    this.#misnumbered = false;
    this.#attempts.begins();
    this.#connectDeadlineMs = nowMs + this.#connectTimeoutMs;
    this.#deadlines.need(this.#connectDeadlineMs);
    const socket = this.#tls === undefined ? this.#connectPlainly() : this.#connectSecurely(this.#tls);
    this.#socket = socket;
    socket.on(this.#tls === undefined ? "connect" : "secureConnect", () => {
      if (this.#socket !== socket || socket.destroyed) return;
      this.state = "open";
      // Whether our own certificate is good enough is known with the first reply.
      if (this.#tls === undefined) this.openFailure = "";
      const openedMs = this.#deadlines.clock();
      this.#attempts.opened(openedMs);
      this.#readyAtMs = openedMs + this.#connectDelayMs;
      this.#connectDeadlineMs = Number.POSITIVE_INFINITY;
    });
    // What this attempt has said; an earlier one may have failed for another reason.
    let said = "";
    const lost = () => {
      if (this.#socket !== socket) return;
      // With TLS 1.3 a device says only after the handshake that it does not take our certificate.
      const isRefused = this.#tls !== undefined && this.state === "open" && !this.#attempts.answered;
      if (isRefused) this.openFailure = said || this.#tls.endedEarly;
      // Whoever said something, nothing of it Modbus, and hung up is no Modbus server.
      const isStranger = !this.#attempts.answered && this.#greeting > 0;
      this.#reopen(
        this.state === "connecting" || isRefused ? "not-connected" : isStranger ? "wrong-protocol" : "reset",
      );
    };
    socket.on("error", (failure) => {
      if (
        this.#socket !== socket ||
        (this.state !== "connecting" && (this.#tls === undefined || this.#attempts.answered))
      )
        return;
      said = this.#tls === undefined ? openFailureText(failure) : tlsFailureText(failure);
      this.openFailure = said;
    });
    socket.on("end", lost);
    socket.on("close", () => {
      lost();
      if (this.#leaving !== socket) return;
      this.#leaving = undefined;
      this.open();
    });
  }

  #connectPlainly(): Socket {
    const socket = connect({
      host: this.#host,
      port: this.#port,
      ...(this.#localAddress !== undefined && { localAddress: this.#localAddress }),
      noDelay: true,
      onread: {
        buffer: this.#chunk,
        callback: (length) => {
          if (this.#socket === socket) this.#receive(length);
          return true;
        },
      },
    });
    return socket;
  }

  #connectSecurely(tls: TlsClient): Socket {
    const socket = tls.connect(this.#host, this.#port);
    socket.on("data", (bytes: Buffer) => {
      // A record may be larger than what is taken at once.
      for (let at = 0; at < bytes.length && this.#socket === socket; at += receiveChunk)
        this.#receive(bytes.copy(this.#chunk, 0, at, at + receiveChunk));
    });
    return socket;
  }

  shut(): void {
    this.#dropSocket();
    this.state = "shut";
    this.#deadlines.remove(this);
    this.#failPending("reopened", "reopened");
  }

  expire(nowMs: number): void {
    if (nowMs >= this.#connectDeadlineMs) {
      this.openFailure = `no answer from ${this.#host}:${this.#port} within ${this.#connectTimeoutMs} ms`;
      this.#reopen("not-connected");
    }
    this.#turns.drop(nowMs, (exchange) => this.#finish(exchange, "not-sent", nowMs));
    for (let slot = 0; slot < inFlightMax; slot += 1) {
      const exchange = this.#inFlight[slot];
      if (exchange === undefined || exchange.deadlineMs > nowMs) continue;
      if (exchange.isWrite) {
        this.#reopen("write-timeout", slot);
        return;
      }
      this.#readTimeouts += 1;
      // One that answers everything with an identifier of its own is not silent.
      const fault = this.#misnumbered && !this.#attempts.answered ? "wrong-transaction" : "timeout";
      const isDead =
        this.#readTimeouts >= deadTimeouts && this.#attempts.answered && nowMs - this.#heardMs >= deadAfterMs;
      if (isDead || this.#readTimeouts >= readTimeoutsMax || !this.#abandon(this.#inFlightIds[slot]!)) {
        this.#reopen(fault, slot);
        return;
      }
      this.#release(slot, nowMs);
      this.#finish(exchange, fault, nowMs);
    }
    this.#sendQueued(nowMs);
  }

  nextDeadlineMs(): number {
    let earliestMs = Math.min(this.#connectDeadlineMs, this.#turns.nextDeadlineMs());
    for (let slot = 0; slot < inFlightMax; slot += 1) {
      const exchange = this.#inFlight[slot];
      if (exchange !== undefined && exchange.deadlineMs < earliestMs) earliestMs = exchange.deadlineMs;
    }
    return Math.min(earliestMs, this.#nextTurnMs());
  }

  /** When something that waits only for a pause may go out. */
  #nextTurnMs(): number {
    if (this.state !== "open" || this.#freeSlot() < 0) return Number.POSITIVE_INFINITY;
    return Math.max(this.#readyAtMs, this.#turns.nextTurnMs());
  }

  #freeSlot(): number {
    const most = this.#turns.maxInFlight;
    for (let slot = 0; slot < most; slot += 1) if (this.#inFlight[slot] === undefined) return slot;
    return -1;
  }

  #release(slot: number, nowMs: number): void {
    this.#turns.ended(this.#inFlight[slot]!, nowMs);
    this.#inFlight[slot] = undefined;
    this.#inFlightIds[slot] = -1;
  }

  /** Sends what has its turn now, and sees to it that somebody looks when the next pause is over. */
  #sendQueued(nowMs: number): void {
    while (this.state === "open" && this.#turns.waiting > 0 && nowMs >= this.#readyAtMs) {
      const slot = this.#freeSlot();
      if (slot < 0) return;
      const exchange = this.#turns.next(nowMs);
      if (exchange === undefined) break;
      const gone = whyUnsent(exchange, nowMs);
      if (gone !== null) {
        this.#turns.ended(exchange, Number.NEGATIVE_INFINITY);
        this.#finish(exchange, gone, nowMs);
      } else this.#send(exchange, slot, nowMs);
    }
    if (this.#turns.waiting === 0) return;
    const turnMs = this.#nextTurnMs();
    if (turnMs < Number.POSITIVE_INFINITY) this.#deadlines.need(turnMs);
  }

  #send(exchange: Exchange, slot: number, nowMs: number): void {
    do {
      this.#nextId = (this.#nextId + 1) & 0xffff;
    } while (this.#inFlightIds.includes(this.#nextId) || this.#abandonedIds.includes(this.#nextId));
    this.#inFlight[slot] = exchange;
    this.#inFlightIds[slot] = this.#nextId;
    exchange.frame[0] = this.#nextId >> 8;
    exchange.frame[1] = this.#nextId & 0xff;
    exchange.sentMs = nowMs;
    if (exchange.replyTimeoutMs < Number.POSITIVE_INFINITY) {
      exchange.deadlineMs = nowMs + exchange.replyTimeoutMs;
      this.#deadlines.need(exchange.deadlineMs);
    }
    this.#socket!.write(exchange.frame);
  }

  #receive(length: number): void {
    this.#chunk.copy(this.#received, this.#receivedLength, 0, length);
    this.#receivedLength += length;
    const nowMs = this.#deadlines.clock();
    this.#heardMs = nowMs;
    const bytes = this.#received;
    let start = 0;
    while (this.#receivedLength - start >= headerLength) {
      const frameLength = 6 + ((bytes[start + 4]! << 8) | bytes[start + 5]!);
      const fault = this.#headFault(start, frameLength);
      if (fault !== null) {
        if (fault === "wrong-transaction") this.#misnumbered = true;
        const next = this.#skipGreeting(start);
        if (next <= start) {
          this.#reopen(fault);
          return;
        }
        start = next;
        continue;
      }
      if (this.#receivedLength - start < frameLength) break;
      if (!this.#takeFrame(start, frameLength, nowMs)) return;
      start += frameLength;
    }
    if (start > 0) bytes.copyWithin(0, start, this.#receivedLength);
    this.#receivedLength -= start;
    this.#sendQueued(nowMs);
  }

  #headFault(start: number, frameLength: number): ModbusFault | null {
    const bytes = this.#received;
    if (bytes[start + 2] !== 0 || bytes[start + 3] !== 0) return "wrong-protocol";
    if (frameLength < headerLength + 2 || frameLength > frameLengthMax) return "wrong-length";
    if (this.#greeting >= 0 && this.#slotAt(start) < 0 && !this.#isAbandoned(start)) return "wrong-transaction";
    return null;
  }

  #slotAt(start: number): number {
    return this.#inFlightIds.indexOf((this.#received[start]! << 8) | this.#received[start + 1]!);
  }

  #isAbandoned(start: number): boolean {
    return this.#abandonedIds.includes((this.#received[start]! << 8) | this.#received[start + 1]!);
  }

  /**
   * Some devices and serial gateways put a few bytes of noise in front of their first reply. On a new connection what does
   * not fit is thrown away up to where a reply to one of our requests begins. Returns where that is, or the place where one
   * may yet begin; -1 when the connection is to be given up.
   */
  #skipGreeting(start: number): number {
    if (this.#greeting < 0) return -1;
    const bytes = this.#received;
    const last = this.#receivedLength - headerLength;
    let at = start;
    while (
      at <= last &&
      !(bytes[at + 2] === 0 && bytes[at + 3] === 0 && bytes[at + 4] === 0 && this.#slotAt(at) >= 0)
    ) {
      at += 1;
    }
    this.#greeting += at - start;
    this.counters.strayBytes += at - start;
    return this.#greeting > greetingMax ? -1 : at;
  }

  /** One whole frame. False when the connection was given up because of it. */
  #takeFrame(start: number, frameLength: number, nowMs: number): boolean {
    const bytes = this.#received;
    const slot = this.#slotAt(start);
    if (slot < 0) {
      const abandoned = this.#abandonedIds.indexOf((bytes[start]! << 8) | bytes[start + 1]!);
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
      exchange.anyUnit || bytes[start + 6] === exchange.unit
        ? takeReply(exchange, bytes, start + headerLength, frameLength - headerLength)
        : "wrong-unit";
    if (fault !== null && modbusFaults[fault].reopens) {
      this.#reopen(fault, slot);
      return false;
    }
    this.#release(slot, nowMs);
    this.#greeting = -1;
    this.#attempts.answered = true;
    this.openFailure = "";
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
    if (socket === undefined || socket.closed) return;
    this.#leaving = socket;
    if (socket.connecting || this.#tls !== undefined) socket.destroy();
    else socket.resetAndDestroy();
  }

  /**
   * Gives the connection up. The exchange in `slot` (all of them without one) ends with `fault`, whatever else is pending
   * with `reopened`. The next attempt comes when the old socket has ended: at once after a connection that was good for a
   * while, later and later after those that were not.
   */
  #reopen(fault: ModbusFault, slot?: number): void {
    const culprit = slot === undefined ? undefined : this.#inFlight[slot];
    const nowMs = this.#deadlines.clock();
    this.#dropSocket();
    this.state = "closed";
    this.#connectDeadlineMs = Number.POSITIVE_INFINITY;
    this.#receivedLength = 0;
    this.#abandonedIds.fill(-1);
    this.#readTimeouts = 0;
    this.#attempts.ended(this.counters, fault, nowMs);
    if (culprit !== undefined) {
      this.#release(slot!, nowMs);
      this.#finish(culprit, fault, nowMs);
      this.#failPending("reopened", "reopened");
    } else {
      if (fault.startsWith("wrong-") && !this.#inFlight.some((exchange) => exchange !== undefined)) {
        this.counters.malformed += 1;
      }
      this.#failPending(fault, "reopened");
    }
    this.#turns.clearInFlight();
    this.open();
  }

  #failPending(inFlightFault: ModbusFault, queuedFault: ModbusFault): void {
    const nowMs = this.#deadlines.clock();
    for (let slot = 0; slot < inFlightMax; slot += 1) {
      const exchange = this.#inFlight[slot];
      if (exchange === undefined) continue;
      this.#release(slot, nowMs);
      this.#finish(exchange, inFlightFault, nowMs);
    }
    this.#turns.drop(Number.POSITIVE_INFINITY, (exchange) => this.#finish(exchange, queuedFault, nowMs));
  }

  #finish(exchange: Exchange, fault: ModbusFault | null, nowMs: number): void {
    finishExchange(this.counters, exchange, fault, nowMs);
  }
}

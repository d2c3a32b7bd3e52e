/**
 * Modbus RTU over a line of bytes (`byte-line.ts`), behind the same interface as TCP. One request at a time, silence of 3.5
 * characters between frames. RTU has no transaction identifiers, so a reply that comes after its deadline could pass for
 * the next one: the unit that owes one is left alone until it can have no reply left to give, while the others go on.
 */
import { invariant } from "../../domain/result.ts";
import { Attempts } from "./attempts.ts";
import type { ByteLine } from "./byte-line.ts";
import { crc16 } from "./crc16.ts";
import type { Deadlines, Expirable } from "./deadlines.ts";
import { type Exchange, headerLength, takeReply } from "./exchange.ts";
import type { ModbusFault } from "./faults.table.ts";
import {
  beginExchange,
  createLinkCounters,
  finishExchange,
  type LinkState,
  type ModbusLink,
  whyUnsent,
} from "./link.ts";
import { type Pace, Turns } from "./turns.ts";

/** Shortest silence between frames where 3.5 characters are less, or the speed is not known, ms (Modbus over Serial Line). */
const frameGapMs = 1.75;
/** Characters of silence between frames. */
const gapCharacters = 3.5;
/** After bytes that make no frame the line is listened to until it has been silent for this long, ms. */
const quietMs = 20;
const quietCharacters = 10;
/** A unit that owes a reply is left alone for as long as it was waited for already, and at least this long, ms. */
const owedMinMs = 60;
const openTimeoutMs = 3_000;
/** Requests in a row without any reply, of whatever unit, before the line itself is opened anew. */
const silentRequestsMax = 8;
/** Unit, PDU of 253 bytes, checksum. */
const rtuFrameMax = 256;
const receiveMax = 1_024;

/** Pause after opening the line, ms. */
export interface RtuLinkOptions {
  /** Wait between opening the line and the first request, ms. */
  readonly connectDelayMs?: number;
}

/** Modbus RTU over a line of bytes; reopens by itself. */
export class RtuLink implements ModbusLink, Expirable {
  readonly name: string;
  readonly counters = createLinkCounters();
  state: LinkState = "closed";
  openFailure = "";

  readonly #deadlines: Deadlines;
  readonly #line: ByteLine;
  readonly #connectDelayMs: number;
  readonly #gapMs: number;
  readonly #turns = new Turns({ pauseMs: 0, maxInFlight: 1 });
  readonly #frame = Buffer.alloc(rtuFrameMax);
  readonly #received = Buffer.alloc(receiveMax);
  #receivedLength = 0;
  #current: Exchange | undefined;
  #sentLength = 0;
  /** The line repeats what is sent; and whether the current request's copy has been dropped. */
  #echoes = false;
  #echoDropped = false;
  /** What is wrong with the bytes that have come so far for the current request. */
  #spoilt: ModbusFault = "timeout";

  #closing = false;
  readonly #attempts = new Attempts();
  #silentRequests = 0;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  /** Until then a reply that was given up may still come. */
  #owedUntilMs = Number.NEGATIVE_INFINITY;
  #openDeadlineMs = Number.POSITIVE_INFINITY;
  /** Counts openings, so that what an old one still says is not heard. */
  #opening = 0;

  constructor(line: ByteLine, deadlines: Deadlines, options: RtuLinkOptions = {}) {
    this.name = line.name;
    this.#line = line;
    this.#deadlines = deadlines;
    this.#connectDelayMs = options.connectDelayMs ?? 0;
    this.#gapMs = Math.max(frameGapMs, gapCharacters * line.characterMs);
    deadlines.add(this);
  }

  setPace(unit: number, pace: Pace): void {
    this.#turns.setPace(unit, { ...pace, maxInFlight: 1 });
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
    this.#sendNext(nowMs);
    this.#deadlines.need(exchange.deadlineMs);
  }

  open(): void {
    if (this.state !== "closed" || this.#closing) return;
    const nowMs = this.#deadlines.clock();
    if (!this.#attempts.isDue(nowMs)) return;
    this.state = "connecting";
    this.#opening += 1;
    const opening = this.#opening;
    this.#receivedLength = 0;
    this.#silentRequests = 0;
    this.#attempts.begins();
    this.#openDeadlineMs = nowMs + openTimeoutMs;
    this.#deadlines.need(this.#openDeadlineMs);
    this.#line
      .open(
        (bytes) => {
          if (this.#opening === opening && this.state === "open") this.#receive(bytes);
        },
        () => {
          if (this.#opening === opening && this.state === "open") this.#reopen("reset");
        },
      )
      .then(
        () => {
          if (this.#opening !== opening || this.state !== "connecting") return;
          this.state = "open";
          this.openFailure = "";
          const openedMs = this.#deadlines.clock();
          this.#attempts.opened(openedMs);
          this.#quietUntilMs = openedMs + Math.max(this.#gapMs, this.#connectDelayMs);
          this.#openDeadlineMs = Number.POSITIVE_INFINITY;
        },
        (failure: unknown) => {
          this.openFailure = failure instanceof Error ? failure.message : String(failure);
          if (this.#opening === opening && this.state === "connecting") this.#reopen("not-connected");
        },
      );
  }

  shut(): void {
    this.state = "shut";
    void this.#line.close();
    this.#deadlines.remove(this);
    this.#failPending("reopened");
  }

  expire(nowMs: number): void {
    if (nowMs >= this.#openDeadlineMs) this.#reopen("not-connected");
    this.#turns.drop(nowMs, (exchange) => this.#finish(exchange, "not-sent", nowMs));
    const current = this.#current;
    if (current !== undefined && current.deadlineMs <= nowMs) this.#giveUp(current, nowMs);
    this.#sendNext(nowMs);
  }

  nextDeadlineMs(): number {
    return Math.min(
      this.#openDeadlineMs,
      this.#current?.deadlineMs ?? this.#nextTurnMs(),
      this.#turns.nextDeadlineMs(),
    );
  }

  #nextTurnMs(): number {
    if (this.state !== "open" || this.#current !== undefined) return Number.POSITIVE_INFINITY;
    return Math.max(this.#quietUntilMs, this.#turns.nextTurnMs());
  }

  #sendNext(nowMs: number): void {
    while (this.state === "open" && this.#current === undefined && this.#turns.waiting > 0) {
      if (nowMs < this.#quietUntilMs) break;
      const exchange = this.#turns.next(nowMs);
      if (exchange === undefined) break;
      const gone = whyUnsent(exchange, nowMs);
      if (gone === null) {
        this.#send(exchange, nowMs);
        return;
      }
      this.#turns.ended(exchange, Number.NEGATIVE_INFINITY);
      this.#finish(exchange, gone, nowMs);
    }
    if (this.#turns.waiting === 0) return;
    const turnMs = this.#nextTurnMs();
    if (turnMs < Number.POSITIVE_INFINITY) this.#deadlines.need(turnMs);
  }

  #send(exchange: Exchange, nowMs: number): void {
    const length = exchange.frame.length - headerLength + 1;
    exchange.frame.copy(this.#frame, 0, headerLength - 1);
    this.#frame.writeUInt16LE(crc16(this.#frame, 0, length), length);
    this.#current = exchange;
    this.#receivedLength = 0;
    this.#spoilt = "timeout";
    this.#sentLength = length + 2;
    this.#echoDropped = false;
    exchange.sentMs = nowMs;
    // What the line itself takes is not the device's time.
    const wireMs = (length + 2 + exchange.replyPduLength + 3) * this.#line.characterMs;
    if (exchange.replyTimeoutMs < Number.POSITIVE_INFINITY)
      exchange.deadlineMs = nowMs + wireMs + exchange.replyTimeoutMs;
    this.#deadlines.need(exchange.deadlineMs);
    try {
      this.#line.write(this.#frame.subarray(0, length + 2));
    } catch {
      this.#reopen("reset");
    }
  }

  #receive(bytes: Buffer): void {
    const nowMs = this.#deadlines.clock();
    const current = this.#current;
    if (current === undefined) {
      // Nobody was asked: a late reply where one is owed; otherwise noise, or a second device at the same address.
      if (nowMs > this.#owedUntilMs) this.#stray(bytes.length, nowMs);
      else this.counters.lateReplies += 1;
      this.#quietUntilMs = Math.max(this.#quietUntilMs, nowMs + this.#gapMs);
      return;
    }
    const room = receiveMax - this.#receivedLength;
    bytes.copy(this.#received, this.#receivedLength, 0, Math.min(room, bytes.length));
    this.#receivedLength += Math.min(room, bytes.length);
    this.#dropEcho(current);
    if (this.#scan(current, nowMs)) return;
    if (this.#spoilt === "timeout" && this.#receivedLength < current.replyPduLength + 3) return;
    // Enough bytes for a reply and none in them: what else comes is waited for until the line is silent.
    if (this.#spoilt === "timeout") this.#spoilt = "wrong-checksum";
    current.deadlineMs = Math.min(current.deadlineMs, nowMs + this.#silenceMs());
    this.#deadlines.need(current.deadlineMs);
  }

  /** Looks for the reply in what has come so far; noise in front of it is passed over. True when the request is ended. */
  #scan(exchange: Exchange, nowMs: number): boolean {
    const bytes = this.#received;
    for (let start = 0; start + 5 <= this.#receivedLength; start += 1) {
      const code = bytes[start + 1]!;
      if ((code & 0x7f) !== exchange.functionCode) continue;
      const end = start + (code & 0x80 ? 5 : exchange.replyPduLength + 3);
      if (end > this.#receivedLength || !this.#isFrame(start, end)) continue;
      if (exchange.anyUnit || bytes[start] === exchange.unit) {
        this.#take(exchange, start, end, nowMs);
        return true;
      }
      // Another unit talks: a late reply of its own, or a second master on the line. The right one may still come.
      this.counters.lateReplies += 1;
      this.#spoilt = "wrong-unit";
      start = end - 1;
    }
    return false;
  }

  #stray(count: number, nowMs: number): void {
    if (count === 0) return;
    this.counters.strayBytes += count;
    this.counters.strayAtMs = nowMs;
  }

  #isFrame(start: number, end: number): boolean {
    return crc16(this.#received, start, end - 2) === this.#received.readUInt16LE(end - 2);
  }

  /**
   * Some two-wire adapters hear themselves. A read can't be mistaken for its reply, so it shows whether this one does; the
   * acknowledgement of a single register could be, so from then on the first copy of a write is its echo.
   */
  #dropEcho(exchange: Exchange): void {
    const length = this.#sentLength;
    if (this.#receivedLength < length || (exchange.isWrite && !this.#echoes) || this.#echoDropped) return;
    if (this.#frame.compare(this.#received, 0, length, 0, length) !== 0) return;
    this.#echoes = true;
    this.#echoDropped = true;
    this.#received.copyWithin(0, length, this.#receivedLength);
    this.#receivedLength -= length;
  }

  #take(exchange: Exchange, start: number, end: number, nowMs: number): void {
    const fault = takeReply(exchange, this.#received, start + 1, end - start - 3);
    const stray = this.#receivedLength - (end - start);
    this.#stray(stray, nowMs);
    this.#silentRequests = 0;
    this.#attempts.answered = true;
    this.#end(exchange, fault, nowMs, stray > 0 ? this.#silenceMs() : this.#gapMs);
    this.#sendNext(nowMs);
  }

  /** The deadline has passed: nothing came, or nothing that could be used. */
  #giveUp(exchange: Exchange, nowMs: number): void {
    const fault = this.#faultOfSilence(exchange);
    this.#silentRequests = this.#receivedLength > 0 ? 0 : this.#silentRequests + 1;
    this.#owedUntilMs = nowMs + Math.max(owedMinMs, nowMs - exchange.sentMs);
    this.#turns.rest(exchange.unit, this.#owedUntilMs);
    this.#end(exchange, fault, nowMs, this.#gapMs);
    // A gateway's connection may be dead, or hold a write that it has not passed on; a serial port may have lost its adapter.
    if (this.#silentRequests >= silentRequestsMax || (fault === "write-timeout" && this.#line.characterMs === 0)) {
      this.#reopen(fault);
    }
  }

  #faultOfSilence(exchange: Exchange): ModbusFault {
    if (this.#receivedLength >= 5 && this.#isFrame(0, this.#receivedLength)) {
      // A whole frame, but not the reply that was asked for.
      if (!exchange.anyUnit && this.#received[0] !== exchange.unit) return "wrong-unit";
      return takeReply(exchange, this.#received, 1, this.#receivedLength - 3) ?? "wrong-length";
    }
    if (this.#spoilt !== "timeout") return this.#spoilt;
    if (this.#receivedLength > 0) return "wrong-checksum";
    return exchange.isWrite ? "write-timeout" : "timeout";
  }

  #end(exchange: Exchange, fault: ModbusFault | null, nowMs: number, silenceMs: number): void {
    this.#current = undefined;
    this.#receivedLength = 0;
    this.#quietUntilMs = nowMs + silenceMs;
    this.#turns.ended(exchange, nowMs);
    this.#finish(exchange, fault, nowMs);
  }

  #silenceMs(): number {
    return Math.max(quietMs, quietCharacters * this.#line.characterMs);
  }

  #reopen(fault: ModbusFault): void {
    const nowMs = this.#deadlines.clock();
    this.state = "closed";
    this.#opening += 1;
    this.#openDeadlineMs = Number.POSITIVE_INFINITY;
    this.#attempts.ended(this.counters, fault, nowMs, this.#silenceMs());
    this.#closing = true;
    void this.#line.close().then(() => {
      this.#closing = false;
      if (this.state === "closed") this.open();
    });
    const current = this.#current;
    if (current !== undefined) this.#end(current, fault, nowMs, 0);
    this.#failPending("reopened");
    this.#turns.clearInFlight();
  }

  #failPending(fault: ModbusFault): void {
    const nowMs = this.#deadlines.clock();
    const current = this.#current;
    if (current !== undefined) this.#end(current, fault, nowMs, 0);
    this.#turns.drop(Number.POSITIVE_INFINITY, (exchange) => this.#finish(exchange, fault, nowMs));
  }

  #finish(exchange: Exchange, fault: ModbusFault | null, nowMs: number): void {
    finishExchange(this.counters, exchange, fault, nowMs);
  }
}

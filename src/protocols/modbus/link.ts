/**
 * What every Modbus transport offers: start an exchange with one deadline, be told once how it ended. No transport hands
 * out a reply that belongs to another request, or delivers a write after its deadline has been reported as passed.
 */
import { err, ok, type Result } from "../../domain/result.ts";
import type { Exchange } from "./exchange.ts";
import type { ModbusFault } from "./faults.table.ts";
import type { Pace } from "./turns.ts";

/** How far a link is; `shut` is for good. */
export type LinkState = "closed" | "connecting" | "open" | "shut";

/** Plain numbers for reports; written in place. */
export interface LinkCounters {
  transactions: number;
  timeouts: number;
  exceptions: number;
  /** Replies that broke the protocol: wrong unit, function, length, echo, checksum, identifier. */
  malformed: number;
  /** Replies that came after their deadline and were thrown away. */
  lateReplies: number;
  /** Requests whose deadline passed before they were sent. */
  notSent: number;
  /** Bytes thrown away because they belong to no reply: noise, an echo, a device that answers twice. */
  strayBytes: number;
  strayAtMs: number;
  reconnects: number;
  lastLatencyMs: number;
  meanLatencyMs: number;
  maxLatencyMs: number;
  lastFault: ModbusFault | null;
  lastFaultAtMs: number;
}

/** Counters at zero. */
export const createLinkCounters = (): LinkCounters => ({
  transactions: 0,
  timeouts: 0,
  exceptions: 0,
  malformed: 0,
  lateReplies: 0,
  notSent: 0,
  strayBytes: 0,
  strayAtMs: Number.NEGATIVE_INFINITY,
  reconnects: 0,
  lastLatencyMs: Number.NaN,
  meanLatencyMs: Number.NaN,
  maxLatencyMs: 0,
  lastFault: null,
  lastFaultAtMs: Number.NaN,
});

/** A connection to one or more units: requests in their turn, each with its deadline. */
export interface ModbusLink {
  /** For people: `tcp 127.0.0.1:15011`, `rtu /dev/ttyUSB0`. */
  readonly name: string;
  readonly state: LinkState;
  readonly counters: LinkCounters;
  /** What the operating system says about a connection or line that can't be opened; "" while it can. */
  readonly openFailure: string;
  /**
   * Sends when its turn comes. `exchange.onDone` is called once: with the reply or with a fault. It must be sent by
   * `deadlineMs` of the link's clock; the reply has until `deadlineMs` as well, or `replyTimeoutMs` from the moment of
   * sending where that is given. Without a connection it fails at once and a reconnection is tried when it is due.
   */
  start(exchange: Exchange, deadlineMs: number, replyTimeoutMs?: number): void;
  /** How one unit behind the link wants to be spoken to. Given more than once, the most careful one counts. */
  setPace(unit: number, pace: Pace): void;
  /** Says nothing to a unit until `untilMs`: it was busy. */
  rest(unit: number, untilMs: number): void;
  /** Opens the connection if it is closed and its back-off is over. */
  open(): void;
  /** Ends what is pending with `reopened` and stays closed. */
  shut(): void;
}

/** Milliseconds of one monotonic clock. */
export type Clock = () => number;

/** A request that a link has taken on, and knows no end of yet. */
export function beginExchange(exchange: Exchange, nowMs: number, deadlineMs: number, replyTimeoutMs: number): void {
  exchange.busy = true;
  exchange.deadlineMs = deadlineMs;
  exchange.replyTimeoutMs = replyTimeoutMs;
  exchange.startedMs = nowMs;
  exchange.sentMs = Number.NaN;
}

/** Why a request whose turn has come is not sent after all: its time is over, or whoever asked no longer wants it. */
export function whyUnsent(exchange: Exchange, nowMs: number): "not-sent" | "withdrawn" | null {
  if (exchange.deadlineMs <= nowMs) return "not-sent";
  return exchange.prepare?.(exchange) === false ? "withdrawn" : null;
}

/** Ends a request, counts how, and tells whoever asked. */
export function finishExchange(
  counters: LinkCounters,
  exchange: Exchange,
  fault: ModbusFault | null,
  nowMs: number,
): void {
  exchange.busy = false;
  exchange.fault = fault;
  exchange.finishedMs = nowMs;
  countOutcome(counters, exchange);
  exchange.onDone(exchange);
}

function countOutcome(counters: LinkCounters, exchange: Exchange): void {
  counters.transactions += 1;
  const { fault } = exchange;
  if (fault === null || fault === "exception") {
    const latencyMs = exchange.finishedMs - exchange.sentMs;
    counters.lastLatencyMs = latencyMs;
    if (latencyMs > counters.maxLatencyMs) counters.maxLatencyMs = latencyMs;
    counters.meanLatencyMs = Number.isNaN(counters.meanLatencyMs)
      ? latencyMs
      : counters.meanLatencyMs + (latencyMs - counters.meanLatencyMs) / 64;
  }
  if (fault === null) return;
  if (fault !== "not-connected" && fault !== "reopened") {
    counters.lastFault = fault;
    counters.lastFaultAtMs = exchange.finishedMs;
  }
  if (fault === "exception") counters.exceptions += 1;
  else if (fault === "timeout" || fault === "write-timeout") counters.timeouts += 1;
  else if (fault === "not-sent") counters.notSent += 1;
  else if (fault.startsWith("wrong-")) counters.malformed += 1;
}

/** One exchange as a promise, for discovery and tests; the control cycle uses `onDone`. */
export function transact(
  link: ModbusLink,
  exchange: Exchange,
  deadlineMs: number,
  replyTimeoutMs?: number,
): Promise<Result<Exchange, ModbusFault>> {
  return new Promise((resolve) => {
    const previous = exchange.onDone;
    exchange.onDone = () => {
      exchange.onDone = previous;
      resolve(exchange.fault === null ? ok(exchange) : err(exchange.fault));
    };
    link.start(exchange, deadlineMs, replyTimeoutMs);
  });
}

/** Waits until the link is open; false when `deadlineMs` passes first. Looks every few milliseconds. */
export async function whenOpen(link: ModbusLink, deadlineMs: number, clock: Clock): Promise<boolean> {
  for (;;) {
    link.open();
    if (link.state === "open") return true;
    if (clock() >= deadlineMs || link.state === "shut") return false;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

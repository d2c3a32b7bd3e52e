/**
 * Requests outside the control cycle, for discovery and verification: at the device's own pace, again after a fault that a
 * reconnection cures, later while the device is busy, in smaller pieces where it refuses long reads.
 */
import { err, ok, type Result } from "../../src/domain/result.ts";
import { type Exchange, readHolding } from "../../src/protocols/modbus/exchange.ts";
import { type Clock, type ModbusLink, transact, whenOpen } from "../../src/protocols/modbus/link.ts";
import type { RegisterReader } from "../../src/protocols/sunspec/chain.ts";
import type { DevicePace } from "../settings.ts";
import type { DeviceFaultName } from "./faults.table.ts";

/** Shortest time for one request, ms, however fast the device may be meant to be: it may have just started. */
const requestTimeoutMinMs = 300;
/** Longest time that a request waits for its turn behind others, ms. */
const turnMaxMs = 5_000;
/** Writes that may wait before one while the device settles after each. */
const settleTurns = 3;
/** Tries of one request. */
const requestTriesMax = 3;
/** Answers "busy" that are waited out, each longer than the one before. */
const busyTriesMax = 10;
const busyMinMs = 20;
const busyMaxMs = 1_000;
/** Lengths that are tried, one after the other, where a device refuses a read. */
export const shorterReads = [100, 64, 50, 32, 20, 10, 4, 2] as const;

/** Exception codes of the Modbus application protocol that need an answer of their own. */
export const Refusal = {
  function: 1,
  address: 2,
  value: 3,
  acknowledge: 5,
  busy: 6,
  noPath: 10,
  noTarget: 11,
} as const;
/** Whether an exception code means "later" and not "no". */
export const isBusy = (code: number, { busyExceptions }: Pick<DevicePace, "busyExceptions"> = {}): boolean =>
  code === Refusal.acknowledge || code === Refusal.busy || busyExceptions?.includes(code) === true;
/** The device does not have one of the registers, or not so many at once. */
export const isRefusedRange = (code: number): boolean => code === Refusal.address || code === Refusal.value;

/** Pause after a device has said "later" so many times in a row, ms. */
export const busyMs = (times: number): number => Math.min(busyMaxMs, busyMinMs * 2 ** Math.min(times, 10));

/** Reads and writes of one unit outside the cycle, with retries and pauses as the device needs them. */
export class RegisterAccess {
  readonly #link: ModbusLink;
  readonly #unit: number;
  readonly #pace: DevicePace;
  readonly #clock: Clock;
  /** Time for which one write may keep the next one waiting, ms. */
  readonly #settleMs: number;
  /** Most registers that the device has been found to give at once. */
  registersMax: number;
  /** Arrival of the last reply of any kind, ms; -Infinity before the first. */
  answersAtMs = Number.NEGATIVE_INFINITY;
  /** What ended the last request that got no answer; null when there was none. */
  unanswered: DeviceFaultName | null = null;
  /** Code of the last exception; 0 when there was none. */
  exceptionCode = 0;

  constructor(link: ModbusLink, unit: number, pace: DevicePace, clock: Clock, settleMs = 0) {
    this.#settleMs = settleMs;
    this.#link = link;
    this.#unit = unit;
    this.#pace = pace;
    this.#clock = clock;
    this.registersMax = pace.maxRegisters;
  }

  /**
   * Reads registers, in as many requests as the device needs. `cuts` are the places, counted from `address`, at which the
   * read may be split, in rising order: devices that give whole values only refuse a cut inside one. Without it any place
   * will do. The error is a link's fault; of an exception with its code, `exception 2`.
   */
  readonly read: RegisterReader = async (address, count, cuts) => {
    const bytes = Buffer.alloc(2 * count);
    for (let at = 0; at < count; ) {
      const piece = await this.#piece(address, at, count, cuts);
      if (!piece.ok) return piece;
      piece.value.copy(bytes, 2 * at);
      at += piece.value.length / 2;
    }
    return ok(bytes);
  };

  /** The longest piece from `at` on that the device gives. */
  async #piece(
    address: number,
    at: number,
    count: number,
    cuts: readonly number[] | undefined,
  ): Promise<Result<Buffer, string>> {
    let most = this.registersMax;
    for (;;) {
      const length = pieceLength(at, count, most, cuts);
      const exchange = readHolding(this.#unit, address + at, length);
      const outcome = await this.attempt(exchange);
      if (outcome.ok) {
        if (most < this.registersMax) this.registersMax = most;
        return ok(Buffer.from(exchange.reply));
      }
      if (outcome.error !== "exception") return outcome;
      const shorter = shorterReads.find((one) => one < length);
      if (!isRefusedRange(this.exceptionCode) || shorter === undefined) return err(`exception ${this.exceptionCode}`);
      most = shorter;
    }
  }

  /**
   * One request: waits for the connection, tries again after a fault that passes. `objection` is asked before each try: what
   * it names ends the request unsent.
   */
  async attempt(
    exchange: Exchange,
    objection?: () => Promise<DeviceFaultName | null>,
  ): Promise<Result<Exchange, DeviceFaultName>> {
    let fault: DeviceFaultName = "unreachable";
    const timeoutMs = Math.max(requestTimeoutMinMs, this.#pace.replyTimeoutMs);
    exchange.anyUnit = this.#pace.anyUnitInReply;
    let busy = 0;
    for (let tries = 0; tries < requestTriesMax; ) {
      if (!(await whenOpen(this.#link, this.#clock() + timeoutMs, this.#clock))) {
        tries += 1;
        continue;
      }
      const objected = objection === undefined ? null : await objection();
      if (objected !== null) return err(objected);
      const outcome = await transact(
        this.#link,
        exchange,
        this.#clock() + turnMaxMs + settleTurns * this.#settleMs,
        timeoutMs,
      );
      if (outcome.ok || outcome.error === "exception") this.answersAtMs = exchange.finishedMs;
      if (outcome.ok) return outcome;
      fault = outcome.error;
      if (fault === "exception") {
        this.exceptionCode = exchange.exceptionCode;
        if (!isBusy(exchange.exceptionCode, this.#pace)) break;
        if (busy >= busyTriesMax) break;
        await sleep(busyMs(busy));
        busy += 1;
      } else tries += 1;
    }
    if (fault !== "exception") this.unanswered = fault;
    return err(fault);
  }
}

/** Registers of the next piece: as many as allowed, ending where a cut is allowed. */
function pieceLength(at: number, count: number, most: number, cuts: readonly number[] | undefined): number {
  if (count - at <= most) return count - at;
  let end = at;
  for (const cut of cuts ?? []) if (cut > end && cut <= at + most) end = cut;
  // A value that is longer than what the device gives at once: then any place will have to do.
  return end > at ? end - at : most;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

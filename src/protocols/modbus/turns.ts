/**
 * Whose turn it is on a connection that several units share. Every unit has a lane of its own with its own pause and its
 * own number of requests in flight; lanes are served in turn, so that a busy or silent unit takes no more than its share.
 * Writes and reads alternate while both wait: a setpoint does not stand behind a round of reads, and reads go on.
 */
import type { Exchange } from "./exchange.ts";

/** Most requests that wait for one connection. */
const waitingMax = 64;

/** So many reads of others go out between two of the urgent unit while both wait. */
const othersBetween = 1;
/** So many reads go out between two writes while both wait; where one unit is urgent, enough for it to have its turn. */
const readsBetween = { usual: 1, urgent: 2 } as const;

/** How a unit wants to be spoken to. */
export interface Pace {
  /** Shortest time from the end of a request to the start of the next one to the same unit, ms. */
  readonly pauseMs: number;
  /** Requests that the unit takes before it has answered the first. */
  readonly maxInFlight: number;
  /** Time that the unit needs to settle after a write before it takes the next one, ms; reads go on. */
  readonly settleMs?: number;
  /** On a line that is slow for all, its reads come round more often: the meter that the limits are kept by. */
  readonly urgent?: boolean;
}

const usualPace: Pace = { pauseMs: 0, maxInFlight: 2 };

interface Lane {
  readonly unit: number;
  pauseMs: number;
  maxInFlight: number;
  settleMs: number;
  inFlight: number;
  /** Nothing is sent to the unit before this moment, and nothing is written before the other. */
  readyAtMs: number;
  settledAtMs: number;
  readonly writes: Exchange[];
  readonly reads: Exchange[];
}

/** Whose turn it is on a link that several units share. */
export class Turns {
  readonly #lanes: Lane[] = [];
  readonly #usual: Pace;
  #waiting = 0;
  #readTurn = 0;
  #writeTurn = 0;
  #readsSinceWrite = 0;
  #urgent: Lane | undefined;
  #othersSince = 0;

  constructor(usual: Pace = usualPace) {
    this.#usual = usual;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** The units behind the connection that ask for the fewest requests in flight decide for it. */
  get maxInFlight(): number {
    let most = this.#usual.maxInFlight;
    for (let i = 0; i < this.#lanes.length; i += 1) most = Math.min(most, this.#lanes[i]!.maxInFlight);
    return most;
  }

  setPace(unit: number, pace: Pace): void {
    const lane = this.#laneOf(unit);
    // Two devices at one unit are one to the line: the slower of them decides.
    lane.pauseMs = Math.max(lane.pauseMs, pace.pauseMs);
    lane.maxInFlight = Math.min(lane.maxInFlight, pace.maxInFlight);
    lane.settleMs = Math.max(lane.settleMs, pace.settleMs ?? 0);
    if (pace.urgent === true) this.#urgent = lane;
  }

  /** Says nothing to a unit for a while: it was busy, or a late reply of it may still be on its way. */
  rest(unit: number, untilMs: number): void {
    const lane = this.#laneOf(unit);
    lane.readyAtMs = Math.max(lane.readyAtMs, untilMs);
  }

  /** False when too many wait. */
  push(exchange: Exchange): boolean {
    if (this.#waiting >= waitingMax) return false;
    const lane = this.#laneOf(exchange.unit);
    (exchange.isWrite ? lane.writes : lane.reads).push(exchange);
    this.#waiting += 1;
    return true;
  }

  /** The next request that may go out now; it counts as in flight until `ended`. */
  next(nowMs: number): Exchange | undefined {
    if (this.#waiting === 0) return undefined;
    const writesFirst = this.#readsSinceWrite >= readsBetween[this.#urgent === undefined ? "usual" : "urgent"];
    return this.#pick(writesFirst, nowMs) ?? this.#pick(!writesFirst, nowMs);
  }

  #pick(writes: boolean, nowMs: number): Exchange | undefined {
    const count = this.#lanes.length;
    const from = writes ? this.#writeTurn : this.#readTurn;
    let jumped = 0;
    for (let step = 0; step < count + jumped; step += 1) {
      // The urgent one first when it is its turn again, then round from where the last one was.
      const comesFirst = step === 0 && !writes && this.#urgent !== undefined && this.#othersSince >= othersBetween;
      const index = comesFirst ? this.#lanes.indexOf(this.#urgent!) : (from + step - jumped) % count;
      if (comesFirst) jumped = 1;
      const lane = this.#lanes[index]!;
      const queue = writes ? lane.writes : lane.reads;
      if (queue.length === 0 || lane.inFlight >= lane.maxInFlight || lane.readyAtMs > nowMs) continue;
      if (writes && lane.settledAtMs > nowMs) continue;
      if (writes) this.#writeTurn = index + 1;
      else if (!comesFirst) this.#readTurn = index + 1;
      if (!writes) this.#othersSince = lane === this.#urgent ? 0 : this.#othersSince + 1;
      this.#readsSinceWrite = writes ? 0 : this.#readsSinceWrite + 1;
      this.#waiting -= 1;
      // A second write must not go out before the first is answered.
      if (writes && lane.settleMs > 0) lane.settledAtMs = Number.POSITIVE_INFINITY;
      lane.inFlight += 1;
      return queue.shift();
    }
    return undefined;
  }

  /** A request is answered or given up. */
  ended(exchange: Exchange, nowMs: number): void {
    const lane = this.#laneOf(exchange.unit);
    if (lane.inFlight > 0) lane.inFlight -= 1;
    lane.readyAtMs = Math.max(lane.readyAtMs, nowMs + lane.pauseMs);
    if (exchange.isWrite && lane.settleMs > 0) lane.settledAtMs = nowMs + lane.settleMs;
  }

  /** When a request that waits for nothing but its lane's pause may go out; Infinity when there is none. */
  nextTurnMs(): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    if (this.#waiting === 0) return earliestMs;
    for (let i = 0; i < this.#lanes.length; i += 1) {
      const lane = this.#lanes[i]!;
      if (lane.writes.length + lane.reads.length === 0 || lane.inFlight >= lane.maxInFlight) continue;
      const turnMs = lane.reads.length > 0 ? lane.readyAtMs : Math.max(lane.readyAtMs, lane.settledAtMs);
      if (turnMs < earliestMs) earliestMs = turnMs;
    }
    return earliestMs;
  }

  /** Earliest deadline of those that wait. */
  nextDeadlineMs(): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    if (this.#waiting === 0) return earliestMs;
    for (let i = 0; i < this.#lanes.length; i += 1) {
      const { writes, reads } = this.#lanes[i]!;
      for (let k = 0; k < writes.length; k += 1) earliestMs = Math.min(earliestMs, writes[k]!.deadlineMs);
      for (let k = 0; k < reads.length; k += 1) earliestMs = Math.min(earliestMs, reads[k]!.deadlineMs);
    }
    return earliestMs;
  }

  /** Takes out everything that waits and is due at `nowMs` (Infinity: everything). */
  drop(nowMs: number, dropped: (exchange: Exchange) => void): void {
    if (this.#waiting === 0) return;
    const gone: Exchange[] = [];
    for (const lane of this.#lanes) {
      for (const queue of [lane.writes, lane.reads]) {
        for (let i = 0; i < queue.length; ) {
          if (queue[i]!.deadlineMs > nowMs) i += 1;
          else gone.push(...queue.splice(i, 1));
        }
      }
    }
    this.#waiting -= gone.length;
    for (const exchange of gone) dropped(exchange);
  }

  /** A new connection: nothing is in flight on it. */
  clearInFlight(): void {
    for (const lane of this.#lanes) {
      lane.inFlight = 0;
      if (lane.settledAtMs === Number.POSITIVE_INFINITY) lane.settledAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  #laneOf(unit: number): Lane {
    for (let i = 0; i < this.#lanes.length; i += 1) if (this.#lanes[i]!.unit === unit) return this.#lanes[i]!;
    const lane: Lane = {
      unit,
      pauseMs: this.#usual.pauseMs,
      maxInFlight: this.#usual.maxInFlight,
      settleMs: 0,
      inFlight: 0,
      readyAtMs: Number.NEGATIVE_INFINITY,
      settledAtMs: Number.NEGATIVE_INFINITY,
      writes: [],
      reads: [],
    };
    this.#lanes.push(lane);
    return lane;
  }
}

/** One timer for the deadlines of many links: armed for the earliest, never one per transaction. */
import type { Clock } from "./link.ts";

export interface Expirable {
  /** Ends everything whose deadline is not after `nowMs`. */
  expire(nowMs: number): void;
  /** Earliest deadline that is pending, or Infinity. */
  nextDeadlineMs(): number;
}

/** A deadline noticed later than this was noticed late by us: nobody had looked into the sockets, ms. */
const ownLatenessMaxMs = 5;

export class Deadlines {
  readonly clock: Clock;
  readonly #members: Expirable[] = [];
  #dueMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(member: Expirable): void {
    this.#members.push(member);
  }

  remove(member: Expirable): void {
    const index = this.#members.indexOf(member);
    if (index >= 0) this.#members.splice(index, 1);
    if (this.#members.length === 0) {
      clearTimeout(this.#timer);
      this.#dueMs = Number.POSITIVE_INFINITY;
    }
  }

  /** Makes sure that somebody looks at `deadlineMs`. */
  need(deadlineMs: number): void {
    if (deadlineMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = deadlineMs;
    this.#timer = setTimeout(this.#fire, Math.max(0, Math.ceil(deadlineMs - this.clock())));
  }

  /**
   * Ends what is due now, without waiting for the timer, which a busy thread may have kept late. Not when it is late because
   * the thread itself stood still: then the answers that lie in the sockets come first (`#fire`).
   */
  check(nowMs: number): void {
    if (nowMs < this.#dueMs || nowMs - this.#dueMs > ownLatenessMaxMs) return;
    for (const member of this.#members) member.expire(nowMs);
  }

  readonly #fire = (): void => {
    if (this.clock() - this.#dueMs > ownLatenessMaxMs && !this.#looking) {
      // One turn of the event loop reads every socket; what is still due afterwards is the peer's doing.
      this.#looking = true;
      setImmediate(this.#fire);
      return;
    }
    this.#looking = false;
    this.#dueMs = Number.POSITIVE_INFINITY;
    const nowMs = this.clock();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const member of this.#members) {
      member.expire(nowMs);
      const memberMs = member.nextDeadlineMs();
      if (memberMs < nextMs) nextMs = memberMs;
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.need(nextMs);
  };
}

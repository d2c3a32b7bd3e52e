/**
 * One timer for the deadlines of many links: armed for the earliest, never one per transaction. When it fires, the sockets
 * are served once more before anything is given up: a thread that was held up must not take its own delay for silence.
 */
import type { Clock } from "./link.ts";

/** Something with a deadline. */
export interface Expirable {
  /** Ends everything whose deadline is not after `nowMs`. */
  expire(nowMs: number): void;
  /** Earliest deadline that is pending, or Infinity. */
  nextDeadlineMs(): number;
}

/** One timer for the deadlines of all links. */
export class Deadlines {
  readonly clock: Clock;
  readonly #members: Expirable[] = [];
  #dueMs = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

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

  readonly #fire = (): void => {
    this.#dueMs = Number.POSITIVE_INFINITY;
    // Timers come before sockets in a turn of the event loop, immediates after them.
    setImmediate(this.#sweep);
  };

  readonly #sweep = (): void => {
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

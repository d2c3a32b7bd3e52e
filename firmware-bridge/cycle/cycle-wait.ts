/**
 * Waiting within a cycle for what was started in it: until all that is expected has come, and no longer than the deadline
 * that the caller gives.
 */
import type { Deadlines, Expirable } from "../../src/protocols/modbus/deadlines.ts";

/** Counts what is awaited; the counting is the caller's, so that nothing is made for each request. */
export class CycleWait implements Expirable {
  readonly #deadlines: Deadlines;
  readonly #abandon: () => void;
  #pending = 0;
  #done: (() => void) | undefined;
  /** Until when somebody waits for what is under way. */
  #patienceMs = Number.POSITIVE_INFINITY;

  /** `abandon`: the deadline passed; what has not come is awaited no longer. */
  constructor(deadlines: Deadlines, abandon: () => void) {
    this.#deadlines = deadlines;
    this.#abandon = abandon;
    deadlines.add(this);
  }

  /** Somebody waits. */
  get waits(): boolean {
    return this.#done !== undefined;
  }

  /** A round begins; `rest` follows when everything is started. */
  begin(): void {
    this.#pending = 1;
  }

  /** One more is expected. */
  expect(): void {
    this.#pending += 1;
  }

  /** One of those has come, or failed. */
  came(): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.#end();
  }

  /** Everything is started: resolves when the last one has come, at `deadlineMs` at the latest. */
  rest(deadlineMs: number): Promise<void> {
    this.#pending -= 1;
    if (this.#pending === 0) return Promise.resolve();
    this.#patienceMs = deadlineMs;
    this.#deadlines.need(deadlineMs);
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  nextDeadlineMs(): number {
    return this.waits ? this.#patienceMs : Number.POSITIVE_INFINITY;
  }

  /** The cycle goes on although something that was expected has not come. */
  expire(nowMs: number): void {
    if (nowMs < this.nextDeadlineMs()) return;
    this.#abandon();
    this.#pending = 0;
    this.#end();
  }

  /** Nobody looks at its deadline any more. */
  shut(): void {
    this.#deadlines.remove(this);
  }

  #end(): void {
    const done = this.#done;
    this.#done = undefined;
    done?.();
  }
}

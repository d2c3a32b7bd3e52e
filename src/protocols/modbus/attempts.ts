/**
 * When a connection or line that was given up is opened again: at once after one that was good for a while, later and later
 * after those that were not. Devices that answer and then close, some after each reply, are not kept waiting for long.
 */
import type { ModbusFault } from "./faults.table.ts";
import type { LinkCounters } from "./link.ts";

/** A connection that lived this long and answered was a good one: the next attempt comes at once, ms. */
const steadyMs = 400;
/** Back-off between attempts: at once, then doubling from the smallest to the largest step, ms. */
const backoffMinMs = 20;
const backoffMaxMs = 2_000;
/** Longest step after a connection that answered and that the far end closed, ms. */
const servedMaxMs = 100;

/** Pause before the next attempt after so many failures in a row, ms. */
const backoffMs = (failures: number): number =>
  failures <= 1 ? 0 : Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(failures - 2, 16));

/** The attempts of one link, and whether the present one has been any good. Times in ms of the link's clock. */
export class Attempts {
  #failures = 0;
  #openedMs = Number.NaN;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  /** A good reply has come since it was opened. */
  answered = false;

  /** The next attempt may be made. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#retryAtMs;
  }

  begins(): void {
    this.answered = false;
    this.#openedMs = Number.NaN;
  }

  opened(nowMs: number): void {
    this.#openedMs = nowMs;
  }

  /** It was given up because of `fault`, and stays closed for `pauseMs` at least. */
  ended(counters: LinkCounters, fault: ModbusFault, nowMs: number, pauseMs = 0): void {
    if (this.answered && nowMs - this.#openedMs >= steadyMs) this.#failures = 0;
    this.#failures += 1;
    const mostMs = this.answered && fault === "reset" ? servedMaxMs : backoffMaxMs;
    this.#retryAtMs = nowMs + Math.max(pauseMs, Math.min(mostMs, backoffMs(this.#failures)));
    counters.reconnects += 1;
    counters.lastFault = fault;
    counters.lastFaultAtMs = nowMs;
  }
}

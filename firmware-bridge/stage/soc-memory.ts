/**
 * Some chargers tell the state of charge only while power flows, and say 0 or nothing otherwise. A battery at rest keeps its
 * charge, so the last value counts on: while the same vehicle is plugged in, and for a short time after power began to flow,
 * until the charger tells the next one.
 */

/** Time with power and without a value after which nothing is known any more, ms. */
const movingMaxMs = 60_000;
/** A longer silence may hide that another vehicle was plugged in, ms. */
const unseenMaxMs = 10_000;

/** The last state of charge that a stage told of the vehicle that is plugged in. */
export class SocMemory {
  #socPct = Number.NaN;
  #seenMs = Number.NEGATIVE_INFINITY;
  #movedMs = 0;

  /** Nothing is known of what is plugged in. */
  forget(): void {
    this.#socPct = Number.NaN;
  }

  /** The state of charge after one reading: as told, or the one that still counts; NaN for none. */
  after(toldPct: number, connected: boolean, moves: boolean, nowMs: number): number {
    const betweenMs = nowMs - this.#seenMs;
    this.#seenMs = nowMs;
    if (!connected || betweenMs > unseenMaxMs) this.forget();
    if (!Number.isNaN(toldPct)) {
      this.#socPct = toldPct;
      this.#movedMs = 0;
      return toldPct;
    }
    if (moves) this.#movedMs += betweenMs;
    if (this.#movedMs > movingMaxMs) this.forget();
    return this.#socPct;
  }
}

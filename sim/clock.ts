/**
 * Two clocks of one kind. Scenarios run on the virtual one, which moves only when told; `islet sim` runs on the real one.
 * Both count milliseconds of a monotonic time that starts well away from zero, so that nobody can mistake zero for "now".
 */
export interface Clock {
  nowMs(): number;
}

/** Where monotonic time starts in the simulator. */
export const firstMs = 1_000_000;

export class VirtualClock implements Clock {
  #nowMs: number;

  constructor(startMs = firstMs) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  advance(durationMs: number): void {
    if (!(durationMs >= 0)) throw new RangeError(`time only moves forward, not by ${durationMs} ms`);
    this.#nowMs += durationMs;
  }
}

export class RealClock implements Clock {
  readonly #zeroMs: number;

  constructor(startMs = firstMs) {
    this.#zeroMs = performance.now() - startMs;
  }

  nowMs(): number {
    return performance.now() - this.#zeroMs;
  }
}

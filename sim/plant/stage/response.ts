/**
 * A quantity that follows its target like a first-order lag, at most so fast, and whose integral is exact for any step:
 * one step of 20 ms gives the same energy as twenty of 1 ms. Energies are kept apart by sign, in W·ms.
 */
export class Response {
  value = 0;
  /** ∫ of the positive and of the negative part since `takeEnergies`, both with their sign. */
  positiveMs = 0;
  negativeMs = 0;
  tauMs: number;
  #slewPerMs: number;

  constructor(tauMs: number, slewPerS: number) {
    this.tauMs = tauMs;
    this.#slewPerMs = slewPerS / 1000;
  }

  /** Fastest change, per second. */
  set slewPerS(value: number) {
    this.#slewPerMs = value / 1000;
  }

  /** At once to zero: gates blocked, no path for current. */
  drop(): void {
    this.value = 0;
  }

  move(target: number, durationMs: number): void {
    if (this.value === target) {
      this.#hold(target * durationMs);
      return;
    }
    const gap = target - this.value;
    const reach = this.#slewPerMs * this.tauMs;
    const excess = Math.abs(gap) - reach;
    if (excess > 0) {
      const slewMs = excess / this.#slewPerMs;
      const slewForMs = slewMs < durationMs ? slewMs : durationMs;
      this.#slew(gap > 0 ? this.#slewPerMs : -this.#slewPerMs, slewForMs);
      if (slewForMs < durationMs) this.#approach(target, durationMs - slewForMs);
    } else this.#approach(target, durationMs);
    if (Math.abs(this.value - target) < 1e-3) this.value = target;
  }

  #hold(area: number): void {
    if (area >= 0) this.positiveMs += area;
    else this.negativeMs += area;
  }

  #slew(perMs: number, durationMs: number): void {
    const from = this.value;
    const to = from + perMs * durationMs;
    if (from * to >= 0) this.#hold(0.5 * (from + to) * durationMs);
    else {
      this.#hold((-0.5 * from * from) / perMs);
      this.#hold((0.5 * to * to) / perMs);
    }
    this.value = to;
  }

  #approach(target: number, durationMs: number): void {
    const from = this.value;
    const left = Math.exp(-durationMs / this.tauMs);
    const to = target + (from - target) * left;
    const area = target * durationMs + (from - target) * this.tauMs * (1 - left);
    if (from * to >= 0) this.#hold(area);
    else {
      // It crosses zero after τ·ln((from − target) / −target); the area until then has a closed form.
      const first = target * this.tauMs * Math.log((from - target) / -target) + from * this.tauMs;
      this.#hold(first);
      this.#hold(area - first);
    }
    this.value = to;
  }
}

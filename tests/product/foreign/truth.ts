/** What a foreign device measures or gives, and what it has shown lately, so that what is read of it can be judged. */

export class Truth {
  readonly phaseV: readonly [number, number, number] = [231.2, 229.8, 230.6];
  readonly frequencyHz = 59.98;
  readonly #shown: { readonly powerW: number; untilMs: number }[] = [];

  constructor(powerW: number) {
    this.#shown.push({ powerW, untilMs: Number.POSITIVE_INFINITY });
  }

  get powerW(): number {
    return this.#shown.at(-1)!.powerW;
  }

  set powerW(powerW: number) {
    this.#shown.at(-1)!.untilMs = performance.now();
    this.#shown.push({ powerW, untilMs: Number.POSITIVE_INFINITY });
  }

  /** Of each phase, W: unlike each other, together the total. */
  get phaseW(): readonly [number, number, number] {
    const { powerW } = this;
    return [0.5 * powerW, 0.3 * powerW, 0.2 * powerW];
  }

  /** Whether this was true at some moment since `fromMs`, within `toleranceW`. */
  was(powerW: number, fromMs: number, toleranceW: number): boolean {
    return this.#shown.some((one) => one.untilMs >= fromMs && Math.abs(one.powerW - powerW) <= toleranceW);
  }
}

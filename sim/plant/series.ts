/** Values at even intervals, read between its points by straight lines; before the first and after the last it stands still. */
export class Series {
  readonly startMs: number;
  readonly stepMs: number;
  readonly #values: Float64Array;

  constructor(startMs: number, stepMs: number, values: Float64Array) {
    if (values.length === 0) throw new RangeError("a series needs at least one value");
    this.startMs = startMs;
    this.stepMs = stepMs;
    this.#values = values;
  }

  at(timeMs: number): number {
    const values = this.#values;
    const position = (timeMs - this.startMs) / this.stepMs;
    if (position <= 0) return values[0]!;
    const last = values.length - 1;
    if (position >= last) return values[last]!;
    const i = Math.floor(position);
    const left = values[i]!;
    return left + (values[i + 1]! - left) * (position - i);
  }
}

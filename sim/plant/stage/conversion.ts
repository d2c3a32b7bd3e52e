/** The stage's conversion between its AC and its DC side, with its losses and its energy registers. */
import { hourMs } from "../../../src/domain/units.ts";

export class Conversion {
  /** Truth at the AC terminals since the start, W·ms, by direction; and what was lost, Wh. */
  importWms = 0;
  exportWms = 0;
  lossWh = 0;
  readonly #efficiency: number;
  readonly #standbyW: number;

  constructor(efficiency: number, standbyW: number) {
    this.#efficiency = efficiency;
    this.#standbyW = standbyW;
  }

  /** Books a step's energy (given by sign, W·ms) and returns what reaches the DC side, W·ms. */
  book(positiveWms: number, negativeWms: number, durationMs: number): number {
    this.importWms += positiveWms;
    this.exportWms -= negativeWms;
    const dcWms = positiveWms * this.#efficiency + negativeWms / this.#efficiency - this.#standbyW * durationMs;
    this.lossWh += (positiveWms + negativeWms - dcWms) / hourMs;
    return dcWms;
  }

  /** Sets a register, for tests that need a certain number in it, Wh. */
  setRegister(direction: "import" | "export", valueWh: number): void {
    if (direction === "import") this.importWms = valueWh * hourMs;
    else this.exportWms = valueWh * hourMs;
  }

  dcW(acW: number): number {
    return (acW >= 0 ? acW * this.#efficiency : acW / this.#efficiency) - this.#standbyW;
  }
}

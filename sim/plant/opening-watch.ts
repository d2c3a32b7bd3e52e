/**
 * What an opening of K1 does to the bus behind it, seen on every step of the plant (1 ms around transfers): the power that was
 * cut, how deep the voltage fell, and how long the critical loads had too little of it.
 */
import type { Network } from "./network.ts";

/** Below the first a load has nothing to work with, below the second it may drop out, pu. */
const deadBelowPu = 0.5;
const weakBelowPu = 0.88;

export class OpeningWatch {
  openings = 0;
  /** Power through K1 in the last step before it opened, W; what the bus took from the grid is positive. */
  cutW = Number.NaN;
  /** The power at the connection to the grid in the same step, W. */
  cutPccW = Number.NaN;
  /** Since that opening, until K1 closes again: lowest voltage of the bus, time below the bounds, ms. */
  lowestPu = Number.NaN;
  deadMs = 0;
  weakMs = 0;
  readonly #network: Network;
  #closedBefore = true;
  #throughW = 0;
  #pccW = 0;

  constructor(network: Network) {
    this.#network = network;
  }

  after(durationMs: number): void {
    const { transferDevice, bus, tiersW, stagesW, pvs, pccW } = this.#network;
    const closed = transferDevice.closed;
    // K1 moves at the end of a step: in the step in which it opens the flows are still the old ones.
    if (this.#closedBefore) {
      let pvW = 0;
      for (let i = 0; i < pvs.length; i++) if (pvs[i]!.config.side === "bus") pvW += pvs[i]!.powerW;
      this.#throughW = tiersW + stagesW - pvW;
      this.#pccW = pccW;
    }
    if (this.#closedBefore && !closed) {
      this.openings++;
      this.cutW = this.#throughW;
      this.cutPccW = this.#pccW;
      this.lowestPu = bus.voltagePu;
      this.deadMs = 0;
      this.weakMs = 0;
    } else if (!closed) {
      if (bus.voltagePu < this.lowestPu) this.lowestPu = bus.voltagePu;
      if (bus.voltagePu < deadBelowPu) this.deadMs += durationMs;
      if (bus.voltagePu < weakBelowPu) this.weakMs += durationMs;
    }
    this.#closedBefore = closed;
  }
}

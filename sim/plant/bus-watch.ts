/**
 * What the critical loads and the bus behind K1 go through, seen on every step of the plant (1 ms around transfers): how long
 * each tier is dark, how far voltage and frequency of a formed bus go, and whether it fell while it fed somebody.
 */
import type { Network } from "./network.ts";

/** Below this voltage a load has none, pu. */
const darkBelowPu = 0.5;
/** A formed bus counts as up from its first moment at this voltage, pu: its ramp is no sag. */
const upFromPu = 0.97;
/** Less than this is no load that falls with the bus, W. */
const loadFromW = 1;

export class BusWatch {
  /** How long each tier has been dark without a break, and altogether, ms. */
  readonly darkForMs: Float64Array;
  readonly darkTotalMs: Float64Array;
  /** Extremes of the formed bus since the start or the last `forget`; NaN before there was one. */
  minPu = Number.NaN;
  maxPu = Number.NaN;
  minHz = Number.NaN;
  maxHz = Number.NaN;
  /** Times that a formed bus lost its last forming stage while it fed a load. */
  drops = 0;
  /** Times that a formed bus came up. */
  starts = 0;
  /** Energy that a formed bus could not give, Wh. */
  unservedWh = 0;
  readonly #network: Network;
  #up = false;
  #loadBeforeW = 0;

  constructor(network: Network) {
    this.#network = network;
    this.darkForMs = new Float64Array(network.tiers.length);
    this.darkTotalMs = new Float64Array(network.tiers.length);
  }

  /** Extremes start anew, for a story with several islands. */
  forget(): void {
    this.minPu = Number.NaN;
    this.maxPu = Number.NaN;
    this.minHz = Number.NaN;
    this.maxHz = Number.NaN;
  }

  after(durationMs: number): void {
    const { bus, tiers, tiersW, unservedW } = this.#network;
    const lit = bus.voltagePu >= darkBelowPu;
    for (let t = 0; t < tiers.length; t++) {
      if (lit && tiers[t]!.breakerClosed) this.darkForMs[t] = 0;
      else {
        this.darkForMs[t]! += durationMs;
        this.darkTotalMs[t]! += durationMs;
      }
    }
    if (bus.source === "forming") this.#watchFormed(durationMs, unservedW);
    else if (this.#up) {
      this.#up = false;
      // Handed over to the grid nobody falls.
      if (this.#loadBeforeW > loadFromW && bus.source !== "grid") this.drops++;
    }
    this.#loadBeforeW = tiersW;
  }

  #watchFormed(durationMs: number, unservedW: number): void {
    const { voltagePu, frequencyHz } = this.#network.bus;
    if (!this.#up) {
      if (voltagePu < upFromPu) return;
      this.#up = true;
      this.starts++;
    }
    if (!(voltagePu >= this.minPu)) this.minPu = voltagePu;
    if (!(voltagePu <= this.maxPu)) this.maxPu = voltagePu;
    if (!(frequencyHz >= this.minHz)) this.minHz = frequencyHz;
    if (!(frequencyHz <= this.maxHz)) this.maxHz = frequencyHz;
    this.unservedWh += (unservedW * durationMs) / 3_600_000;
  }
}

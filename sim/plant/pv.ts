/**
 * A photovoltaic plant with its inverter: follows the measured sun, trips when its conductor dies, comes back after its own
 * delay, gives way when frequency rises (the way an island without a command line to it is curtailed), obeys a limit.
 */
import type { PlantPv } from "./devices.ts";
import type { Node } from "./node.ts";
import type { Series } from "./series.ts";

export interface PvConfig {
  readonly nominalVoltageV: number;
  readonly ratedW: number;
  /** Output as a share of the rating over UTC ms. */
  readonly sun: Series | undefined;
  /** On the grid side of K1, or behind it so that it may join an island. */
  readonly side: "grid" | "bus";
  readonly reconnectDelayS: number;
  /** Frequency above nominal at which it begins to give way, and the rise that takes all its power, Hz. */
  readonly droopDeadbandHz: number;
  readonly droopSpanHz: number;
}

const limitTauMs = 400;

export class Pv implements PlantPv {
  readonly config: PvConfig;
  readonly serialNumber: string;
  readonly firmware = "1.0.0";
  /** Magnitude of its output, W. */
  powerW = 0;
  availableW = 0;
  limitW: number;
  /** Held output instead of the data, W; NaN follows the data. */
  heldW = Number.NaN;
  tripped = false;
  /** Times that it tripped on a live conductor: frequency too high, too low, voltage too high, too low. */
  readonly trips = { overFrequency: 0, underFrequency: 0, overVoltage: 0, underVoltage: 0 };
  #goodForMs: number;
  readonly #nominalFrequencyHz: number;
  readonly #node: Node;
  /** Until the limit reverts, ms; Infinity for never. */
  #revertsInMs = Number.POSITIVE_INFINITY;
  #fallbackW = Number.POSITIVE_INFINITY;

  constructor(config: PvConfig, node: Node, nominalFrequencyHz: number, index: number) {
    this.config = config;
    this.#node = node;
    this.serialNumber = `SIM-PV-${index + 1}`;
    this.#nominalFrequencyHz = nominalFrequencyHz;
    this.#goodForMs = config.reconnectDelayS * 1000;
    this.limitW = config.ratedW;
  }

  get ratedW(): number {
    return this.config.ratedW;
  }
  get nominalVoltageV(): number {
    return this.config.nominalVoltageV;
  }
  get producedW(): number {
    return this.powerW;
  }
  get voltagePu(): number {
    return this.#node.voltagePu;
  }
  get frequencyHz(): number {
    return this.#node.frequencyHz;
  }

  limit(powerW: number, timeoutS: number, fallbackW: number): void {
    this.limitW = powerW < this.config.ratedW ? powerW : this.config.ratedW;
    this.#fallbackW = fallbackW;
    this.#revertsInMs = timeoutS > 0 ? 1000 * timeoutS : Number.POSITIVE_INFINITY;
  }

  /** Ten times a second. */
  renew(wallMs: number): void {
    const { ratedW, sun } = this.config;
    const wantedW = !Number.isNaN(this.heldW) ? this.heldW : sun === undefined ? 0 : ratedW * sun.at(wallMs);
    this.availableW = wantedW > ratedW ? ratedW : wantedW > 0 ? wantedW : 0;
  }

  #countTrip(riseHz: number): void {
    const { source, voltagePu } = this.#node;
    if (source === "dead") return;
    if (voltagePu >= 1.1) this.trips.overVoltage++;
    else if (voltagePu <= 0.88) this.trips.underVoltage++;
    else if (riseHz > 2) this.trips.overFrequency++;
    else if (riseHz < -3.5) this.trips.underFrequency++;
  }

  step(durationMs: number): void {
    const node = this.#node;
    if (this.#revertsInMs < Number.POSITIVE_INFINITY) {
      this.#revertsInMs -= durationMs;
      if (this.#revertsInMs <= 0) this.limit(this.#fallbackW, 0, this.#fallbackW);
    }
    const riseHz = node.frequencyHz - this.#nominalFrequencyHz;
    const alive =
      (node.source === "grid" || node.source === "forming") && node.voltagePu > 0.88 && node.voltagePu < 1.1;
    if (!alive || riseHz > 2 || riseHz < -3.5) {
      if (!this.tripped) this.#countTrip(riseHz);
      this.tripped = true;
      this.#goodForMs = 0;
      this.powerW = 0;
      return;
    }
    if (this.tripped) {
      this.#goodForMs += durationMs;
      if (this.#goodForMs < this.config.reconnectDelayS * 1000) return;
      this.tripped = false;
    }
    const { droopDeadbandHz, droopSpanHz } = this.config;
    const overHz = riseHz - droopDeadbandHz;
    const share = overHz <= 0 ? 1 : overHz >= droopSpanHz ? 0 : 1 - overHz / droopSpanHz;
    let targetW = this.availableW * share;
    if (targetW > this.limitW) targetW = this.limitW;
    const gap = this.powerW - targetW;
    if (gap === 0) return;
    this.powerW = gap < 1 && gap > -1 ? targetW : targetW + gap * Math.exp(-durationMs / limitTauMs);
  }
}

/**
 * A photovoltaic plant with its inverter: follows the measured sun, trips when its conductor dies, comes back after its own
 * delay, gives way when frequency rises (the way an island without a command line to it is curtailed), obeys a limit.
 */
import type { Node } from "./node.ts";
import type { Series } from "./series.ts";

export interface PvConfig {
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

export class Pv {
  readonly config: PvConfig;
  /** Magnitude of its output, W. */
  powerW = 0.5;
  availableW = 0.5;
  limitW = Number.POSITIVE_INFINITY;
  /** Held output instead of the data, W; NaN follows the data. */
  heldW = Number.NaN;
  tripped = false;
  #goodForMs: number;
  readonly #nominalFrequencyHz: number;

  constructor(config: PvConfig, nominalFrequencyHz: number) {
    this.config = config;
    this.#nominalFrequencyHz = nominalFrequencyHz;
    this.#goodForMs = config.reconnectDelayS * 1000;
    this.powerW = 0;
    this.availableW = 0;
  }

  /** Ten times a second. */
  renew(wallMs: number): void {
    const { ratedW, sun } = this.config;
    const wantedW = !Number.isNaN(this.heldW) ? this.heldW : sun === undefined ? 0 : ratedW * sun.at(wallMs);
    this.availableW = wantedW > ratedW ? ratedW : wantedW > 0 ? wantedW : 0;
  }

  step(node: Node, durationMs: number): void {
    const riseHz = node.frequencyHz - this.#nominalFrequencyHz;
    const alive =
      (node.source === "grid" || node.source === "forming") && node.voltagePu > 0.88 && node.voltagePu < 1.1;
    if (!alive || riseHz > 2 || riseHz < -3.5) {
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

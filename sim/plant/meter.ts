/**
 * The meter at the point of common coupling: averages power over a window, updates at its own pace, shows the result with a
 * latency, noise, offset and least significant bit, and can freeze, reverse, or go mad.
 */

import { hourMs } from "../../src/domain/units.ts";
import type { Chance } from "./chance.ts";
import type { PlantMeter } from "./devices.ts";

export interface MeterConfig {
  readonly nominalVoltageV: number;
  readonly updateMs: number;
  /** A multiple of `updateMs`. */
  readonly windowMs: number;
  /** From the end of the window to the value in its registers, ms; a uniform jitter comes on top. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Full scale, W, and noise as a share of it (standard deviation). */
  readonly rangeW: number;
  readonly noise: number;
  readonly offsetW: number;
  readonly gain: number;
  readonly lsbW: number;
  /** Share of samples that never appear. */
  readonly lossShare: number;
  /** Phases of the service: 1 to 3. */
  readonly phases: 1 | 2 | 3;
  /** Supplied from the grid it measures: dark in an outage. */
  readonly gridPowered: boolean;
}

export class MeterFaults {
  /** Registers stand still. */
  frozen = false;
  /** Values stand still but the sample counter goes on. */
  frozenCounting = false;
  reversed = false;
  notANumber = false;
  /** Added to the power, W. */
  biasW = 0;
  dead = false;

  clear(): void {
    this.frozen = false;
    this.frozenCounting = false;
    this.reversed = false;
    this.notANumber = false;
    this.biasW = 0;
    this.dead = false;
  }
}

const windowSamplesMax = 64;

export class Meter implements PlantMeter {
  readonly config: MeterConfig;
  readonly faults = new MeterFaults();
  sampleCount = 0;
  powerW = 0;
  reactiveVar = 0;
  voltagePu = 1;
  frequencyHz = 60;
  readonly phasePowerW: [number, number, number] = [0.5, 0.5, 0.5];
  readonly phaseVoltagePu: [number, number, number] = [1.0001, 1.0001, 1.0001];
  importWh = 0;
  exportWh = 0;
  /** Shows no values at all (no supply). */
  dark = false;

  readonly #chance: Chance;
  readonly #windowWms: Float64Array;
  #windowAt = 0;
  #windowSumWms = 0;
  #sinceSampleWms = 0;
  #sampleNumber: number;
  readonly #startMs: number;
  /** The next window end, and when the sample that waits becomes visible. */
  nextSampleMs: number;
  #visibleAtMs = Number.POSITIVE_INFINITY;
  readonly #waiting = new Float64Array(10);

  constructor(config: MeterConfig, chance: Chance, nowMs: number) {
    const samples = config.windowMs / config.updateMs;
    if (!Number.isInteger(samples) || samples < 1 || samples > windowSamplesMax) {
      throw new RangeError(
        `meter.windowMs ${config.windowMs} must be 1 to ${windowSamplesMax} times meter.updateMs ${config.updateMs}`,
      );
    }
    this.config = config;
    this.#chance = chance;
    this.#windowWms = new Float64Array(samples);
    this.#startMs = nowMs + config.updateMs * chance.uniform();
    this.#sampleNumber = 0;
    this.nextSampleMs = this.#startMs;
  }

  get nominalVoltageV(): number {
    return this.config.nominalVoltageV;
  }

  /** Adds a step's energy, W·ms, import positive. */
  add(energyWms: number): void {
    this.#sinceSampleWms += energyWms;
    const energyWh = (energyWms * this.config.gain) / hourMs;
    if (energyWh > 0) this.importWh += energyWh;
    else this.exportWh -= energyWh;
  }

  /** Time has come to `nowMs`: a window may have ended, a sample may appear. */
  step(nowMs: number, reactiveVar: number, voltagePu: number, frequencyHz: number, phaseShares: Float64Array): void {
    if (nowMs >= this.#visibleAtMs) this.#show();
    if (nowMs < this.nextSampleMs) return;
    this.#sampleNumber++;
    this.nextSampleMs = this.#startMs + this.#sampleNumber * this.config.updateMs;
    const slot = this.#windowAt;
    this.#windowSumWms += this.#sinceSampleWms - this.#windowWms[slot]!;
    this.#windowWms[slot] = this.#sinceSampleWms;
    this.#sinceSampleWms = 0;
    this.#windowAt = slot + 1 === this.#windowWms.length ? 0 : slot + 1;
    if (this.config.lossShare > 0 && this.#chance.uniform() < this.config.lossShare) return;
    if (this.#visibleAtMs < Number.POSITIVE_INFINITY) this.#show();
    this.#sample(reactiveVar, voltagePu, frequencyHz, phaseShares);
    const { latencyMs, jitterMs } = this.config;
    this.#visibleAtMs = nowMs + latencyMs + (jitterMs > 0 ? jitterMs * this.#chance.uniform() : 0);
  }

  #sample(reactiveVar: number, voltagePu: number, frequencyHz: number, phaseShares: Float64Array): void {
    const { windowMs, rangeW, noise, offsetW, gain, lsbW, phases } = this.config;
    const chance = this.#chance;
    const trueW = this.#windowSumWms / windowMs;
    const alive = voltagePu > 0.05;
    const readW = gain * trueW + offsetW + this.faults.biasW + noise * rangeW * chance.normal();
    const sign = this.faults.reversed ? -1 : 1;
    const w = this.#waiting;
    let sumW = 0;
    for (let i = 0; i < 3; i++) {
      const phaseW = i < phases ? sign * lsbW * Math.round((readW * phaseShares[i]!) / lsbW) : Number.NaN;
      w[4 + i] = phaseW;
      w[7 + i] = i < phases ? voltagePu * (alive ? 1 + 0.0005 * chance.normal() : 1) : Number.NaN;
      if (i < phases) sumW += phaseW;
    }
    w[0] = sumW;
    w[1] = sign * lsbW * Math.round((reactiveVar + noise * rangeW * chance.normal()) / lsbW);
    w[2] = voltagePu * (1 + 0.0003 * chance.normal());
    w[3] = alive ? frequencyHz + 0.001 * chance.normal() : 0;
  }

  #show(): void {
    this.#visibleAtMs = Number.POSITIVE_INFINITY;
    const { faults, config } = this;
    const w = this.#waiting;
    this.dark = faults.dead || (config.gridPowered && w[2]! < 0.5);
    if (faults.frozen || this.dark) return;
    this.sampleCount = (this.sampleCount + 1) & 0xffff;
    if (faults.frozenCounting) return;
    this.powerW = faults.notANumber ? Number.NaN : w[0]!;
    this.reactiveVar = w[1]!;
    this.voltagePu = w[2]!;
    this.frequencyHz = w[3]!;
    for (let i = 0; i < 3; i++) {
      this.phasePowerW[i] = w[4 + i]!;
      this.phaseVoltagePu[i] = w[7 + i]!;
    }
  }
}

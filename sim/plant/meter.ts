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

class MeterFaults {
  /** Registers stand still. */
  frozen = false;
  /** Values stand still but the sample counter goes on. */
  frozenCounting = false;
  reversed = false;
  notANumber = false;
  /** Added to the power, W. */
  biasW = 0;
  dead = false;
  /** Its smallest step is this share of its range; 0 as it was built. */
  stepShare = 0;
  /** Added to its latency, and to the spread of it, ms. */
  latencyMs = 0;
  jitterMs = 0;
  /** It averages over about this long beyond its window, ms; 0 as it was built. */
  averageMs = 0;

  clear(): void {
    this.frozen = false;
    this.frozenCounting = false;
    this.reversed = false;
    this.notANumber = false;
    this.biasW = 0;
    this.dead = false;
    this.stepShare = 0;
    this.latencyMs = 0;
    this.jitterMs = 0;
    this.averageMs = 0;
  }
}

const windowSamplesMax = 64;
/** Samples that a meter may have measured and not yet shown. */
const waitingMax = 128;
const sampleFields = 11;
/** Place of the moment at which a sample appears. */
const visibleAt = 10;

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
  #averageW = 0;
  #sinceSampleWms = 0;
  #sampleNumber: number;
  readonly #startMs: number;
  /** The next window end, and when the sample that waits becomes visible. */
  nextSampleMs: number;
  /** Samples on their way into the registers, oldest first: a ring of `sampleFields` numbers each. */
  readonly #waiting = new Float64Array(waitingMax * sampleFields);
  #oldest = 0;
  #waitingCount = 0;

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
  step(
    nowMs: number,
    reactiveVar: number,
    voltagePu: number,
    frequencyHz: number,
    phaseShares: Float64Array,
    voltageShares: readonly [number, number, number],
  ): void {
    while (this.#waitingCount > 0 && nowMs >= this.#waiting[this.#oldest * sampleFields + visibleAt]!) this.#show();
    if (nowMs < this.nextSampleMs) return;
    this.#sampleNumber++;
    this.nextSampleMs = this.#startMs + this.#sampleNumber * this.config.updateMs;
    const slot = this.#windowAt;
    this.#windowSumWms += this.#sinceSampleWms - this.#windowWms[slot]!;
    this.#windowWms[slot] = this.#sinceSampleWms;
    this.#sinceSampleWms = 0;
    this.#windowAt = slot + 1 === this.#windowWms.length ? 0 : slot + 1;
    if (this.config.lossShare > 0 && this.#chance.uniform() < this.config.lossShare) return;
    if (this.#waitingCount === waitingMax) this.#show();
    const at = ((this.#oldest + this.#waitingCount) % waitingMax) * sampleFields;
    this.#waitingCount++;
    this.#sample(at, reactiveVar, voltagePu, frequencyHz, phaseShares, voltageShares);
    const latencyMs = this.config.latencyMs + this.faults.latencyMs;
    const jitterMs = this.config.jitterMs + this.faults.jitterMs;
    this.#waiting[at + visibleAt] = nowMs + latencyMs + (jitterMs > 0 ? jitterMs * this.#chance.uniform() : 0);
  }

  #sample(
    at: number,
    reactiveVar: number,
    voltagePu: number,
    frequencyHz: number,
    phaseShares: Float64Array,
    voltageShares: readonly [number, number, number],
  ): void {
    const { updateMs, windowMs, rangeW, noise, offsetW, gain, phases } = this.config;
    const { averageMs, stepShare } = this.faults;
    const lsbW = stepShare > 0 ? stepShare * rangeW : this.config.lsbW;
    const chance = this.#chance;
    const windowW = this.#windowSumWms / windowMs;
    const weight = averageMs > 0 ? 1 - Math.exp((-2 * updateMs) / averageMs) : 1;
    this.#averageW += weight * (windowW - this.#averageW);
    const trueW = this.#averageW;
    const alive = voltagePu > 0.05;
    const readW = gain * trueW + offsetW + this.faults.biasW + noise * rangeW * chance.normal();
    const sign = this.faults.reversed ? -1 : 1;
    const w = this.#waiting;
    let sumW = 0;
    for (let i = 0; i < 3; i++) {
      const phaseW = i < phases ? sign * lsbW * Math.round((readW * phaseShares[i]!) / lsbW) : Number.NaN;
      w[at + 4 + i] = phaseW;
      w[at + 7 + i] =
        i < phases ? voltagePu * voltageShares[i]! * (alive ? 1 + 0.0005 * chance.normal() : 1) : Number.NaN;
      if (i < phases) sumW += phaseW;
    }
    w[at] = sumW;
    w[at + 1] = sign * lsbW * Math.round((reactiveVar + noise * rangeW * chance.normal()) / lsbW);
    w[at + 2] = voltagePu * (1 + 0.0003 * chance.normal());
    w[at + 3] = alive ? frequencyHz + 0.001 * chance.normal() : 0;
  }

  #show(): void {
    const at = this.#oldest * sampleFields;
    this.#oldest = (this.#oldest + 1) % waitingMax;
    this.#waitingCount--;
    const { faults, config } = this;
    const w = this.#waiting;
    this.dark = faults.dead || (config.gridPowered && w[at + 2]! < 0.5);
    if (faults.frozen || this.dark) return;
    this.sampleCount = (this.sampleCount + 1) & 0xffff;
    if (faults.frozenCounting) return;
    this.powerW = faults.notANumber ? Number.NaN : w[at]!;
    this.reactiveVar = w[at + 1]!;
    this.voltagePu = w[at + 2]!;
    this.frequencyHz = w[at + 3]!;
    for (let i = 0; i < 3; i++) {
      this.phasePowerW[i] = w[at + 4 + i]!;
      this.phaseVoltagePu[i] = w[at + 7 + i]!;
    }
  }
}

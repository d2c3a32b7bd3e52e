/**
 * Whether a device is alive by its own word: a clock or counter of its own that advances. A gateway's cache, a hung
 * processor behind a live network chip, a frozen register image answer with fresh replies and old values.
 *
 * A clock of milliseconds has to advance with every read, a heartbeat within `heartbeatMaxMs`. A device without either is
 * judged by its measurements: while something is live (a voltage, a power), they may stand absolutely still, bit by bit, for
 * `stillMaxMs` at most. One that measures nothing (contacts only), or whose sides are all dead, is taken at its answers.
 */
import type { DeviceMap } from "./device-map.ts";
import { type DeviceKind, factNames } from "./device-map.ts";

/** A heartbeat advances once a second; with a missed read and a slow turn, ms. */
export const heartbeatMaxMs = 3_000;
/** The last digits of a live voltage and frequency move within seconds; a minute of stillness is none, ms. */
export const stillMaxMs = 60_000;

const clockName = "clockMs";
const heartbeatName = "heartbeat";
/** Measurements that are never still where the grid or a stage is live. */
const measured: Readonly<Record<DeviceKind, readonly string[]>> = {
  stage: ["powerW", "reactiveVar", "voltagePu", "lineVoltageV", "phaseVoltageV", "frequencyHz"],
  // A meter's age is that of its samples (`sampleAtMs`).
  meter: [],
  "transfer-device": [
    ...["gridVoltagePu", "gridLineVoltageV", "gridPhaseVoltageV", "gridFrequencyHz"],
    ...["busVoltagePu", "busLineVoltageV", "busPhaseVoltageV", "busFrequencyHz"],
  ],
  "load-panel": ["tier1W", "tier2W", "tier3W", "tier4W", "tier5W", "tier6W", "tier7W", "tier8W"],
  // A cloudless night is still; nothing rests on it.
  pv: [],
};

export class LifeSign {
  /** Arrival of the last read in which the device showed itself alive, ms; -Infinity before the first. */
  liveAtMs = Number.NEGATIVE_INFINITY;
  readonly #index: number;
  readonly #allowedMs: number;
  readonly #measured: readonly number[];
  #last = Number.NaN;
  #advancedMs = Number.NEGATIVE_INFINITY;

  constructor(map: DeviceMap) {
    const names: readonly string[] = factNames[map.kind];
    const reads = (name: string): boolean => map.facts.some((row) => row.name === name);
    const counter = reads(clockName) ? clockName : reads(heartbeatName) ? heartbeatName : undefined;
    this.#index = counter === undefined ? -1 : names.indexOf(counter);
    this.#allowedMs = counter === undefined ? stillMaxMs : counter === clockName ? 0 : heartbeatMaxMs;
    this.#measured = counter === undefined ? measured[map.kind].filter(reads).map((name) => names.indexOf(name)) : [];
  }

  /** A good read at `atMs`: the device's numbers, in the order of `factNames`. Allocates nothing. */
  saw(values: Float64Array, atMs: number): void {
    if (this.#index >= 0) this.#sawCounter(values[this.#index]!, atMs);
    else if (this.#measured.length > 0) this.#sawMeasured(values, atMs);
    else this.#advancedMs = atMs;
    this.liveAtMs = atMs - this.#advancedMs <= this.#allowedMs ? atMs : this.#advancedMs;
  }

  #sawCounter(count: number, atMs: number): void {
    if (count === this.#last || Number.isNaN(count)) return;
    this.#last = count;
    this.#advancedMs = atMs;
  }

  #sawMeasured(values: Float64Array, atMs: number): void {
    // A sum is enough to see a change, and costs no copy; that two changes cancel out to the last bit does not last.
    let sum = 0;
    let live = false;
    for (let i = 0; i < this.#measured.length; i += 1) {
      const value = values[this.#measured[i]!]!;
      if (Number.isNaN(value)) continue;
      if (value !== 0) live = true;
      sum += (i + 1) * value;
    }
    if (sum === this.#last && live) return;
    this.#last = sum;
    this.#advancedMs = atMs;
  }
}

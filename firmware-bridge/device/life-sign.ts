/**
 * Whether a device is alive by its own word: a clock or counter of its own that advances. A gateway's cache, a hung
 * processor behind a live network chip, a frozen register image answer with fresh replies and old values.
 *
 * A clock of milliseconds has to advance with every read, a heartbeat within `heartbeatMaxMs`. A device without either is
 * judged by its measurements: while something is live (a voltage, a power), they may stand absolutely still, bit by bit, for
 * `stillMaxMs` at most. What counts is the time between reads that took place: a device is not old because nobody has read it, or
 * because its reply lay unread while the controller stood still. One that measures nothing (contacts only), or whose sides are all dead, is taken at its answers.
 */
import type { DeviceMap } from "../maps/device-map.ts";
import { type DeviceKind, factNames } from "../maps/device-map.ts";

/** A heartbeat advances once a second; with a missed read and a slow turn, ms. */
const heartbeatMaxMs = 3_000;
/** The last digits of a live voltage and frequency move within seconds; a minute of stillness is none, ms. */
const stillMaxMs = 60_000;
/** Two reads further apart than this say nothing about what was between them, ms. */
const betweenMaxMs = 5_000;
/** A counter that could not be read for this long says nothing any more, ms; until then the device is taken at its answers. */
const unreadMaxMs = 5_000;

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
  // Contacts stand still for years.
  io: [],
};
/** What a meter is judged by where K1's position rests on its voltage. */
const voltmeterFacts = ["voltageV", "voltageAV", "voltageBV", "voltageCV", "frequencyHz"];

/** When a reply came, and when its request was sent: what it says was so at some moment between the two, ms. */
export interface ReadMoment {
  readonly atMs: number;
  readonly sentMs: number;
}

/** The fact by which a device shows its own life: its clock, else its heartbeat; undefined where it has neither. */
export function counterOf(map: DeviceMap): string | undefined {
  return [clockName, heartbeatName].find((name) => map.facts.some((row) => row.name === name));
}

/** Watches the registers that move by themselves in a device that lives: its clock, counter or heartbeat. */
export class LifeSign {
  /** Arrival of the last read in which the device showed itself alive, ms; -Infinity before the first. */
  liveAtMs = Number.NEGATIVE_INFINITY;
  /** There was a read to judge it by. */
  judged = false;
  readonly #index: number;
  readonly #allowedMs: number;
  readonly #measured: readonly number[];
  #last = Number.NaN;
  #advancedMs = Number.NEGATIVE_INFINITY;
  /** How long it was seen to stand still, ms. */
  #standingMs = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #sentMs = Number.NaN;
  #firstMs = Number.NaN;

  /** `asVoltmeter`: a meter whose voltage something rests on. */
  constructor(map: DeviceMap, asVoltmeter = false) {
    const names: readonly string[] = factNames[map.kind];
    const reads = (name: string): boolean => map.facts.some((row) => row.name === name);
    const counter = counterOf(map);
    this.#index = counter === undefined ? -1 : names.indexOf(counter);
    this.#allowedMs = counter === undefined ? stillMaxMs : counter === clockName ? 0 : heartbeatMaxMs;
    const still = asVoltmeter ? voltmeterFacts : measured[map.kind];
    this.#measured = counter === undefined ? still.filter(reads).map((name) => names.indexOf(name)) : [];
  }

  /**
   * A good read: the device's numbers, in the order of `factNames`. `counter` is the read that its counter is of, where that
   * one is read less often. Allocates nothing.
   */
  saw(values: Float64Array, read: ReadMoment, counter: ReadMoment = read): void {
    if (!this.judged) this.#firstMs = read.atMs;
    this.judged = true;
    if (this.#index >= 0) {
      if (counter.atMs > this.#readAtMs) this.#observe(this.#isNew(values[this.#index]!), counter);
    } else this.#observe(this.#measured.length === 0 || this.#haveMoved(values), read);
    const readAtMs = this.#readAtMs > this.#firstMs ? this.#readAtMs : this.#firstMs;
    const isRead = read.atMs - readAtMs <= unreadMaxMs;
    this.liveAtMs = isRead && this.#standingMs <= this.#allowedMs ? read.atMs : this.#advancedMs;
  }

  /** Only time between two reads tells that it stands: not while nobody read, nor while a reply lay unread. */
  #observe(advanced: boolean, { atMs, sentMs }: ReadMoment): void {
    const betweenMs = sentMs - this.#sentMs;
    this.#readAtMs = atMs;
    this.#sentMs = sentMs;
    if (advanced) {
      this.#standingMs = 0;
      this.#advancedMs = atMs;
    } else if (betweenMs > 0) this.#standingMs += betweenMs < betweenMaxMs ? betweenMs : betweenMaxMs;
  }

  #isNew(count: number): boolean {
    if (count === this.#last || Number.isNaN(count)) return false;
    this.#last = count;
    return true;
  }

  #haveMoved(values: Float64Array): boolean {
    // A sum is enough to see a change, and costs no copy; that two changes cancel out to the last bit does not last.
    let sum = 0;
    let live = false;
    for (let i = 0; i < this.#measured.length; i += 1) {
      const value = values[this.#measured[i]!]!;
      if (Number.isNaN(value)) continue;
      if (value !== 0) live = true;
      sum += (i + 1) * value;
    }
    if (sum === this.#last && live) return false;
    this.#last = sum;
    return true;
  }
}

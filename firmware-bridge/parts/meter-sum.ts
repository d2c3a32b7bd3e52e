/**
 * The exchange with the grid as the sum of several meters. As old as the oldest of them; one that is not read, or that stands
 * still, makes the whole sum old, and one that does not tell its power makes it unknown.
 */
import { meterFact } from "../apply-facts.ts";
import type { BridgeDevice } from "../device/device.ts";
import { factNames } from "../maps/device-map.ts";
import type { SummedMeter } from "./settings.ts";

/** Facts that are added; the others are those of the first meter. */
const added = [meterFact.powerW, meterFact.reactiveVar, meterFact.powerAW, meterFact.powerBW, meterFact.powerCW];

/** Adds meters up in the order of a meter's facts, as if they were one device's numbers. */
export class MeterSum {
  readonly values = new Float64Array(factNames.meter.length).fill(Number.NaN);
  /** The same as bytes: the sum is a new sample when any of them has changed. */
  readonly bytes = Buffer.from(this.values.buffer);
  /** Oldest read, or the moment since which one stands still, ms. */
  atMs = Number.NEGATIVE_INFINITY;
  readonly #parts: readonly { readonly device: BridgeDevice; readonly sign: 1 | -1 }[];

  constructor(parts: readonly SummedMeter[], devices: readonly BridgeDevice[]) {
    this.#parts = parts.map(({ device, sign }) => ({ device: devices[device]!, sign }));
  }

  /** The meter whose voltage and frequency count. */
  get first(): BridgeDevice {
    return this.#parts[0]!.device;
  }

  /**
   * Adds up what the meters said last; false until each has been read, and until each has been read again since: a sum of new
   * and old readings is no moment's picture.
   */
  add(): boolean {
    let atMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.#parts.length; i += 1) {
      const { reader, life } = this.#parts[i]!.device;
      if (reader === undefined || life === undefined || !Number.isFinite(reader.factsAtMs)) return false;
      atMs = Math.min(atMs, reader.factsAtMs, life.liveAtMs);
    }
    if (atMs === this.atMs) return false;
    this.atMs = atMs;
    const { values } = this;
    for (let i = 0; i < this.#parts.length; i += 1) {
      const { device, sign } = this.#parts[i]!;
      const own = device.reader!.values;
      if (i === 0) values.set(own);
      for (let k = 0; k < added.length; k += 1) {
        const fact = added[k]!;
        values[fact] = (i === 0 ? 0 : values[fact]!) + sign * own[fact]!;
      }
    }
    // The meters do not count together.
    values[meterFact.sampleCount] = Number.NaN;
    return true;
  }
}

/**
 * The exchange with the grid in the process image: from one meter or from a sum of several, in the site's sign. What a meter
 * does not tell itself, voltage or frequency, comes from the device that measures it on the grid's side.
 */
import { applyMeter, type MeterContext } from "../apply-facts.ts";
import type { BridgeDevice } from "../device/device.ts";
import { hasJustStarted } from "../device/just-started.ts";
import type { ReadBlock } from "../device/read-plan.ts";
import { gridAt, tellsFrequency, tellsVoltage } from "../elsewhere.ts";
import type { SnapshotPort } from "../ports.ts";
import type { BridgeSettings } from "../settings.ts";
import type { MeterSum } from "./meter-sum.ts";

/** What else of the site measures the grid. */
export interface GridSources {
  readonly hasTransferDevice: boolean;
  readonly stages: readonly {
    readonly context: { readonly tellsVoltage: boolean; readonly tellsFrequency: boolean };
  }[];
}

export type PccMeteringSettings = Pick<BridgeSettings, "meter" | "nominalVoltageV"> & {
  readonly phaseVoltageV: number;
};

/** Writes what the meter, or the sum of the meters, says into the image. */
export class PccMetering {
  readonly #context: MeterContext;
  readonly #sources: GridSources;

  constructor({ meter, nominalVoltageV, phaseVoltageV }: PccMeteringSettings, sources: GridSources) {
    this.#sources = sources;
    this.#context = {
      importPositive: meter?.importPositive ?? true,
      nominalVoltageV,
      phaseVoltageV,
      countsSamples: meter?.map?.facts.some((row) => row.name === "sampleCount") ?? false,
      tellsVoltage: true,
      tellsFrequency: true,
      elsewhere: { voltagePu: Number.NaN, frequencyHz: Number.NaN },
      lastSampleCount: Number.NaN,
      previous: Buffer.alloc(0),
      updateMs: meter?.updateMs ?? Number.POSITIVE_INFINITY,
      othersMovedMs: Number.NEGATIVE_INFINITY,
    };
  }

  /** The meter's map is in force, or its reads were cut anew. */
  bound({ bound, reader }: BridgeDevice): void {
    this.#tells(bound!.map.facts);
    this.#context.previous = Buffer.alloc(reader!.cycleBlock.exchange.reply.length);
  }

  /** A block that is read less often arrived: other values in it show that the meter is alive. */
  othersRead(device: BridgeDevice, block: ReadBlock): void {
    if (device.reader!.moved(block)) this.#context.othersMovedMs = block.exchange.finishedMs;
  }

  /** The one meter was read. False when it has just started and has measured nothing yet. */
  take({ reader }: BridgeDevice, snapshot: SnapshotPort): boolean {
    const { values, factsAtMs, cycleBlock } = reader!;
    if (hasJustStarted(values, snapshot, this.#sources.hasTransferDevice, factsAtMs)) return false;
    this.#apply(values, factsAtMs, cycleBlock.exchange.reply, snapshot);
    return true;
  }

  /** One meter of several was read; nothing happens until the sum is a new moment's picture. */
  takeSum(sum: MeterSum, snapshot: SnapshotPort): void {
    if (!sum.add()) return;
    const { first, values, bytes, atMs } = sum;
    this.#tells(first.bound!.map.facts);
    if (this.#context.previous.length !== bytes.length) this.#context.previous = Buffer.alloc(bytes.length);
    this.#apply(values, atMs, bytes, snapshot);
  }

  #tells(facts: readonly { readonly name: string }[]): void {
    this.#context.tellsVoltage = tellsVoltage("meter", facts);
    this.#context.tellsFrequency = tellsFrequency(facts);
  }

  #apply(values: Float64Array, atMs: number, bytes: Buffer, snapshot: SnapshotPort): void {
    const context = this.#context;
    if (!context.tellsVoltage || !context.tellsFrequency) {
      const { stages, hasTransferDevice } = this.#sources;
      const stage = stages.findIndex((one) => one.context.tellsVoltage && one.context.tellsFrequency);
      gridAt(snapshot, stage, hasTransferDevice, atMs, context.elsewhere);
    }
    applyMeter(values, atMs, bytes, context, snapshot.meter);
  }
}

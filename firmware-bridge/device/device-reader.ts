/**
 * Reads a device's facts in blocks: one small block each cycle, others in turn when they are due. Numbers land in `values`
 * in the order of `factNames`; NaN is "not implemented". Nothing is kept from a failed read.
 */
import type { DeviceMap } from "../maps/device-map.ts";
import { FactDecoder } from "./fact-decoder.ts";
import { counterOf } from "./life-sign.ts";
import { defaultLimits, type PlanLimits, planReads, type ReadBlock } from "./read-plan.ts";
import type { Sender } from "./write-plan.ts";

/** A block that the device does not have is asked for this seldom, ms: its firmware may have been renewed. */
const refusedPeriodMs = 60_000;
/** A slow value counts for this many of its periods and a grace for the turns that it waits. */
const slowPeriodsMax = 3;
const slowGraceMs = 2_000;
/** Pause before a slow value is asked for again after a read that failed, ms. */
const slowRetryMs = 100;

/** Reads a device's registers, each block when its pace says so, and decodes them into facts. */
export class DeviceReader {
  readonly decoder: FactDecoder;
  cycleBlock!: ReadBlock;
  slowBlocks!: readonly ReadBlock[];
  /** The one with the device's own clock or heartbeat. */
  counterBlock!: ReadBlock;
  readonly #map: DeviceMap;
  readonly #unit: number;

  constructor(map: DeviceMap, unit: number, limits: PlanLimits = defaultLimits) {
    this.decoder = new FactDecoder(map);
    this.#map = map;
    this.#unit = unit;
    this.plan(limits);
  }

  /** Cuts the reads anew; what is known stays known. Requests of the old cut must no longer be started. */
  plan(limits: PlanLimits): void {
    // What does not fit into one request per cycle is read as often as its turn comes.
    const [cycleBlock, ...others] = planReads(this.#map, this.#unit, this.decoder, limits);
    this.cycleBlock = cycleBlock!;
    this.slowBlocks = others;
    const counter = counterOf(this.#map);
    const source = counter === undefined ? -1 : this.decoder.sourceOf(counter);
    const holds = (block: ReadBlock): boolean => block.parts.some((part) => part.source === source);
    this.counterBlock = (source < 0 ? undefined : others.find(holds)) ?? this.cycleBlock;
  }

  get values(): Float64Array {
    return this.decoder.values;
  }

  /** Arrival of the oldest block of the cycle: what belongs together is as old as its oldest part. */
  get factsAtMs(): number {
    let atMs = this.cycleBlock.atMs;
    for (let i = 0; i < this.slowBlocks.length; i += 1) {
      const block = this.slowBlocks[i]!;
      if (block.periodMs === 0 && !block.refused && block.atMs < atMs) atMs = block.atMs;
    }
    return atMs;
  }

  /** Marks the numbers that these facts are made of, for `arrivalOf`. */
  sourcesOf(names: readonly string[]): Uint8Array {
    const wanted = new Uint8Array(this.decoder.sources.length);
    for (let i = 0; i < wanted.length; i += 1) if (names.includes(this.decoder.rowOf(i).name)) wanted[i] = 1;
    return wanted;
  }

  /** Arrival of the oldest block that holds one of the marked numbers, ms. */
  arrivalOf(wanted: Uint8Array): number {
    let atMs = holds(this.cycleBlock, wanted) ? this.cycleBlock.atMs : Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.slowBlocks.length; i += 1) {
      const block = this.slowBlocks[i]!;
      if (block.atMs < atMs && holds(block, wanted)) atMs = block.atMs;
    }
    return atMs === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : atMs;
  }

  /** Starts the slow block that has been due for longest: at most one at a time beside the cycle's own read. */
  startSlow(sender: Sender, nowMs: number): void {
    let latest: ReadBlock | undefined;
    for (let i = 0; i < this.slowBlocks.length; i += 1) {
      const block = this.slowBlocks[i]!;
      if (block.exchange.busy) return;
      if (nowMs - block.triedMs < (block.refused ? refusedPeriodMs : block.periodMs)) continue;
      if (latest === undefined || block.triedMs + block.periodMs < latest.triedMs + latest.periodMs) latest = block;
    }
    if (latest === undefined) return;
    latest.triedMs = nowMs;
    sender.start(latest.exchange);
  }

  /** Forgets slow values whose block has not been read for long: a fact of the cycle must not carry an old one along. */
  forgetOld(nowMs: number): void {
    for (let i = 0; i < this.slowBlocks.length; i += 1) {
      const block = this.slowBlocks[i]!;
      if (isOld(block, nowMs)) this.decoder.forget(block.parts);
    }
  }

  /** Whether one of the marked numbers has not been read for so long that it was forgotten. */
  isForgotten(wanted: Uint8Array, nowMs: number): boolean {
    for (let i = 0; i < this.slowBlocks.length; i += 1) {
      const block = this.slowBlocks[i]!;
      if (isOld(block, nowMs) && holds(block, wanted)) return true;
    }
    return false;
  }

  /** A slow block got no reply, or "later": it is due again soon, not a whole period later. */
  retrySlow(block: ReadBlock): void {
    block.triedMs = Math.min(block.triedMs, block.exchange.finishedMs - block.periodMs + slowRetryMs);
  }

  /** Whether a good reply's registers differ from those of the reply before. */
  moved({ exchange, before }: ReadBlock): boolean {
    const differs = before.compare(exchange.reply) !== 0;
    if (differs) exchange.reply.copy(before);
    return differs;
  }

  /** Takes a good reply's registers into `values`. */
  decode(block: ReadBlock): void {
    const { exchange } = block;
    this.decoder.decode(block.parts, exchange.reply, exchange.address);
    block.atMs = exchange.finishedMs;
    block.sentMs = exchange.sentMs;
  }
}

/** A slow block has not been read for longer than its values count. */
const isOld = (block: ReadBlock, nowMs: number): boolean =>
  nowMs - block.atMs > slowPeriodsMax * block.periodMs + slowGraceMs;

function holds({ parts }: ReadBlock, wanted: Uint8Array): boolean {
  for (let i = 0; i < parts.length; i += 1) if (parts[i]!.source >= 0 && wanted[parts[i]!.source] === 1) return true;
  return false;
}

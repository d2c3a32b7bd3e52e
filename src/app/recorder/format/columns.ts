/**
 * A row of numbers per tick as bits: columns that stand still cost almost nothing, because whole devices and then parts of them
 * say in one bit that nothing has changed. Encoder and decoder learn the same from what they have seen since the last keyframe.
 */
import { Column, same } from "./column.ts";
import { Bits, type RangeDecoder, type RangeEncoder } from "./range-coder.ts";

const partMax = 8;
/** Follows the loop's clock: coded by its distance from the tick's moment, in whole milliseconds. */
const moment = /AtMs$|^inputs\.wallMs$/;
/** The same, by the moment itself. */
const exactMoment = /(?:^|\.)(?:nowMs|leaseUntilMs)$/;

/** A meter's phases share the total much as before; the last one is what the others leave of it. */
const total = "inputs.meter.powerW";
const phase = /^inputs\.meter\.phasePowerW\[(\d)\]$/;

/** Facts of a vehicle that are its stage's own where no session tells more, and the stage's name for them. */
const vehicleFromStage: Readonly<Record<string, string>> = {
  vehicleAtMs: "atMs",
  socPct: "socPct",
  capacityWh: "capacityWh",
  vehicleMaxChargeW: "maxChargeW",
  vehicleMaxDischargeW: "maxDischargeW",
};

interface Group {
  readonly from: number;
  readonly to: number;
  /** The column that says whether the device was heard. */
  readonly atColumn: number;
  wasStill: boolean;
}

export class Columns {
  readonly #columns: Column[];
  readonly #groups: Group[];
  readonly #groupBits: Bits;
  readonly #partBits: Bits;
  readonly #partWasStill: Uint8Array;
  readonly #kinds: Uint8Array;
  readonly #neighbours: Int32Array;
  /** Place of the meter's total, −1 where there is none; its value a tick ago. */
  readonly #total: number;
  #totalBefore = 0;

  constructor(names: readonly string[]) {
    this.#columns = names.map(() => new Column());
    this.#groups = groupsOf(names);
    this.#groupBits = new Bits(2 * this.#groups.length);
    const parts = Math.ceil(names.length / partMax) + this.#groups.length;
    this.#partBits = new Bits(4 * parts);
    this.#partWasStill = new Uint8Array(parts).fill(1);
    this.#kinds = Uint8Array.from(names, kindOf);
    this.#total = names.indexOf(total);
    this.#neighbours = neighboursOf(names);
  }

  /** `nowMs` is known to both sides. */
  encode(encoder: RangeEncoder, row: Float64Array, nowMs: number): void {
    const floorMs = Math.floor(nowMs);
    let part = 0;
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g]!;
      const still = this.#isStill(row, group.from, group.to);
      encoder.bit(this.#groupBits, 2 * g + (group.wasStill ? 1 : 0), still ? 1 : 0);
      group.wasStill = still;
      let fresh = false;
      for (let from = group.from; from < group.to; from += partMax, part++) {
        if (still) continue;
        const to = Math.min(from + partMax, group.to);
        const partStill = this.#isStill(row, from, to);
        encoder.bit(this.#partBits, this.#partPlace(part, fresh), partStill ? 1 : 0);
        this.#partWasStill[part] = partStill ? 1 : 0;
        if (partStill) continue;
        for (let i = from; i < to; i++) {
          const column = this.#columns[i]!;
          const value = row[i]!;
          const held = same(value, column.last);
          column.encodeHeld(encoder, held, fresh);
          if (i === group.atColumn) fresh = !held;
          if (held) continue;
          const neighbour = this.#neighbours[i]!;
          column.encode(
            encoder,
            value,
            this.#base(i, row, nowMs, floorMs),
            row[Math.max(neighbour, 0)]!,
            neighbour >= 0,
          );
        }
      }
    }
    this.#endTick(row);
  }

  #endTick(row: Float64Array): void {
    if (this.#total >= 0) this.#totalBefore = row[this.#total]!;
  }

  /** Into `row`, which holds the tick before. */
  decode(decoder: RangeDecoder, row: Float64Array, nowMs: number): void {
    const floorMs = Math.floor(nowMs);
    let part = 0;
    for (let g = 0; g < this.#groups.length; g++) {
      const group = this.#groups[g]!;
      const still = decoder.bit(this.#groupBits, 2 * g + (group.wasStill ? 1 : 0)) === 1;
      group.wasStill = still;
      let fresh = false;
      for (let from = group.from; from < group.to; from += partMax, part++) {
        if (still) continue;
        const to = Math.min(from + partMax, group.to);
        const partStill = decoder.bit(this.#partBits, this.#partPlace(part, fresh)) === 1;
        this.#partWasStill[part] = partStill ? 1 : 0;
        if (partStill) continue;
        for (let i = from; i < to; i++) {
          const column = this.#columns[i]!;
          const held = column.decodeHeld(decoder, fresh);
          if (i === group.atColumn) fresh = !held;
          if (held) continue;
          const neighbour = this.#neighbours[i]!;
          row[i] = column.decode(
            decoder,
            this.#base(i, row, nowMs, floorMs),
            row[Math.max(neighbour, 0)]!,
            neighbour >= 0,
          );
        }
      }
    }
    this.#endTick(row);
  }

  #partPlace(part: number, fresh: boolean): number {
    return 4 * part + this.#partWasStill[part]! + (fresh ? 2 : 0);
  }

  #base(i: number, row: Float64Array, nowMs: number, floorMs: number): number {
    const kind = this.#kinds[i]!;
    if (kind === 0) return 0;
    if (kind === 1) return floorMs;
    if (kind === 2) return nowMs;
    const sum = row[this.#total]!;
    const base =
      kind === 3 ? Math.round(this.#columns[i]!.last * (sum / this.#totalBefore)) : sum - row[i - 1]! - row[i - 2]!;
    return Number.isFinite(base) ? base : 0;
  }

  #isStill(row: Float64Array, from: number, to: number): boolean {
    for (let i = from; i < to; i++) if (!same(row[i]!, this.#columns[i]!.last)) return false;
    return true;
  }
}

/** By what a column is foretold: nothing, the tick's moment in whole milliseconds, exactly, the share of a phase, its rest. */
function kindOf(name: string): number {
  const found = phase.exec(name);
  if (found) return found[1] === "2" ? 4 : 3;
  return moment.test(name) ? 1 : exactMoment.test(name) ? 2 : 0;
}

/** Columns of one object follow each other. */
function groupsOf(names: readonly string[]): Group[] {
  const groups: Group[] = [];
  const ownerOf = (name: string): string => name.slice(0, Math.max(name.lastIndexOf("."), name.lastIndexOf("["), 0));
  for (let from = 0; from < names.length; ) {
    const owner = ownerOf(names[from]!);
    let to = from + 1;
    while (to < names.length && ownerOf(names[to]!) === owner) to++;
    const at = names.indexOf(`${owner}.atMs`, from);
    groups.push({ from, to, atColumn: at >= from && at < to ? at : -1, wasStill: true });
    from = to;
  }
  return groups;
}

/** For each column an earlier one that often has the same value in the same tick; −1 for none. */
function neighboursOf(names: readonly string[]): Int32Array {
  const places = new Map(names.map((name, i) => [name, i]));
  return Int32Array.from(names, (name, i) => {
    const place = places.get(neighbourName(name)) ?? -1;
    return place < i ? place : -1;
  });
}

function neighbourName(name: string): string {
  const live = /^(.*\.)liveAtMs$/.exec(name);
  if (live) return `${live[1]}atMs`;
  const vehicle = /^inputs\.evses(\[\d+\])\.(\w+)$/.exec(name);
  const fromStage = vehicle && vehicleFromStage[vehicle[2]!];
  if (fromStage) return `inputs.stages${vehicle[1]}.${fromStage}`;
  const numbered = /^(.*\[)(\d+)(\].*)$/.exec(name);
  return numbered && Number(numbered[2]) > 0 ? `${numbered[1]}${Number(numbered[2]) - 1}${numbered[3]}` : "";
}

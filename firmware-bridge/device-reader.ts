/**
 * Reads a device's facts in blocks: one small block each cycle, others in turn when they are due. Numbers land in `values`
 * in the order of `factNames`; NaN is "not implemented". Nothing is kept from a failed read.
 */
import { type Exchange, Exchange as ExchangeObject, readRegistersMax } from "../src/protocols/modbus/exchange.ts";
import type { ModbusLink } from "../src/protocols/modbus/link.ts";
import { type NumericType, pointTypes, readNumber } from "../src/protocols/sunspec/point-types.ts";
import { type DeviceMap, type FactRow, factNames, type Pace, paces, turnSign } from "./device-map.ts";

/** Registers between two facts that are read along rather than split into two requests. */
const gapMax = 24;

/** A slow value counts for this many of its periods and a grace for the turns that it waits. */
const slowPeriodsMax = 3;
const slowGraceMs = 2_000;

interface FactPlace {
  readonly index: number;
  readonly offset: number;
  readonly type: NumericType;
  readonly scale: number;
  readonly row: FactRow;
}

export interface ReadBlock {
  readonly exchange: Exchange;
  readonly places: readonly FactPlace[];
  readonly periodMs: number;
  /** Arrival of its last good reply. */
  atMs: number;
  /** Start of its last attempt. */
  triedMs: number;
}

export class DeviceReader {
  readonly values: Float64Array;
  readonly cycleBlock: ReadBlock;
  readonly slowBlocks: readonly ReadBlock[];

  constructor(map: DeviceMap, unit: number) {
    const names: readonly string[] = factNames[map.kind];
    this.values = new Float64Array(names.length).fill(Number.NaN);
    const blocks = (Object.keys(paces) as Pace[]).map((pace) => planBlocks(map, unit, names, pace));
    this.cycleBlock = blocks[0]![0]!;
    // What does not fit into one request per cycle is read as often as its turn comes.
    this.slowBlocks = [...blocks[0]!.slice(1), ...blocks.slice(1).flat()];
  }

  /** Starts one slow block that is due: at most one beside the cycle's own read. */
  startSlow(link: ModbusLink, nowMs: number, deadlineMs: number): void {
    for (let i = 0; i < this.slowBlocks.length; i += 1) {
      const block = this.slowBlocks[i]!;
      if (block.exchange.busy || nowMs - block.triedMs < block.periodMs) continue;
      block.triedMs = nowMs;
      link.start(block.exchange, deadlineMs);
      return;
    }
  }

  /** Forgets slow values whose block has not been read for long: a fact of the cycle must not carry an old one along. */
  forgetOld(nowMs: number): void {
    for (let i = 0; i < this.slowBlocks.length; i += 1) {
      const block = this.slowBlocks[i]!;
      if (nowMs - block.atMs <= slowPeriodsMax * block.periodMs + slowGraceMs) continue;
      for (let place = 0; place < block.places.length; place += 1) this.values[block.places[place]!.index] = Number.NaN;
    }
  }

  /** Takes a good reply's registers into `values`. */
  decode(block: ReadBlock): void {
    const bytes = block.exchange.reply;
    for (let i = 0; i < block.places.length; i += 1) {
      const { index, offset, type, scale, row } = block.places[i]!;
      const raw = readNumber(type, bytes, offset);
      let value: number;
      if (row.bit !== undefined) value = Number.isNaN(raw) ? Number.NaN : Math.floor(raw / 2 ** row.bit) % 2;
      else if (row.codes !== undefined) value = row.codes[raw] ?? Number.NaN;
      else value = turnSign(row.sign, raw * scale);
      this.values[index] = value;
    }
    block.atMs = block.exchange.finishedMs;
  }
}

function planBlocks(map: DeviceMap, unit: number, names: readonly string[], pace: Pace): ReadBlock[] {
  const rows = map.facts.filter((row) => row.pace === pace).sort((a, b) => a.address - b.address);
  const blocks: ReadBlock[] = [];
  for (let first = 0; first < rows.length; ) {
    const start = rows[first]!.address;
    let end = start;
    let next = first;
    while (next < rows.length) {
      const row = rows[next]!;
      const rowEnd = row.address + pointTypes[row.type].registers;
      if (row.address - end > gapMax || rowEnd - start > readRegistersMax) break;
      end = Math.max(end, rowEnd);
      next += 1;
    }
    blocks.push({
      exchange: new ExchangeObject(unit, map.readFunction, start, end - start),
      places: rows.slice(first, next).map((row) => ({
        index: names.indexOf(row.name),
        offset: 2 * (row.address - start),
        type: row.type,
        scale: row.scale,
        row,
      })),
      periodMs: paces[pace],
      atMs: Number.NEGATIVE_INFINITY,
      triedMs: Number.NEGATIVE_INFINITY,
    });
    first = next;
  }
  return blocks;
}

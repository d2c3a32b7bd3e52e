/**
 * A tick as bits: its moment, its inputs, its decisions. Numbers among the decisions are the same that the core decides again on
 * these inputs, so of them only the differences are written (none, unless the core is not deterministic), a check over all of
 * them in each tick, and themselves every `anchorEvery` ticks: a replay with the same core knows every number of every tick, one
 * with another core knows modes, roles, contacts and flags of every tick and the numbers of every 200th.
 */
import type { LeafKind } from "../rows/object-row.ts";
import { Column, same } from "./column.ts";
import { Columns } from "./columns.ts";
import { Bits, type RangeDecoder, type RangeEncoder } from "./range-coder.ts";

const anchorEvery = 200;

/** What a recording says of a tick's decisions. */
export interface RecordedDecisions {
  /** Words, flags and counts of the row, by `exactColumns`; always there. */
  readonly exact: Float64Array;
  /** Numbers, by `numberColumns`; as of this tick only where `isAnchor`. */
  readonly numbers: Float64Array;
  isAnchor: boolean;
  /** Over the whole row of decisions. */
  check: number;
  /** Where the core that wrote the recording decided otherwise than its copy beside it: places and values. */
  differences: readonly (readonly [place: number, value: number])[];
}

export interface RowNames {
  readonly names: readonly string[];
  readonly kinds: readonly LeafKind[];
}

const isChain = (name: string): boolean => name.startsWith("chains[");
/** Decisions that are no measure of anything: few, and known exactly in each tick. */
export const exactColumns = ({ names, kinds }: RowNames): number[] =>
  names.flatMap((name, i) => (kinds[i] !== "number" || /[sS]equence$/.test(name) ? [i] : []));
/** The others, but for the chains of limits, which a replay makes anew. */
export const numberColumns = ({ names, kinds }: RowNames): number[] =>
  names.flatMap((name, i) => (kinds[i] === "number" && !/[sS]equence$/.test(name) && !isChain(name) ? [i] : []));

const checkWidth = 4;
const placeWidth = 16;

/** Bits of all numbers of a row, mixed. */
export function checkOf(row: Float64Array): number {
  const words = new Uint32Array(row.buffer, row.byteOffset, row.length * 2);
  let sum = 0x9e37_79b9;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x0100_0193) ^ (sum >>> 15);
  return (sum ^ (sum >>> 8) ^ (sum >>> 16) ^ (sum >>> 24) ^ (sum >>> 4) ^ (sum >>> 12)) & 0xf;
}

/** State that encoder and decoder share since the last keyframe. */
export class TickCoder {
  readonly recorded: RecordedDecisions;
  readonly #moment = new Column();
  readonly #inputs: Columns;
  readonly #exact: Columns;
  readonly #numbers: Columns;
  readonly #exactAt: readonly number[];
  readonly #numbersAt: readonly number[];
  readonly #same = new Bits(1);
  readonly #periodMs: number;
  #nowMs = 0;
  #ticks = 0;

  constructor(inputs: RowNames, decisions: RowNames, periodMs: number) {
    this.#periodMs = periodMs;
    this.#inputs = new Columns(inputs.names);
    this.#exactAt = exactColumns(decisions);
    this.#numbersAt = numberColumns(decisions);
    this.#exact = new Columns(this.#exactAt.map((i) => decisions.names[i]!));
    this.#numbers = new Columns(this.#numbersAt.map((i) => decisions.names[i]!));
    this.recorded = {
      exact: new Float64Array(this.#exactAt.length),
      numbers: new Float64Array(this.#numbersAt.length),
      isAnchor: false,
      check: 0,
      differences: [],
    };
  }

  /** `again` are the decisions of the core's copy on the same inputs; null where there is none. */
  encode(
    encoder: RangeEncoder,
    nowMs: number,
    inputs: Float64Array,
    decisions: Float64Array,
    again: Float64Array | null,
  ): void {
    this.#moment.encode(encoder, nowMs, this.#nowMs + this.#periodMs, 0, false);
    this.#nowMs = nowMs;
    this.#inputs.encode(encoder, inputs, nowMs);
    const { exact, numbers } = this.recorded;
    for (let i = 0; i < exact.length; i++) exact[i] = decisions[this.#exactAt[i]!]!;
    this.#exact.encode(encoder, exact, nowMs);
    encoder.plain(checkOf(decisions), checkWidth);
    if (this.#ticks++ % anchorEvery === 0) {
      for (let i = 0; i < numbers.length; i++) numbers[i] = decisions[this.#numbersAt[i]!]!;
      this.#numbers.encode(encoder, numbers, nowMs);
    }
    this.#encodeDifferences(encoder, decisions, again);
  }

  /** Into `inputs`, which holds the tick before; returns the tick's moment, ms. The decisions are in `recorded`. */
  decode(decoder: RangeDecoder, inputs: Float64Array): number {
    const nowMs = this.#moment.decode(decoder, this.#nowMs + this.#periodMs, 0, false);
    this.#nowMs = nowMs;
    this.#inputs.decode(decoder, inputs, nowMs);
    const { recorded } = this;
    this.#exact.decode(decoder, recorded.exact, nowMs);
    recorded.check = decoder.plain(checkWidth);
    recorded.isAnchor = this.#ticks++ % anchorEvery === 0;
    if (recorded.isAnchor) this.#numbers.decode(decoder, recorded.numbers, nowMs);
    recorded.differences = this.#decodeDifferences(decoder);
    return nowMs;
  }

  #encodeDifferences(encoder: RangeEncoder, decisions: Float64Array, again: Float64Array | null): void {
    let count = 0;
    if (again !== null) for (let i = 0; i < decisions.length; i++) if (!same(decisions[i]!, again[i]!)) count++;
    encoder.bit(this.#same, 0, count === 0 ? 1 : 0);
    if (again === null || count === 0) return;
    encoder.plain(count, placeWidth);
    for (let i = 0; i < decisions.length; i++) {
      if (same(decisions[i]!, again[i]!)) continue;
      encoder.plain(i, placeWidth);
      words.double[0] = decisions[i]!;
      for (const part of words.parts) encoder.plain(part, placeWidth);
    }
  }

  #decodeDifferences(decoder: RangeDecoder): readonly (readonly [number, number])[] {
    if (decoder.bit(this.#same, 0) === 1) return none;
    const count = decoder.plain(placeWidth);
    const found: [number, number][] = [];
    for (let i = 0; i < count && !decoder.isBeyondEnd; i++) {
      const place = decoder.plain(placeWidth);
      for (let w = 0; w < words.parts.length; w++) words.parts[w] = decoder.plain(placeWidth);
      found.push([place, words.double[0]!]);
    }
    return found;
  }
}

const none: readonly (readonly [number, number])[] = [];
const double = new Float64Array(1);
const words = { double, parts: new Uint16Array(double.buffer) };

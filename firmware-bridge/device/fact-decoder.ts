/**
 * From a device's registers to the numbers of its facts. A fact is one number or a sum of several; each may have a power of
 * ten in a register of its own. Value and power come from the same read wherever both fit into one request; where they do
 * not, a change of the power makes the value unknown until it has been read again. Allocates nothing after it was made.
 */
import {
  type DeviceMap,
  type Direction,
  type FactRow,
  type FactSource,
  factNames,
  sourcesOf,
  turnSign,
} from "../maps/device-map.ts";
import { numberAt, registersOf } from "./register-number.ts";

const powerMax = 10;

/** One number or power of ten that a block's reply holds. */
export interface Part {
  readonly address: number;
  readonly registers: number;
  /** Of a number: its place in the decoder. −1 for a power of ten alone. */
  readonly source: number;
  /** Of a power of ten: its place in the decoder; −1 without. */
  readonly power: number;
}

/** A change of a power of ten, for reports. */
export interface ScaleChange {
  readonly name: string;
  readonly address: number;
  readonly before: number;
  readonly after: number;
}

/** Turns register bytes into facts in the core's units and sign; NaN where a device says that it doesn't know. */
export class FactDecoder {
  /** Facts in the order of `factNames`; NaN is unknown. */
  readonly values: Float64Array;
  readonly sources: readonly FactSource[];
  /** Registers with powers of ten, and what they said last; NaN before the first read and when they say nothing usable. */
  readonly powerAddresses: readonly number[];
  readonly powers: Float64Array;
  /** How often a power of ten changed since the device was bound, and the latest change. */
  scaleChanges = 0;
  lastScaleChange: ScaleChange | undefined;

  readonly #rows: readonly FactRow[];
  readonly #indexes: readonly number[];
  /** Of each row: its numbers among the sources, from the first to before the last. */
  readonly #spans: readonly (readonly [first: number, end: number])[];
  readonly #rowOf: readonly number[];
  readonly #powerOf: readonly number[];
  readonly #powerNames: readonly string[];
  readonly #numbers: Float64Array;

  constructor(map: DeviceMap) {
    const names: readonly string[] = factNames[map.kind];
    this.values = new Float64Array(names.length).fill(Number.NaN);
    for (const { name, value } of map.fixed ?? []) this.values[names.indexOf(name)] = value;
    this.#rows = map.facts;
    this.#indexes = map.facts.map((row) => names.indexOf(row.name));
    const sources: FactSource[] = [];
    this.#spans = map.facts.map((row) => {
      const first = sources.length;
      sources.push(row, ...(row.plus ?? []));
      const end = sources.length;
      if (row.direction !== undefined) sources.push(row.direction.source);
      return [first, end] as const;
    });
    this.sources = sources;
    this.#rowOf = map.facts.flatMap((row, i) => sourcesOf(row).map(() => i));
    const scaled = [...sources, ...map.commands].filter((place) => place.scaleAt !== undefined);
    this.powerAddresses = [...new Set(scaled.map((place) => place.scaleAt!))];
    this.#powerNames = this.powerAddresses.map(
      (address) => scaled.find((place) => place.scaleAt === address)?.scaleName ?? `register ${address}`,
    );
    this.powers = Float64Array.from(
      this.powerAddresses,
      (address) => scaled.find((place) => place.scaleAt === address)?.scaleThen ?? Number.NaN,
    );
    this.#powerOf = sources.map(({ scaleAt }) => (scaleAt === undefined ? -1 : this.powerAddresses.indexOf(scaleAt)));
    this.#numbers = new Float64Array(sources.length).fill(Number.NaN);
  }

  /** Takes a block's parts from its reply, which begins at register `start`: powers of ten first, then numbers, then facts. */
  decode(parts: readonly Part[], reply: Buffer, start: number): void {
    for (let i = 0; i < parts.length; i += 1) {
      const { power, address } = parts[i]!;
      if (power >= 0) this.#takePower(power, reply.readInt16BE(2 * (address - start)));
    }
    for (let i = 0; i < parts.length; i += 1) {
      const { source, address } = parts[i]!;
      if (source >= 0) this.#numbers[source] = this.#number(source, reply, address - start);
    }
    for (let i = 0; i < parts.length; i += 1) if (parts[i]!.source >= 0) this.#combine(this.#rowOf[parts[i]!.source]!);
  }

  /** Place of a fact's first number among the sources; −1 when no register tells it. */
  sourceOf(name: string): number {
    return this.sources.findIndex((source) => "name" in source && source.name === name);
  }

  /** The fact that a source belongs to. */
  rowOf(source: number): FactRow {
    return this.#rows[this.#rowOf[source]!]!;
  }

  /** A block was not read for long: what it held is unknown. */
  forget(parts: readonly Part[]): void {
    for (let i = 0; i < parts.length; i += 1) {
      const { source } = parts[i]!;
      if (source < 0) continue;
      this.#numbers[source] = Number.NaN;
      this.values[this.#indexes[this.#rowOf[source]!]!] = Number.NaN;
    }
  }

  /** Multiplier of a place with its power of ten as last read; NaN while that is unknown. */
  scaleOf(place: { readonly scale: number; readonly scaleAt?: number }): number {
    if (place.scaleAt === undefined) return place.scale;
    return place.scale * 10 ** this.powers[this.powerAddresses.indexOf(place.scaleAt)]!;
  }

  #takePower(power: number, raw: number): void {
    const now = raw >= -powerMax && raw <= powerMax ? raw : Number.NaN;
    const before = this.powers[power]!;
    if (Object.is(now, before)) return;
    this.powers[power] = now;
    if (Number.isNaN(before)) return;
    this.scaleChanges += 1;
    this.lastScaleChange = {
      name: this.#powerNames[power]!,
      address: this.powerAddresses[power]!,
      before,
      after: now,
    };
    // Numbers read before the change were read with the power before it.
    for (let source = 0; source < this.sources.length; source += 1) {
      if (this.#powerOf[source] !== power) continue;
      this.#numbers[source] = Number.NaN;
      this.#combine(this.#rowOf[source]!);
    }
  }

  #number(source: number, reply: Buffer, index: number): number {
    const place = this.sources[source]!;
    const raw = numberAt(place, reply, index);
    if (place.bit !== undefined) return Math.floor(raw / 2 ** place.bit) % 2;
    const power = this.#powerOf[source]!;
    const scale = power < 0 ? place.scale : place.scale * 10 ** this.powers[power]!;
    return raw * scale + (place.offset ?? 0);
  }

  #combine(row: number): void {
    const { codes, sign, valid, direction } = this.#rows[row]!;
    const [first, end] = this.#spans[row]!;
    let value = this.#numbers[first]!;
    for (let source = first + 1; source < end; source += 1) value += this.#numbers[source]!;
    if (codes !== undefined) value = codes[value] ?? Number.NaN;
    else if (direction !== undefined) value = directed(value, direction, this.#numbers[end]!);
    else value = turnSign(sign, value);
    if (valid !== undefined && !(value >= valid[0] && value <= valid[1])) value = Number.NaN;
    this.values[this.#indexes[row]!] = value;
  }
}

/** An amount with its direction; unknown where the direction is. */
function directed(amount: number, { negative, positive }: Direction, said: number): number {
  if (Number.isNaN(said)) return Number.NaN;
  if (negative.includes(said)) return -Math.abs(amount);
  return positive === undefined || positive.includes(said) ? Math.abs(amount) : Number.NaN;
}

/** Registers that belong into one request: a number with its power of ten, or either alone when they lie too far apart. */
export interface Reach {
  readonly start: number;
  readonly end: number;
  readonly parts: readonly Part[];
}

/** What has to be read for a source. */
export function reachesOf(source: number, place: FactSource, power: number, registersMax: number): Reach[] {
  const { address, scaleAt } = place;
  const registers = registersOf(place.type);
  const number: Part = { address, registers, source, power: -1 };
  if (scaleAt === undefined) return [{ start: address, end: address + registers, parts: [number] }];
  const scale: Part = { address: scaleAt, registers: 1, source: -1, power };
  const start = Math.min(address, scaleAt);
  const end = Math.max(address + registers, scaleAt + 1);
  if (end - start <= registersMax) return [{ start, end, parts: [scale, number] }];
  return [
    { start: address, end: address + registers, parts: [number] },
    { start: scaleAt, end: scaleAt + 1, parts: [scale] },
  ];
}

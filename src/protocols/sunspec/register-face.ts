/**
 * Registers that a device shows, ours or a simulated one: a SunSpec chain laid out from the model tables, with live points computed
 * when they are read and handlers for what is written. Answers with Modbus exception codes.
 */
import { invariant } from "../../domain/result.ts";
import { ExceptionCode } from "../modbus/answer.ts";
import { layoutModel, type ModelLayout, type ModelTable, type PlacedPoint } from "./model.ts";
import { readNumber, toRegisterNumber, writeNumber, writeText } from "./point-types.ts";

export interface FaceModel {
  readonly table: ModelTable;
  readonly counts?: Readonly<Record<string, number>>;
}

/** What was written: whether a point of the handler's model is among it. */
export type Touched = (path: string) => boolean;
export type WriteHandler = (touched: Touched) => ExceptionCode;

interface Placed {
  readonly address: number;
  readonly layout: ModelLayout;
  handler: WriteHandler | undefined;
}

interface LivePoint {
  readonly model: number;
  readonly start: number;
  readonly end: number;
  readonly refresh: () => void;
}

export class RegisterFace {
  readonly baseAddress: number;
  readonly bytes: Buffer;
  readonly #models = new Map<number, Placed>();
  readonly #live: LivePoint[] = [];
  readonly #writable: Uint8Array;
  /** Models that show what they held: see `freeze`. */
  readonly #frozen = new Set<number>();

  constructor(models: readonly FaceModel[], baseAddress = 40_000) {
    this.baseAddress = baseAddress;
    let address = baseAddress + 2;
    for (const { table, counts } of models) {
      const layout = layoutModel(table, counts);
      this.#models.set(table.id, { address, layout, handler: undefined });
      address += 2 + layout.length;
    }
    const registers = address + 2 - baseAddress;
    this.bytes = Buffer.alloc(2 * registers);
    this.#writable = new Uint8Array(registers);
    this.bytes.write("SunS", 0, "latin1");
    this.bytes.writeUInt16BE(0xffff, 2 * (address - baseAddress));
    for (const [id, { address: at, layout }] of this.#models) {
      this.bytes.writeUInt16BE(id, 2 * (at - baseAddress));
      this.bytes.writeUInt16BE(layout.length, 2 * (at + 1 - baseAddress));
      for (const point of layout.points) {
        const start = at - baseAddress + point.offset;
        if (point.writable) this.#writable.fill(1, start, start + point.registers);
        if (point.type !== "string") writeNumber(point.type, Number.NaN, this.bytes, 2 * start);
      }
    }
    for (const { table, counts } of models) {
      for (const [name, count] of Object.entries(counts ?? {})) {
        if (this.has(table.id, name)) this.set(table.id, name, count);
      }
    }
  }

  has(model: number, path: string): boolean {
    return this.#models.get(model)?.layout.byPath.has(path) ?? false;
  }

  /** Register of a point. */
  address(model: number, path: string): number {
    const { placed, point } = this.#find(model, path);
    return placed.address + point.offset;
  }

  layout(model: number): ModelLayout {
    return this.#models.get(model)!.layout;
  }

  /** A point's value in its unit; NaN when not implemented. */
  get(model: number, path: string): number {
    const { point, start } = this.#find(model, path);
    return point.type === "string"
      ? Number.NaN
      : readNumber(point.type, this.bytes, 2 * start) * this.#scale(model, point);
  }

  set(model: number, path: string, value: number): void {
    const { point, start } = this.#find(model, path);
    invariant(point.type !== "string", `${model}.${path} is a text`);
    const number = Number.isNaN(value) ? value : nearestNumber(point, value, this.#scale(model, point));
    writeNumber(point.type, number, this.bytes, 2 * start);
  }

  setText(model: number, path: string, text: string): void {
    const { point, start } = this.#find(model, path);
    writeText(text, this.bytes, 2 * start, point.registers);
  }

  /** Several points of one model at once. */
  setAll(model: number, values: Readonly<Record<string, number>>): void {
    for (const [path, value] of Object.entries(values)) this.set(model, path, value);
  }

  /** Computes a point each time it is read. */
  live(model: number, path: string, value: () => number): void {
    const { point, start } = this.#find(model, path);
    invariant(point.type !== "string", `${model}.${path} is a text`);
    const { type, registers } = point;
    const scale = this.#scale(model, point);
    const refresh = (): void => {
      const now = value();
      writeNumber(type, Number.isNaN(now) ? now : nearestNumber(point, now, scale), this.bytes, 2 * start);
    };
    this.#live.push({ model, start, end: start + registers, refresh });
  }

  /** Called after a write has touched the model; a refusal puts the registers back. */
  onWrite(model: number, handler: WriteHandler): void {
    this.#models.get(model)!.handler = handler;
  }

  /**
   * A gateway goes on answering with the last values, the device's clock and counters among them. What is written still
   * arrives at the device, which judges by its own clock whether it is stale.
   */
  freeze(models: Iterable<number> = this.#models.keys()): void {
    for (const model of models) {
      for (const point of this.#live) if (point.model === model && !this.#frozen.has(model)) point.refresh();
      this.#frozen.add(model);
    }
  }

  thaw(models: Iterable<number> = this.#models.keys()): void {
    for (const model of models) this.#frozen.delete(model);
  }

  /** Copies registers into `into` at byte `at`. */
  read(address: number, count: number, into: Buffer, at: number): ExceptionCode {
    const start = address - this.baseAddress;
    if (start < 0 || 2 * (start + count) > this.bytes.length) return ExceptionCode.illegalAddress;
    for (const point of this.#live) {
      if (point.start < start + count && point.end > start && !this.#frozen.has(point.model)) point.refresh();
    }
    this.bytes.copy(into, at, 2 * start, 2 * (start + count));
    return ExceptionCode.ok;
  }

  /** Takes registers from `from` at byte `at`. A write that reaches a read-only point is refused as a whole. */
  write(address: number, count: number, from: Buffer, at: number): ExceptionCode {
    const start = address - this.baseAddress;
    if (start < 0 || 2 * (start + count) > this.bytes.length) return ExceptionCode.illegalAddress;
    for (let i = start; i < start + count; i += 1) if (this.#writable[i] === 0) return ExceptionCode.illegalValue;
    const before = Buffer.from(this.bytes.subarray(2 * start, 2 * (start + count)));
    from.copy(this.bytes, 2 * start, at, at + 2 * count);
    for (const { address: modelAddress, layout, handler } of this.#models.values()) {
      const first = address - modelAddress;
      if (handler === undefined || first + count <= 0 || first >= layout.length + 2) continue;
      const code = handler((path) => {
        const point = layout.byPath.get(path);
        return point !== undefined && point.offset < first + count && point.offset + point.registers > first;
      });
      if (code === ExceptionCode.ok) continue;
      before.copy(this.bytes, 2 * start);
      return code;
    }
    return ExceptionCode.ok;
  }

  #find(model: number, path: string): { placed: Placed; point: PlacedPoint; start: number } {
    const placed = this.#models.get(model);
    const point = placed?.layout.byPath.get(path);
    invariant(placed !== undefined && point !== undefined, `no point ${model}.${path} in this face`);
    return { placed, point, start: placed.address - this.baseAddress + point.offset };
  }

  #scale(model: number, point: PlacedPoint): number {
    const factor = point.scaleFactor;
    if (factor === undefined) return 1;
    return 10 ** (typeof factor === "number" ? factor : this.get(model, factor));
  }
}

/** Devices round to the nearest register value; only the controller's setpoints round to the safe side. */
function nearestNumber(point: PlacedPoint, value: number, scale: number): number {
  const { type } = point;
  if (type === "string") return Number.NaN;
  return toRegisterNumber(type, type === "float32" ? value : Math.round(value / scale) * scale, scale);
}

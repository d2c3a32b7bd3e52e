/**
 * Discovery of a SunSpec device: the marker "SunS" at one of the usual base addresses, then a chain of (identifier, length)
 * pairs up to identifier 0xFFFF. Nothing is assumed about the order or the addresses of models; unknown ones are skipped.
 */
import { err, ok, type Result } from "../../domain/result.ts";
import { readRegistersMax } from "../modbus/exchange.ts";
import type { SunspecFault } from "./faults.table.ts";
import { countPoints, layoutModel, type ModelLayout, type ModelTable, modelLengthMax } from "./model.ts";
import { readNumber, readText } from "./point-types.ts";

/** Where a SunSpec map may begin, 0-based holding registers, in the order in which they are tried. */
export const baseAddresses = [40_000, 0, 50_000] as const;
const markerHigh = 0x5375;
const markerLow = 0x6e53;
const endOfChain = 0xffff;
/** Most models in one device that are believed. */
export const chainModelsMax = 64;

/**
 * Reads registers, more than one request holds if need be. `cuts`: places, counted from `address` and rising, at which it may
 * be split. The error is a transport's fault, of an exception with its code: `exception 2`.
 */
export type RegisterReader = (
  address: number,
  count: number,
  cuts?: readonly number[],
) => Promise<Result<Buffer, string>>;

export interface ChainEntry {
  readonly id: number;
  /** Register of the model's identifier. */
  readonly address: number;
  /** Registers after the length register. */
  readonly length: number;
}

export interface Chain {
  readonly baseAddress: number;
  readonly entries: readonly ChainEntry[];
}

export interface ChainError {
  readonly fault: SunspecFault;
  readonly detail: string;
}

export async function walkChain(read: RegisterReader): Promise<Result<Chain, ChainError>> {
  let unreadable = "";
  for (const baseAddress of baseAddresses) {
    const marker = await read(baseAddress, 2);
    if (!marker.ok) {
      // An exception says that nothing is there; anything else leaves it open.
      if (!marker.error.startsWith("exception")) unreadable = `register ${baseAddress}: ${marker.error}`;
      continue;
    }
    if (marker.value.readUInt16BE(0) !== markerHigh || marker.value.readUInt16BE(2) !== markerLow) continue;
    return walkFrom(read, baseAddress);
  }
  return err({ fault: unreadable === "" ? "no-sunspec" : "chain-unreadable", detail: unreadable });
}

async function walkFrom(read: RegisterReader, baseAddress: number): Promise<Result<Chain, ChainError>> {
  const entries: ChainEntry[] = [];
  let address = baseAddress + 2;
  while (entries.length < chainModelsMax) {
    if (address + 2 > 65_536) return err({ fault: "chain-without-end", detail: `reached register ${address}` });
    const head = await read(address, 2);
    if (!head.ok) return err({ fault: "chain-unreadable", detail: `register ${address}: ${head.error}` });
    const id = head.value.readUInt16BE(0);
    if (id === endOfChain) return ok({ baseAddress, entries });
    const length = head.value.readUInt16BE(2);
    if (id === 0 || length === 0 || length > modelLengthMax) {
      return err({ fault: "chain-broken", detail: `register ${address}: model ${id} with length ${length}` });
    }
    entries.push({ id, address, length });
    address += 2 + length;
  }
  return err({ fault: "chain-without-end", detail: `more than ${chainModelsMax} models` });
}

/** A model of a device as it was read: its place, its layout for this device's repeats, its registers. */
export interface ModelImage {
  readonly address: number;
  readonly layout: ModelLayout;
  /** All registers from the identifier on. */
  readonly bytes: Buffer;
}

/** Reads a whole model in as few requests as fit. Its group counts are taken from what the device says. */
export async function readModel(
  read: RegisterReader,
  entry: ChainEntry,
  table: ModelTable,
): Promise<Result<ModelImage, ChainError>> {
  const total = entry.length + 2;
  const bytes = Buffer.alloc(2 * total);
  for (let at = 0; at < total; at += readRegistersMax) {
    const count = Math.min(readRegistersMax, total - at);
    const block = await read(entry.address + at, count);
    if (!block.ok) {
      return err({
        fault: "chain-unreadable",
        detail: `model ${entry.id}, register ${entry.address + at}: ${block.error}`,
      });
    }
    block.value.copy(bytes, 2 * at);
  }
  const fixed = layoutModel(table);
  const counts: Record<string, number> = {};
  for (const name of countPoints(table)) {
    const value = numberOf({ address: entry.address, layout: fixed, bytes }, name);
    counts[name] = Number.isNaN(value) ? 0 : value;
  }
  const layout = layoutModel(table, counts);
  if (layout.length > entry.length) {
    return err({
      fault: "chain-broken",
      detail: `model ${entry.id} says length ${entry.length}, its points need ${layout.length}`,
    });
  }
  return ok({ address: entry.address, layout, bytes });
}

/** The multiplier of a scaled point: 1 without a scale factor, NaN when the factor is not implemented or impossible. */
export function scaleOf(image: ModelImage, path: string): number {
  const factor = image.layout.byPath.get(path)?.scaleFactor;
  if (factor === undefined) return 1;
  const exponent = typeof factor === "number" ? factor : numberOf(image, factor);
  return exponent >= -10 && exponent <= 10 ? 10 ** exponent : Number.NaN;
}

/** A point's number without its scale; NaN when it is not implemented or not there. */
export function numberOf(image: ModelImage, path: string): number {
  const point = image.layout.byPath.get(path);
  if (point === undefined || point.type === "string") return Number.NaN;
  return readNumber(point.type, image.bytes, 2 * point.offset);
}

/** A point's value in its unit; NaN when it or its scale factor is not implemented. */
export const scaledNumberOf = (image: ModelImage, path: string): number => numberOf(image, path) * scaleOf(image, path);

export function textOf(image: ModelImage, path: string): string {
  const point = image.layout.byPath.get(path);
  return point === undefined ? "" : readText(image.bytes, 2 * point.offset, point.registers);
}

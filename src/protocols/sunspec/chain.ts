/**
 * Discovery of a SunSpec device: the marker "SunS" at one of the usual base addresses, then a chain of (identifier, length)
 * pairs up to identifier 0xFFFF. Nothing is assumed about the order or the addresses of models; unknown ones are skipped.
 */
import { err, ok, type Result } from "../../domain/result.ts";
import type { SunspecFault } from "./faults.table.ts";
import {
  countPoints,
  cutModel,
  layoutModel,
  type ModelLayout,
  type ModelTable,
  modelLengthMax,
  pointStarts,
} from "./model.ts";
import { readNumber, readText } from "./point-types.ts";

/**
 * Where a SunSpec map may begin, 0-based holding registers, in the order in which they are tried: the usual addresses, then
 * those of devices that count registers from 1 or one too low.
 */
export const baseAddresses = [40_000, 0, 50_000, 40_001, 39_999, 1, 50_001] as const;
const markerHigh = 0x5375;
const markerLow = 0x6e53;
const endOfChain = 0xffff;
/** What a reader says of registers that the device does not have. */
const noSuchRegister = "exception 2";
/** What it says where something else than Modbus answers: it does so at each address. */
const notModbus = "wrong-protocol";
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

/** A model in a device: its id, where its points begin, and its length in registers. */
export interface ChainEntry {
  readonly id: number;
  /** Register of the model's identifier. */
  readonly address: number;
  /** Registers after the length register. */
  readonly length: number;
}

/** A device's models in their order. */
export interface Chain {
  readonly baseAddress: number;
  readonly entries: readonly ChainEntry[];
}

/** Why a device's models could not be walked through. */
export interface ChainError {
  readonly fault: SunspecFault;
  readonly detail: string;
}

/** Where a device's marker was last seen; kept by whoever looks for the device again. */
export interface SeenMarker {
  baseAddress?: number;
}

/**
 * Finds a device's models: tries the usual base addresses and follows the chain to its end. A device whose marker was seen
 * before is asked there first: each other address costs it an exception, and many count those.
 */
export async function walkChain(read: RegisterReader, seen: SeenMarker = {}): Promise<Result<Chain, ChainError>> {
  const answers: string[] = [];
  let isUnreadable = false;
  const bases = seen.baseAddress === undefined ? baseAddresses : new Set([seen.baseAddress, ...baseAddresses]);
  for (const baseAddress of bases) {
    const marker = await read(baseAddress, 2);
    if (!marker.ok) {
      // An exception says that nothing is there; anything else leaves it open.
      if (!marker.error.startsWith("exception")) isUnreadable = true;
      answers.push(`register ${baseAddress}: ${marker.error}`);
      if (marker.error === notModbus) break;
      continue;
    }
    if (marker.value.readUInt16BE(0) === markerHigh && marker.value.readUInt16BE(2) === markerLow) {
      seen.baseAddress = baseAddress;
      return walkFrom(read, baseAddress);
    }
    answers.push(`register ${baseAddress}: other values`);
  }
  if (isUnreadable) return err({ fault: "chain-unreadable", detail: answers.join(", ") });
  return err({ fault: "no-sunspec", detail: `${answers.join(", ")}; ${hintFor(answers)}` });
}

/** What to check when no marker was found, from what came instead. */
function hintFor(answers: readonly string[]): string {
  if (answers.every((answer) => /exception 1[01]$/.test(answer)))
    return "no such unit behind this gateway: check unitId";
  return "check unitId, whether SunSpec is switched on in the device, or name a map file";
}

async function walkFrom(read: RegisterReader, baseAddress: number): Promise<Result<Chain, ChainError>> {
  const entries: ChainEntry[] = [];
  let address = baseAddress + 2;
  while (entries.length < chainModelsMax) {
    if (address + 2 > 65_536) return err({ fault: "chain-without-end", detail: `reached register ${address}` });
    const head = await readHead(read, address, entries.length > 0);
    if (!head.ok) {
      // Some have no end at all: behind the last model there is nothing. Whoever needs more models than came says so.
      if (entries.length > 1 && head.error === noSuchRegister) return ok({ baseAddress, entries });
      return err({ fault: "chain-unreadable", detail: `register ${address}: ${head.error}` });
    }
    const { id, length } = head.value;
    // Some end with 0 where 0xFFFF should stand; as a model's identifier it is impossible.
    if (id === endOfChain || (id === 0 && entries.length > 0)) return ok({ baseAddress, entries });
    if (id === 0 || length === 0 || length > modelLengthMax) {
      return err({ fault: "chain-broken", detail: `register ${address}: model ${id} with length ${length}` });
    }
    entries.push({ id, address, length });
    address += 2 + length;
  }
  return err({ fault: "chain-without-end", detail: `more than ${chainModelsMax} models` });
}

interface Head {
  readonly id: number;
  readonly length: number;
}

/** Identifier and length. The end may be a single register, and the last one that the device has. */
async function readHead(read: RegisterReader, address: number, mayEnd: boolean): Promise<Result<Head, string>> {
  const both = await read(address, 2);
  if (both.ok) return ok({ id: both.value.readUInt16BE(0), length: both.value.readUInt16BE(2) });
  if (!mayEnd || !both.error.startsWith("exception")) return both;
  const one = await read(address, 1);
  const id = one.ok ? one.value.readUInt16BE(0) : Number.NaN;
  return id === endOfChain || id === 0 ? ok({ id, length: 0 }) : both;
}

/** A model of a device as it was read: its place, its layout for this device's repeats, its registers. */
export interface ModelImage {
  readonly address: number;
  readonly layout: ModelLayout;
  /** All registers from the identifier on. */
  readonly bytes: Buffer;
}

/**
 * Reads what we know of a model, split at no point's inside. Its group counts are taken from what the device says. A model
 * that is shorter than its fixed points is taken as far as it goes: whoever needs more of it says so.
 */
export async function readModel(
  read: RegisterReader,
  entry: ChainEntry,
  table: ModelTable,
): Promise<Result<ModelImage, ChainError>> {
  const all = layoutModel(table);
  const fixed = all.length > entry.length ? cutModel(all, entry.length) : all;
  const head = await readPoints(read, entry, fixed);
  if (!head.ok || fixed !== all) return head;
  const counts: Record<string, number> = {};
  for (const name of countPoints(table)) {
    const value = numberOf(head.value, name);
    counts[name] = Number.isNaN(value) ? 0 : value;
  }
  const layout = layoutModel(table, counts);
  if (layout.length > entry.length) {
    return err({
      fault: "chain-broken",
      detail: `model ${entry.id} says length ${entry.length}, its points need ${layout.length}`,
    });
  }
  return layout.length === fixed.length ? ok({ ...head.value, layout }) : readPoints(read, entry, layout);
}

async function readPoints(
  read: RegisterReader,
  entry: ChainEntry,
  layout: ModelLayout,
): Promise<Result<ModelImage, ChainError>> {
  const block = await read(entry.address, layout.length + 2, pointStarts(layout));
  if (block.ok) return ok({ address: entry.address, layout, bytes: block.value });
  return err({ fault: "chain-unreadable", detail: `model ${entry.id}, register ${entry.address}: ${block.error}` });
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

/** A text point of an image; empty where the model has none. */
export function textOf(image: ModelImage, path: string): string {
  const point = image.layout.byPath.get(path);
  return point === undefined ? "" : readText(image.bytes, 2 * point.offset, point.registers);
}

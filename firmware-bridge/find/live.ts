/** A map's rows read from a live device, each alone, so that one that is refused spoils no other. */

import { Exchange } from "../../src/protocols/modbus/exchange.ts";
import { DeviceReader } from "../device/device-reader.ts";
import type { RegisterAccess } from "../device/register-access.ts";
import { type DeviceMap, factNames, type ReadFunction, sourcesOf } from "../maps/device-map.ts";

/** Facts that are shown of a device that was found. */
const shown = [
  "powerW",
  "voltageAV",
  "voltageV",
  "phaseVoltageV",
  "lineVoltageV",
  "frequencyHz",
  "socPct",
  "contactNo",
];

/** One request for a map's rows, and what came. */
export interface LiveRead {
  readonly functionCode: number;
  readonly address: number;
  readonly count: number;
  /** Facts that its registers are part of. */
  readonly facts: readonly string[];
  /** Registers (or bits) as they came, or why none came. */
  readonly words: readonly number[] | null;
  readonly refusal: string;
  readonly tookMs: number;
}

/** Every row of a map, read once. Values are NaN where the device says that it does not know. */
export interface LiveMap {
  readonly values: Readonly<Record<string, number>>;
  readonly reads: readonly LiveRead[];
}

/** Reads all rows of `map` once, each value in a request of its own. */
export async function readRows(access: RegisterAccess, unit: number, map: DeviceMap): Promise<LiveMap> {
  const apart = new Set<number>();
  for (const row of map.facts) for (const source of sourcesOf(row)) apart.add(source.address);
  const reader = new DeviceReader(map, unit, { registersMax: 125, gapMax: 0, apart });
  const { decoder } = reader;
  const reads: LiveRead[] = [];
  for (const block of [reader.cycleBlock, ...reader.slowBlocks]) {
    const { exchange, parts } = block;
    const outcome = await access.attempt(exchange);
    if (outcome.ok) reader.decode(block);
    const facts = parts.flatMap(({ source }) => (source < 0 ? [] : [decoder.rowOf(source).name]));
    const refusal = outcome.ok
      ? ""
      : outcome.error === "exception"
        ? `exception ${exchange.exceptionCode}`
        : `no answer (${outcome.error})`;
    reads.push({
      functionCode: exchange.functionCode,
      address: exchange.address,
      count: exchange.count,
      facts: [...new Set(facts)],
      words: outcome.ok ? wordsOf(exchange.functionCode, exchange.count, exchange.reply) : null,
      refusal,
      tookMs: exchange.finishedMs - exchange.sentMs,
    });
  }
  const names: readonly string[] = factNames[map.kind];
  const told = new Set([...map.facts, ...(map.fixed ?? [])].map(({ name }) => name));
  const values = Object.fromEntries(names.flatMap((name, i) => (told.has(name) ? [[name, reader.values[i]!]] : [])));
  return { values, reads };
}

function wordsOf(functionCode: number, count: number, reply: Buffer): number[] {
  if (functionCode <= 2) return Array.from({ length: count }, (_, i) => (reply[i >> 3]! >> (i & 7)) & 1);
  return Array.from({ length: count }, (_, i) => reply.readUInt16BE(2 * i));
}

/** As many words from `address` on as the device gives: four, two or one; one bit. Undefined where it gives none. */
export async function askWords(
  access: RegisterAccess,
  unit: number,
  readFunction: ReadFunction,
  address: number,
): Promise<Buffer | undefined> {
  for (const count of readFunction <= 2 ? [1] : [4, 2, 1]) {
    if (address < 0 || address + count > 65_536) continue;
    const exchange = new Exchange(unit, readFunction, address, count);
    const outcome = await access.attempt(exchange);
    if (outcome.ok) return Buffer.from(exchange.reply);
    if (outcome.error !== "exception") return undefined;
  }
  return undefined;
}

/** A few of a device's numbers, as a person compares them with its display; unknown ones are left out. */
export async function readLive(access: RegisterAccess, unit: number, map: DeviceMap): Promise<Record<string, number>> {
  const facts = map.facts.filter(({ name }) => shown.includes(name));
  if (facts.length === 0) return {};
  const { values } = await readRows(access, unit, { ...map, facts, commands: [] });
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => shown.includes(name) && !Number.isNaN(value)),
  );
}

/** Which requests read a device's facts: whole numbers only, with their powers of ten, as few requests as the limits allow. */
import {
  bytesOf,
  Exchange,
  isBitFunction,
  readBitsMax,
  readRegistersMax,
} from "../../src/protocols/modbus/exchange.ts";
import { type DeviceMap, leadingFact, type Pace, paces, type ReadFunction } from "../maps/device-map.ts";
import { type FactDecoder, type Part, type Reach, reachesOf } from "./fact-decoder.ts";

/** Registers between two facts that are read along rather than split into two requests. */
export const gapMax = 24;

/** How reads may be cut: registers in one, registers read in vain between two, addresses that must stay apart. */
export interface PlanLimits {
  /** Most registers that the device gives in one reply. */
  readonly registersMax: number;
  /** Most registers between two facts that are read along; 0 for a device that refuses registers which it does not have. */
  readonly gapMax: number;
  /** Registers whose value is read alone: the device has refused it, and it must not spoil the others. */
  readonly apart?: ReadonlySet<number>;
}

/** Powers of ten that lie too far from their values to come with them are looked after this often, ms. */
const scalesAloneMs = 500;

export const defaultLimits: PlanLimits = { registersMax: readRegistersMax, gapMax };

/** One read: its exchange, the facts that it brings, its period and when it was last made, ms. */
export interface ReadBlock {
  readonly exchange: Exchange;
  /** Registers of the reply before, where somebody asks whether they move. */
  readonly before: Buffer;
  readonly parts: readonly Part[];
  readonly periodMs: number;
  /** Arrival of its last good reply, and when that one was asked for. */
  atMs: number;
  sentMs: number;
  /** Start of its last attempt. */
  triedMs: number;
  /** The device does not have it: its facts are unknown and it is tried seldom. */
  refused: boolean;
}

/** Everything that one request could hold together: same pace, unit and function. */
interface Lane {
  readonly pace: Pace;
  readonly unit: number;
  readonly readFunction: ReadFunction;
  readonly reaches: Reach[];
}

/**
 * Blocks in the order in which they matter: the one with the device's leading fact first, then the others of the cycle.
 * A value comes with its power of ten. Where that would take more requests in each cycle, because the device gives little at
 * once and keeps its powers far from the values, the far ones are read by themselves and less often.
 */
export function planReads(map: DeviceMap, unit: number, decoder: FactDecoder, limits = defaultLimits): ReadBlock[] {
  const planned = (scaleReach: number): ReadBlock[] =>
    lanesOf(map, unit, decoder, scaleReach).flatMap((lane) => blocksOf(lane, limits));
  const perCycle = (some: readonly ReadBlock[]): number => some.filter(({ periodMs }) => periodMs === 0).length;
  const together = planned(limits.registersMax);
  const apart = perCycle(together) > 1 ? planned(Math.min(limits.registersMax, limits.gapMax)) : together;
  const blocks = perCycle(apart) < perCycle(together) ? apart : together;
  const leading = decoder.sourceOf(leadingFact[map.kind]);
  const leads = (block: ReadBlock): number => (block.parts.some(({ source }) => source === leading) ? 0 : 1);
  return blocks.sort((a, b) => a.periodMs - b.periodMs || leads(a) - leads(b));
}

/** `scaleReach`: registers from a value to its power of ten that are read with it. */
function lanesOf(map: DeviceMap, unit: number, decoder: FactDecoder, scaleReach: number): Lane[] {
  const lanes: Lane[] = [];
  const lane = (pace: Pace, laneUnit: number, readFunction: ReadFunction): Reach[] => {
    const same = (one: Lane): boolean =>
      one.pace === pace && one.unit === laneUnit && one.readFunction === readFunction;
    const found = lanes.find(same);
    if (found !== undefined) return found.reaches;
    const made: Lane = { pace, unit: laneUnit, readFunction, reaches: [] };
    lanes.push(made);
    return made.reaches;
  };
  const read = new Set<number>();
  for (const [source, place] of decoder.sources.entries()) {
    const power = place.scaleAt === undefined ? -1 : decoder.powerAddresses.indexOf(place.scaleAt);
    const reaches = lane(decoder.rowOf(source).pace, place.unit ?? unit, place.readFunction ?? map.readFunction);
    reaches.push(...reachesOf(source, place, power, scaleReach));
    if (place.scaleAt !== undefined) read.add(place.scaleAt);
  }
  // Powers of ten that only commands use are looked after once a second.
  for (const { scaleAt } of map.commands) {
    if (scaleAt === undefined || read.has(scaleAt)) continue;
    read.add(scaleAt);
    const part: Part = { address: scaleAt, registers: 1, source: -1, power: decoder.powerAddresses.indexOf(scaleAt) };
    lane("second", unit, map.readFunction).push({ start: scaleAt, end: scaleAt + 1, parts: [part] });
  }
  return lanes;
}

function blocksOf({ pace, unit, readFunction, reaches }: Lane, limits: PlanLimits): ReadBlock[] {
  const most = isBitFunction(readFunction) ? readBitsMax : limits.registersMax;
  const ordered = [...reaches].sort((a, b) => a.start - b.start || b.end - a.end);
  const blocks: ReadBlock[] = [];
  for (let first = 0; first < ordered.length; ) {
    const { start } = ordered[first]!;
    const alone = limits.apart?.has(start) === true;
    let end = start;
    let next = first;
    while (next < ordered.length) {
      const reach = ordered[next]!;
      const tooFar = reach.start - end > limits.gapMax || reach.end - start > most;
      if (next > first && (alone || tooFar || limits.apart?.has(reach.start) === true)) break;
      end = Math.max(end, reach.end);
      next += 1;
    }
    const parts = ordered.slice(first, next).flatMap((reach) => reach.parts);
    blocks.push({
      exchange: new Exchange(unit, readFunction, start, end - start),
      before: Buffer.alloc(bytesOf(readFunction, end - start)),
      parts,
      periodMs: parts.some(({ source }) => source >= 0) ? paces[pace] : Math.max(scalesAloneMs, paces[pace]),
      atMs: Number.NEGATIVE_INFINITY,
      sentMs: Number.NEGATIVE_INFINITY,
      // Powers of ten alone are known from the scan: values that are not go first.
      triedMs: parts.some(({ source }) => source >= 0) ? Number.NEGATIVE_INFINITY : 0,
      refused: false,
    });
    first = next;
  }
  return blocks;
}

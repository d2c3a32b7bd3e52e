/** What a field trial measures: exceedances as they were, ends of the first reads, connections, refusals. */
import type { ModbusServer } from "../site/modbus-server.ts";
import { type Moment, type Plant, standstillMaxMs } from "../site/plant.ts";

export interface Event {
  readonly atMs: number;
  readonly lastedMs: number;
  readonly peakW: number;
}

/** Shorter pauses within the limit do not end an event, ms: as the controller's own record has it. */
const pauseMs = 50;

/** Each time in one piece that a quantity lay beyond limit and tolerance since `fromMs`. */
export function eventsOver(
  plant: Plant,
  quantity: (moment: Moment) => number,
  limitW: number,
  toleranceW: number,
  fromMs: number,
): Event[] {
  const events: { atMs: number; lastedMs: number; peakW: number; lastMs: number }[] = [];
  let beforeMs = Number.NaN;
  for (const moment of plant.moments) {
    if (moment.atMs < fromMs) continue;
    const overW = quantity(moment) - limitW;
    const open = events.at(-1);
    if (overW > toleranceW) {
      const goesOn = open !== undefined && moment.atMs - open.lastMs <= Math.max(pauseMs, standstillMaxMs);
      if (!goesOn || moment.atMs - beforeMs > standstillMaxMs)
        events.push({ atMs: moment.atMs, lastedMs: 0, peakW: overW, lastMs: moment.atMs });
      else {
        open.lastedMs = moment.atMs - open.atMs;
        open.lastMs = moment.atMs;
        open.peakW = Math.max(open.peakW, overW);
      }
    }
    beforeMs = moment.atMs;
  }
  return events;
}

export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

/** Connections beyond the first that drops of ours or of the server do not explain, and refusals that our requests caused. */
export const linkFigures = (server: ModbusServer, startMs: number): string =>
  `opened ${server.opened}, at once ${server.clientsPeak}, refused ${server.refused.length}` +
  `, after 15 s ${server.refused.filter(({ atMs }) => atMs - startMs > 15_000).length}`;

/** A random number generator with a seed (mulberry32), so that a trial can be made again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

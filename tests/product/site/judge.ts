/** Judges over what really flowed and what was really written. */
import type { WireWrite } from "./modbus-server.ts";
import { type Moment, type Plant, stepMs as plantStepMs, standstillMaxMs } from "./plant.ts";

export interface Excess {
  /** Longest time in one piece, and in all, above the limit and the tolerance, ms. */
  readonly longestMs: number;
  readonly totalMs: number;
  /** Largest power beyond the limit itself, W. */
  readonly peakW: number;
}

export type Quantity = (moment: Moment) => number;
export const importedW: Quantity = ({ pccW }) => pccW;
export const exportedW: Quantity = ({ pccW }) => -pccW;
export const phaseImportedW =
  (phase: 0 | 1 | 2): Quantity =>
  ({ phaseW }) =>
    phaseW[phase]!;
export const phaseExportedW =
  (phase: 0 | 1 | 2): Quantity =>
  ({ phaseW }) =>
    -phaseW[phase]!;

/** Place of the first entry from `fromMs` on in a list that is in order of time. */
function placeOf(list: readonly { readonly atMs: number }[], fromMs: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.atMs < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

const since = (plant: Plant, fromMs: number): readonly Moment[] => plant.moments.slice(placeOf(plant.moments, fromMs));

/** How long and how far a quantity lay beyond a limit since `fromMs`. */
export function excess(plant: Plant, quantity: Quantity, limitW: number, toleranceW: number, fromMs: number): Excess {
  let runMs = 0;
  let longestMs = 0;
  let totalMs = 0;
  let peakW = 0;
  let beforeMs = Number.NaN;
  for (const moment of since(plant, fromMs)) {
    const overW = quantity(moment) - limitW;
    peakW = Math.max(peakW, overW);
    if (overW > toleranceW) {
      const stepMs = Number.isNaN(beforeMs) || moment.atMs - beforeMs > standstillMaxMs ? 0 : moment.atMs - beforeMs;
      runMs += stepMs;
      totalMs += stepMs;
      longestMs = Math.max(longestMs, runMs);
    } else runMs = 0;
    beforeMs = moment.atMs;
  }
  return { longestMs, totalMs, peakW };
}

/** Mean of a quantity over the last `spanMs`. */
export function meanW(plant: Plant, quantity: Quantity, spanMs: number): number {
  const moments = since(plant, performance.now() - spanMs);
  return moments.reduce((sum, moment) => sum + quantity(moment), 0) / Math.max(1, moments.length);
}

/** Values written to a SunSpec point since `fromMs`, newest last. */
export function writtenTo(
  writes: readonly WireWrite[],
  parse: (address: number, words: readonly number[]) => ReadonlyMap<string, number> | null,
  path: string,
  fromMs = 0,
): { readonly atMs: number; readonly value: number }[] {
  return writes
    .slice(placeOf(writes, fromMs))
    .filter(({ exception }) => exception === 0)
    .flatMap(({ atMs, address, words }) => {
      const value = parse(address, words)?.get(path);
      return value === undefined ? [] : [{ atMs, value }];
    });
}

/**
 * How long the stages went on without the controller: from the last thing that a device was told until all of them were at
 * zero, ms of the plant's own clock. NaN while they are not.
 */
export function zeroAfterMs(plant: Plant, { writes }: { readonly writes: readonly WireWrite[] }): number {
  const from = placeOf(plant.moments, writes.at(-1)?.atMs ?? 0);
  // The last write may have been the one that set them going.
  const last = plant.moments.findLastIndex(({ stagesW }) => stagesW !== 0);
  if (last === plant.moments.length - 1) return Number.NaN;
  return Math.max(0, last + 1 - from) * plantStepMs;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something holds; false when it did not within the time. Never longer. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs: number, everyMs = 50): Promise<boolean> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() > untilMs) return false;
    await sleep(everyMs);
  }
}

/** As `until`, with the time of the plant's own clock: a machine that is busy with other things does not use it up. */
export async function untilOf(
  plant: Plant,
  holds: () => boolean | Promise<boolean>,
  withinMs: number,
): Promise<boolean> {
  const untilMs = plant.ranMs + withinMs;
  for (;;) {
    if (await holds()) return true;
    if (plant.ranMs > untilMs) return false;
    await sleep(50);
  }
}

/**
 * Days on disk: the site's powers by quarters of an hour and its outages, so that a restart keeps the day's chart and
 * tomorrow can be planned from today. Bounded: the oldest days go first.
 */
import { z } from "zod";
import type { Documents } from "../../app/store/store.ts";

/** Quarters of the longest day, when the clock is put back. */
export const quartersMax = 100;
export const outagesMax = 50;
/** Days kept. */
export const daysMax = 400;
/** The day before began this long before at most, ms. */
const dayBeforeMs = 26 * 3_600_000;

const series = z.array(z.number().nullable()).max(quartersMax);
const daySchema = z.object({
  startsAtMs: z.number(),
  savedAtMs: z.number(),
  loadW: series,
  pvW: series,
  pccW: series,
  vehiclesW: series,
  outages: z.array(z.object({ fromMs: z.number(), toMs: z.number().nullable() })).max(outagesMax),
});
export type KeptDay = z.infer<typeof daySchema>;

export interface DayArchive {
  /** The newest day, as it was left. */
  readonly newest: KeptDay | undefined;
  /** What is wrong with the days on disk, for the log; empty when nothing is. */
  readonly sentence: string;
  /** Days on disk. */
  readonly count: number;
  /** The day before the one that begins at this moment. */
  before(startsAtMs: number): KeptDay | undefined;
  /** Durable when it returns. */
  save(day: KeptDay): void;
}

const collection = "days";
/** Keys sort like their days. */
const keyOf = (startsAtMs: number): string => String(Math.round(startsAtMs)).padStart(15, "0");

export function openDayArchive(documents: Documents): DayArchive {
  const keys = documents.entries(collection).map(({ key }) => key);
  let unreadable = 0;
  const read = (key: string | undefined): KeptDay | undefined => {
    const text = key === undefined ? undefined : documents.get(collection, key);
    const parsed = daySchema.safeParse(text === undefined ? undefined : parseJson(text));
    if (key !== undefined && !parsed.success) unreadable++;
    return parsed.success ? parsed.data : undefined;
  };
  let newest = read(keys.at(-1));
  let previous = read(keys.at(-2));
  return {
    get newest() {
      return newest;
    },
    get count() {
      return keys.length;
    },
    sentence: unreadable > 0 ? `${unreadable} of the latest days on record can't be read: the charts begin anew.` : "",
    before: (startsAtMs) =>
      [newest, previous].find(
        (day) => day !== undefined && day.startsAtMs < startsAtMs && startsAtMs - day.startsAtMs <= dayBeforeMs,
      ),
    save(day) {
      const key = keyOf(day.startsAtMs);
      documents.atomically(() => {
        documents.put(collection, key, JSON.stringify(day));
        if (!keys.includes(key)) keys.push(key);
        keys.sort();
        while (keys.length > daysMax) documents.remove(collection, keys.shift()!);
      });
      if (day.startsAtMs !== newest?.startsAtMs) previous = newest;
      newest = day;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

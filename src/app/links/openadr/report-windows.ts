/**
 * What is measured in each interval of an event that asks for reports: energy from the grid, and how the batteries were at the
 * interval's end. Kept over a restart; an interval that was not measured for all of its time is marked so.
 */
import { z } from "zod";
import type { Documents } from "../../store/store.ts";

/** What a site is at a moment; NaN is what is not known. */
export interface SiteSample {
  /** Power from the grid, W, never below zero. */
  readonly importW: number;
  readonly usableWh: number;
  readonly socPct: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly operatingState: string;
}

const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const windowSchema = z.object({
  key: z.string().max(200),
  fromMs: z.number(),
  toMs: z.number(),
  importWms: z.number(),
  peakW: z.number(),
  measuredMs: z.number(),
  last: z
    .object({
      importW: number,
      usableWh: number,
      socPct: number,
      maxChargeW: number,
      maxDischargeW: number,
      operatingState: z.string().max(40),
    })
    .nullable(),
});
export type ReportWindow = z.infer<typeof windowSchema>;

const windowsMax = 500;
/** Between two looks that are further apart nothing is known, ms. */
const gapMaxMs = 2_000;
const writeEveryMs = 60_000;
const collection = "openadr";

export interface ReportWindows {
  get(key: string): ReportWindow | undefined;
  /** `lastedMs`: since the look before. */
  add(key: string, fromMs: number, toMs: number, sample: SiteSample, lastedMs: number): void;
  /** Writes what has changed, now and then or at once. */
  write(nowMs: number, atOnce?: boolean): void;
  drop(isGone: (window: ReportWindow) => boolean): void;
}

export function openReportWindows(documents: Documents): ReportWindows {
  const windows = new Map<string, ReportWindow>();
  let writtenMs = Number.NEGATIVE_INFINITY;
  let isChanged = false;
  try {
    const kept = z
      .array(windowSchema)
      .max(windowsMax)
      .parse(JSON.parse(documents.get(collection, "windows") ?? "[]"));
    for (const window of kept) windows.set(window.key, window);
  } catch {
    // They are gaps then, and reported as such.
  }
  return {
    get: (key) => windows.get(key),
    add(key, fromMs, toMs, sample, lastedMs) {
      let window = windows.get(key);
      if (window === undefined) {
        if (windows.size >= windowsMax) windows.delete(windows.keys().next().value ?? "");
        window = { key, fromMs, toMs, importWms: 0, peakW: 0, measuredMs: 0, last: null };
        windows.set(key, window);
      }
      window.last = sample;
      isChanged = true;
      if (!(lastedMs > 0 && lastedMs <= gapMaxMs) || !Number.isFinite(sample.importW)) return;
      window.importWms += sample.importW * lastedMs;
      window.peakW = Math.max(window.peakW, sample.importW);
      window.measuredMs += lastedMs;
    },
    write(nowMs, atOnce = false) {
      if (!isChanged || (!atOnce && nowMs - writtenMs < writeEveryMs)) return;
      writtenMs = nowMs;
      isChanged = false;
      documents.put(collection, "windows", JSON.stringify([...windows.values()]));
    },
    drop(isGone) {
      for (const [key, window] of windows) if (isGone(window)) windows.delete(key);
    },
  };
}

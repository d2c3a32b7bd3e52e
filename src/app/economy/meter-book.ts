/**
 * What flowed, by quarters of an hour: at the PCC, from PV and at each charger, with the vehicle that was there. Integrated from live
 * power while it is measured; a quarter that was measured for less than half of its time is a gap, one with less than all of it is
 * taken as its mean and marked as estimated. Kept by local days, the oldest go first.
 */

import { z } from "zod";
import { localDay, startOfDayMs } from "../../domain/calendar.ts";
import { Quality } from "../../domain/quality.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import { hourMs } from "../../domain/units.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Documents } from "../store/store.ts";

const quarterMs = 15 * 60_000;
/** Days that are kept. */
const daysMax = 400;
const quartersMax = 100;
/** Longer than this between two looks nothing is known of what flowed, ms. */
const gapMaxMs = 2_000;
/** A stage's power is live for so long after its answer, ms. */
const liveMaxMs = 2_000;
const measuredShareMin = 0.5;
const wholeShare = 0.98;

const quarterSchema = z.object({
  startsAtMs: z.number(),
  importWh: z.number(),
  exportWh: z.number(),
  pvWh: z.number(),
  estimated: z.boolean(),
  /** By number of the charger, from 1. */
  chargers: z.record(z.string(), z.object({ inWh: z.number(), outWh: z.number(), vehicle: z.string().nullable() })),
});
/** Energies, Wh, magnitudes. */
export type BookedQuarter = z.infer<typeof quarterSchema>;
const daySchema = z.object({ day: z.number(), quarters: z.array(quarterSchema).max(quartersMax) });

export interface MeterBook {
  /** To be called often: with each look at the report. `vehicleAt`: who is at a charger, from 1; null: nobody knows. */
  look(report: ControlReport, nowMs: number): void;
  /** Quarters that begin in [fromMs, toMs), in order; gaps are missing. */
  quarters(fromMs: number, toMs: number): readonly BookedQuarter[];
  /** Local days that have quarters, oldest first. */
  readonly days: readonly number[];
  /** Counts the quarters that were closed since the start. */
  readonly version: number;
  /** What of the record can't be read, for the log; "" when all can. */
  readonly sentence: string;
  stop(): void;
}

const collection = "meter-days";
const keyOf = (day: number): string => String(day).padStart(6, "0");

export function openMeterBook(
  documents: Documents,
  zone: ZoneOffsets,
  vehicleAt: (evse: number) => string | null,
): MeterBook {
  const read = readDays(documents);
  const days = read.days;
  let running: Running | null = null;
  let beforeMs = Number.NaN;
  let version = 0;

  const close = (): void => {
    if (running === null) return;
    const quarter = booked(running);
    running = null;
    if (quarter === null) return;
    const day = localDay(zone, quarter.startsAtMs);
    const kept = (days.get(day) ?? []).filter(({ startsAtMs }) => startsAtMs !== quarter.startsAtMs);
    kept.push(quarter);
    days.set(day, kept.slice(-quartersMax));
    version++;
    documents.atomically(() => {
      documents.put(collection, keyOf(day), JSON.stringify({ day, quarters: days.get(day) }));
      for (const old of [...days.keys()].sort((a, b) => a - b).slice(0, Math.max(0, days.size - daysMax))) {
        days.delete(old);
        documents.remove(collection, keyOf(old));
      }
    });
  };

  return {
    look(report, nowMs) {
      const startsAtMs = Math.floor(nowMs / quarterMs) * quarterMs;
      if (running !== null && running.startsAtMs !== startsAtMs) close();
      running ??= resume(days.get(localDay(zone, startsAtMs)), startsAtMs);
      const lastedMs = report.site.atMs - beforeMs;
      beforeMs = report.site.atMs;
      if (lastedMs > 0 && lastedMs <= gapMaxMs) add(running, report, lastedMs, vehicleAt);
    },
    quarters(fromMs, toMs) {
      const first = Number.isFinite(fromMs) ? localDay(zone, fromMs) : Number.NEGATIVE_INFINITY;
      const last = Number.isFinite(toMs) ? localDay(zone, toMs) : Number.POSITIVE_INFINITY;
      return [...days.keys()]
        .filter((day) => day >= first && day <= last)
        .sort((a, b) => a - b)
        .flatMap((day) => days.get(day)!)
        .filter(({ startsAtMs }) => startsAtMs >= fromMs && startsAtMs < toMs);
    },
    get days() {
      return [...days.keys()].sort((a, b) => a - b);
    },
    get version() {
      return version;
    },
    sentence: read.sentence,
    stop: close,
  };
}

/** A quarter that is being measured, W·ms. */
interface Running {
  readonly startsAtMs: number;
  measuredMs: number;
  importWms: number;
  exportWms: number;
  pvWms: number;
  readonly chargers: Map<number, { inWms: number; outWms: number; vehicle: string | null }>;
}

/** A quarter that a restart fell into goes on with what was booked of it. */
function resume(day: readonly BookedQuarter[] | undefined, startsAtMs: number): Running {
  const kept = day?.find((quarter) => quarter.startsAtMs === startsAtMs);
  const running: Running = { startsAtMs, measuredMs: 0, importWms: 0, exportWms: 0, pvWms: 0, chargers: new Map() };
  if (kept === undefined) return running;
  // It was booked as the mean of what was measured; half of it is the least that it stood on.
  const measuredMs = quarterMs * measuredShareMin;
  const share = measuredMs / quarterMs;
  running.measuredMs = measuredMs;
  running.importWms = kept.importWh * hourMs * share;
  running.exportWms = kept.exportWh * hourMs * share;
  running.pvWms = kept.pvWh * hourMs * share;
  for (const [evse, { inWh, outWh, vehicle }] of Object.entries(kept.chargers))
    running.chargers.set(Number(evse), { inWms: inWh * hourMs * share, outWms: outWh * hourMs * share, vehicle });
  return running;
}

/** Adds nothing while the meter is not good, or a charger with a vehicle is silent: half a site is no site. */
function add(
  running: Running,
  { site, stages }: ControlReport,
  lastedMs: number,
  vehicleAt: (evse: number) => string | null,
): void {
  if (site.meterQuality !== Quality.good || !Number.isFinite(site.pccW)) return;
  for (const { vehicleConnected, powerW, atMs } of stages)
    if (vehicleConnected && (!Number.isFinite(powerW) || site.atMs - atMs > liveMaxMs)) return;
  running.measuredMs += lastedMs;
  if (site.pccW > 0) running.importWms += site.pccW * lastedMs;
  else running.exportWms -= site.pccW * lastedMs;
  if (Number.isFinite(site.pvPowerW)) running.pvWms += Math.abs(site.pvPowerW) * lastedMs;
  for (let i = 0; i < stages.length; i++) {
    const { powerW } = stages[i]!;
    if (!Number.isFinite(powerW) || powerW === 0) continue;
    let charger = running.chargers.get(i + 1);
    if (charger === undefined) {
      charger = { inWms: 0, outWms: 0, vehicle: null };
      running.chargers.set(i + 1, charger);
    }
    charger.vehicle ??= vehicleAt(i + 1);
    if (powerW > 0) charger.inWms += powerW * lastedMs;
    else charger.outWms -= powerW * lastedMs;
  }
}

function booked(running: Running): BookedQuarter | null {
  const share = Math.min(1, running.measuredMs / quarterMs);
  if (share < measuredShareMin) return null;
  const scale = share >= wholeShare ? 1 / hourMs : 1 / (share * hourMs);
  const wh = (wms: number): number => Math.round(wms * scale * 1_000) / 1_000;
  return {
    startsAtMs: running.startsAtMs,
    importWh: wh(running.importWms),
    exportWh: wh(running.exportWms),
    pvWh: wh(running.pvWms),
    estimated: share < wholeShare,
    chargers: Object.fromEntries(
      [...running.chargers]
        .map(([evse, { inWms, outWms, vehicle }]) => [evse, { inWh: wh(inWms), outWh: wh(outWms), vehicle }] as const)
        .filter(([, { inWh, outWh }]) => inWh > 0 || outWh > 0),
    ),
  };
}

function readDays(documents: Documents): { days: Map<number, BookedQuarter[]>; sentence: string } {
  const days = new Map<number, BookedQuarter[]>();
  let unreadable = 0;
  for (const { value } of documents.entries(collection)) {
    const parsed = daySchema.safeParse(parseJson(value));
    if (parsed.success) days.set(parsed.data.day, parsed.data.quarters);
    else unreadable++;
  }
  const sentence = unreadable > 0 ? `${unreadable} days of the energy record can't be read: they are gaps.` : "";
  return { days, sentence };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The local day as clock of forecasts: each quarter's mean, W, from the energies; null where nothing was measured. */
export function dayPowers(
  book: Pick<MeterBook, "quarters">,
  zone: ZoneOffsets,
  day: number,
  powerW: (quarter: BookedQuarter) => number,
): { readonly startsAtMs: number; readonly quarterW: readonly (number | null)[] } {
  const startsAtMs = startOfDayMs(zone, day);
  const endsAtMs = startOfDayMs(zone, day + 1);
  const quarterW = new Array<number | null>(Math.round((endsAtMs - startsAtMs) / quarterMs)).fill(null);
  for (const quarter of book.quarters(startsAtMs, endsAtMs))
    quarterW[(quarter.startsAtMs - startsAtMs) / quarterMs] = powerW(quarter);
  return { startsAtMs, quarterW };
}

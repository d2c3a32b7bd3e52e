/** A site's tariff as a function of time: what a kWh costs and earns at a moment, and what its peaks cost. */
import type { TariffSettings } from "../config/site/tariff.ts";
import { dayOfDate, kindOfDay, localDay } from "../domain/calendar.ts";
import { holdsUntilMs, type MomentValue } from "../domain/moment-series.ts";
import { localMs, monthOfDay, type ZoneOffsets } from "../domain/time-zone.ts";
import { dayMs, hourMs, minuteMs } from "../domain/units.ts";
import { type Clock, holds, overClock } from "./rows.ts";

export const quarterMs = 15 * minuteMs;
/** A price that is followed by none for longer holds no more. */
const priceHoldMaxMs = 3 * hourMs;

export interface Prices {
  /** Per kWh, before taxes; null where not known. */
  readonly importPerKWh: number | null;
  readonly exportPerKWh: number | null;
  readonly source: "tariff" | "day-ahead" | "told" | "none";
}

/** Prices that a connected system tells, per kWh in all; null where it says nothing. They stand for all others. */
export interface ToldPrices {
  importAt(utcMs: number): number | null;
  exportAt(utcMs: number): number | null;
}

export type DemandRate = TariffSettings["demand"][number];

export interface Tariff {
  readonly name: string;
  readonly currency: string;
  readonly wearPerKWh: number;
  readonly demand: readonly DemandRate[];
  readonly holidays: ReadonlySet<number>;
  readonly zone: ZoneOffsets;
  pricesAt(utcMs: number): Prices;
  /** Whether a moment counts for a demand charge. */
  counts(rate: DemandRate, utcMs: number): boolean;
  /** The billing month of a moment, by its first local day. */
  monthOf(utcMs: number): number;
  /** The same tariff with other day-ahead prices. */
  withDayAhead(points: readonly MomentValue[]): Tariff;
}

const nothingTold: ToldPrices = { importAt: () => null, exportAt: () => null };

/** What is wrong with a tariff, by the path of the setting. */
export interface TariffMistake {
  readonly path: readonly (string | number)[];
  readonly complaint: string;
}

const differs = (a: { readonly perKWh: number }, b: { readonly perKWh: number }): boolean => a.perKWh !== b.perKWh;

/** Contradictions and gaps; empty for a tariff that has one price at each time. */
export function tariffMistakes(settings: TariffSettings): TariffMistake[] {
  const mistakes: TariffMistake[] = [];
  for (const list of ["energy", "export"] as const) {
    const clock = overClock(settings[list], differs);
    for (const { at, sentence } of clock.mistakes) mistakes.push({ path: [list, at], complaint: sentence });
    if (clock.gap !== "" && settings[list].length > 0)
      mistakes.push({ path: [list], complaint: `has no price ${clock.gap}: add a row without a time for all others` });
  }
  const { dayAhead, energy, validFrom, validUntil, demand } = settings;
  if (energy.length === 0 && dayAhead === undefined)
    mistakes.push({ path: ["energy"], complaint: "has no price: add one, or day-ahead prices" });
  if (dayAhead && (dayAhead.file === undefined) === (dayAhead.url === undefined))
    mistakes.push({ path: ["dayAhead"], complaint: "needs a file or a url, and not both" });
  if (validFrom !== undefined && validUntil !== undefined && dayOfDate(validUntil)! < dayOfDate(validFrom)!)
    mistakes.push({ path: ["validUntil"], complaint: `is before validFrom, ${validFrom}` });
  demand.forEach(({ id, per, ratchetPct }, i) => {
    if (demand.findIndex((other) => other.id === id) < i)
      mistakes.push({ path: ["demand", i, "id"], complaint: "is the id of another demand charge" });
    if (per === "day" && ratchetPct > 0)
      mistakes.push({ path: ["demand", i, "ratchetPct"], complaint: "needs a charge per month" });
  });
  return mistakes;
}

/** `settings` without mistakes (`tariffMistakes`). */
export function createTariff(
  settings: TariffSettings,
  zone: ZoneOffsets,
  dayAhead: readonly MomentValue[] = [],
  told: ToldPrices = nothingTold,
): Tariff {
  const holidays = new Set(settings.holidays.map((date) => dayOfDate(date)!));
  const energy = overClock(settings.energy, differs);
  const exported = overClock(settings.export, differs);
  const firstDay = settings.validFrom === undefined ? Number.NEGATIVE_INFINITY : dayOfDate(settings.validFrom)!;
  const lastDay = settings.validUntil === undefined ? Number.POSITIVE_INFINITY : dayOfDate(settings.validUntil)!;
  const at = (utcMs: number) => {
    const local = localMs(zone, utcMs);
    const day = Math.floor(local / dayMs);
    return {
      day,
      month: monthOfDay(day),
      kind: kindOfDay(day, holidays),
      quarter: Math.floor((local - day * dayMs) / quarterMs),
    };
  };
  const priceOf = (clock: Clock, rows: readonly { readonly perKWh: number }[], utcMs: number): number | null => {
    const { day, month, kind, quarter } = at(utcMs);
    if (day < firstDay || day > lastDay) return null;
    return rows[clock.rowAt(month, kind, quarter)]?.perKWh ?? null;
  };
  return {
    name: settings.name,
    currency: settings.currency,
    wearPerKWh: settings.wearPerKWh,
    demand: settings.demand,
    holidays,
    zone,
    pricesAt(utcMs) {
      const spot = spotAt(dayAhead, utcMs);
      const importPerKWh =
        spot === null ? priceOf(energy, settings.energy, utcMs) : spot + (settings.dayAhead?.addPerKWh ?? 0);
      const exportAdd = settings.dayAhead?.exportAddPerKWh;
      // A site whose tariff says nothing of export is paid nothing for it.
      const ownExport = settings.export.length === 0 ? 0 : priceOf(exported, settings.export, utcMs);
      const exportPerKWh = spot !== null && exportAdd !== undefined ? spot + exportAdd : ownExport;
      const toldImport = told.importAt(utcMs);
      const known = toldImport ?? importPerKWh;
      const source = known === null ? "none" : toldImport !== null ? "told" : spot === null ? "tariff" : "day-ahead";
      return {
        importPerKWh: known,
        exportPerKWh: known === null ? null : (told.exportAt(utcMs) ?? exportPerKWh),
        source,
      };
    },
    counts(rate, utcMs) {
      const { month, kind, quarter } = at(utcMs);
      return holds(rate, month, kind, quarter);
    },
    monthOf(utcMs) {
      const day = localDay(zone, utcMs);
      const of = dayOfMonth(day);
      if (of >= settings.billingDay) return day - of + settings.billingDay;
      // The month before ends the day before this month's first.
      return day - of - dayOfMonth(day - of) + settings.billingDay;
    },
    withDayAhead: (points) => createTariff(settings, zone, points, told),
  };
}

/** Day of the month, from 1. */
function dayOfMonth(day: number): number {
  let of = 1;
  while (of < 31 && monthOfDay(day - of) === monthOfDay(day)) of++;
  return of;
}

/** The price that holds at a moment; null before the first, after the last, and in a gap. */
function spotAt(points: readonly MomentValue[], utcMs: number): number | null {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.atMs <= utcMs) low = middle + 1;
    else high = middle;
  }
  if (low === 0 || utcMs >= holdsUntilMs(points, low - 1, hourMs, priceHoldMaxMs)) return null;
  return points[low - 1]!.value;
}

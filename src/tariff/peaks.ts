/** The highest import of each period of each demand charge, by the averages that the meter bills. */
import { localDay } from "../domain/calendar.ts";
import { type DemandRate, quarterMs, type Tariff } from "./tariff.ts";

/** Periods of one demand charge that are kept: five years of months, two months of days. */
const periodsMax = 62;

export interface Peak {
  readonly powerW: number;
  readonly atMs: number;
}

/** By id of the demand charge, then by first day of the period. */
export type PeakBook = Readonly<Record<string, Readonly<Record<number, Peak>>>>;

/** The mean import of a quarter of an hour. */
export interface ImportQuarter {
  readonly startsAtMs: number;
  readonly importWh: number;
}

/**
 * The book with further quarters in it. Where the meter averages over half an hour, quarters count in pairs by the clock, and a
 * quarter without its other half is not counted.
 */
export function withPeaks(book: PeakBook, tariff: Tariff, quarters: readonly ImportQuarter[]): PeakBook {
  const byMoment = new Map(quarters.map((quarter) => [quarter.startsAtMs, quarter.importWh]));
  const next: Record<string, Record<number, Peak>> = {};
  for (const rate of tariff.demand) {
    const periods: Record<number, Peak> = { ...book[rate.id] };
    for (const { startsAtMs, importWh } of quarters) {
      const powerW = averageW(rate, byMoment, startsAtMs, importWh);
      if (!Number.isFinite(powerW) || !tariff.counts(rate, startsAtMs)) continue;
      const period = rate.per === "day" ? localDay(tariff.zone, startsAtMs) : tariff.monthOf(startsAtMs);
      if (powerW > (periods[period]?.powerW ?? 0)) periods[period] = { powerW, atMs: startsAtMs };
    }
    const newest = Object.keys(periods)
      .map(Number)
      .sort((a, b) => b - a)
      .slice(0, periodsMax);
    next[rate.id] = Object.fromEntries(newest.map((period) => [period, periods[period]!]));
  }
  return next;
}

function averageW(
  { averageMinutes }: DemandRate,
  quarters: ReadonlyMap<number, number>,
  startsAtMs: number,
  importWh: number,
): number {
  if (averageMinutes === "15") return importWh * 4;
  const second = startsAtMs % (2 * quarterMs) !== 0;
  const other = quarters.get(second ? startsAtMs - quarterMs : startsAtMs + quarterMs);
  return other === undefined ? Number.NaN : (importWh + other) * 2;
}

/** What a period is billed for at least: its peak until now, and the ratchet's share of the months before. */
export function peakSoFarW(book: PeakBook, rate: DemandRate, period: number): number {
  const periods = book[rate.id] ?? {};
  let highestBefore = 0;
  const before = Object.keys(periods)
    .map(Number)
    .filter((day) => day < period)
    .sort((a, b) => b - a)
    // A month is 28 to 31 days long: this many days ago its month counts no more.
    .filter((day) => period - day <= rate.ratchetMonths * 31);
  for (const day of before.slice(0, rate.ratchetMonths)) highestBefore = Math.max(highestBefore, periods[day]!.powerW);
  return Math.max(periods[period]?.powerW ?? 0, (rate.ratchetPct / 100) * highestBefore);
}

/** What a tariff bills for measured energy: by the meter's registers of each quarter, each line rounded once, before taxes. */
import { localDay } from "../domain/calendar.ts";
import { type PeakBook, peakSoFarW, withPeaks } from "./peaks.ts";
import type { DemandRate, Tariff } from "./tariff.ts";

/** What the meter counted in a quarter of an hour, Wh, both magnitudes. */
export interface MeteredQuarter {
  readonly startsAtMs: number;
  readonly importWh: number;
  readonly exportWh: number;
}

export interface DemandLine {
  readonly id: string;
  /** First local day of the period. */
  readonly period: number;
  readonly peakW: number;
  /** What is billed: the peak, or more by the ratchet. */
  readonly billedW: number;
  /** When the peak was; null where only the ratchet speaks. */
  readonly atMs: number | null;
  readonly amount: number;
}

export interface Bill {
  readonly energy: number;
  /** What export earned, positive. */
  readonly exported: number;
  readonly demand: readonly DemandLine[];
  readonly total: number;
  readonly importWh: number;
  readonly exportWh: number;
  /** Quarters whose price is not known: their energy is in no amount. */
  readonly unpriced: number;
}

const wholeUnits: ReadonlySet<string> = new Set(["JPY", "KRW", "CLP", "VND", "ISK", "HUF"]);

/** To the smallest unit that a bill shows. Half a unit goes away from zero. */
export function roundMoney(amount: number, currency: string): number {
  const units = wholeUnits.has(currency) ? 1 : 100;
  // A sum of many prices may stand a hair below the half that it is.
  return (Math.sign(amount) * Math.round(Math.abs(amount) * units + 1e-7)) / units + 0;
}

/** `before`: peaks of the periods until then; those of these quarters come on top. */
export function billOf(tariff: Tariff, quarters: readonly MeteredQuarter[], before: PeakBook): Bill {
  let energy = 0;
  let exported = 0;
  let importWh = 0;
  let exportWh = 0;
  let unpriced = 0;
  for (const quarter of quarters) {
    importWh += quarter.importWh;
    exportWh += quarter.exportWh;
    const { importPerKWh, exportPerKWh } = tariff.pricesAt(quarter.startsAtMs);
    if (importPerKWh === null || exportPerKWh === null) {
      unpriced++;
      continue;
    }
    energy += (quarter.importWh / 1_000) * importPerKWh;
    exported += (quarter.exportWh / 1_000) * exportPerKWh;
  }
  const money = (amount: number): number => roundMoney(amount, tariff.currency);
  const book = withPeaks(before, tariff, quarters);
  const demand = tariff.demand.flatMap((rate) => demandLines(tariff, rate, quarters, book));
  const lines = [money(energy), -money(exported), ...demand.map(({ amount }) => amount)];
  const total = money(lines.reduce((sum, line) => sum + line, 0));
  return { energy: money(energy), exported: money(exported), demand, total, importWh, exportWh, unpriced };
}

/** One line for each period that the quarters reach into. */
function demandLines(
  tariff: Tariff,
  rate: DemandRate,
  quarters: readonly MeteredQuarter[],
  book: PeakBook,
): DemandLine[] {
  const periods = new Set<number>();
  for (const { startsAtMs } of quarters)
    if (tariff.counts(rate, startsAtMs))
      periods.add(rate.per === "day" ? localDay(tariff.zone, startsAtMs) : tariff.monthOf(startsAtMs));
  return [...periods].map((period) => {
    const peak = book[rate.id]?.[period];
    const billedW = peakSoFarW(book, rate, period);
    return {
      id: rate.id,
      period,
      peakW: peak?.powerW ?? 0,
      billedW,
      atMs: peak?.atMs ?? null,
      amount: roundMoney((billedW / 1_000) * rate.perKW, tariff.currency),
    };
  });
}

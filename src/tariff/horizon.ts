/** A tariff over the quarters of a plan, in the form that the planner takes. */
import { localDay } from "../domain/calendar.ts";
import { dayMs } from "../domain/units.ts";
import { type PeakBook, peakSoFarW } from "./peaks.ts";
import { quarterMs, type Tariff } from "./tariff.ts";

/** As `PlanningTariff` has it, and how much of it is known. */
export interface TariffHorizon {
  readonly importPerKWh: readonly number[];
  readonly exportPerKWh: readonly number[];
  readonly demand: readonly {
    readonly id: string;
    readonly perKW: number;
    readonly slots: readonly number[];
    readonly peakSoFarW: number;
    /** Days left of the billing period, today included, as far as days can be told to be alike. */
    readonly spreadDays: number;
  }[];
  /** First quarter whose price is not known; `quarters` where all are. From there on prices count as the last known one. */
  readonly knownSlots: number;
}

/** A week is alike to the next one; further ahead nobody knows what a peak would be worth. */
const alikeDays = 7;

function daysLeft(tariff: Tariff, fromMs: number): number {
  const period = tariff.monthOf(fromMs);
  let days = 1;
  while (days < alikeDays && tariff.monthOf(fromMs + days * dayMs) === period) days++;
  return days;
}

/**
 * Prices and demand charges from a moment on. A quarter without a known price counts as the one before it, so that no plan waits for
 * a price that nobody has told; with none known at all every price is 0 and only departures decide.
 */
export function tariffHorizon(tariff: Tariff, peaks: PeakBook, startsAtMs: number, quarters: number): TariffHorizon {
  const importPerKWh: number[] = [];
  const exportPerKWh: number[] = [];
  let knownSlots = 0;
  for (let i = 0; i < quarters; i++) {
    const prices = tariff.pricesAt(startsAtMs + i * quarterMs);
    if (prices.importPerKWh !== null && knownSlots === i) knownSlots = i + 1;
    importPerKWh.push(prices.importPerKWh ?? importPerKWh.at(-1) ?? 0);
    exportPerKWh.push(prices.exportPerKWh ?? exportPerKWh.at(-1) ?? 0);
  }
  const demand = tariff.demand.flatMap((rate) => {
    // Each period of the horizon has its own peak.
    const periods = new Map<number, number[]>();
    for (let i = 0; i < quarters; i++) {
      const atMs = startsAtMs + i * quarterMs;
      if (!tariff.counts(rate, atMs)) continue;
      const period = rate.per === "day" ? localDay(tariff.zone, atMs) : tariff.monthOf(atMs);
      periods.set(period, [...(periods.get(period) ?? []), i]);
    }
    return [...periods].map(([period, slots]) => ({
      id: periods.size > 1 ? `${rate.id} ${period}` : rate.id,
      perKW: rate.perKW,
      slots,
      peakSoFarW: peakSoFarW(peaks, rate, period),
      spreadDays: rate.per === "day" ? 1 : daysLeft(tariff, startsAtMs + slots[0]! * quarterMs),
    }));
  });
  return { importPerKWh, exportPerKWh, demand, knownSlots };
}

/** Prices of the local day for its chart: runs of equal ones, what is not known left out. */

import type { SiteStation } from "../../app/station.ts";
import { hourMs, minuteMs } from "../../domain/units.ts";
import type { SiteState } from "../state.ts";

const quarterMs = 15 * minuteMs;
/** The longest day has 100 quarters. */
const quartersMax = 100;
/** Whether a day has 23, 24 or 25 hours is no matter here: what is beyond its end is not drawn. */
const longestDayMs = 25 * hourMs;

type DayPrices = SiteState["day"]["prices"];
type Tariff = NonNullable<ReturnType<SiteStation["economy"]["tariff"]>>;

/** Worked out once for each tariff and day. */
export function createDayPrices(): (tariff: Tariff | null, midnightMs: number) => DayPrices {
  let known: { tariff: Tariff | null; midnightMs: number; prices: DayPrices } | null = null;
  return (tariff, midnightMs) => {
    if (known?.tariff === tariff && known.midnightMs === midnightMs) return known.prices;
    const prices: DayPrices = [];
    for (let i = 0; tariff !== null && i < Math.min(quartersMax, longestDayMs / quarterMs); i++) {
      const fromMs = midnightMs + i * quarterMs;
      const perKWh = tariff.pricesAt(fromMs).importPerKWh;
      const last = prices.at(-1);
      if (perKWh === null) continue;
      if (last && last.perKWh === perKWh && last.toMs === fromMs) last.toMs = fromMs + quarterMs;
      else prices.push({ fromMs, toMs: fromMs + quarterMs, perKWh, currency: tariff.currency });
    }
    known = { tariff, midnightMs, prices };
    return prices;
  };
}

/** Forecasts made again over the shared series, for the bench and the test of their errors. */
import { dataUtcOffsetMinutes, officeHours, pvFiveMinutes } from "../../sim/site-data.ts";
import { localDay } from "../../src/domain/calendar.ts";
import { tableZone } from "../../src/domain/time-zone.ts";
import { dayMs, hourMs, minuteMs } from "../../src/domain/units.ts";
import type { ForecastErrors } from "../../src/forecast/forecast.ts";
import { forecastLoad } from "../../src/forecast/load.ts";
import { measureErrors } from "../../src/forecast/measured-errors.ts";
import { type PastDay, pastDays, quartersOfDay, type SiteCalendar } from "../../src/forecast/past-days.ts";
import { forecastPv } from "../../src/forecast/pv.ts";

/** Days that a forecast of load looks back over. */
const lookBackDays = 60;
const firstTrialDay = 30;

const zone = tableZone(`Etc/GMT${dataUtcOffsetMinutes < 0 ? "+" : "-"}${Math.abs(dataUtcOffsetMinutes / 60)}`);
if (!zone.ok) throw new Error(zone.error);
export const calendar: SiteCalendar = { zone: zone.value, holidays: new Set() };

/** Days by quarters from values at even steps, the first at local midnight. */
function daysOf(firstMs: number, stepMs: number, values: ArrayLike<number>): PastDay[] {
  const perDay = dayMs / stepMs;
  return Array.from({ length: Math.floor(values.length / perDay) }, (_, d) => {
    const quarterW = Array.from({ length: quartersOfDay }, (_, q) => {
      const from = (q * perDay) / quartersOfDay;
      const to = Math.max(Math.floor(from) + 1, ((q + 1) * perDay) / quartersOfDay);
      let sum = 0;
      let count = 0;
      for (let i = Math.floor(from); i < to; i++, count++) sum += values[d * perDay + i]!;
      return sum / count;
    });
    return pastDays(calendar, [{ startsAtMs: firstMs + d * dayMs, quarterW }])[0]!;
  });
}

/** All days of the office's year. */
export function officeDays(): PastDay[] {
  const { firstMs, valuesW } = officeHours();
  return daysOf(firstMs, hourMs, valuesW);
}

/** June of a PV plant of this rating. */
export function pvDays(ratedW: number): PastDay[] {
  const { firstMs, shares } = pvFiveMinutes();
  return daysOf(
    firstMs,
    5 * minuteMs,
    shares.map((share) => share * ratedW),
  );
}

/** Of the office: `days` days, every `everyth` of them with a forecast each quarter hour. */
export function loadTrials(days: number, everyHours: number): ForecastErrors {
  const { firstMs } = officeHours();
  const all = officeDays();
  const first = all[0]!.day;
  return known(
    measureErrors({
      days: all,
      fromMs: firstMs + firstTrialDay * dayMs,
      untilMs: firstMs + (firstTrialDay + days) * dayMs,
      everyMs: everyHours * hourMs,
      forecast: (nowMs, startsAtMs, quarters) => {
        const today = localDay(calendar.zone, nowMs) - first;
        const back = all.slice(Math.max(0, today - lookBackDays), today + 1);
        return forecastLoad({ calendar, days: back, nowMs, startsAtMs, quarters, errors: null });
      },
    }),
  );
}

/** Of the PV plant: the days of June from the ninth on, a forecast each quarter hour. */
export function pvTrials(): ForecastErrors {
  const { firstMs } = pvFiveMinutes();
  const ratedW = 100_000;
  const all = pvDays(ratedW);
  const first = all[0]!.day;
  return known(
    measureErrors({
      days: all,
      fromMs: firstMs + 8 * dayMs,
      untilMs: firstMs + all.length * dayMs,
      everyMs: 15 * minuteMs,
      forecast: (nowMs, startsAtMs, quarters) => {
        const today = localDay(calendar.zone, nowMs) - first;
        const back = all.slice(Math.max(0, today - lookBackDays), today + 1);
        return forecastPv({ calendar, days: back, nowMs, startsAtMs, quarters, ratedW, errors: null });
      },
    }),
  );
}

function known(errors: ForecastErrors | null): ForecastErrors {
  if (errors === null) throw new Error("too few values to compare");
  return errors;
}

/** Forecasts of this site's load and PV from its own record, with the errors that such forecasts had here. */
import { localDay } from "../../domain/calendar.ts";
import type { MomentValue } from "../../domain/moment-series.ts";
import { dayMs, hourMs } from "../../domain/units.ts";
import { forecastOfFeed } from "../../forecast/feed.ts";
import type { Forecast, ForecastErrors } from "../../forecast/forecast.ts";
import { forecastLoad } from "../../forecast/load.ts";
import { measureErrors } from "../../forecast/measured-errors.ts";
import { type PastDay, pastDays, type SiteCalendar } from "../../forecast/past-days.ts";
import { forecastPv } from "../../forecast/pv.ts";
import { type BookedQuarter, dayPowers, type MeterBook } from "./meter-book.ts";

/** Days that a forecast looks back over, and days on which its error is measured. */
const lookBackDays = 60;
const trialDays = 14;
const trialEveryMs = 6 * hourMs;

export interface SiteForecasts {
  readonly load: Forecast;
  readonly pv: Forecast;
}

export interface Forecaster {
  /** By quarters from `startsAtMs` on, as known at `nowMs`. */
  at(nowMs: number, startsAtMs: number, quarters: number): SiteForecasts;
}

/** Without the vehicles and without PV. */
function buildingW({ importWh, exportWh, pvWh, chargers }: BookedQuarter): number {
  let netWh = importWh - exportWh + pvWh;
  for (const { inWh, outWh } of Object.values(chargers)) netWh += outWh - inWh;
  return netWh * 4;
}

/**
 * `pvRatedW`: 0 where the site has no PV that it knows of. `feeds`: forecasts from elsewhere, which count where they reach; empty
 * without one.
 */
export function createForecaster(
  book: MeterBook,
  calendar: SiteCalendar,
  pvRatedW: number,
  feeds: Readonly<Record<"load" | "pv", () => readonly MomentValue[]>>,
): Forecaster {
  const kinds = {
    load: buildingW,
    pv: ({ pvWh }: BookedQuarter) => pvWh * 4,
  };
  let days: { version: number; load: PastDay[]; pv: PastDay[] } = { version: -1, load: [], pv: [] };
  let errors: { day: number; load: ForecastErrors | null; pv: ForecastErrors | null } | null = null;

  const read = (kind: keyof typeof kinds): PastDay[] =>
    pastDays(
      calendar,
      book.days.slice(-lookBackDays).map((day) => dayPowers(book, calendar.zone, day, kinds[kind])),
    );
  const load = (nowMs: number, startsAtMs: number, quarters: number, known: ForecastErrors | null): Forecast =>
    forecastLoad({ calendar, days: days.load, nowMs, startsAtMs, quarters, errors: known });
  const pv = (nowMs: number, startsAtMs: number, quarters: number, known: ForecastErrors | null): Forecast =>
    forecastPv({ calendar, days: days.pv, nowMs, startsAtMs, quarters, ratedW: pvRatedW, errors: known });

  return {
    at(nowMs, startsAtMs, quarters) {
      if (days.version !== book.version) days = { version: book.version, load: read("load"), pv: read("pv") };
      const today = localDay(calendar.zone, nowMs);
      // Once a day: a few dozen forecasts of the past two weeks, made again.
      if (errors?.day !== today) {
        const untilMs = Math.floor(nowMs / dayMs) * dayMs;
        const trial = { fromMs: untilMs - trialDays * dayMs, untilMs, everyMs: trialEveryMs };
        errors = {
          day: today,
          load: measureErrors({
            ...trial,
            days: days.load,
            forecast: (at, from, count) => load(at, from, count, null),
          }),
          pv: measureErrors({ ...trial, days: days.pv, forecast: (at, from, count) => pv(at, from, count, null) }),
        };
      }
      return {
        load: forecastOfFeed(feeds.load(), load(nowMs, startsAtMs, quarters, errors.load)),
        pv: forecastOfFeed(feeds.pv(), pv(nowMs, startsAtMs, quarters, errors.pv)),
      };
    },
  };
}

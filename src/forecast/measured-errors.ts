/** How wrong forecasts of a site were: made again for past moments from what was known then, and compared with what came. */
import type { Forecast, ForecastErrors, LeadError } from "./forecast.ts";
import { type PastDay, quarterMs, quartersOfDay } from "./past-days.ts";

/** Fewer compared quarters tell nothing, W-hours with sun or shift included: two days. */
const comparedMin = 2 * quartersOfDay;
const dayQuarters = 96;
const hourQuarters = 4;

export interface Trials {
  readonly days: readonly PastDay[];
  /** Moments at which a forecast is made again; of each the hour ahead counts, and of those at `dayAheadEvery` the day ahead. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly everyMs: number;
  forecast(nowMs: number, startsAtMs: number, quarters: number): Forecast;
}

/**
 * Errors an hour ahead (the four quarters that follow the moment) and a day ahead (the quarters of the day that begins then, for
 * moments a day apart). Null where there is too little to compare.
 */
export function measureErrors({ days, fromMs, untilMs, everyMs, forecast }: Trials): ForecastErrors | null {
  const measured = new Map<number, number>();
  for (const { clockW, endsAtMs } of days)
    clockW.forEach((value, q) => {
      if (!Number.isNaN(value)) measured.set(endsAtMs[q]! - quarterMs, value);
    });
  const hour = createTally();
  const day = createTally();
  const eachDay = Math.max(1, Math.round((dayQuarters * quarterMs) / everyMs));
  for (let k = 0, nowMs = fromMs; nowMs < untilMs; k++, nowMs += everyMs) {
    const quarters = k % eachDay === 0 ? dayQuarters : hourQuarters;
    const { powerW } = forecast(nowMs, nowMs, quarters);
    powerW.forEach((value, i) => {
      const actual = measured.get(nowMs + i * quarterMs);
      if (actual === undefined || value === null) return;
      if (i < hourQuarters) hour.add(value, actual);
      if (quarters === dayQuarters) day.add(value, actual);
    });
  }
  const hourAhead = hour.result();
  const dayAhead = day.result();
  return hourAhead && dayAhead && { hourAhead, dayAhead };
}

function createTally() {
  let error = 0;
  let sum = 0;
  const ratios: number[] = [];
  return {
    add(forecastW: number, actualW: number): void {
      error += Math.abs(forecastW - actualW);
      sum += Math.abs(actualW);
      // The ratio of next to nothing says nothing.
      if (forecastW > 1) ratios.push(actualW / forecastW);
    },
    result(): LeadError | null {
      if (ratios.length < comparedMin || sum === 0) return null;
      ratios.sort((a, b) => a - b);
      const at = (share: number): number => ratios[Math.floor(share * (ratios.length - 1))]!;
      return { weightedPct: (100 * error) / sum, lowRatio: at(0.1), highRatio: at(0.9), count: ratios.length };
    },
  };
}

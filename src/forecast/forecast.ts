/** What a forecast is: a value for each quarter of an hour ahead, what it rests on, and how wrong such forecasts were. */

/** What a forecast rests on, best first. `flat`: the last hour goes on; `unknown`: nothing is known. */
export type ForecastBasis = "feed" | "similar-days" | "clear-sky" | "flat" | "unknown";

/** Most quarters of one forecast: four days. */
export const forecastQuartersMax = 384;

export interface Forecast {
  /** Begins with a quarter of an hour. */
  readonly startsAtMs: number;
  /** By quarters of an hour, W; null where nothing is known. */
  readonly powerW: readonly (number | null)[];
  /** Eight of ten values lay between these; null where no error was measured. */
  readonly lowW: readonly (number | null)[];
  readonly highW: readonly (number | null)[];
  readonly basis: ForecastBasis;
  /** The error that forecasts like this one had on this site; null before it was measured. */
  readonly errors: ForecastErrors | null;
}

/** Error of forecasts at two distances, measured on the site's own days. */
export interface ForecastErrors {
  readonly hourAhead: LeadError;
  readonly dayAhead: LeadError;
}

export interface LeadError {
  /** Sum of the errors over the sum of what was measured, %. */
  readonly weightedPct: number;
  /** What was measured over what was forecast: one in ten was lower, one in ten higher. */
  readonly lowRatio: number;
  readonly highRatio: number;
  /** Quarters that were compared. */
  readonly count: number;
}

/** A forecast with the band that its errors give. Between an hour and a day ahead the band widens evenly. */
export function withBand(
  startsAtMs: number,
  powerW: readonly (number | null)[],
  basis: ForecastBasis,
  errors: ForecastErrors | null,
): Forecast {
  const at = (ratio: "lowRatio" | "highRatio") =>
    powerW.map((value, i) => {
      if (value === null || errors === null) return null;
      const share = Math.min(1, Math.max(0, (i / 4 - 1) / 23));
      return value * (errors.hourAhead[ratio] * (1 - share) + errors.dayAhead[ratio] * share);
    });
  return { startsAtMs, powerW, lowW: at("lowRatio"), highW: at("highRatio"), basis, errors };
}

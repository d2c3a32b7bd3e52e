/** Day-ahead prices by moment, from a file or an https address. */
import type { TariffSettings } from "../../config/site/tariff.ts";
import { parseMomentSeries } from "../../domain/moment-series.ts";
import type { Log } from "../log.ts";
import { type SeriesFeed, startSeriesFeed } from "./series-feed.ts";

/** `file`, `caFile`: resolved paths. */
export function startPriceFeed(
  settings: NonNullable<TariffSettings["dayAhead"]> & { readonly currency: string },
  log: Log,
  now: () => number,
): SeriesFeed {
  const { currency, maxPerKWh } = settings;
  const kind = { key: "perKWh", what: "price", unit: `${currency}/kWh`, min: -maxPerKWh, max: maxPerKWh };
  return startSeriesFeed("Day-ahead prices", settings, (text) => parseMomentSeries(text, kind), log, now);
}

/**
 * Prices that a connected system tells, by quarters of an hour: for the plan what is ahead, for the bill what was. They stand for
 * the tariff's own while they reach. Kept over a restart.
 */

import { z } from "zod";
import type { TariffSettings } from "../../config/site/tariff.ts";
import { minuteMs } from "../../domain/units.ts";
import type { ToldPrices } from "../../tariff/tariff.ts";
import type { Documents } from "../store/store.ts";

const quarterMs = 15 * 60_000;
/** Quarters that are kept; the oldest go first. */
const quartersMax = 5_000;
const collection = "told-prices";

/** A price and when it holds, per kWh; of two that hold at once the first of a list does. */
export interface ToldSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly perKWh: number;
}

export interface ToldPriceBook {
  readonly prices: ToldPrices;
  /** All that is known of now and later; what is not among it ahead is forgotten. */
  tell(side: "import" | "export", spans: readonly ToldSpan[], nowMs: number): void;
  /** Counts the changes. */
  readonly version: number;
}

const bookSchema = z.object({
  import: z.array(z.tuple([z.number(), z.number()])).max(quartersMax),
  export: z.array(z.tuple([z.number(), z.number()])).max(quartersMax),
});

export function openToldPrices(documents: Documents, settings: TariffSettings | undefined): ToldPriceBook {
  const book = { import: new Map<number, number>(), export: new Map<number, number>() };
  let version = 0;
  const kept = bookSchema.safeParse(parsed(documents.get(collection, "book")));
  if (kept.success)
    for (const side of ["import", "export"] as const)
      for (const [quarter, perKWh] of kept.data[side]) book[side].set(quarter, perKWh);
  const mostPerKWh = settings?.dayAhead?.maxPerKWh ?? usualMostPerKWh;
  return {
    prices: {
      importAt: (utcMs) => book.import.get(Math.floor(utcMs / quarterMs)) ?? null,
      exportAt: (utcMs) => book.export.get(Math.floor(utcMs / quarterMs)) ?? null,
    },
    get version() {
      return version;
    },
    tell(side, spans, nowMs) {
      const first = Math.floor(nowMs / quarterMs);
      const fresh = byQuarters(
        spans.filter(({ perKWh }) => Math.abs(perKWh) <= mostPerKWh),
        first,
      );
      const prices = book[side];
      const ahead = [...prices].filter(([quarter]) => quarter >= first);
      if (ahead.length === fresh.size && ahead.every(([quarter, perKWh]) => fresh.get(quarter) === perKWh)) return;
      for (const [quarter] of ahead) prices.delete(quarter);
      for (const [quarter, perKWh] of fresh) prices.set(quarter, perKWh);
      for (const quarter of [...prices.keys()].sort((a, b) => a - b).slice(0, Math.max(0, prices.size - quartersMax)))
        prices.delete(quarter);
      version++;
      documents.put(collection, "book", JSON.stringify({ import: [...book.import], export: [...book.export] }));
    },
  };
}

/** A price beyond this is in the wrong unit, where the tariff says nothing else. */
const usualMostPerKWh = 5;
const aheadQuarters = 192;

/** The mean of each quarter of which anything is known. */
function byQuarters(spans: readonly ToldSpan[], first: number): Map<number, number> {
  const quarters = new Map<number, number>();
  for (let quarter = first; quarter < first + aheadQuarters; quarter++) {
    const fromMs = quarter * quarterMs;
    const near = spans.filter((span) => span.fromMs < fromMs + quarterMs && span.toMs > fromMs);
    if (near.length === 0) continue;
    const values: number[] = [];
    for (let atMs = fromMs; atMs < fromMs + quarterMs; atMs += minuteMs) {
      const holds = near.find((span) => span.fromMs <= atMs && atMs < span.toMs);
      if (holds !== undefined) values.push(holds.perKWh);
    }
    if (values.length > 0)
      quarters.set(quarter, Math.round((values.reduce((a, b) => a + b, 0) / values.length) * 1e6) / 1e6);
  }
  return quarters;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return undefined;
  }
}

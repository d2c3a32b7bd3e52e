/**
 * What is kept of the past for charts: five minutes at two seconds, the local day in quarters of an hour. Bounded, in
 * memory; the long record is the store's business.
 */
import type { HistoryQuantity, HistoryQuery, HistorySeries } from "../source.ts";
import type { DayState, TrendState } from "../state.ts";

const trendStepMs = 2_000;
const trendSamplesMax = 150;
const quarterMs = 15 * 60_000;
const quarters = 96;

/** Present values, W, pu, Hz; NaN unknown. */
type Quantity = HistoryQuantity | "busFrequencyHz";
export type Measured = Readonly<Record<Quantity, number>>;
const dayQuantities = ["loadW", "pvW", "pccW", "vehiclesW"] as const;
type DayQuantity = (typeof dayQuantities)[number];

export interface Recorder {
  add(measured: Measured, atMs: number, midnightMs: number): void;
  trend(
    quantity: Quantity,
    name: TrendState["quantity"],
    lowLimit: number | null,
    highLimit: number | null,
  ): TrendState;
  measured(quantity: DayQuantity): (number | null)[];
  /** What is kept of a quantity in a time: by two seconds where that reaches, otherwise today by quarters of an hour. */
  history(query: HistoryQuery): HistorySeries;
  outageBegan(atMs: number): void;
  outageEnded(atMs: number): void;
  readonly outages: DayState["outages"];
}

export function createRecorder(): Recorder {
  const trendRows: Measured[] = [];
  let trendAtMs = Number.NEGATIVE_INFINITY;
  let dayStartMs = Number.NaN;
  const sums = new Map<DayQuantity, Float64Array>();
  const counts = new Map<DayQuantity, Float64Array>();
  let outages: { fromMs: number; toMs: number | null }[] = [];

  const newDay = (midnightMs: number): void => {
    dayStartMs = midnightMs;
    for (const quantity of dayQuantities) {
      sums.set(quantity, new Float64Array(quarters));
      counts.set(quantity, new Float64Array(quarters));
    }
    outages = outages.filter((outage) => outage.toMs === null);
  };

  const measured = (quantity: DayQuantity): (number | null)[] =>
    Array.from({ length: quarters }, (_, i) => {
      const count = counts.get(quantity)?.[i] ?? 0;
      return count === 0 ? null : sums.get(quantity)![i]! / count;
    });

  return {
    add(measured, atMs, midnightMs) {
      if (midnightMs !== dayStartMs) newDay(midnightMs);
      if (atMs - trendAtMs >= trendStepMs) {
        trendAtMs = atMs;
        trendRows.push({ ...measured });
        if (trendRows.length > trendSamplesMax) trendRows.shift();
      }
      const quarter = Math.floor((atMs - dayStartMs) / quarterMs);
      if (quarter < 0 || quarter >= quarters) return;
      for (const quantity of dayQuantities) {
        const value = measured[quantity];
        if (!Number.isFinite(value)) continue;
        sums.get(quantity)![quarter]! += value;
        counts.get(quantity)![quarter]! += 1;
      }
    },
    trend(quantity, name, lowLimit, highLimit) {
      const samples = trendRows.map((row) => finite(row[quantity]));
      return {
        quantity: name,
        startsAtMs: trendAtMs - (samples.length - 1) * trendStepMs,
        stepMs: trendStepMs,
        samples,
        lowLimit,
        highLimit,
      };
    },
    measured,
    history({ quantity, fromMs, toMs, pointsMax }) {
      const firstMs = trendAtMs - (trendRows.length - 1) * trendStepMs;
      const day = (dayQuantities as readonly HistoryQuantity[]).includes(quantity) && fromMs < firstMs;
      const [startsAtMs, stepMs] = day ? [dayStartMs, quarterMs] : [firstMs, trendStepMs];
      const values = day ? measured(quantity as DayQuantity) : trendRows.map((row) => finite(row[quantity]));
      const first = Math.max(0, Math.ceil((fromMs - startsAtMs) / stepMs));
      const last = Math.min(values.length, Math.floor((toMs - startsAtMs) / stepMs) + 1, first + pointsMax);
      return Number.isFinite(startsAtMs) && last > first
        ? { quantity, startsAtMs: startsAtMs + first * stepMs, stepMs, values: values.slice(first, last) }
        : { quantity, startsAtMs: fromMs, stepMs, values: [] };
    },
    outageBegan: (atMs) => void outages.push({ fromMs: atMs, toMs: null }),
    outageEnded(atMs) {
      const last = outages.at(-1);
      if (last && last.toMs === null) last.toMs = atMs;
    },
    get outages() {
      return outages;
    },
  };
}

export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/**
 * What is kept of the past for charts: five minutes at two seconds, the local day in quarters of an hour. Bounded, in
 * memory; `day-archive.ts` keeps the days.
 */
import type { HistoryQuantity, HistoryQuery, HistorySeries } from "../source.ts";
import type { DayState, TrendState } from "../state.ts";
import { type KeptDay, outagesMax, quartersMax } from "./day-archive.ts";

const trendStepMs = 2_000;
const trendSamplesMax = 150;
const quarterMs = 15 * 60_000;
/** Of an ordinary day. */
const quarters = 96;
/** A day that was kept weighs in its last quarter of an hour as if it had been measured this often, ms. */
const sampleMs = 250;

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
  /** The day so far, to be kept; undefined before the first value. */
  day(nowMs: number): KeptDay | undefined;
  /** Quarter of an hour of the newest value; −1 before it. */
  readonly quarter: number;
}

/** `kept`: the newest day of the archive, which goes on if it is still today. */
export function createRecorder(kept?: KeptDay): Recorder {
  const trendRows: Measured[] = [];
  let trendAtMs = Number.NEGATIVE_INFINITY;
  let dayStartMs = Number.NaN;
  const sums = new Map<DayQuantity, Float64Array>();
  const counts = new Map<DayQuantity, Float64Array>();
  let outages: { fromMs: number; toMs: number | null }[] = [];
  let quarter = -1;

  const newDay = (midnightMs: number): void => {
    dayStartMs = midnightMs;
    for (const quantity of dayQuantities) {
      sums.set(quantity, new Float64Array(quartersMax));
      counts.set(quantity, new Float64Array(quartersMax));
    }
    outages = outages.filter((outage) => outage.toMs === null);
    if (kept?.startsAtMs === midnightMs) goOn(kept);
  };

  /** Means weigh as much as they did when they were kept. */
  const goOn = (day: KeptDay): void => {
    outages = [...day.outages];
    for (const quantity of dayQuantities)
      for (const [i, value] of day[quantity].entries()) {
        if (value === null) continue;
        const measuredMs = Math.min(quarterMs, day.savedAtMs - day.startsAtMs - i * quarterMs);
        const count = Math.max(1, Math.round(measuredMs / sampleMs));
        counts.get(quantity)![i] = count;
        sums.get(quantity)![i] = value * count;
      }
  };

  const measured = (quantity: DayQuantity): (number | null)[] =>
    Array.from({ length: Math.max(quarters, quarter + 1) }, (_, i) => {
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
      quarter = Math.max(0, Math.min(quartersMax - 1, Math.floor((atMs - dayStartMs) / quarterMs)));
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
    outageBegan(atMs) {
      // One that a restart fell into goes on.
      if (outages.at(-1)?.toMs === null) return;
      outages.push({ fromMs: atMs, toMs: null });
      if (outages.length > outagesMax) outages.shift();
    },
    outageEnded(atMs) {
      const last = outages.at(-1);
      if (last && last.toMs === null) last.toMs = atMs;
    },
    get outages() {
      return outages;
    },
    day: (nowMs) =>
      quarter < 0
        ? undefined
        : {
            startsAtMs: dayStartMs,
            savedAtMs: nowMs,
            loadW: rounded(measured("loadW")),
            pvW: rounded(measured("pvW")),
            pccW: rounded(measured("pccW")),
            vehiclesW: rounded(measured("vehiclesW")),
            outages: [...outages],
          },
    get quarter() {
      return quarter;
    },
  };
}

export const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const rounded = (values: readonly (number | null)[]): (number | null)[] =>
  values.map((value) => (value === null ? null : Math.round(value)));

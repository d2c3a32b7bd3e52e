/**
 * What a site would have drawn without an event, by its own days before: for each quarter of the event the mean of the last days of
 * the same kind, moved by what this day was above or below them some hours before. Event days and days with an outage don't count.
 */
import { clamp } from "../domain/units.ts";

export const quartersOfDay = 96;

/** How a programme reckons. */
export interface BaselineMethod {
  /** Days of the same kind that are looked at, and how many of them with the highest use during the event's hours count. */
  readonly days: number;
  readonly highest: number;
  /** The day-of adjustment; null: none. */
  readonly adjustment: {
    /** Its window, hours before the event. */
    readonly fromHours: number;
    readonly toHours: number;
    /** The baseline is moved by at most this share, %. */
    readonly capPct: number;
  } | null;
}

/** Ten of ten with an adjustment of at most 20 %, hours 4 to 2 before the event. Window and cap are a programme's to say. */
export const tenOfTen: BaselineMethod = {
  days: 10,
  highest: 10,
  adjustment: { fromHours: 4, toHours: 2, capPct: 20 },
};

/** Net use at the PCC by quarters of the clock, W, positive import; NaN where nothing was measured. */
export interface BaselineDay {
  /** Local day. */
  readonly day: number;
  readonly clockW: ArrayLike<number>;
  /** An event or an outage was on this day: it is left out. */
  readonly leftOut: boolean;
}

export interface Baseline {
  /** For each quarter of the event, W. */
  readonly quarterW: readonly number[];
  /** By what the adjustment multiplied; 1 without one. */
  readonly factor: number;
  /** Before the cap; NaN where the window was not measured. */
  readonly uncapped: number;
  /** Local days that it rests on, newest first. */
  readonly daysUsed: readonly number[];
}

/**
 * `before`: days of the event's kind before it, in any order. `today`: what was measured on the event's day. Null where fewer days
 * than the method asks for have the event's hours whole: a baseline on less is not the programme's.
 */
export function baselineOf(
  method: BaselineMethod,
  before: readonly BaselineDay[],
  today: BaselineDay,
  fromQuarter: number,
  toQuarter: number,
): Baseline | null {
  const meanW = (day: BaselineDay, from: number, to: number): number => {
    let sum = 0;
    for (let q = from; q < to; q++) sum += day.clockW[q] ?? Number.NaN;
    return sum / (to - from);
  };
  const last = [...before]
    .filter((day) => !day.leftOut && day.day < today.day && !Number.isNaN(meanW(day, fromQuarter, toQuarter)))
    .sort((a, b) => b.day - a.day)
    .slice(0, method.days);
  if (last.length < method.days || toQuarter <= fromQuarter) return null;
  const used = [...last]
    .sort((a, b) => meanW(b, fromQuarter, toQuarter) - meanW(a, fromQuarter, toQuarter) || b.day - a.day)
    .slice(0, method.highest);
  const mean = (q: number): number => used.reduce((sum, day) => sum + day.clockW[q]!, 0) / used.length;
  const quarters = Array.from({ length: toQuarter - fromQuarter }, (_, i) => mean(fromQuarter + i));
  const { factor, uncapped } = adjustmentOf(method, used, today, fromQuarter);
  return {
    quarterW: quarters.map((powerW) => powerW * factor),
    factor,
    uncapped,
    daysUsed: used.map(({ day }) => day).sort((a, b) => b - a),
  };
}

/** What the day was beside its baseline in the hours before the event. */
function adjustmentOf(
  { adjustment }: BaselineMethod,
  used: readonly BaselineDay[],
  today: BaselineDay,
  fromQuarter: number,
): { readonly factor: number; readonly uncapped: number } {
  if (adjustment === null) return { factor: 1, uncapped: 1 };
  let measured = 0;
  let expected = 0;
  const end = fromQuarter - 4 * adjustment.toHours;
  for (let q = Math.max(0, fromQuarter - 4 * adjustment.fromHours); q < end; q++) {
    measured += today.clockW[q]!;
    expected += used.reduce((sum, day) => sum + day.clockW[q]!, 0) / used.length;
  }
  const uncapped = measured / expected;
  // Nothing measured, or a baseline about zero: a ratio would be anything.
  if (!Number.isFinite(uncapped) || expected <= 0) return { factor: 1, uncapped: Number.NaN };
  const cap = adjustment.capPct / 100;
  return { factor: clamp(uncapped, 1 - cap, 1 + cap), uncapped };
}

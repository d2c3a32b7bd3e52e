/**
 * When a vehicle usually comes, by its own last stays on such days. For planning the middle counts, for a promise to a person the
 * later end. Who never came is not planned: unknown is no arrival, and no arrival at midnight either.
 */
import type { DayKind } from "../domain/calendar.ts";

/** Newest stays of a kind of day that count, and how many are needed to speak of a habit. */
const staysMax = 10;
const staysMin = 3;

/** One past stay of a vehicle. */
export interface PastArrival {
  readonly kind: DayKind;
  /** Since the local day began, ms. */
  readonly intoDayMs: number;
  /** Energy that it had used since it left before, Wh; null where either end is unknown. */
  readonly usedWh: number | null;
}

export interface ArrivalForecast {
  readonly intoDayMs: number;
  /** Four of five came by then. */
  readonly byMs: number;
  /** Median of what it used; null where unknown. */
  readonly usedWh: number | null;
  /** Stays that this rests on. */
  readonly stays: number;
}

/** `past`: newest first. Null where too little is known. */
export function forecastArrival(past: readonly PastArrival[], kind: DayKind): ArrivalForecast | null {
  const like = past.filter((stay) => stay.kind === kind).slice(0, staysMax);
  if (like.length < staysMin) return null;
  const times = like.map(({ intoDayMs }) => intoDayMs).sort((a, b) => a - b);
  const used = like.flatMap(({ usedWh }) => usedWh ?? []).sort((a, b) => a - b);
  return {
    intoDayMs: quantile(times, 0.5),
    byMs: quantile(times, 0.8),
    usedWh: used.length >= staysMin ? quantile(used, 0.5) : null,
    stays: like.length,
  };
}

/** Of sorted values, straight between neighbours. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const next = sorted[Math.min(low + 1, sorted.length - 1)]!;
  return sorted[low]! + (at - low) * (next - sorted[low]!);
}

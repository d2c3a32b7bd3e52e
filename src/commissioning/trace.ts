/** What is recorded while a site is nudged: one look at everything, many times a second. Powers positive towards the site, W. */

/** One power stage at one moment: what it was told, and what it says that it does. */
export interface StageLook {
  readonly commandW: number;
  readonly powerW: number;
}

/** One look at the site. */
export interface Look {
  readonly atMs: number;
  readonly stages: readonly StageLook[];
  readonly meterW: number;
  /** When the meter's sample came; another moment is another sample. */
  readonly sampleAtMs: number;
}

/** A figure that was measured and how far off it may be, both in the unit of its name. */
export interface Figure {
  readonly value: number;
  readonly uncertainty: number;
}

/** A nudge in a recording: looks from `from` up to `to`, the command changing at the first. */
export interface Segment {
  readonly from: number;
  readonly to: number;
}

/** The best of what `tried` gives between two bounds: first in five times the step, then around the best of those. */
export function searched<T extends { readonly left: number }>(
  from: number,
  to: number,
  step: number,
  tried: (at: number) => T,
): T {
  let best = tried(from);
  let bestAt = from;
  const look = (at: number): void => {
    if (at < from || at > to) return;
    const one = tried(at);
    if (one.left < best.left) [best, bestAt] = [one, at];
  };
  for (let at = from + coarse * step; at <= to; at += coarse * step) look(at);
  const around = bestAt;
  for (let i = 1; i < coarse; i++) {
    look(around - i * step);
    look(around + i * step);
  }
  return best;
}

const coarse = 5;

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[sorted.length >> 1]!;
}

/** How far values scatter around their mean, for the mean's uncertainty (two standard errors). */
export function uncertaintyOf(values: readonly number[]): number {
  if (values.length < 2) return Number.POSITIVE_INFINITY;
  const mean = meanOf(values);
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return 2 * Math.sqrt(square / values.length);
}

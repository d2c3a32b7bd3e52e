/**
 * Times in fixed buckets, so that a loop can record a million of them without allocating: 10 µs wide up to 2 ms, 100 µs up
 * to 20 ms, 1 ms up to 200 ms, the rest in the last. A quantile is its bucket's upper edge: never flattering.
 */
const edges: readonly (readonly [untilMs: number, widthMs: number])[] = [
  [2, 0.01],
  [20, 0.1],
  [200, 1],
];
const bucketsMax = 200 + 180 + 180 + 1;

export interface Histogram {
  readonly counts: Float64Array;
  count: number;
  maxMs: number;
}

export const createHistogram = (): Histogram => ({ counts: new Float64Array(bucketsMax), count: 0, maxMs: 0 });

export function record(histogram: Histogram, timeMs: number): void {
  const t = timeMs > 0 ? timeMs : 0;
  const bucket =
    t < 2 ? (t * 100) | 0 : t < 20 ? 200 + (((t - 2) * 10) | 0) : t < 200 ? 380 + ((t - 20) | 0) : bucketsMax - 1;
  histogram.counts[bucket] = histogram.counts[bucket]! + 1;
  histogram.count++;
  if (t > histogram.maxMs) histogram.maxMs = t;
}

/** The time that a share `q` (0…1) of the records does not exceed, ms. NaN when nothing was recorded. */
export function quantileMs(histogram: Histogram, q: number): number {
  if (histogram.count === 0) return Number.NaN;
  let left = Math.ceil(q * histogram.count);
  for (let bucket = 0; bucket < bucketsMax; bucket++) {
    left -= histogram.counts[bucket]!;
    if (left <= 0) return Math.min(upperEdgeMs(bucket), histogram.maxMs);
  }
  return histogram.maxMs;
}

function upperEdgeMs(bucket: number): number {
  if (bucket === bucketsMax - 1) return Number.POSITIVE_INFINITY;
  let first = 0;
  let fromMs = 0;
  for (const [untilMs, widthMs] of edges) {
    const buckets = Math.round((untilMs - fromMs) / widthMs);
    if (bucket < first + buckets) return fromMs + (bucket - first + 1) * widthMs;
    first += buckets;
    fromMs = untilMs;
  }
  return Number.POSITIVE_INFINITY;
}

export function resetHistogram(histogram: Histogram): void {
  histogram.counts.fill(0);
  histogram.count = 0;
  histogram.maxMs = 0;
}

/**
 * The response-time passport of a site: every recovery from a load step that was measured in operation. Kept as counts, so
 * that years fit into a few hundred numbers; the last recoveries are kept in full.
 */

/** Width of one class and number of classes; the last one takes everything longer. */
const classMs = 20;
const classesMax = 101;
/** Recoveries kept in full. */
const recentMax = 32;

/** One return under the limit: when, from how far above, W, and after how long, ms. */
export interface Recovery {
  /** UTC, ms; NaN when the clock was not trusted. */
  wallMs: number;
  /** Largest power beyond the limit, W, and time beyond it, ms. */
  peakOverW: number;
  durationMs: number;
}

/** How long returns under the limit took, by classes, beside what is promised. */
export interface ResponsePassport {
  count: number;
  longestMs: number;
  /** Recoveries within requirement R10's own bound and beyond it. */
  beyondBoundCount: number;
  readonly boundMs: number;
  readonly classCounts: Float64Array;
  readonly recent: Recovery[];
}

/** The passport for people: counts and percentiles, ms. */
export interface PassportReport {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  readonly boundMs: number;
  readonly beyondBoundCount: number;
  readonly recent: readonly Recovery[];
}

/** `boundMs`: what the site promises; 500 ms by requirement R10. */
export function createResponsePassport(boundMs = 500): ResponsePassport {
  return {
    count: 0,
    longestMs: 0,
    beyondBoundCount: 0,
    boundMs,
    classCounts: new Float64Array(classesMax),
    recent: Array.from({ length: recentMax }, () => ({ wallMs: Number.NaN, peakOverW: 0, durationMs: 0 })),
  };
}

/** Enters one return under the limit; `peakOverW` above it, `durationMs` long. */
export function noteRecovery(p: ResponsePassport, wallMs: number, peakOverW: number, durationMs: number): void {
  const slot = p.recent[p.count % recentMax]!;
  slot.wallMs = wallMs;
  slot.peakOverW = peakOverW;
  slot.durationMs = durationMs;
  p.count++;
  if (durationMs > p.longestMs) p.longestMs = durationMs;
  if (durationMs > p.boundMs) p.beyondBoundCount++;
  const k = Math.min(classesMax - 1, Math.max(0, Math.ceil(durationMs / classMs)));
  p.classCounts[k] = p.classCounts[k]! + 1;
}

/** For people and the API. Percentiles are the upper end of their class (20 ms), the longest is exact. */
export function reportPassport(p: ResponsePassport): PassportReport {
  const kept = Math.min(p.count, recentMax);
  return {
    count: p.count,
    p50Ms: quantileMs(p, 0.5),
    p99Ms: quantileMs(p, 0.99),
    longestMs: p.longestMs,
    boundMs: p.boundMs,
    beyondBoundCount: p.beyondBoundCount,
    recent: Array.from({ length: kept }, (_, k) => ({ ...p.recent[(p.count - kept + k) % recentMax]! })),
  };
}

function quantileMs(p: ResponsePassport, share: number): number {
  if (p.count === 0) return Number.NaN;
  let seen = 0;
  for (let k = 0; k < classesMax; k++) {
    seen += p.classCounts[k]!;
    if (seen >= share * p.count) return Math.min(p.longestMs, k === classesMax - 1 ? p.longestMs : k * classMs);
  }
  return p.longestMs;
}

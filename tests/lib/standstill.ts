/**
 * How long the tests' own process stood still: emulated devices and whatever is tried in it stand still with it. A bound in
 * time that was measured meanwhile is wider by that much, and by no more.
 */

/** How often it looks, and what is no more than the ordinary lateness of a timer, ms. */
const everyMs = 5;
const stallFromMs = 20;
/** The oldest are forgotten beyond so many. */
const stallsMax = 10_000;

interface Stall {
  /** End of it, on `performance.now()`. */
  readonly atMs: number;
  readonly lastedMs: number;
}

const stalls: Stall[] = [];
let lookedMs = performance.now();
setInterval(() => {
  const nowMs = performance.now();
  const lastedMs = nowMs - lookedMs - everyMs;
  lookedMs = nowMs;
  if (lastedMs >= stallFromMs) stalls.push({ atMs: nowMs, lastedMs });
  if (stalls.length > stallsMax) stalls.splice(0, stallsMax / 2);
}, everyMs).unref();

/** The longest standstill of this process that ended after `fromMs`, or still goes on, ms; 0 where there was none. */
export function longestStallMs(fromMs: number): number {
  const presentMs = performance.now() - lookedMs - everyMs;
  const seen = stalls.filter(({ atMs }) => atMs >= fromMs).map(({ lastedMs }) => lastedMs);
  return Math.max(0, ...seen, presentMs >= stallFromMs ? presentMs : 0);
}

/** All of them together, ms. */
export const stallsMs = (fromMs: number): number =>
  stalls.filter(({ atMs }) => atMs >= fromMs).reduce((sum, { lastedMs }) => sum + lastedMs, 0);

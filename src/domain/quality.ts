/**
 * How far a measured fact may be believed. A fact that is not `good` never enters a formula: rules speak about its
 * quality instead. Numbers, because facts live in flat buffers that two threads share.
 */
export const Quality = {
  /** Never received since start or since the link came back. */
  missing: 0,
  /** Received once, but older than its freshness bound. */
  stale: 1,
  /** Fresh by arrival, but the device repeats itself: the challenge of the meter supervision found it frozen. */
  frozen: 2,
  /** Fresh, but impossible: NaN, out of range, phases that do not add up, a sign that contradicts a nudge. */
  implausible: 3,
  /** Fresh and plausible. */
  good: 4,
} as const;
/** How far a reading may be believed, from not at all to fully. */
export type Quality = (typeof Quality)[keyof typeof Quality];

/** Names for people, in the order of the numbers. */
export const qualityNames = ["missing", "stale", "frozen", "implausible", "good"] as const;

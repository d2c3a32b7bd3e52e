/**
 * Instruments that a scenario's checks read: each looks at the site once a tick, inside its window, and gives one number.
 * Times are those of the story ("16:30", "+1 05:30").
 */
import type { Site } from "../story/site.ts";

export type Reading = (site: Site) => number;
export type Condition = (site: Site) => boolean;

export interface Probe {
  /** Story times in which it looks; undefined for the whole story. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  look(site: Site, tickMs: number, sinceFromMs: number): void;
  /** NaN when there was nothing to see: a check on it fails. */
  value(site: Site): number;
}

/** The reading at the first tick at or after a moment. */
export function at(moment: string, reading: Reading): Probe {
  let seen = Number.NaN;
  let taken = false;
  return {
    from: moment,
    to: undefined,
    look(site) {
      if (taken) return;
      taken = true;
      seen = reading(site);
    },
    value: () => seen,
  };
}

/** The reading that goes beyond all others; NaN readings say nothing. */
function extreme(
  reading: Reading,
  beyond: (value: number, seen: number) => boolean,
  from: string | undefined,
  to: string | undefined,
): Probe {
  let seen = Number.NaN;
  return {
    from,
    to,
    look(site) {
      const value = reading(site);
      if (Number.isNaN(seen) || beyond(value, seen)) seen = value;
    },
    value: () => seen,
  };
}

/** The largest reading. */
export const most = (reading: Reading, from?: string, to?: string): Probe =>
  extreme(reading, (value, seen) => value > seen, from, to);

/** The smallest reading. */
export const least = (reading: Reading, from?: string, to?: string): Probe =>
  extreme(reading, (value, seen) => value < seen, from, to);

/** Mean over the window's ticks. */
export function mean(reading: Reading, from?: string, to?: string): Probe {
  let sum = 0;
  let ticks = 0;
  return {
    from,
    to,
    look(site) {
      sum += reading(site);
      ticks++;
    },
    value: () => (ticks > 0 ? sum / ticks : Number.NaN),
  };
}

/** Seconds from a moment until the condition holds for the first time, and goes on holding for `heldMs`. */
export function secondsUntil(condition: Condition, from: string, heldMs = 0, to?: string): Probe {
  let beganMs = Number.NaN;
  let seenS = Number.NaN;
  return {
    from,
    to,
    look(site, _tickMs, sinceFromMs) {
      if (!Number.isNaN(seenS)) return;
      if (!condition(site)) {
        beganMs = Number.NaN;
        return;
      }
      if (Number.isNaN(beganMs)) beganMs = sinceFromMs;
      if (sinceFromMs - beganMs >= heldMs) seenS = beganMs / 1000;
    },
    value: () => seenS,
  };
}

/** The longest stretch in which the condition held, ms. */
export function longestMs(condition: Condition, from?: string, to?: string): Probe {
  let nowMs = 0;
  let longest = 0;
  return {
    from,
    to,
    look(site, tickMs) {
      nowMs = condition(site) ? nowMs + tickMs : 0;
      if (nowMs > longest) longest = nowMs;
    },
    value: () => longest,
  };
}

/** Time in which the condition held, s. */
export function totalS(condition: Condition, from?: string, to?: string): Probe {
  let sumMs = 0;
  return {
    from,
    to,
    look(site, tickMs) {
      if (condition(site)) sumMs += tickMs;
    },
    value: () => sumMs / 1000,
  };
}

/** Read once, when the story is over. */
export function atEnd(reading: Reading): Probe {
  return { from: undefined, to: undefined, look() {}, value: reading };
}

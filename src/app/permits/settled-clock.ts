/**
 * The wall clock as far as it may be believed for good: a moment counts when the clock has gone with the monotonic one for ten
 * minutes. A clock that is wrong for a while (a bad time server, an empty battery) leaves nothing behind.
 */
import { clockSettlesMs, clockStepMaxMs } from "../../core/modes/authority.ts";

export interface SettledClock {
  /** The moment that counts, ms UTC; NaN while the clock has not gone evenly for long enough. */
  look(wallMs: number, nowMs: number): number;
}

export function createSettledClock(): SettledClock {
  let aheadMs = Number.NaN;
  let sinceMs = Number.NaN;
  return {
    look(wallMs, nowMs) {
      const ahead = wallMs - nowMs;
      if (!(Math.abs(ahead - aheadMs) <= clockStepMaxMs)) sinceMs = nowMs;
      aheadMs = ahead;
      return nowMs - sinceMs >= clockSettlesMs ? wallMs : Number.NaN;
    },
  };
}

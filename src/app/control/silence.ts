/** A silence that commissioning asks for, to try what devices do when nobody speaks to them any more. It ends by itself. */

/** Longer than any watchdog that can be configured, ms. */
const silenceMaxMs = 45_000;

export interface Silence {
  begin(forMs: number, nowMs: number): void;
  isOn(nowMs: number): boolean;
  /** How long the one lasted that is over, ms, told once; 0 where there was none. */
  over(nowMs: number): number;
}

export function createSilence(): Silence {
  let fromMs = Number.NaN;
  let untilMs = Number.NEGATIVE_INFINITY;
  return {
    begin(forMs, nowMs) {
      fromMs = nowMs;
      untilMs = nowMs + Math.min(forMs, silenceMaxMs);
    },
    isOn: (nowMs) => nowMs < untilMs,
    over(nowMs) {
      const lastedMs = Number.isNaN(fromMs) ? 0 : nowMs - fromMs;
      fromMs = Number.NaN;
      return lastedMs;
    },
  };
}

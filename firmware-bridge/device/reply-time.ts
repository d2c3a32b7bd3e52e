/**
 * How long replies take, and how long one is waited for. A device that answers within milliseconds is missed soon; a slow
 * one has the time that its settings give it. As with TCP's retransmission timer the wait doubles while replies stay away,
 * so that a device that has become slower is found again.
 */

/** Nobody is given up sooner, ms: a retransmission on the network, a short pause of a gateway. */
const replyFloorMs = 100;
/**
 * The wait is this many times the slowest of the recent replies, and no more than so many times the usual one. A read is
 * given up sooner than a write: its late reply is known and thrown away, while a write without a reply costs the connection.
 */
const peakFactors = { read: 3, write: 6 } as const;
const meanFactor = 16;
const meanShare = 1 / 16;
/** A slow reply is remembered for some hundred more. */
const peakDecay = 0.98;
const doublingMax = 64;
/** Replies that the quantiles are taken of. */
const windowLength = 128;

/** One device's reply times, and from them how long its next reply is waited for, ms. */
export class ReplyTime {
  /** Slowest of the recent replies, ms; NaN before the first. */
  peakMs = Number.NaN;
  readonly #of: keyof typeof peakFactors;
  #meanMs = Number.NaN;
  #doubling = 1;
  readonly #window = new Float64Array(windowLength);
  #count = 0;

  constructor(of: keyof typeof peakFactors) {
    this.#of = of;
  }

  /** Usual time for a reply, ms; NaN before the first. */
  get meanMs(): number {
    return this.#meanMs;
  }

  took(latencyMs: number): void {
    this.peakMs = Math.max(latencyMs, Number.isNaN(this.peakMs) ? 0 : this.peakMs * peakDecay);
    this.#meanMs = Number.isNaN(this.#meanMs) ? latencyMs : this.#meanMs + meanShare * (latencyMs - this.#meanMs);
    this.#doubling = 1;
    this.#window[this.#count % windowLength] = latencyMs;
    this.#count += 1;
  }

  missed(): void {
    this.#doubling = Math.min(doublingMax, 2 * this.#doubling);
  }

  /** Time for the next reply, ms, at most what the settings allow. */
  timeoutMs(mostMs: number): number {
    if (Number.isNaN(this.peakMs)) return mostMs;
    const waitMs = Math.min(peakFactors[this.#of] * this.peakMs, meanFactor * this.#meanMs);
    return Math.min(mostMs, Math.max(replyFloorMs, waitMs) * this.#doubling);
  }

  /** Whether a reply can be expected within `budgetMs`; unknown counts as yes, so that it is found out. */
  fits(budgetMs: number): boolean {
    return !(this.peakMs > budgetMs);
  }

  /** Quantile of the latest replies, ms; NaN before the first. */
  quantileMs(share: number): number {
    const filled = Math.min(this.#count, windowLength);
    if (filled === 0) return Number.NaN;
    const sorted = this.#window.slice(0, filled).sort();
    return sorted[Math.min(filled - 1, Math.floor(share * filled))]!;
  }
}

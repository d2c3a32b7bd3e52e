/**
 * The controller's sign of life. It is conditional: it advances once a second, and only after a completed step in which every
 * fact that the present mode rests on was fresh (`src/core/modes/needs.ts` says which), so that a loop that hangs, or steps on stale
 * facts, lets every stage's watchdog run out.
 */
const heartbeatPeriodMs = 1_000;
/** The shortest watchdog of a stage is two seconds: a longer step between two beats may have cost it a beat, ms. */
const pauseFromMs = 1_900;

/** The number that feeds a stage's watchdog; it advances only when that is allowed. */
export class Heartbeat {
  value: number;
  #advancedMs = Number.NEGATIVE_INFINITY;
  /** When its last pause ended in which a stage's watchdog may have acted, the one before the start among them, ms. */
  pauseEndedMs = Number.NEGATIVE_INFINITY;

  constructor(value = 1) {
    this.value = value;
  }

  /** When it last advanced as allowed, ms; -Infinity before the first time. */
  get advancedMs(): number {
    return this.#advancedMs;
  }

  /** `allowed`: a step was completed since the last call, and nothing that it rests on was missing. */
  update(allowed: boolean, nowMs: number): void {
    if (!allowed || nowMs - this.#advancedMs < heartbeatPeriodMs) return;
    // 0xFFFFFFFF means "not implemented", so the counter wraps one before it.
    if (nowMs - this.#advancedMs > pauseFromMs) this.pauseEndedMs = nowMs;
    this.value = this.value >= 0xffff_fffe ? 0 : this.value + 1;
    this.#advancedMs = nowMs;
  }
}

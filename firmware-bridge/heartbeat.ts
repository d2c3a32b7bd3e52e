/**
 * The controller's sign of life. It is earned: it advances only after a completed step on fresh inputs, once a second, so
 * that a loop that hangs, or steps on stale facts, lets every stage's watchdog run out.
 */
export const heartbeatPeriodMs = 1_000;

export class Heartbeat {
  value: number;
  #advancedMs = Number.NEGATIVE_INFINITY;

  constructor(value = 1) {
    this.value = value;
  }

  /** `earned`: a step was completed on fresh inputs since the last call. */
  update(earned: boolean, nowMs: number): void {
    if (!earned || nowMs - this.#advancedMs < heartbeatPeriodMs) return;
    // 0xFFFFFFFF means "not implemented", so the counter wraps one before it.
    this.value = this.value >= 0xffff_fffe ? 0 : this.value + 1;
    this.#advancedMs = nowMs;
  }
}

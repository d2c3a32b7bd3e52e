/**
 * Which latched reasons of a stage the controller resets by itself: its own loss-of-heartbeat latch, and that one alone. Every
 * other alarm is somebody's word that a person has to look (ground fault, over-temperature, emergency stop).
 *
 * The reset is given only after verification and while the heartbeat is earned, so that it does not come back at once; and only
 * so many times: a stage that latches again and again is not reset until somebody has done it at the stage.
 */

/** 701.Alrm MANUFACTURER_ALRM: what a stage may show beside the flag, for want of a bit for the heartbeat. */
const manufacturerBit = 2 ** 16;
/** Resets without an hour between them before it takes a person. */
export const latchResetsMax = 3;
export const latchForgottenMs = 3_600_000;
/** The heartbeat counts as earned for this long after its last advance: it advances once a second, ms. */
export const heartbeatEarnedMs = 2_500;

/** Whether nothing but the controller's absence is latched. `alarmBits` as in SunSpec 701.Alrm. */
export const isOwnLatchAlone = (watchdogTripped: boolean, alarmBits: number): boolean =>
  watchdogTripped && (alarmBits === 0 || alarmBits === manufacturerBit);

/** Counts the resets of one stage's own latch, and says when the next may be given. */
export class OwnLatch {
  #resets = 0;
  #resetAtMs = Number.NEGATIVE_INFINITY;
  /** The controller has reset it as often as it may: a person is needed. */
  spent = false;

  /** What the stage says. Once somebody has reset it the count begins anew. */
  saw(latched: boolean): void {
    if (latched || !this.spent) return;
    this.spent = false;
    this.#resets = 0;
  }

  /** Whether one more reset may be given; it is counted. */
  take(nowMs: number): boolean {
    if (this.spent) return false;
    if (nowMs - this.#resetAtMs > latchForgottenMs) this.#resets = 0;
    if (this.#resets >= latchResetsMax) {
      this.spent = true;
      return false;
    }
    this.#resets += 1;
    this.#resetAtMs = nowMs;
    return true;
  }
}

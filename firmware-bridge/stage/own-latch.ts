/**
 * Which latched reasons of a stage the controller resets by itself: its own loss-of-heartbeat latch, and that one alone. Every
 * other alarm is somebody's word that a person has to look (ground fault, over-temperature, emergency stop).
 *
 * The reset is given only after verification and while the heartbeat is earned, so that it does not come back at once; and only
 * so many times: a stage that latches again and again is not reset until somebody has done it at the stage. Where the
 * controller's own heartbeat had paused the stage did what it is for: that is counted apart, up to a bound for its contactor's
 * sake.
 */

/** 701.Alrm MANUFACTURER_ALRM: what a stage may show beside the flag, for want of a bit for the heartbeat. */
const manufacturerBit = 2 ** 16;
/** Resets without an hour between them before it takes a person. */
export const latchResetsMax = 3;
/** The same where the controller itself was silent. */
export const ownPauseResetsMax = 20;
/** A stage's latch is read at the latest so long after the heartbeat has come back, ms. */
const seenWithinMs = 2_000;
export const latchForgottenMs = 3_600_000;
/** The heartbeat counts as earned for this long after its last advance: it advances once a second, ms. */
export const heartbeatEarnedMs = 2_500;

/** Whether nothing but the controller's absence is latched. `alarmBits` as in SunSpec 701.Alrm. */
export const isOwnLatchAlone = (watchdogTripped: boolean, alarmBits: number): boolean =>
  watchdogTripped && (alarmBits === 0 || alarmBits === manufacturerBit);

/** Counts the resets of one stage's own latch, and says when the next may be given. */
export class OwnLatch {
  #resets = 0;
  #ownResets = 0;
  #resetAtMs = Number.NEGATIVE_INFINITY;
  #latchedMs = Number.NaN;
  #pauseCountedMs = Number.NEGATIVE_INFINITY;
  /** The last latch that was asked about came in a pause of the controller's own heartbeat. */
  isOfOwnPause = false;
  /** The controller has reset it as often as it may: a person is needed. */
  spent = false;

  /** What the stage says. Once somebody has reset it the count begins anew. */
  saw(latched: boolean, nowMs: number): void {
    if (latched) {
      if (Number.isNaN(this.#latchedMs)) this.#latchedMs = nowMs;
      return;
    }
    this.#latchedMs = Number.NaN;
    if (!this.spent) return;
    this.spent = false;
    this.#resets = 0;
    this.#ownResets = 0;
  }

  /**
   * Whether one more reset may be given; it is counted. `pauseEndedMs`: when the last pause of the controller's own heartbeat
   * ended; each pause accounts for one latch.
   */
  take(nowMs: number, pauseEndedMs = Number.NEGATIVE_INFINITY): boolean {
    if (this.spent) return false;
    const isOwn = pauseEndedMs > this.#pauseCountedMs && pauseEndedMs >= this.#latchedMs - seenWithinMs;
    this.isOfOwnPause = isOwn;
    if (nowMs - this.#resetAtMs > latchForgottenMs) {
      this.#resets = 0;
      this.#ownResets = 0;
    }
    if (isOwn ? this.#ownResets >= ownPauseResetsMax : this.#resets >= latchResetsMax) {
      this.spent = true;
      return false;
    }
    if (isOwn) {
      this.#ownResets += 1;
      this.#pauseCountedMs = pauseEndedMs;
    } else this.#resets += 1;
    this.#resetAtMs = nowMs;
    return true;
  }
}

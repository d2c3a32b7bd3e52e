/** Reconnection delays of Part 4, section 5.3: a minimum plus chance, doubled at each failure up to a number of times. */

export interface BackoffSettings {
  /** OCPPCommCtrlr RetryBackOffWaitMinimum, s. */
  waitMinimumS: number;
  /** RetryBackOffRandomRange, s: fresh chance on top of every delay. */
  randomRangeS: number;
  /** RetryBackOffRepeatTimes: how often the delay doubles. */
  repeatTimes: number;
}

/** The delay before attempt `failures` (0 is the first after a loss), ms. */
export function backoffMs(settings: BackoffSettings, failures: number, random: number): number {
  const doublings = Math.min(Math.max(failures, 0), settings.repeatTimes);
  return (settings.waitMinimumS * 2 ** doublings + settings.randomRangeS * random) * 1000;
}

/**
 * How long a condition has lasted by the times of the samples that showed it, and not by the number of cycles. A condition that
 * was seen first in a sample may have begun up to one sample earlier; one that was seen last in a sample may have ended since.
 * So a timer runs from sample to sample: a value that is merely held proves nothing, until the next sample is overdue. Then
 * nobody has seen the condition end, and the clock counts on.
 */
import { type ApplicableGrid, samplesAhead } from "./measurement.ts";

/** Since which sample the condition has been seen in each, ms; NaN while it does not hold. */
export class SampleTimer {
  sinceMs = Number.NaN;
}

/** Largest error of a time that still counts as the full delay, ms. */
const slackMs = 1e-6;

/** True once samples have shown `condition` for `delayS` since the first that did. */
export function stepSampleTimer(
  timer: SampleTimer,
  condition: boolean,
  delayS: number,
  { sampleAtMs, provenAtMs }: Readonly<ApplicableGrid>,
): boolean {
  if (!condition) {
    timer.sinceMs = Number.NaN;
    return false;
  }
  if (Number.isNaN(timer.sinceMs)) timer.sinceMs = sampleAtMs;
  return provenAtMs - timer.sinceMs >= 1_000 * delayS - slackMs;
}

/** From this duration on a time is judged by its share, and below it by cycles (IEEE 1547-2018 Table 3, by the public scripts). */
const longS = 5;
const longShare = 0.01;
const transientCycles = 2;

/**
 * How much earlier than after its clearing time a trip is aimed at, s: the condition may have begun one sample before the first
 * that showed it, and the sample that confirms it may be one late. Never more than the accuracy that is asked of a time, so
 * that a slow or a late sample makes no trip too early; what a slow meter lacks beyond that makes it late.
 */
export function aheadS(clearingS: number, everyMs: number, nominalFrequencyHz: number): number {
  const accuracyS = clearingS < longS ? transientCycles / nominalFrequencyHz : longShare * clearingS;
  return Math.min(samplesAhead * (everyMs / 1_000), accuracyS);
}

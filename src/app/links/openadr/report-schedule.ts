/**
 * Which intervals a report covers and when it is due, by the report descriptor of an event (OpenADR 3.1 User Guide 7.5):
 * `startInterval` and `numIntervals` name a set of intervals, `frequency` moves it on, `repeat` says how often. A report on what
 * was is due when the last of its intervals is over, a forecast when the first begins.
 */
import type { ReportDescriptor } from "../../../protocols/openadr/messages.ts";
import type { Slice } from "../../../protocols/openadr/timeline.ts";

export interface DueReport {
  readonly number: number;
  readonly dueMs: number;
  readonly slices: readonly Slice[];
}

/** Descriptors with the same word share their reports. */
export const scheduleKey = (one: ReportDescriptor): string =>
  [
    one.startInterval ?? -1,
    one.numIntervals ?? -1,
    one.frequency ?? -1,
    one.repeat ?? 1,
    one.historical ?? true,
    one.aggregate ?? false,
  ].join();

/**
 * The report with this number, where all of its intervals are among `slices`; null where it does not come (any more), `later`
 * where its intervals lie beyond what is known. `passLength`: intervals of the sequence, once.
 */
export function reportOf(
  descriptor: ReportDescriptor,
  number: number,
  passLength: number,
  slices: readonly Slice[],
): DueReport | "later" | "missed" | null {
  const { startInterval = -1, numIntervals = -1, frequency = -1, repeat = 1, historical = true } = descriptor;
  if (repeat >= 0 && number >= Math.max(1, repeat)) return null;
  const count = numIntervals > 0 ? numIntervals : passLength;
  const step = frequency > 0 ? frequency : count;
  const first = (startInterval >= 0 ? startInterval : Math.max(0, passLength - count)) + number * step;
  const last = first + count - 1;
  const covered = slices.filter(({ ordinal }) => ordinal >= first && ordinal <= last);
  if (slices.length > 0 && slices[0]!.ordinal > last) return "missed";
  const lastKnown = slices.at(-1)?.ordinal ?? -1;
  const dueMs = historical ? covered.at(-1)?.toMs : covered[0]?.fromMs;
  if (dueMs === undefined || !Number.isFinite(dueMs) || (historical && lastKnown < last)) return "later";
  return { number, dueMs, slices: covered };
}

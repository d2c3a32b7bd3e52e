/**
 * What must be on disk and is not yet: the newest record of the mode machine, when it is tried again, and why it failed. Pure: no
 * clock and no disk inside, so that the controller, the simulator and the exhaustive exploration of the modes run the same
 * logic. A record stays owed until it is stored, however often that fails; the newest one replaces the one before.
 *
 *   if (askToStore(keeper, record, nowMs)) …       // newer than all before
 *   if (storeIsDue(keeper, nowMs)) try { write(keeper.record); stored(keeper) } catch { notStored(keeper, why, nowMs) }
 */
import { emptyRecord, type ModeRecord } from "../../core/modes/state.ts";

/** The first try after a failure comes after this long, ms; the time doubles with each failure. */
export const retryMinMs = 200;
/** Between tries at most, ms: a disk that has room again is used by then. */
export const retryMaxMs = 2_000;

export interface RecordKeeper {
  /** The newest record that was asked to be stored. */
  readonly record: ModeRecord;
  /** Generation of the record on disk; 0 for what was read at the start. */
  storedGeneration: number;
  /** Since when the newest record has been owed without a break, ms; NaN while nothing is owed. */
  owedSinceMs: number;
  /** Tries in a row that have failed. */
  failures: number;
  /** Not tried before, ms. */
  nextTryMs: number;
  /** Why the last try failed; "" when it did not. */
  reason: string;
}

export const createRecordKeeper = (): RecordKeeper => ({
  record: { ...emptyRecord },
  storedGeneration: 0,
  owedSinceMs: Number.NaN,
  failures: 0,
  nextTryMs: Number.NEGATIVE_INFINITY,
  reason: "",
});

/** A record is to be stored. False when it is the one that was asked for last. The back-off of earlier failures goes on. */
export function askToStore(keeper: RecordKeeper, record: Readonly<ModeRecord>, nowMs: number): boolean {
  if (record.generation === keeper.record.generation) return false;
  Object.assign(keeper.record, record);
  if (Number.isNaN(keeper.owedSinceMs)) keeper.owedSinceMs = nowMs;
  return true;
}

export const isOwed = ({ record, storedGeneration }: RecordKeeper): boolean => record.generation !== storedGeneration;

/** Whether a try is to be made now. */
export const storeIsDue = (keeper: RecordKeeper, nowMs: number): boolean => isOwed(keeper) && nowMs >= keeper.nextTryMs;

/** `generation` is on the medium. */
export function stored(keeper: RecordKeeper, generation: number): void {
  keeper.storedGeneration = generation;
  keeper.failures = 0;
  keeper.reason = "";
  keeper.nextTryMs = Number.NEGATIVE_INFINITY;
  if (!isOwed(keeper)) keeper.owedSinceMs = Number.NaN;
}

/** A try has failed: the record stays owed. */
export function notStored(keeper: RecordKeeper, reason: string, nowMs: number): void {
  keeper.nextTryMs = nowMs + Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(keeper.failures, 10));
  keeper.failures++;
  keeper.reason = reason;
}

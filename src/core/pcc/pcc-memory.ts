/**
 * What of the record at the PCC outlives a restart: the ledgers' entries and alarms, the response-time passport, and a relay
 * that has tripped. Plain values, so that they can be stored and sent to another thread.
 */
import { type Exceedance, type ExceedanceLedger, isExceedanceCause } from "./exceedance-ledger.ts";
import type { PccRecord } from "./pcc-record.ts";
import type { Recovery, ResponsePassport } from "./response-passport.ts";
import type { ReversePower } from "./reverse-power.ts";

export const pccSides = ["export", "import"] as const;
/** A direction at the PCC. */
export type PccSide = (typeof pccSides)[number];

/** The response passport as it is kept over a restart. */
export interface PassportMemory {
  readonly count: number;
  readonly longestMs: number;
  readonly beyondBoundCount: number;
  readonly classCounts: readonly number[];
  readonly recent: readonly Recovery[];
}

/** One side's ledger as it is kept over a restart. */
export interface LedgerMemory {
  readonly total: number;
  readonly alarmTooMany: boolean;
  readonly alarmTooLong: boolean;
  /** Oldest first. */
  readonly entries: readonly Exceedance[];
}

/** What is kept of the PCC over a restart: both ledgers, the passport, and why the relay function tripped. */
export interface PccMemory {
  readonly exports: LedgerMemory;
  readonly imports: LedgerMemory;
  readonly passport: PassportMemory;
  readonly relayCause: ReversePower["cause"];
}

/** A copy of the passport. */
export function copyPassport(p: ResponsePassport): PassportMemory {
  const { count, longestMs, beyondBoundCount } = p;
  return {
    count,
    longestMs,
    beyondBoundCount,
    classCounts: [...p.classCounts],
    recent: p.recent.map((recovery) => ({ ...recovery })),
  };
}

/**
 * Puts a memory into a new record. Moments of the old monotonic clock are worthless, so entries are dated by UTC; without a
 * trusted clock they count as having happened just now, which keeps an alarm rather than losing one.
 */
export function restorePccRecord(
  record: PccRecord,
  reversePower: ReversePower,
  memory: PccMemory,
  wallAheadMs: number,
): void {
  restoreLedger(record.exports.ledger, memory.exports, wallAheadMs);
  restoreLedger(record.imports.ledger, memory.imports, wallAheadMs);
  restorePassport(record.passport, memory.passport);
  reversePower.cause = memory.relayCause;
  reversePower.latched = memory.relayCause !== "";
}

function restoreLedger(ledger: ExceedanceLedger, memory: LedgerMemory, wallAheadMs: number): void {
  const { entriesMax } = ledger.config;
  ledger.total = memory.total;
  ledger.alarmTooMany = memory.alarmTooMany;
  ledger.alarmTooLong = memory.alarmTooLong;
  const kept = memory.entries.slice(-Math.min(entriesMax, memory.total));
  for (const [k, entry] of kept.entries()) {
    if (!isExceedanceCause(entry.cause)) continue;
    const startMs = entry.startWallMs - wallAheadMs;
    Object.assign(ledger.entries[(memory.total - kept.length + k) % entriesMax]!, entry, {
      startMs: Number.isFinite(startMs) ? startMs : 0,
    });
  }
}

/** Takes up a passport that was kept. */
export function restorePassport(p: ResponsePassport, memory: PassportMemory): void {
  p.count = memory.count;
  p.longestMs = memory.longestMs;
  p.beyondBoundCount = memory.beyondBoundCount;
  for (let k = 0; k < p.classCounts.length; k++) p.classCounts[k] = memory.classCounts[k] ?? 0;
  for (let k = 0; k < p.recent.length; k++) Object.assign(p.recent[k]!, memory.recent[k]);
}

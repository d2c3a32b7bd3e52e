/**
 * Looks after each cycle whether the record at the PCC has something new (an exceedance that ended, an alarm, a recovery, a
 * relay) and says it once, so that it can be stored. Nothing is allocated while nothing is new.
 */
import type { Core } from "../../core/core.ts";
import type { Exceedance, ExceedanceLedger } from "../../core/pcc/exceedance-ledger.ts";
import { copyPassport, type PassportMemory, type PccSide } from "../../core/pcc/pcc-memory.ts";
import type { ReversePower } from "../../core/pcc/reverse-power.ts";

export interface LedgerSummary {
  readonly total: number;
  readonly alarmTooMany: boolean;
  readonly alarmTooLong: boolean;
}

/** What is new at the PCC. */
export interface PccMessage {
  readonly kind: "pcc";
  readonly entries: readonly { readonly side: PccSide; readonly entry: Exceedance }[];
  readonly exports: LedgerSummary;
  readonly imports: LedgerSummary;
  readonly passport: PassportMemory;
  readonly relayCause: ReversePower["cause"];
}

export interface PccWatch {
  /** The message of this cycle; null when nothing is new. */
  look(): PccMessage | null;
}

export function createPccWatch({ pccRecord, reversePower }: Core): PccWatch {
  const { exports, imports, passport } = pccRecord;
  const sides = [
    { side: "export" as const, ledger: exports.ledger, total: exports.ledger.total, alarms: alarmsOf(exports.ledger) },
    { side: "import" as const, ledger: imports.ledger, total: imports.ledger.total, alarms: alarmsOf(imports.ledger) },
  ];
  let { count } = passport;
  let { cause } = reversePower;
  return {
    look() {
      let isNew = passport.count !== count || reversePower.cause !== cause;
      for (let k = 0; k < sides.length; k++) {
        const { ledger, total, alarms } = sides[k]!;
        if (ledger.total !== total || alarmsOf(ledger) !== alarms) isNew = true;
      }
      if (!isNew) return null;
      const entries = sides.flatMap(({ side, ledger, total }) =>
        newEntries(ledger, total).map((entry) => ({ side, entry })),
      );
      count = passport.count;
      cause = reversePower.cause;
      for (const known of sides) {
        known.total = known.ledger.total;
        known.alarms = alarmsOf(known.ledger);
      }
      return {
        kind: "pcc",
        entries,
        exports: summaryOf(exports.ledger),
        imports: summaryOf(imports.ledger),
        passport: copyPassport(passport),
        relayCause: cause,
      };
    },
  };
}

const alarmsOf = ({ alarmTooMany, alarmTooLong }: ExceedanceLedger): number =>
  (alarmTooMany ? 1 : 0) + (alarmTooLong ? 2 : 0);

const summaryOf = ({ total, alarmTooMany, alarmTooLong }: ExceedanceLedger): LedgerSummary => ({
  total,
  alarmTooMany,
  alarmTooLong,
});

function newEntries({ entries, total, config }: ExceedanceLedger, knownTotal: number): Exceedance[] {
  const count = Math.min(total - knownTotal, config.entriesMax);
  return Array.from({ length: count }, (_, k) => ({ ...entries[(total - count + k) % config.entriesMax]! }));
}

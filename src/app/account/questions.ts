/** What people ask the account: statements, rows, guests' bills; of a running site and of a store that is only read. */
import type { Agreement } from "../../config/agreements-file.ts";
import type { ZoneOffsets } from "../../domain/time-zone.ts";
import { type AidStatement, settleAid } from "../../settlement/account/mutual-aid.ts";
import { type AccountStatement, statementOf } from "../../settlement/account/statement.ts";
import { rowsOf } from "./account-book.ts";
import type { AccountRow } from "./chain.ts";
import { termsOf } from "./guests.ts";

/** A guest's bill with the agreement that it is made by. */
export interface AidBill extends AidStatement {
  readonly agreement: Agreement;
}

/** `unreadable`: rows that are not as they were written; they are in no sum. */
export type StatementAnswer = AccountStatement & { readonly unreadable: number };

export interface AccountQuestions {
  rows(fromMs: number, toMs: number): readonly AccountRow[];
  statement(fromMs: number, toMs: number): StatementAnswer;
  /** Of all agreements that hold in a part of that time. */
  bills(fromMs: number, toMs: number): readonly AidBill[];
}

/** `texts`: rows as they were written whose quarter-hours begin in a time, in order. */
export function accountQuestions(
  texts: (fromMs: number, toMs: number) => readonly string[],
  agreements: readonly Agreement[],
  zone: ZoneOffsets,
): AccountQuestions {
  return {
    rows: (fromMs, toMs) => rowsOf(texts(fromMs, toMs)).rows,
    statement(fromMs, toMs) {
      const { rows, unreadable } = rowsOf(texts(fromMs, toMs));
      return { ...statementOf(rows, fromMs, toMs), unreadable };
    },
    bills(fromMs, toMs) {
      const { rows } = rowsOf(texts(fromMs, toMs));
      return agreements
        .map((agreement) => ({ agreement, terms: termsOf(agreement, zone) }))
        .filter(({ terms }) => terms.fromMs < toMs && terms.untilMs > fromMs)
        .map(({ agreement, terms }) => ({ ...settleAid(terms, rows), agreement }));
    },
  };
}

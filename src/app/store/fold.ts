/** What is on disk and not in the tables yet: where a change goes, and when the log is folded into the tables. */
import type { DatabaseSync } from "node:sqlite";
import { type LogPlace, mayWait, openChangeLog, type readChanges } from "./change-log.ts";
import { createPending, merge, type Pending } from "./store-pending.ts";

/** Where changes have gone. */
export interface Written {
  readonly at: LogPlace;
  readonly folds: boolean;
}

export interface Fold {
  /** On disk, and not in the tables yet. */
  readonly unfolded: Pending;
  /** Into the log, or with all that is in it into the tables; then it folds. Within a transaction. */
  write(pending: Pending, folds: boolean): Written;
  /** The disk has taken it. */
  taken(written: Written, pending: Pending): void;
}

/** `found`: what a start has read; `writeTables` puts changes into the tables. */
export function openFold(
  database: DatabaseSync,
  found: ReturnType<typeof readChanges>,
  writeTables: (changes: Pending) => void,
): Fold {
  const changeLog = openChangeLog(database, found.at);
  let unfolded: Pending = found.changes;
  /** The log holds records that must not be read again: the tables are marked before it goes on. */
  let foldsFirst = found.sentence !== "";
  return {
    get unfolded() {
      return unfolded;
    },
    write(pending, folds) {
      const at = !folds && !foldsFirst && mayWait(pending, unfolded) ? changeLog.append(pending) : null;
      if (at !== null) return { at, folds: false };
      writeTables(unfolded);
      writeTables(pending);
      return { at: changeLog.fold(), folds: true };
    },
    taken({ at, folds }, pending) {
      changeLog.at(at);
      if (folds) {
        unfolded = createPending();
        foldsFirst = false;
      } else merge(unfolded, pending);
    },
  };
}

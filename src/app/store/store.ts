/**
 * The one durable truth of the main thread: documents by collection and key, and the journal (`journal.ts`), in one
 * SQLite file. What is written counts at once and is on the medium when the call returns (write-ahead log, full
 * synchronization), so that a power cut at any instant loses nothing that has counted. A disk that refuses (full, read-only,
 * broken) is no reason to refuse: the change counts, is owed, said to be owed, and tried again until it is stored.
 */
import type { OcppStore } from "../../protocols/ocpp/ports.ts";
import { monotonicMs } from "../control/monotonic.ts";
import { changesSchema, readChanges } from "./change-log.ts";
import { inTransaction, isDiskFailure, openWhole } from "./database.ts";
import { openDelivered } from "./delivered.ts";
import { documentSchema, openDocumentTable, withChanges } from "./document-table.ts";
import { whyOf } from "./files.ts";
import { openFold, type Written } from "./fold.ts";
import { createJournal, type Journal } from "./journal.ts";
import { createDebt, type Owed } from "./owed.ts";
import {
  change,
  clear,
  copyPending,
  createPending,
  isEmpty,
  mayLag,
  type Pending,
  pendingValue,
} from "./store-pending.ts";

export interface Store extends OcppStore {
  readonly journal: Journal;
  /** What was found at the opening and a person should know; "" when all was well. */
  readonly sentence: string;
  /** Changes that count but are not on disk; null while there are none. */
  owed(): Owed | null;
  /** The file was removed or replaced while in use: what is written goes nowhere. Put back at the closing. */
  isGone(): boolean;
  /** Called within each transaction that queues a message, before it is written: what is to be stored with it. */
  alongside(write: () => void): void;
  close(): void;
}

/** Documents by collection and key, for parts of the process that keep something of their own. */
export type Documents = Pick<Store, "get" | "put" | "remove" | "entries" | "atomically">;

export interface StoreOptions {
  /** A file, or `:memory:`. */
  path: string;
  journalMax?: number;
  /** What the backend has accepted is written so much later, ms. */
  deliveredWaitMs?: number;
  /** Told why the disk refuses, and "" when everything is on disk again. */
  onOwed?: (why: string) => void;
}

const journalMaxDefault = 100_000;
/** What is owed is looked at this often, ms. */
const lookEveryMs = 200;
/** A little longer than the usual interval between messages: what comes next says it as well, and costs no page of its own. */
const deliveredWaitMsDefault = 65_000;
/** Delivered messages that wait for the next change to be removed. */
const removalsMax = 200;

const schema = `
  ${documentSchema}
  ${changesSchema}
`;

/** Opens (or makes) the store. A damaged file is set aside and a new one made; throws a sentence when even that fails. */
export function openStore({
  path,
  journalMax = journalMaxDefault,
  deliveredWaitMs = deliveredWaitMsDefault,
  onOwed = () => undefined,
}: StoreOptions): Store {
  const { database, sentence, inMemory, isGone, restore } = openWhole(path, "store", schema, readChanges);
  const found = readChanges(database);
  const fold = openFold(database, found, writeTables);
  let pending: Pending = createPending();
  const table = openDocumentTable(database);
  const delivered = openDelivered(database, deliveredWaitMs, monotonicMs);
  const journal = createJournal(
    database,
    journalMax,
    () => pending,
    () => fold.unfolded,
    delivered.id,
  );
  const debt = createDebt("documents", monotonicMs, onOwed);
  let depth = 0;
  let beside: (() => void) | undefined;
  const looking = setInterval(() => {
    if (depth > 0) return;
    if (debt.owed !== null) settle();
    else if (delivered.due()) sayDelivered();
  }, lookEveryMs);
  looking.unref();
  if (inMemory !== "") debt.failed(inMemory);

  function writeTables(changes: Pending): void {
    table.write(changes);
    journal.write(changes);
  }

  function writeBeside(): void {
    depth++;
    try {
      beside?.();
    } finally {
      depth--;
    }
  }

  /** Nothing but removals of what the backend has accepted: they are made with whatever comes next (`delivered.ts`). */
  function canWait(): boolean {
    if (!mayLag(pending) || debt.owed !== null || pending.dequeued.size >= removalsMax) return false;
    const upTo = journal.deliveredUpTo();
    if (upTo !== null) delivered.accepted(upTo);
    return upTo !== null;
  }

  function sayDelivered(): void {
    const upTo = mayLag(pending) ? journal.deliveredUpTo() : null;
    try {
      delivered.write(upTo ?? delivered.id);
      if (upTo === null) settle();
    } catch (failure) {
      if (!isDiskFailure(failure)) throw failure;
      debt.failed(whyOf(failure));
    }
  }

  /** Puts what waits on the medium, or owes it. */
  function settle(folds = false): void {
    if ((isEmpty(pending) && !(folds && !isEmpty(fold.unfolded))) || !debt.due()) return;
    if (pending.enqueued.size > 0) writeBeside();
    const lags = mayLag(pending);
    const { thins } = pending;
    let written: Written;
    try {
      written = inTransaction(database, lags, () => fold.write(pending, folds));
    } catch (failure) {
      if (!isDiskFailure(failure)) {
        // A mistake of ours: nobody's later changes must suffer for it.
        pending = createPending();
        journal.recount();
        throw failure;
      }
      debt.failed(whyOf(failure));
      return;
    }
    fold.taken(written, pending);
    pending = createPending();
    if (thins) journal.recount();
    // What is only in memory stays owed until a start finds room.
    if (inMemory === "") debt.paid();
  }

  /** One change, or all of an `atomically`. */
  function changing<T>(run: () => T): T {
    if (depth > 0) return run();
    const before = copyPending(pending);
    depth++;
    try {
      const result = run();
      if (!canWait()) settle();
      return result;
    } catch (failure) {
      pending = before;
      journal.recount();
      throw failure;
    } finally {
      depth--;
    }
  }

  return {
    journal,
    sentence: [sentence, found.sentence].filter(Boolean).join(" "),
    owed: () => debt.owed,
    isGone,
    alongside(write) {
      beside = write;
    },
    get(collection, key) {
      for (const changes of [pending, fold.unfolded]) {
        const waiting = pendingValue(changes, collection, key);
        if (waiting !== undefined) return waiting ?? undefined;
      }
      return table.get(collection, key);
    },
    put: (collection, key, value) => changing(() => change(pending, collection, key, value)),
    remove: (collection, key) => changing(() => change(pending, collection, key, null)),
    entries(collection) {
      return withChanges(withChanges(table.list(collection), fold.unfolded, collection), pending, collection);
    },
    clear: (collection) => changing(() => clear(pending, collection)),
    atomically: changing,
    enqueue: (message) => changing(() => journal.enqueue(message)),
    head: journal.head,
    dequeue: (id) => changing(() => journal.dequeue(id)),
    queued: journal.queued,
    queuedFor: journal.queuedFor,
    close() {
      clearInterval(looking);
      settle(true);
      restore();
      database.close();
    },
  };
}

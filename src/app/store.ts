/**
 * The one durable truth of the main thread: documents by collection and key, and the journal (`journal.ts`), in one
 * SQLite file. Every call that writes is on the medium when it returns (write-ahead log, full synchronisation), so that
 * a power cut at any instant loses nothing that has counted.
 */
import { DatabaseSync } from "node:sqlite";
import type { OcppStore } from "../protocols/ocpp/ports.ts";
import { createJournal, type Journal } from "./journal.ts";

export interface Store extends OcppStore {
  readonly journal: Journal;
  close(): void;
}

/** Documents by collection and key, for parts of the process that keep something of their own. */
export type Documents = Pick<Store, "get" | "put" | "remove" | "entries" | "atomically">;

export interface StoreOptions {
  /** A file, or `:memory:`. */
  path: string;
  journalMax?: number;
}

const journalMaxDefault = 100_000;
/** Size to which the write-ahead log is cut back after a checkpoint, bytes. */
const walMaxBytes = 4 * 1024 * 1024;

const schema = `
  CREATE TABLE IF NOT EXISTS document (
    collection TEXT NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (collection, key)
  ) STRICT, WITHOUT ROWID;
`;

/** Opens (or makes) the store. Throws a sentence when the file cannot be used. */
export function openStore({ path, journalMax = journalMaxDefault }: StoreOptions): Store {
  const database = open(path);
  const journal = createJournal(database, journalMax);
  const select = database.prepare("SELECT value FROM document WHERE collection = ? AND key = ?");
  const upsert = database.prepare(
    "INSERT INTO document (collection, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  const erase = database.prepare("DELETE FROM document WHERE collection = ? AND key = ?");
  const list = database.prepare("SELECT key, value FROM document WHERE collection = ? ORDER BY key");
  const empty = database.prepare("DELETE FROM document WHERE collection = ?");
  let depth = 0;

  return {
    journal,
    get(collection, key) {
      const row = select.get(collection, key);
      return row ? String(row["value"]) : undefined;
    },
    put: (collection, key, value) => void upsert.run(collection, key, value),
    remove: (collection, key) => void erase.run(collection, key),
    entries: (collection) =>
      list.all(collection).map((row) => ({ key: String(row["key"]), value: String(row["value"]) })),
    clear: (collection) => void empty.run(collection),
    atomically(run) {
      if (depth > 0) return run();
      depth += 1;
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = run();
        database.exec("COMMIT");
        return result;
      } catch (error) {
        database.exec("ROLLBACK");
        journal.recount();
        throw error;
      } finally {
        depth -= 1;
      }
    },
    enqueue: journal.enqueue,
    head: journal.head,
    dequeue: journal.dequeue,
    queued: journal.queued,
    queuedFor: journal.queuedFor,
    close: () => database.close(),
  };
}

function open(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path);
    database.exec(
      `PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${walMaxBytes}`,
    );
    database.exec(schema);
    return database;
  } catch (error) {
    throw new Error(
      `The store ${path} cannot be opened: ${(error as Error).message}. Check the folder and its rights; a damaged file can be moved away, then a new one is made.`,
    );
  }
}

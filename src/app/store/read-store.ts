/** The store of a site whose controller may be running: read as of one moment, and not touched. */
import { DatabaseSync } from "node:sqlite";
import { readChanges } from "./change-log.ts";
import { readDocumentTable, withChanges } from "./document-table.ts";
import { whyOf } from "./files.ts";
import type { Documents } from "./store.ts";
import { pendingValue } from "./store-pending.ts";

export interface StoreReader extends Pick<Documents, "get" | "entries"> {
  /** Messages that wait for the backend, those included that it has accepted a moment ago. */
  queued(): number;
  close(): void;
}

/** Throws a sentence where it can't be read. */
export function readStore(path: string): StoreReader {
  const database = openReadOnly(path);
  const { changes } = readChanges(database);
  const table = readDocumentTable(database);
  return {
    get(collection, key) {
      const changed = pendingValue(changes, collection, key);
      if (changed !== undefined) return changed ?? undefined;
      return table.get(collection, key);
    },
    entries(collection) {
      return withChanges(table.list(collection), changes, collection);
    },
    queued() {
      const count = Number(database.prepare("SELECT count(*) AS count FROM journal").get()?.["count"]);
      return count + changes.enqueued.size - changes.dequeued.size;
    },
    close: () => database.close(),
  };
}

function openReadOnly(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.exec("PRAGMA busy_timeout = 5000; BEGIN");
    database.prepare("SELECT 1 FROM document LIMIT 1").get();
    return database;
  } catch (failure) {
    throw new Error(`The store ${path} can't be read (${whyOf(failure)}). Check the path and its rights.`);
  }
}

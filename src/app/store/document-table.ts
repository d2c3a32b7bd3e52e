/** The documents' table of the store: what is folded into it, without the changes that still wait. */
import type { DatabaseSync } from "node:sqlite";
import type { Pending } from "./store-pending.ts";

export const documentSchema = `
  CREATE TABLE IF NOT EXISTS document (
    collection TEXT NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (collection, key)
  ) STRICT, WITHOUT ROWID;
`;

interface DocumentRows {
  get(collection: string, key: string): string | undefined;
  /** By key. */
  list(collection: string): Document[];
}
interface DocumentTable extends DocumentRows {
  /** Puts changes into the table; within a transaction. */
  write(changes: Pending): void;
}

/** For whoever only reads. */
export function readDocumentTable(database: DatabaseSync): DocumentRows {
  const select = database.prepare("SELECT value FROM document WHERE collection = ? AND key = ?");
  const list = database.prepare("SELECT key, value FROM document WHERE collection = ? ORDER BY key");
  return {
    get(collection, key) {
      const row = select.get(collection, key);
      return row ? String(row["value"]) : undefined;
    },
    list: (collection) => list.all(collection).map((row) => ({ key: String(row["key"]), value: String(row["value"]) })),
  };
}

export function openDocumentTable(database: DatabaseSync): DocumentTable {
  const upsert = database.prepare(
    "INSERT INTO document (collection, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  const erase = database.prepare("DELETE FROM document WHERE collection = ? AND key = ?");
  const empty = database.prepare("DELETE FROM document WHERE collection = ?");
  return {
    ...readDocumentTable(database),
    write({ cleared, documents }) {
      for (const collection of cleared) empty.run(collection);
      for (const [collection, entries] of documents)
        for (const [key, value] of entries) {
          if (value === null) erase.run(collection, key);
          else upsert.run(collection, key, value);
        }
    },
  };
}

export type Document = { key: string; value: string };

/** Documents of a collection, by key, after changes to them. */
export function withChanges(before: Document[], { cleared, documents }: Pending, collection: string): Document[] {
  const rows = cleared.has(collection) ? [] : before;
  const changed = documents.get(collection);
  if (changed === undefined) return rows;
  const merged = new Map<string, string | null>(rows.map(({ key, value }) => [key, value]));
  for (const [key, value] of changed) merged.set(key, value);
  return [...merged]
    .flatMap(([key, value]) => (value === null ? [] : [{ key, value }]))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

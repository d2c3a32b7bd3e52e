/**
 * What the backend has accepted of the journal, as one small document: up to which message. It is written a moment after the
 * answer, for all that was answered by then; the messages themselves are removed with the next change, so that a delivery costs
 * the disk next to nothing. What a kill or a power cut brings back before that is sent once more, word for word, which a backend
 * recognises by its seqNo.
 */
import type { DatabaseSync } from "node:sqlite";

const place = ["journal", "delivered"] as const;

export interface Delivered {
  /** Of the newest message that is known as delivered on disk, with all before it; 0 before the first. */
  readonly id: number;
  /** Everything up to `id` was accepted: to be written in a moment. */
  accepted(id: number): void;
  due(): boolean;
  /** Written: by a power cut it may be lost for a moment still. Throws where the disk refuses. */
  write(id: number): void;
}

/** `waitMs`: how much later it is written. The document's table must exist. */
export function openDelivered(database: DatabaseSync, waitMs: number, nowMs: () => number): Delivered {
  const select = database.prepare("SELECT value FROM document WHERE collection = ? AND key = ?");
  const upsert = database.prepare(
    "INSERT INTO document (collection, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  let written = Number(select.get(...place)?.["value"] ?? 0);
  let dueMs = Number.POSITIVE_INFINITY;
  return {
    get id() {
      return written;
    },
    accepted(id) {
      if (id > written) dueMs = Math.min(dueMs, nowMs() + waitMs);
    },
    due: () => nowMs() >= dueMs,
    write(id) {
      dueMs = Number.POSITIVE_INFINITY;
      try {
        database.exec("PRAGMA synchronous = NORMAL");
        upsert.run(...place, String(id));
        written = id;
      } finally {
        database.exec("PRAGMA synchronous = FULL");
      }
    },
  };
}

/**
 * The durable journal of messages that the backend must receive, in their order. A message leaves it only when the
 * backend has accepted it. When it is full, intermediate values are thinned out evenly (every second one of each
 * transaction); a transaction's start and end are never dropped.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { QueuedMessage } from "../protocols/ocpp/ports.ts";

export interface Journal {
  enqueue(message: Omit<QueuedMessage, "id">): number;
  head(): QueuedMessage | undefined;
  dequeue(id: number): void;
  queued(): number;
  queuedFor(transactionId: string): number;
  /** Counts anew what is there: after a change that was taken back. */
  recount(): void;
  /** Messages dropped since the store was opened. */
  dropped(): number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS journal (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    action        TEXT    NOT NULL,
    payload       TEXT    NOT NULL,
    transactionId TEXT    NOT NULL,
    seqNo         INTEGER NOT NULL,
    droppable     INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS journalTransaction ON journal (transactionId);
`;

const thin = `
  DELETE FROM journal WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY transactionId ORDER BY id) AS place FROM journal WHERE droppable = 1)
    WHERE place % 2 = 1
  )
`;

/** `entriesMax`: kept messages, beyond which intermediate values go. */
export function createJournal(database: DatabaseSync, entriesMax: number): Journal {
  database.exec(schema);
  const insert = database.prepare(
    "INSERT INTO journal (action, payload, transactionId, seqNo, droppable) VALUES (?, ?, ?, ?, ?)",
  );
  const first = database.prepare("SELECT * FROM journal ORDER BY id LIMIT 1");
  const remove = database.prepare("DELETE FROM journal WHERE id = ?");
  const countFor = database.prepare("SELECT count(*) AS count FROM journal WHERE transactionId = ?");
  const thinOut = database.prepare(thin);
  const number = (value: unknown): number => Number(value);
  const countAll = database.prepare("SELECT count(*) AS count FROM journal");
  let count = number(countAll.get()?.["count"]);
  let dropped = 0;

  return {
    enqueue({ action, payload, transactionId, seqNo, droppable }) {
      if (count >= entriesMax) {
        const gone = number(thinOut.run().changes);
        count -= gone;
        dropped += gone;
      }
      const values: SQLInputValue[] = [action, payload, transactionId, seqNo, droppable ? 1 : 0];
      count += 1;
      return number(insert.run(...values).lastInsertRowid);
    },
    head() {
      if (count === 0) return undefined;
      const row = first.get();
      if (!row) return undefined;
      return {
        id: number(row["id"]),
        action: String(row["action"]),
        payload: String(row["payload"]),
        transactionId: String(row["transactionId"]),
        seqNo: number(row["seqNo"]),
        droppable: row["droppable"] === 1,
      };
    },
    // A removal survives a killed process at once, a power cut only a moment later: what comes back is sent once more,
    // word for word, which a backend recognises by its seqNo. Waiting for the medium here would cost every delivery.
    dequeue(id) {
      database.exec("PRAGMA synchronous = NORMAL");
      count -= number(remove.run(id).changes);
      database.exec("PRAGMA synchronous = FULL");
    },
    queued: () => count,
    queuedFor: (transactionId) => number(countFor.get(transactionId)?.["count"]),
    recount() {
      count = number(countAll.get()?.["count"]);
    },
    dropped: () => dropped,
  };
}

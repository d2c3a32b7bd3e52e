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
  DROP INDEX IF EXISTS journalTransaction;
`;

/** Messages read at a time. */
const aheadMax = 32;

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
  const first = database.prepare(`SELECT * FROM journal ORDER BY id LIMIT ${aheadMax}`);
  const remove = database.prepare("DELETE FROM journal WHERE id = ?");
  const thinOut = database.prepare(thin);
  const number = (value: unknown): number => Number(value);
  const countAll = database.prepare("SELECT transactionId, count(*) AS count FROM journal GROUP BY transactionId");
  /** Messages of each transaction: an index on disk would cost every delivery a page. */
  const counts = new Map<string, number>();
  let count = 0;
  let dropped = 0;
  /** The oldest messages, read ahead. */
  let ahead: QueuedMessage[] = [];

  function recount(): void {
    ahead = [];
    counts.clear();
    count = 0;
    for (const row of countAll.all()) {
      counts.set(String(row["transactionId"]), number(row["count"]));
      count += number(row["count"]);
    }
  }
  recount();

  function counted(transactionId: string, change: 1 | -1): void {
    const left = (counts.get(transactionId) ?? 0) + change;
    count += change;
    if (left > 0) counts.set(transactionId, left);
    else counts.delete(transactionId);
  }

  return {
    enqueue({ action, payload, transactionId, seqNo, droppable }) {
      if (count >= entriesMax) {
        dropped += number(thinOut.run().changes);
        recount();
      }
      const values: SQLInputValue[] = [action, payload, transactionId, seqNo, droppable ? 1 : 0];
      counted(transactionId, 1);
      return number(insert.run(...values).lastInsertRowid);
    },
    head() {
      if (count === 0) return undefined;
      if (ahead.length === 0) ahead = first.all().map(messageOf);
      return ahead[0];
    },
    // A removal survives a killed process at once, a power cut only a moment later: what comes back is sent once more,
    // word for word, which a backend recognises by its seqNo. Waiting for the medium here would cost every delivery.
    dequeue(id) {
      database.exec("PRAGMA synchronous = NORMAL");
      const { changes } = remove.run(id);
      database.exec("PRAGMA synchronous = FULL");
      const head = ahead[0];
      if (head?.id === id && changes > 0) {
        ahead.shift();
        counted(head.transactionId, -1);
      } else recount();
    },
    queued: () => count,
    queuedFor: (transactionId) => counts.get(transactionId) ?? 0,
    recount,
    dropped: () => dropped,
  };
}

const messageOf = (row: Record<string, unknown>): QueuedMessage => ({
  id: Number(row["id"]),
  action: String(row["action"]),
  payload: String(row["payload"]),
  transactionId: String(row["transactionId"]),
  seqNo: Number(row["seqNo"]),
  droppable: row["droppable"] === 1,
});

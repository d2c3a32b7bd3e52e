/**
 * The durable journal of messages that the backend must receive, in their order. A message leaves it only when the
 * backend has accepted it. When it is full, intermediate values are thinned out evenly (every second one of each
 * transaction); a transaction's start and end are never dropped. Changes wait in `Pending` until the store writes them.
 */
import type { DatabaseSync } from "node:sqlite";
import type { QueuedMessage } from "../../protocols/ocpp/ports.ts";
import { dequeue, enqueue, type Pending } from "./store-pending.ts";

export interface Journal {
  enqueue(message: Omit<QueuedMessage, "id">): number;
  head(): QueuedMessage | undefined;
  dequeue(id: number): void;
  queued(): number;
  queuedFor(transactionId: string): number;
  /** Messages dropped since the store was opened. */
  dropped(): number;
  /** Writes what waits; within the store's transaction. */
  write(pending: Pending): void;
  /** The id up to which everything has been delivered, where that is all that waits; null where it is not. */
  deliveredUpTo(): number | null;
  /** Counts anew what is there: after a change that was taken back, and after thinning. */
  recount(): void;
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
/** Ids are set aside on disk in such numbers: the last one given is not written with each message. */
const idsAtOnce = 1_000;

const thin = `
  DELETE FROM journal WHERE id IN (
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY transactionId ORDER BY id) AS place FROM journal WHERE droppable = 1)
    WHERE place % 2 = 1
  )
`;

/**
 * `entriesMax`: kept messages, beyond which intermediate values go. `waiting`: what is not on disk yet. `unfolded`: what is, and
 * not in its table (`change-log.ts`). `deliveredId`: what was delivered up to this id and could not be removed any more is removed
 * with the next change.
 */
export function createJournal(
  database: DatabaseSync,
  entriesMax: number,
  waiting: () => Pending,
  unfolded: () => Pending,
  deliveredId: number,
): Journal {
  database.exec(schema);
  const insert = database.prepare(
    "INSERT INTO journal (id, action, payload, transactionId, seqNo, droppable) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const oldest = database.prepare("SELECT * FROM journal ORDER BY id LIMIT ?");
  const remove = database.prepare("DELETE FROM journal WHERE id = ?");
  const transactionOf = database.prepare("SELECT transactionId FROM journal WHERE id = ?");
  const thinOut = database.prepare(thin);
  const countAll = database.prepare("SELECT transactionId, count(*) AS count FROM journal GROUP BY transactionId");
  /** Messages of each transaction: an index on disk would cost every delivery a page. */
  const counts = new Map<string, number>();
  let count = 0;
  let dropped = 0;
  /** The oldest messages, read ahead. */
  let ahead: QueuedMessage[] = [];
  const readSequence = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'journal'");
  const setAside = database.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'journal'");
  const beginSequence = database.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('journal', ?)");
  let setAsideId = Number(readSequence.get()?.["seq"] ?? 0);
  let lastId = Math.max(setAsideId, deliveredId, ...unfolded().enqueued.keys(), ...unfolded().dequeued);
  for (const { id } of database.prepare("SELECT id FROM journal WHERE id <= ?").all(deliveredId))
    if (!unfolded().dequeued.has(Number(id))) waiting().dequeued.add(Number(id));
  for (const id of unfolded().enqueued.keys()) if (id <= deliveredId) waiting().dequeued.add(id);

  const inTable = (id: number): string | undefined => {
    const row = unfolded().dequeued.has(id) ? undefined : transactionOf.get(id);
    return row && String(row["transactionId"]);
  };
  /** Whose a message is that is on disk; undefined where there is none. */
  const onDisk = (id: number): string | undefined => unfolded().enqueued.get(id)?.transactionId ?? inTable(id);

  function recount(): void {
    ahead = [];
    counts.clear();
    count = 0;
    for (const row of countAll.all()) {
      counts.set(String(row["transactionId"]), Number(row["count"]));
      count += Number(row["count"]);
    }
    for (const id of unfolded().dequeued) counted(String(transactionOf.get(id)?.["transactionId"]), -1);
    for (const { transactionId } of unfolded().enqueued.values()) counted(transactionId, 1);
    const { enqueued, dequeued } = waiting();
    for (const { transactionId } of enqueued.values()) counted(transactionId, 1);
    for (const id of dequeued) counted(String(onDisk(id)), -1);
  }

  function counted(transactionId: string, difference: 1 | -1): void {
    const left = (counts.get(transactionId) ?? 0) + difference;
    count += difference;
    if (left > 0) counts.set(transactionId, left);
    else counts.delete(transactionId);
  }
  recount();

  function readAhead(): QueuedMessage[] {
    const { enqueued, dequeued } = waiting();
    const before = unfolded();
    return [
      ...oldest
        .all(aheadMax + dequeued.size + before.dequeued.size)
        .map(messageOf)
        .filter(({ id }) => !before.dequeued.has(id)),
      ...before.enqueued.values(),
    ]
      .filter(({ id }) => !dequeued.has(id))
      .concat(...enqueued.values())
      .slice(0, aheadMax);
  }

  function head(): QueuedMessage | undefined {
    if (count === 0) return undefined;
    if (ahead.length === 0) ahead = readAhead();
    return ahead[0];
  }

  return {
    enqueue(message) {
      const pending = waiting();
      if (count >= entriesMax) pending.thins = true;
      const queued = { id: ++lastId, ...message };
      if (enqueue(pending, queued)) counted(message.transactionId, 1);
      else dropped++;
      return queued.id;
    },
    head,
    dequeue(id) {
      const pending = waiting();
      const first = ahead[0];
      if (first?.id === id) {
        dequeue(pending, id);
        ahead.shift();
        counted(first.transactionId, -1);
        return;
      }
      const there = pending.enqueued.has(id) || onDisk(id) !== undefined;
      if (there && !pending.dequeued.has(id)) dequeue(pending, id);
      recount();
    },
    queued: () => count,
    queuedFor: (transactionId) => counts.get(transactionId) ?? 0,
    dropped: () => dropped,
    write({ enqueued, dequeued, thins }) {
      for (const id of dequeued) remove.run(id);
      if (thins) dropped += Number(thinOut.run().changes);
      for (const { id, action, payload, transactionId, seqNo, droppable } of enqueued.values())
        insert.run(id, action, payload, transactionId, seqNo, droppable ? 1 : 0);
      if (lastId > setAsideId) {
        setAsideId = lastId + idsAtOnce;
        if (setAside.run(setAsideId).changes === 0) beginSequence.run(setAsideId);
      }
    },
    deliveredUpTo() {
      const { dequeued } = waiting();
      const upTo = (head()?.id ?? lastId + 1) - 1;
      for (const id of dequeued) if (id > upTo) return null;
      return upTo;
    },
    recount,
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

/**
 * Small changes before they reach their tables. What a busy site keeps each minute (messages, transactions, energies, the account)
 * stands scattered over its tables, and a page for each would wear the disk. So it goes, as one compressed record, into a slot of
 * fixed size that is written in place: one page. Slots are folded into the tables when they are full, and when something else
 * changes or the store is closed. A record counts as the tables do: it is on the medium when the call returns.
 */
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { createPending, merge, type Pending } from "./store-pending.ts";

/** Slots, and the bytes of each: with what SQLite adds, a row fills a page of 4 KiB, so that it is written over in place. */
const slotsMax = 64;
const slotBytes = 4_000;
const headBytes = 16;
const roomBytes = slotBytes - headBytes;
/** A record over more slots than this goes to the tables at once; larger texts are not even compressed: that would take long. */
const partsMax = 16;
const textMax = 400_000;
/** Changes that may wait in memory for their tables. */
const unfoldedMax = 4_000;
const place = ["changes", "folded"] as const;

/** What may be in the log only: seldom read, often written. All else goes to its table at once. */
const collections = /^(account(-.*)?|days|energy|events|meter-days|presence|stays|transaction(-reading)?|written)$/;

export const changesSchema = `
  CREATE TABLE IF NOT EXISTS changes (slot INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
`;

/** Where the log goes on: the number of the record, and its first slot. */
export interface LogPlace {
  readonly record: number;
  readonly slot: number;
}

export interface ChangeLog {
  /** Writes a change, within a transaction: where the log goes on once that is committed; null: it belongs into the tables now. */
  append(change: Pending): LogPlace | null;
  /** Says within a transaction that the tables hold all up to here: where the log goes on once that is committed. */
  fold(): LogPlace;
  /** The transaction was committed. */
  at(place: LogPlace): void;
}

const recordSchema = z.object({
  cleared: z.array(z.string()),
  documents: z.array(z.tuple([z.string(), z.string(), z.string().nullable()])),
  enqueued: z.array(
    z.object({
      id: z.int(),
      action: z.string(),
      payload: z.string(),
      transactionId: z.string(),
      seqNo: z.int(),
      droppable: z.boolean(),
    }),
  ),
  dequeued: z.array(z.int()),
});

/** What the log holds beyond the tables; `sentence`: what a person should know. */
export interface FoundChanges {
  readonly changes: Pending;
  readonly at: LogPlace;
  readonly sentence: string;
}

/** Reads what waits for the tables. Throws as for a damaged file where a record is not whole. */
export function readChanges(database: DatabaseSync): FoundChanges {
  const changes = createPending();
  if (!hasLog(database)) return { changes, at: { record: 0, slot: 0 }, sentence: "" };
  const mark = readMark(database);
  const parts = database
    .prepare("SELECT slot, body FROM changes ORDER BY slot")
    .all()
    .map((row) => partOf(Number(row["slot"]), row["body"] as Uint8Array))
    .filter(({ record }) => record > mark.record);
  if (parts.length === 0) return { changes, at: { record: mark.record, slot: 0 }, sentence: "" };
  const newest = Math.max(...parts.map(({ record }) => record));
  if (mark.tables !== "" && mark.tables !== tablesHash(database)) {
    const sentence = `An earlier version has gone on with the store: ${newest - mark.record} records of what waited for it are left out.`;
    return { changes, at: { record: newest, slot: 0 }, sentence };
  }
  for (let record = mark.record + 1; record <= newest; record++) merge(changes, readRecord(parts, record));
  return { changes, at: { record: newest, slot: Math.max(...parts.map(({ slot }) => slot)) + 1 }, sentence: "" };
}

/** The log of a store that is open for writing. `found`: as `readChanges` has told. */
export function openChangeLog(database: DatabaseSync, found: LogPlace): ChangeLog {
  const write = database.prepare(
    "INSERT INTO changes (slot, body) VALUES (?, ?) ON CONFLICT (slot) DO UPDATE SET body = excluded.body",
  );
  const setMark = database.prepare(
    "INSERT INTO document (collection, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
  );
  let { record, slot } = found;
  return {
    append(change) {
      const bytes = compressed(change);
      const parts = bytes === null ? Number.POSITIVE_INFINITY : Math.ceil(bytes.length / roomBytes);
      if (bytes === null || parts > partsMax || slot + parts > slotsMax) return null;
      for (let part = 0; part < parts; part++) {
        const body = new Uint8Array(slotBytes);
        const head = new DataView(body.buffer);
        head.setFloat64(0, record + 1);
        head.setUint16(8, part);
        head.setUint16(10, parts);
        head.setUint32(12, bytes.length);
        body.set(bytes.subarray(part * roomBytes, (part + 1) * roomBytes), headBytes);
        write.run(slot + part, body);
      }
      return { record: record + 1, slot: slot + parts };
    },
    fold() {
      setMark.run(...place, JSON.stringify({ record, tables: tablesHash(database) }));
      return { record, slot: 0 };
    },
    at(next) {
      ({ record, slot } = next);
    },
  };
}

/** Whether a change may wait in the log, beside what waits there. */
export function mayWait(change: Pending, unfolded: Pending): boolean {
  if (change.thins || change.cleared.size > 0 || sizeOf(change) + sizeOf(unfolded) > unfoldedMax) return false;
  for (const collection of change.documents.keys()) if (!collections.test(collection)) return false;
  return true;
}

function sizeOf({ documents, enqueued, dequeued }: Pending): number {
  let size = enqueued.size + dequeued.size;
  for (const entries of documents.values()) size += entries.size;
  return size;
}

function compressed({ cleared, documents, enqueued, dequeued }: Pending): Uint8Array | null {
  const text = JSON.stringify({
    cleared: [...cleared],
    documents: [...documents].flatMap(([collection, entries]) => [...entries].map((entry) => [collection, ...entry])),
    enqueued: [...enqueued.values()],
    dequeued: [...dequeued],
  });
  return text.length > textMax ? null : deflateRawSync(text);
}

interface Part {
  readonly slot: number;
  readonly record: number;
  readonly part: number;
  readonly parts: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

function partOf(slot: number, body: Uint8Array): Part {
  if (body.length !== slotBytes) throw damage(`slot ${slot} has ${body.length} bytes`);
  const head = new DataView(body.buffer, body.byteOffset);
  return {
    slot,
    record: head.getFloat64(0),
    part: head.getUint16(8),
    parts: head.getUint16(10),
    length: head.getUint32(12),
    bytes: body.subarray(headBytes),
  };
}

function readRecord(all: readonly Part[], record: number): Pending {
  const parts = all.filter((part) => part.record === record);
  const first = parts[0];
  if (first === undefined || parts.length !== first.parts || parts.some(({ part }, i) => part !== i))
    throw damage(`record ${record} is not whole`);
  try {
    const bytes = Buffer.concat(parts.map(({ bytes }) => bytes)).subarray(0, first.length);
    const text = inflateRawSync(bytes, { maxOutputLength: 4 * textMax }).toString();
    const { cleared, documents, enqueued, dequeued } = recordSchema.parse(JSON.parse(text));
    const change = createPending();
    for (const collection of cleared) change.cleared.add(collection);
    for (const [collection, key, value] of documents) {
      const entries = change.documents.get(collection) ?? new Map<string, string | null>();
      change.documents.set(collection, entries.set(key, value));
    }
    for (const message of enqueued) change.enqueued.set(message.id, message);
    for (const id of dequeued) change.dequeued.add(id);
    return change;
  } catch (failure) {
    throw damage(`record ${record} can't be read (${(failure as Error).message.slice(0, 100)})`);
  }
}

/** As SQLite tells a damaged file. */
const damage = (why: string): Error => Object.assign(new Error(`its log of changes: ${why}`), { errcode: 11 });

/** A store of an earlier version that is only read has none. */
const hasLog = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'changes'").get() !== undefined;

const markSchema = z.object({ record: z.int().min(0), tables: z.string() });

function readMark(database: DatabaseSync): z.output<typeof markSchema> {
  const row = database.prepare("SELECT value FROM document WHERE collection = ? AND key = ?").get(...place);
  if (row === undefined) return { record: 0, tables: "" };
  try {
    return markSchema.parse(JSON.parse(String(row["value"])));
  } catch {
    throw damage("its mark can't be read");
  }
}

/** Of what only a fold changes: an earlier version, which knows no log, writes it with each message. */
function tablesHash(database: DatabaseSync): string {
  const hash = createHash("sha256");
  const rows = database.prepare(
    "SELECT key, value FROM document WHERE collection IN ('energy', 'transaction') ORDER BY collection, key",
  );
  for (const row of rows.iterate()) hash.update(`${row["key"]}\n${row["value"]}\n`);
  return hash.digest("hex").slice(0, 16);
}

/**
 * The append-only audit log in SQLite (requirement R37): modes, commands, contacts, permits, limits, trips, refusals, logins,
 * settings before and after. A record is on the medium when `append` returns, together with the head, so that a power cut at
 * any byte leaves a whole chain and loses nothing that was acknowledged. The database itself refuses to change or delete.
 */
import { DatabaseSync } from "node:sqlite";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { type OpenDatabase, openWhole, rollBack } from "../store/database.ts";
import { whyOf } from "../store/files.ts";
import {
  type AuditEvent,
  type AuditHead,
  type AuditKind,
  type AuditRecord,
  type AuditVerdict,
  emptyHead,
  exportLines,
  recordHash,
  verifyChain,
} from "./audit-chain.ts";

/** The log's name in the state folder. */
export const auditFileName = "audit.db";
/** Largest body of one record, bytes; a larger one is replaced by its beginning and its size. */
const auditBodyBytesMax = 65_536;
const actorLengthMax = 200;
/** Records of one kind that are read at a time. */
const kindMax = 20_000;

/** An event, and when it happened where that was earlier than its writing, ms UTC. */
export type TimedEvent = AuditEvent & { readonly atMs?: number };

export interface AuditLog {
  /** Durable when it returns. */
  append(event: AuditEvent): AuditRecord;
  /** Several at once: all of them or none. */
  appendAll(events: readonly TimedEvent[]): readonly AuditRecord[];
  /** What was found at the opening and a person should know; "" when all was well. */
  readonly sentence: string;
  /** The file was removed or replaced while in use. Put back at the closing. */
  isGone(): boolean;
  head(): AuditHead;
  /** Wall clock of the last record, ms UTC; −Infinity while the log is empty. A floor under clocks that are set back. */
  lastAtMs(): number;
  /** Records from `fromSeq`, at most `limit`, oldest first. */
  read(fromSeq: number, limit: number): AuditRecord[];
  /** The newest records, newest first. */
  latest(limit: number): AuditRecord[];
  /** The newest record of a kind. */
  latestOf(kind: AuditKind): AuditRecord | undefined;
  /** The newest records of a kind, at most `kindMax` of them, oldest first. */
  allOf(kind: AuditKind): AuditRecord[];
  /** Every record of a kind, oldest first, one after the other. */
  everyOf(kind: AuditKind): Generator<AuditRecord>;
  verify(known?: AuditHead): AuditVerdict;
  /** Lines of an export, head first, as of now. */
  export(): Generator<string>;
  close(): void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS audit (
    seq   INTEGER PRIMARY KEY,
    atMs  INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    actor TEXT    NOT NULL,
    body  TEXT    NOT NULL,
    hash  TEXT    NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS auditHead (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    records INTEGER NOT NULL,
    hash    TEXT    NOT NULL
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS auditKeep BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS auditStay BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
`;

export interface AuditOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  /** Wall clock, ms UTC. */
  readonly now: () => number;
  /** Reads only: verifies and exports a log without touching it. */
  readonly readOnly?: boolean;
}

/** Opens (or makes) the log. Throws a sentence when the file can't be used. */
export function openAudit({ path, now, readOnly = false }: AuditOptions): AuditLog {
  const { database, sentence, isGone, restore } = readOnly ? openReadOnly(path) : openWhole(path, "audit log", schema);
  const select = database.prepare("SELECT * FROM audit WHERE seq >= ? ORDER BY seq LIMIT ?");
  const newest = database.prepare("SELECT * FROM audit ORDER BY seq DESC LIMIT ?");
  const readHead = database.prepare("SELECT records, hash FROM auditHead WHERE one = 1");
  const newestOf = database.prepare("SELECT * FROM audit WHERE kind = ? ORDER BY seq DESC LIMIT 1");
  const ofKind = database.prepare(`SELECT * FROM audit WHERE kind = ? ORDER BY seq DESC LIMIT ${kindMax}`);
  const everyOfKind = database.prepare("SELECT * FROM audit WHERE kind = ? ORDER BY seq");
  const all = database.prepare("SELECT * FROM audit ORDER BY seq");

  const head = (): AuditHead => {
    const row = readHead.get();
    return row ? { records: Number(row["records"]), hash: String(row["hash"]) } : emptyHead;
  };

  function insert(events: readonly TimedEvent[]): AuditRecord[] {
    const add = database.prepare("INSERT INTO audit (seq, atMs, kind, actor, body, hash) VALUES (?, ?, ?, ?, ?, ?)");
    const setHead = database.prepare(
      "INSERT INTO auditHead (one, records, hash) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET records = excluded.records, hash = excluded.hash",
    );
    let { records, hash } = head();
    const written: AuditRecord[] = [];
    for (const event of events) {
      const unsealed = {
        seq: records + 1,
        atMs: Math.round(event.atMs ?? now()),
        kind: event.kind,
        actor: event.actor.slice(0, actorLengthMax),
        body: boundedBody(event.body),
      };
      hash = recordHash(hash, unsealed);
      add.run(unsealed.seq, unsealed.atMs, unsealed.kind, unsealed.actor, unsealed.body, hash);
      records++;
      written.push({ ...unsealed, hash });
    }
    setHead.run(records, hash);
    return written;
  }

  function appendAll(events: readonly TimedEvent[]): readonly AuditRecord[] {
    database.exec("BEGIN IMMEDIATE");
    try {
      const written = insert(events);
      database.exec("COMMIT");
      return written;
    } catch (failure) {
      rollBack(database);
      throw failure;
    }
  }

  function* records(): Generator<AuditRecord> {
    for (const row of all.iterate()) yield toRecord(row);
  }

  return {
    append: (event) => appendAll([event])[0]!,
    appendAll,
    sentence,
    isGone,
    head,
    lastAtMs() {
      const row = newest.get(1);
      return row ? Number(row["atMs"]) : Number.NEGATIVE_INFINITY;
    },
    read: (fromSeq, limit) => select.all(fromSeq, limit).map(toRecord),
    latest: (limit) => newest.all(limit).map(toRecord),
    latestOf(kind) {
      const row = newestOf.get(kind);
      return row && toRecord(row);
    },
    allOf: (kind) => ofKind.all(kind).map(toRecord).reverse(),
    verify(known) {
      try {
        const damage = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
        if (damage !== "ok") return damaged(String(damage));
        return verifyChain(records(), head(), known);
      } catch (failure) {
        return damaged((failure as Error).message);
      }
    },
    *everyOf(kind) {
      for (const row of everyOfKind.iterate(kind)) yield toRecord(row);
    },
    *export() {
      // One transaction, so that head and records belong together while others append.
      database.exec("BEGIN");
      try {
        yield* exportLines(records(), head());
      } finally {
        database.exec("COMMIT");
      }
    },
    close() {
      restore();
      database.close();
    },
  };
}

const damaged = (detail: string): AuditVerdict => ({
  ok: false,
  records: 0,
  head: emptyHead,
  fault: { seq: 0, sentence: `The database is damaged (${detail}).` },
});

function boundedBody(body: AuditEvent["body"]): string {
  const text = canonicalJson(body);
  const bytes = Buffer.byteLength(text);
  return bytes <= auditBodyBytesMax ? text : canonicalJson({ omittedBytes: bytes, begins: text.slice(0, 1_000) });
}

const toRecord = (row: Record<string, unknown>): AuditRecord => ({
  seq: Number(row["seq"]),
  atMs: Number(row["atMs"]),
  kind: String(row["kind"]),
  actor: String(row["actor"]),
  body: String(row["body"]),
  hash: String(row["hash"]),
});

function openReadOnly(path: string): Pick<OpenDatabase, "database" | "sentence" | "isGone" | "restore"> {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.exec("PRAGMA busy_timeout = 5000");
    database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get();
    return { database, sentence: "", isGone: () => false, restore: () => undefined };
  } catch (failure) {
    throw new Error(`The audit log ${path} can't be opened (${whyOf(failure)}). Check the path and its rights.`);
  }
}

/**
 * The chain of the audit log: each record carries the hash of the one before and its own, over its canonical form. Whoever
 * alters, removes, inserts or moves a record breaks the chain at that place; the head (how many, and the last hash) shows a
 * tail that was cut off. A log replaced as a whole is found by comparing its head with one exported earlier.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical-json.ts";

/** What is logged. Stable: they appear in exports. Append only. */
const auditKinds = [
  "start",
  "stop",
  "mode",
  "command",
  "contacts",
  "permit",
  "limit",
  "trip",
  "refusal",
  "login",
  "setting",
  "lockout",
  "reset",
  "alarm",
  "session",
  "test",
  "account",
] as const;
export type AuditKind = (typeof auditKinds)[number];

/** One event as it is handed in. `body` is plain JSON data: what happened, with values before and after where they changed. */
export interface AuditEvent {
  readonly kind: AuditKind;
  /** Who: a person's login, `controller`, `backend`, a device. */
  readonly actor: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One event as it stands in the log. */
export interface AuditRecord {
  /** 1, 2, 3, … without a gap. */
  readonly seq: number;
  /** Wall clock at writing, ms UTC. */
  readonly atMs: number;
  readonly kind: string;
  readonly actor: string;
  /** Canonical JSON. */
  readonly body: string;
  readonly hash: string;
}

export interface AuditHead {
  readonly records: number;
  readonly hash: string;
}

/** The hash before the first record. */
export const genesisHash = createHash("sha256").update("islet-audit-1").digest("hex");
export const emptyHead: AuditHead = { records: 0, hash: genesisHash };

/** The hash of a record that follows `previousHash`. */
export function recordHash(previousHash: string, { seq, atMs, kind, actor, body }: Omit<AuditRecord, "hash">): string {
  return createHash("sha256")
    .update(canonicalJson([previousHash, seq, atMs, kind, actor, body]))
    .digest("hex");
}

/** The first thing found wrong with a log. */
export interface AuditFault {
  /** Record at which it shows; 0 for the head. */
  readonly seq: number;
  readonly sentence: string;
}

export interface AuditVerdict {
  readonly ok: boolean;
  readonly records: number;
  readonly head: AuditHead;
  readonly fault: AuditFault | undefined;
}

/**
 * Follows the chain through `records` and compares its end with `head`. `known`: a head exported earlier, which must be a
 * place in this log.
 */
export function verifyChain(
  records: Iterable<AuditRecord>,
  head: AuditHead | undefined,
  known?: AuditHead,
): AuditVerdict {
  let previous = genesisHash;
  let count = 0;
  let knownSeen = known === undefined || (known.records === 0 && known.hash === genesisHash);
  const verdict = (seq: number, sentence: string): AuditVerdict => ({
    ok: false,
    records: count,
    head: { records: count, hash: previous },
    fault: { seq, sentence },
  });
  for (const record of records) {
    if (record.seq !== count + 1)
      return verdict(
        count + 1,
        `Record ${count + 1} is missing or out of its place: record ${record.seq} stands there.`,
      );
    if (recordHash(previous, record) !== record.hash)
      return verdict(record.seq, `Record ${record.seq} was altered, or the one before it was.`);
    previous = record.hash;
    count++;
    if (known !== undefined && known.records === count && known.hash === previous) knownSeen = true;
  }
  if (head !== undefined && (head.records !== count || head.hash !== previous))
    return verdict(
      0,
      `The log ends at record ${count}, but its head says ${head.records} records: the end was cut off, or the head was altered.`,
    );
  if (!knownSeen)
    return verdict(
      0,
      `The head known from before (${known!.records} records) is no place in this log: it was replaced or cut off.`,
    );
  return { ok: true, records: count, head: { records: count, hash: previous }, fault: undefined };
}

const exportFormat = "islet-audit-1";

/** An export: one line of JSON for the head, then one for each record. Every line is canonical, so that every bit counts. */
export function* exportLines(records: Iterable<AuditRecord>, head: AuditHead): Generator<string> {
  yield canonicalJson({ format: exportFormat, hash: head.hash, records: head.records });
  for (const { seq, atMs, kind, actor, body, hash } of records)
    yield canonicalJson({ actor, atMs, body, hash, kind, seq });
}

/** Verifies an export byte by byte. Never throws: whatever is wrong is a verdict. */
export function verifyExport(bytes: Uint8Array, known?: AuditHead): AuditVerdict {
  const fail = (seq: number, sentence: string): AuditVerdict => ({
    ok: false,
    records: 0,
    head: emptyHead,
    fault: { seq, sentence },
  });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail(0, "The export is not UTF-8 text: it was damaged.");
  }
  if (!text.endsWith("\n")) return fail(0, "The export does not end with a line: it was cut off.");
  const lines = text.slice(0, -1).split("\n");
  const head = parseLine(lines[0]!, isHead);
  if (!head || head.format !== exportFormat) return fail(0, "The first line is not the head of an export.");
  const records: AuditRecord[] = [];
  for (let i = 1; i < lines.length; i++) {
    const record = parseLine(lines[i]!, isRecord);
    if (!record) return fail(i, `Line ${i + 1} is not a record as it was written.`);
    records.push(record);
  }
  return verifyChain(records, head, known);
}

/** The value of a line, if it has the right shape and the line is exactly its canonical form. */
function parseLine<T>(line: string, is: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return is(value) && canonicalJson(value) === line ? value : undefined;
  } catch {
    return undefined;
  }
}

const hasShape = (value: unknown, shape: Readonly<Record<string, string>>): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length === Object.keys(shape).length &&
  Object.entries(shape).every(([key, type]) => typeof (value as Record<string, unknown>)[key] === type);

const isHead = (value: unknown): value is AuditHead & { format: string } =>
  hasShape(value, { format: "string", hash: "string", records: "number" });
const isRecord = (value: unknown): value is AuditRecord =>
  hasShape(value, { actor: "string", atMs: "number", body: "string", hash: "string", kind: "string", seq: "number" });

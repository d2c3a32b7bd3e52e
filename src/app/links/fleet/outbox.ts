/**
 * Records for the fleet, in the site's own store until the fleet says that its database has them. Sent again after a growing
 * pause; a broker or a fleet that loses everything costs time only. Bounded: of a full outbox the oldest event goes first; receipts,
 * energy and heads stay, and what then finds no room is counted.
 */
import { randomBytes } from "node:crypto";
import { type FleetRecord, type RecordBody, recordSchema } from "../../../protocols/fleet/payloads.ts";
import type { Documents } from "../../store/store.ts";

const collection = "fleet-outbox";
const epochPlace = ["fleet", "epoch"] as const;
/** Of a moment in the epoch's name, until the year 2059. */
const epochDigits = 8;
/** A month of quarter-hours and heads, and room for events. */
const recordsMax = 10_000;
/** Records under way at a time. */
const underWayMax = 100;
const resendMinMs = 4_000;
const resendMaxMs = 60_000;

interface Kept {
  readonly key: string;
  readonly record: FleetRecord;
  sentMs: number;
  waitMs: number;
}

export interface Outbox {
  /** On disk when it returns, or owed to a disk that refuses. */
  add(body: RecordBody, atMs: number): void;
  /** What is to be sent now; counts as sent. */
  due(monotonicMs: number): readonly FleetRecord[];
  stored(epoch: string, sequences: readonly number[]): void;
  /** The other side is there again: everything is due. */
  again(): void;
  readonly size: number;
  /** Records that found no room since the start. */
  readonly lost: number;
  /** Records that were found and can't be read. */
  readonly unreadable: number;
}

/**
 * A name for this run, later in the order of names than any run's before: also where the clock of a machine that has just been
 * switched on does not know the time yet.
 */
export function newEpoch(documents: Pick<Documents, "get" | "put">, nowMs: number): string {
  const before = Number(documents.get(...epochPlace)) || 0;
  const ofMs = Math.max(nowMs, before + 1);
  documents.put(...epochPlace, String(ofMs));
  return `${ofMs.toString(36).padStart(epochDigits, "0")}-${randomBytes(4).toString("hex")}`;
}

/** `epoch`: names this run; numbers of another are never used again. */
export function openOutbox(documents: Documents, site: string, epoch: string): Outbox {
  const kept = new Map<string, Kept>();
  const underWay = new Set<string>();
  let unreadable = 0;
  let lost = 0;
  let sequence = 0;
  for (const { key, value } of documents.entries(collection)) {
    const record = readRecord(value);
    if (record === null) unreadable++;
    else kept.set(key, { key, record, sentMs: Number.NEGATIVE_INFINITY, waitMs: resendMinMs });
  }
  const forget = (key: string): void => {
    kept.delete(key);
    underWay.delete(key);
    documents.remove(collection, key);
  };

  /** Room for one more: the oldest event goes. */
  function makeRoom(): boolean {
    if (kept.size < recordsMax) return true;
    lost++;
    for (const { key, record } of kept.values())
      if (record.body.kind === "event") {
        forget(key);
        return true;
      }
    return false;
  }

  return {
    add(body, atMs) {
      if (!makeRoom()) return;
      const record: FleetRecord = { schema: "islet-fleet-record-1", site, epoch, sequence: ++sequence, atMs, body };
      const key = keyOf(epoch, record.sequence);
      kept.set(key, { key, record, sentMs: Number.NEGATIVE_INFINITY, waitMs: resendMinMs });
      documents.put(collection, key, JSON.stringify(record));
    },
    due(nowMs) {
      const due: FleetRecord[] = [];
      for (const one of kept.values()) {
        if (!underWay.has(one.key) && underWay.size >= underWayMax) break;
        if (nowMs - one.sentMs < one.waitMs) continue;
        if (one.sentMs > Number.NEGATIVE_INFINITY) one.waitMs = Math.min(resendMaxMs, one.waitMs * 2);
        one.sentMs = nowMs;
        underWay.add(one.key);
        due.push(one.record);
      }
      return due;
    },
    stored(of, sequences) {
      documents.atomically(() => {
        for (const one of sequences) if (kept.has(keyOf(of, one))) forget(keyOf(of, one));
      });
    },
    again() {
      underWay.clear();
      for (const one of kept.values()) Object.assign(one, { sentMs: Number.NEGATIVE_INFINITY, waitMs: resendMinMs });
    },
    get size() {
      return kept.size;
    },
    get lost() {
      return lost;
    },
    unreadable,
  };
}

const keyOf = (epoch: string, sequence: number): string => `${epoch}/${String(sequence).padStart(10, "0")}`;

function readRecord(text: string): FleetRecord | null {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

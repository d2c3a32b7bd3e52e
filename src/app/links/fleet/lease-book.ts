/** What is known of leases over a restart: the newest document's version, and what has become of each lease until its end is past. */
import { z } from "zod";
import { leaseSchema } from "../../../protocols/fleet/orders.ts";
import type { LeaseState } from "../../../protocols/fleet/payloads.ts";
import type { Documents } from "../../store/store.ts";

const collection = "fleet-leases";
const versionKey = "version";
/** Leases that are remembered; a day of documents that each replace all of theirs. */
const leasesKept = 2_000;
/** A lease is remembered for this long after its end, so that a document that comes late is known, ms. */
const rememberMs = 86_400_000;

const entrySchema = z.object({
  lease: leaseSchema,
  state: z.enum(["accepted", "running", "waiting", "refused", "expired", "withdrawn", "ended", "done"]),
});
export type LeaseEntry = z.output<typeof entrySchema>;

export const isOver = (state: LeaseState): boolean => !["accepted", "running", "waiting"].includes(state);

export interface LeaseBook {
  readonly version: number;
  setVersion(version: number): void;
  get(id: string): LeaseEntry | undefined;
  /** On disk when it returns, or owed. */
  set(entry: LeaseEntry): void;
  open(): readonly LeaseEntry[];
  /** Forgets what is long past. */
  tidy(nowMs: number): void;
}

export function openLeaseBook(documents: Documents): LeaseBook {
  const entries = new Map<string, LeaseEntry>();
  let version = 0;
  for (const { key, value } of documents.entries(collection)) {
    if (key === versionKey) version = Number(value) || 0;
    const entry = key === versionKey ? null : readEntry(value);
    if (entry !== null) entries.set(entry.lease.id, entry);
  }
  const forget = (id: string): void => {
    entries.delete(id);
    documents.remove(collection, `lease-${id}`);
  };
  return {
    get version() {
      return version;
    },
    setVersion(next) {
      version = next;
      documents.put(collection, versionKey, String(next));
    },
    get: (id) => entries.get(id),
    set(entry) {
      entries.set(entry.lease.id, entry);
      documents.put(collection, `lease-${entry.lease.id}`, JSON.stringify(entry));
      if (entries.size <= leasesKept) return;
      const oldest = [...entries.values()].find(({ state }) => isOver(state));
      if (oldest !== undefined) forget(oldest.lease.id);
    },
    open: () => [...entries.values()].filter(({ state }) => !isOver(state)),
    tidy(nowMs) {
      for (const [id, { lease, state }] of entries) if (isOver(state) && nowMs > lease.untilMs + rememberMs) forget(id);
    },
  };
}

function readEntry(text: string): LeaseEntry | null {
  try {
    return entrySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

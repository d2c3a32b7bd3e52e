/**
 * Changes of the store that count already and are not on disk yet: those of the call under way, and those that a full disk
 * has refused so far. Bounded: what may be dropped is, and what may not is refused.
 */
import type { QueuedMessage } from "../../protocols/ocpp/ports.ts";

/** Changes that may wait for the disk. */
const pendingMax = 20_000;

export interface Pending {
  readonly cleared: Set<string>;
  /** By collection and key; null: removed. */
  readonly documents: Map<string, Map<string, string | null>>;
  readonly enqueued: Map<number, QueuedMessage>;
  readonly dequeued: Set<number>;
  /** Intermediate values on disk are to be thinned out. */
  thins: boolean;
}

export const createPending = (): Pending => ({
  cleared: new Set(),
  documents: new Map(),
  enqueued: new Map(),
  dequeued: new Set(),
  thins: false,
});

/** For taking a call's changes back. Cheap while the disk takes everything: then there is nothing to copy. */
export const copyPending = (from: Pending): Pending => ({
  cleared: new Set(from.cleared),
  documents: new Map([...from.documents].map(([collection, entries]) => [collection, new Map(entries)])),
  enqueued: new Map(from.enqueued),
  dequeued: new Set(from.dequeued),
  thins: from.thins,
});

export const isEmpty = ({ cleared, documents, enqueued, dequeued, thins }: Pending): boolean =>
  cleared.size === 0 && documents.size === 0 && enqueued.size === 0 && dequeued.size === 0 && !thins;

/** Nothing in it must outlive a power cut at once: a message that the backend has accepted may be sent once more. */
export const mayLag = ({ cleared, documents, enqueued, dequeued, thins }: Pending): boolean =>
  dequeued.size > 0 && cleared.size === 0 && documents.size === 0 && enqueued.size === 0 && !thins;

/** What a key holds: a text, null when it was removed, undefined when nothing waits for it. */
export function pendingValue(
  { documents, cleared }: Pending,
  collection: string,
  key: string,
): string | null | undefined {
  const value = documents.get(collection)?.get(key);
  return value === undefined && cleared.has(collection) ? null : value;
}

export function change({ documents, enqueued }: Pending, collection: string, key: string, value: string | null): void {
  const entries = documents.get(collection) ?? new Map<string, string | null>();
  if (!entries.has(key) && entries.size + enqueued.size >= pendingMax)
    throw new Error("The disk is full, and no more changes can wait for it.");
  entries.set(key, value);
  documents.set(collection, entries);
}

export function clear({ documents, cleared }: Pending, collection: string): void {
  documents.delete(collection);
  cleared.add(collection);
}

/** False: there is no room, and the message, an intermediate value, is dropped. */
export function enqueue({ enqueued }: Pending, message: QueuedMessage): boolean {
  if (enqueued.size >= pendingMax) {
    if (message.droppable) return false;
    throw new Error("The disk is full, and no more messages can wait for it.");
  }
  enqueued.set(message.id, message);
  return true;
}

export function dequeue({ enqueued, dequeued }: Pending, id: number): void {
  if (!enqueued.delete(id)) dequeued.add(id);
}

/** Adds a later change to earlier ones. */
export function merge(into: Pending, { cleared, documents, enqueued, dequeued, thins }: Pending): void {
  for (const collection of cleared) clear(into, collection);
  for (const [collection, entries] of documents) {
    const merged = into.documents.get(collection) ?? new Map<string, string | null>();
    for (const [key, value] of entries) merged.set(key, value);
    into.documents.set(collection, merged);
  }
  for (const id of dequeued) dequeue(into, id);
  for (const [id, message] of enqueued) into.enqueued.set(id, message);
  into.thins ||= thins;
}

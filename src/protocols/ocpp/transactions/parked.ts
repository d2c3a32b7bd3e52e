/**
 * Starts and ends of transactions that the backend has refused again and again. E13 lets a station give a message up; a
 * start or an end is money, so it is put aside instead: what follows goes on, and it is tried once more after each new
 * connection and from time to time, whenever nothing else waits.
 */
import { collectionOf } from "../collection.ts";
import type { OcppClock, OcppStore, QueuedMessage } from "../ports.ts";

/** Messages put aside; when there are more, the journal waits at its head instead of putting another one aside. */
const parkedMax = 1_000;
const everyMs = 10 * 60_000;
/** Digits of a journal id as a key, so that keys sort as ids do. */
const keyDigits = 16;

/** Ends of transactions that the backend has refused, kept and offered again. */
export interface Parked {
  /** Whether this message must never be given up. */
  owed(message: QueuedMessage): boolean;
  /** Moves a message out of the journal; false when there is no room. */
  park(message: QueuedMessage): boolean;
  /** The next message whose turn has come. */
  next(): QueuedMessage | undefined;
  /** A message was not accepted this time either: its turn comes again later. */
  failed(message: QueuedMessage): void;
  delivered(message: QueuedMessage): void;
  /** A new connection: everything may be tried at once. */
  retryAll(): void;
  /** Ms until the next turn; Infinity when nothing is put aside. */
  waitMs(): number;
  count(): number;
  countFor(transactionId: string): number;
}

export function createParked(store: OcppStore, clock: OcppClock): Parked {
  const documents = collectionOf<QueuedMessage>(store, "parked-message");
  const messages = new Map<number, { message: QueuedMessage; dueMs: number }>();
  for (const { value } of documents.all()) messages.set(value.id, { message: value, dueMs: Number.NEGATIVE_INFINITY });
  const keyOf = ({ id }: QueuedMessage): string => String(id).padStart(keyDigits, "0");

  return {
    owed({ action, payload }) {
      if (action !== "TransactionEvent") return false;
      const { eventType } = JSON.parse(payload) as { eventType?: string };
      return eventType === "Started" || eventType === "Ended";
    },
    park(message) {
      if (messages.size >= parkedMax) return false;
      // In this order: what a power cut leaves in both places is sent twice, word for word, and never lost.
      documents.put(keyOf(message), message);
      store.dequeue(message.id);
      messages.set(message.id, { message, dueMs: clock.monotonicMs() + everyMs });
      return true;
    },
    next() {
      const nowMs = clock.monotonicMs();
      for (const { message, dueMs } of messages.values()) if (dueMs <= nowMs) return message;
      return undefined;
    },
    failed(message) {
      const entry = messages.get(message.id);
      if (entry) entry.dueMs = clock.monotonicMs() + everyMs;
    },
    delivered(message) {
      messages.delete(message.id);
      documents.remove(keyOf(message));
    },
    retryAll() {
      for (const entry of messages.values()) entry.dueMs = Number.NEGATIVE_INFINITY;
    },
    waitMs() {
      let waitMs = Number.POSITIVE_INFINITY;
      for (const { dueMs } of messages.values()) waitMs = Math.min(waitMs, Math.max(dueMs - clock.monotonicMs(), 0));
      return waitMs;
    },
    count: () => messages.size,
    countFor(transactionId) {
      let count = 0;
      for (const { message } of messages.values()) if (message.transactionId === transactionId) count += 1;
      return count;
    },
  };
}

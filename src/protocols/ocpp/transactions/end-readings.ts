/**
 * Readings for the Ended event of each transaction: its begin and, where configured, one each TxEndedInterval. Each is a document
 * of its own, so that an event on the way writes none of them again.
 */
import type { Collection } from "../collection.ts";
import type { MeterValue } from "../transport/messages.table.ts";
import type { Transaction } from "./transaction.ts";

/** Readings kept for the Ended event; beyond it every second one is dropped. */
const endReadingsMax = 200;

export interface EndReadings {
  of(transaction: Transaction): readonly MeterValue[];
  /** Durable when it returns. */
  add(transaction: Transaction, value: MeterValue): void;
  /** The transaction has ended. */
  drop(transaction: Transaction): void;
}

/** `values`: keyed by transaction and place, in their order. What belongs to no transaction that `runs` is removed. */
export function createEndReadings(
  values: Collection<MeterValue>,
  runs: (transactionId: string) => boolean,
): EndReadings {
  const kept = new Map<string, { readonly key: string; readonly value: MeterValue }[]>();
  for (const entry of values.all()) {
    const id = entry.key.slice(0, entry.key.lastIndexOf("|"));
    if (runs(id)) kept.set(id, [...(kept.get(id) ?? []), entry]);
    else values.remove(entry.key);
  }

  return {
    of: ({ transactionId, endReadings }) => [
      ...endReadings,
      ...(kept.get(transactionId) ?? []).map(({ value }) => value),
    ],
    add({ transactionId }, value) {
      const own = kept.get(transactionId) ?? [];
      const place = Number(own.at(-1)?.key.split("|").at(-1) ?? 0) + 1;
      const entry = { key: `${transactionId}|${String(place).padStart(6, "0")}`, value };
      own.push(entry);
      values.put(entry.key, value);
      if (own.length > endReadingsMax)
        for (const { key } of own.filter((_, index) => index % 2 === 1)) values.remove(key);
      kept.set(transactionId, own.length > endReadingsMax ? own.filter((_, index) => index % 2 === 0) : own);
    },
    drop({ transactionId }) {
      for (const { key } of kept.get(transactionId) ?? []) values.remove(key);
      kept.delete(transactionId);
    },
  };
}

/**
 * What holds beside charging profiles while power flows in both directions: the last signal of the balancing market, which
 * transactions charge with priority, and what bounds discharging. Priority is kept over a restart; a signal ends
 * with its connection, because nobody then says that it still holds.
 */
import { collectionOf } from "../collection.ts";
import type { OcppStore } from "../ports.ts";

/** What the profiles depend on besides themselves. */
export interface Flexibility {
  /** The last signal of AFRRSignal; null while none holds. */
  signal: number | null;
  hasPriority(transactionId: string): boolean;
  setPriority(transactionId: string, active: boolean): void;
  /** EVSEs at which the backend has switched V2X off: nothing leaves a vehicle there. */
  readonly switchedOff: Set<number>;
  /** The share of its rating that each EVSE may discharge at most (a DER control), 0 to 1. */
  dischargeShare: number;
  /** EVSEs whose power follows frequency or signal, with the frequency at which it was last set, Hz. */
  readonly followedHz: Map<number, number>;
}

export function createFlexibility(store: OcppStore): Flexibility {
  const records = collectionOf<true>(store, "priority-charging");
  const urgent = new Set(records.all().map(({ key }) => key));
  return {
    signal: null,
    hasPriority: (transactionId) => urgent.has(transactionId),
    setPriority(transactionId, active) {
      if (active === urgent.has(transactionId)) return;
      if (active) {
        urgent.add(transactionId);
        records.put(transactionId, true);
      } else {
        urgent.delete(transactionId);
        records.remove(transactionId);
      }
    },
    switchedOff: new Set(),
    dischargeShare: 1,
    followedHz: new Map(),
  };
}

/** E: what is known of each EVSE while its transactions come and go. */
import type { Collection } from "../collection.ts";
import type { Cancel } from "../ports.ts";
import type { Authority, Cause, Transaction } from "./transaction.ts";

/** One EVSE: what is plugged in, who is authorised, and the transaction that runs. */
export interface Evse {
  id: number;
  connected: boolean;
  bayOccupied: boolean;
  authority: Authority | null;
  transaction: Transaction | null;
  noFlowSinceMs: number | null;
  allowed: boolean;
  /** Why service is withheld although somebody is authorised. */
  withheld: boolean;
  connectTimer: Cancel | null;
  recovered: boolean;
  /** A transaction was due but the EVSE was not usable: it starts when it is. */
  missed: Cause | null;
}

/** EVSEs 1 to `count`, with the transactions that ran when the controller stopped. */
export function createEvses(count: number, records: Collection<Transaction>): Evse[] {
  const evses = Array.from(
    { length: count },
    (_, index): Evse => ({
      id: index + 1,
      connected: false,
      bayOccupied: false,
      authority: null,
      transaction: null,
      noFlowSinceMs: null,
      allowed: false,
      withheld: false,
      connectTimer: null,
      recovered: true,
      missed: null,
    }),
  );
  for (const { value } of records.all()) {
    const evse = evses[value.evseId - 1];
    if (!evse) continue;
    evse.transaction = value;
    evse.authority = value.authority;
    evse.recovered = false;
    evse.connected = value.chargingState !== "Idle";
  }
  return evses;
}

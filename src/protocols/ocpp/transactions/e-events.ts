/**
 * E: the events of transactions. Each is written into the journal together with the transaction's new state, so that it
 * counts only when it is durable and is never counted twice.
 */
import type { Collection } from "../collection.ts";
import { type Context, uuid } from "../context.ts";
import type { RequestOf } from "../transport/messages.table.ts";
import type { Evse } from "./e-evse.ts";
import type { Readings } from "./e-readings.ts";
import { type Cause, eventOf, type Transaction, type TransactionHooks } from "./transaction.ts";

/** Beginning, going on and ending of transactions as the backend hears of them. */
export interface Events {
  start(
    evse: Evse,
    cause: Cause,
    state: Transaction["chargingState"],
    now: ReadonlySet<Transaction["seen"][number]>,
  ): void;
  update(evse: Evse, transaction: Transaction, cause: Cause): void;
  finish(evse: Evse, transaction: Transaction, cause: Cause): void;
  /** Adds up the time of charging until now; `state` is what holds from now on. */
  countCharging(transaction: Transaction, state: Transaction["chargingState"]): void;
}

/** Events of the transactions in `records`. */
export function createEvents(
  context: Context,
  records: Collection<Transaction>,
  readings: Readings,
  hooks: TransactionHooks,
): Events {
  const { clock, store } = context;

  function countCharging(transaction: Transaction, state: Transaction["chargingState"]): void {
    const nowMs = context.nowMs();
    if (transaction.chargingSinceMs !== null)
      transaction.chargingMs += Math.max(nowMs - transaction.chargingSinceMs, 0);
    transaction.chargingSinceMs = state === "Charging" ? nowMs : null;
  }

  function start(
    evse: Evse,
    cause: Cause,
    state: Transaction["chargingState"],
    now: ReadonlySet<Transaction["seen"][number]>,
  ): void {
    const transaction: Transaction = {
      transactionId: uuid(clock),
      evseId: evse.id,
      seqNo: 0,
      startedMs: context.nowMs(),
      chargingState: state,
      seen: [...now],
      authority: evse.authority,
      startedBy: evse.authority?.idToken ?? null,
      ...(evse.authority?.remoteStartId !== undefined && { remoteStartId: evse.authority.remoteStartId }),
      endReadings: [],
      chargingMs: 0,
      chargingSinceMs: state === "Charging" ? context.nowMs() : null,
      evseReported: false,
    };
    evse.transaction = transaction;
    store.atomically(() => {
      const meterValue = readings.begin(transaction);
      emit(evse, transaction, "Started", { ...cause, meterValue });
    });
    readings.arm(transaction);
    hooks.started(transaction);
  }

  function finish(evse: Evse, transaction: Transaction, cause: Cause): void {
    transaction.stoppedReason ??= "Other";
    readings.disarm(transaction);
    store.atomically(() => {
      const meterValue = readings.end(transaction);
      emit(evse, transaction, "Ended", { ...cause, meterValue });
    });
    evse.transaction = null;
    evse.authority = null;
    hooks.ended(transaction);
  }

  /** Writes one event and the transaction's new state, together. */
  function emit(
    evse: Evse,
    transaction: Transaction,
    eventType: RequestOf<"TransactionEvent">["eventType"],
    cause: Cause,
  ): void {
    const authority = evse.authority;
    const tell = authority && !authority.reported ? authority : null;
    const ended = eventType === "Ended";
    const request = eventOf(transaction, eventType, cause, tell, context.iso(), !context.session.online);
    transaction.seqNo += 1;
    transaction.evseReported = true;
    if (tell) {
      tell.reported = true;
      transaction.startedBy ??= tell.idToken;
    }
    transaction.authority = authority;
    store.atomically(() => {
      if (ended) records.remove(transaction.transactionId);
      else records.put(transaction.transactionId, transaction);
      context.enqueue("TransactionEvent", request, {
        transactionId: transaction.transactionId,
        seqNo: request.seqNo,
        droppable: cause.droppable ?? false,
      });
    });
    if (tell?.reservationId !== undefined) hooks.reservationUsed(tell.reservationId);
  }

  return {
    start,
    update: (evse, transaction, cause) => emit(evse, transaction, "Updated", cause),
    finish,
    countCharging,
  };
}

/**
 * E: transactions, one at a time for each EVSE. Things happen (a plug, a token, a change of power); each is a cause;
 * `settle` decides whether a transaction starts, goes on or ends. What happens at an EVSE is `e-watch.ts`, whether it may
 * exchange energy `e-service.ts`, what the backend hears `e-events.ts`.
 */
import type { Authorization } from "../blocks/c-authorization.ts";
import { collectionOf } from "../collection.ts";
import { type Block, type Context, isEvse } from "../context.ts";
import type { QueuedMessage } from "../ports.ts";
import type { IdToken, StoppedReason, TriggerReason } from "../transport/messages.table.ts";
import { createAnswers } from "./e-answers.ts";
import { createEvents } from "./e-events.ts";
import { createEvses, type Evse } from "./e-evse.ts";
import { createReadings } from "./e-readings.ts";
import { createServices } from "./e-service.ts";
import { createWatch } from "./e-watch.ts";
import { createEndReadings } from "./end-readings.ts";
import type { Metering } from "./j-metering.ts";
import {
  type Authority,
  type Cause,
  shouldStart,
  shouldStop,
  type Transaction,
  type TransactionHooks,
  truePoints,
} from "./transaction.ts";

/** The transactions of all EVSEs. */
export interface Transactions extends Block {
  /** Looks at the facts and reports what changed; called often and whenever somebody knows of a change. */
  poll(): void;
  authorize(evseId: number, authority: Authority, triggerReason: TriggerReason): void;
  /** Ends the authority of a transaction, which usually ends the transaction. */
  stop(transactionId: string, triggerReason: TriggerReason, stoppedReason: StoppedReason, idToken?: IdToken): boolean;
  /** Ends it now, whatever the stop points are: resets, faults. */
  end(evseId: number, triggerReason: TriggerReason, stoppedReason: StoppedReason): void;
  /** After a reset of the EVSE: a vehicle that is there counts as plugged in just now. */
  renew(evseId: number): void;
  note(evseId: number, cause: Cause): void;
  of(evseId: number): Transaction | null;
  byId(transactionId: string): Transaction | null;
  running(): Transaction[];
  authorityOf(evseId: number): Authority | null;
  onDelivered(message: QueuedMessage, response: unknown): void;
  trigger(evseId: number): void;
  recover(): void;
}

/** Functional block of transactions; those that ran when the controller stopped go on, or end, when their EVSE is known. */
export function createTransactions(
  context: Context,
  authorization: Authorization,
  metering: Metering,
  hooks: TransactionHooks,
): Transactions {
  const { model, port, store } = context;
  const records = collectionOf<Transaction>(store, "transaction");
  const evses = createEvses(context.config.evses.length, records);

  const readings = createReadings(context, metering, {
    due: (transaction) => void read(evses[transaction.evseId - 1]!, "MeterValuePeriodic"),
    endReadings: createEndReadings(collectionOf(store, "transaction-reading"), (transactionId) =>
      evses.some(({ transaction }) => transaction?.transactionId === transactionId),
    ),
  });
  const services = createServices(context, hooks);
  const events = createEvents(context, records, readings, hooks);
  const watch = createWatch(context, { settle, services, events, readings, hooks });
  const viewOf = (evse: Evse) => port.evses[evse.id - 1]!;
  const points = (name: "TxStartPoint" | "TxStopPoint"): string[] => model.list("TxCtrlr", name);

  /** The one place where a transaction starts, continues or ends. */
  function settle(evse: Evse, cause: Cause): void {
    const view = viewOf(evse);
    services.refresh(evse);
    const transaction = evse.transaction;
    const state = services.chargingState(evse);
    const now = truePoints({ view, authority: evse.authority, chargingState: state });
    if (!transaction) {
      const due = shouldStart(points("TxStartPoint"), now);
      const usable = hooks.usable(evse.id);
      evse.missed = due && !usable ? cause : null;
      if (due && usable) events.start(evse, cause, state, now);
    } else {
      if (cause.stoppedReason && !transaction.stoppedReason) transaction.stoppedReason = cause.stoppedReason;
      events.countCharging(transaction, state);
      transaction.chargingState = state;
      for (const point of now) if (!transaction.seen.includes(point)) transaction.seen.push(point);
      if (shouldStop(points("TxStopPoint"), transaction.seen, now)) events.finish(evse, transaction, cause);
      else events.update(evse, transaction, cause);
    }
    services.refresh(evse);
    hooks.changed(evse.id);
  }

  function authorize(evseId: number, authority: Authority, triggerReason: TriggerReason): void {
    const evse = evses[evseId - 1];
    if (!evse) return;
    evse.authority = authority;
    if (evse.transaction && authority.remoteStartId !== undefined)
      evse.transaction.remoteStartId = authority.remoteStartId;
    watch.armConnectTimeout(evse);
    settle(evse, { triggerReason });
  }

  function stop(
    transactionId: string,
    triggerReason: TriggerReason,
    stoppedReason: StoppedReason,
    idToken?: IdToken,
  ): boolean {
    const evse = evses.find((candidate) => candidate.transaction?.transactionId === transactionId);
    if (!evse) return false;
    evse.authority = null;
    settle(evse, { triggerReason, stoppedReason, ...(idToken && { idToken }) });
    return true;
  }

  /** Sends a reading of the running transaction; false when there is none. */
  function read(evse: Evse, triggerReason: Parameters<typeof readings.cause>[1]): boolean {
    const transaction = evse.transaction;
    if (!transaction) return false;
    const cause = readings.cause(transaction, triggerReason);
    if (!cause) return true;
    events.countCharging(transaction, transaction.chargingState);
    events.update(evse, transaction, cause);
    return true;
  }

  const rearm = (): void => {
    for (const { transaction } of evses) if (transaction) readings.arm(transaction);
  };
  metering.start(
    (evseId) => read(evses[evseId - 1]!, "MeterValueClock"),
    () => evses.some((evse) => evse.transaction !== null),
  );
  model.onChange("SampledDataCtrlr", "TxUpdatedInterval", rearm);
  model.onChange("SampledDataCtrlr", "TxEndedInterval", rearm);
  model.onChange("AlignedDataCtrlr", "TxEndedInterval", rearm);

  return {
    handlers: {
      GetTransactionStatus({ transactionId }) {
        if (transactionId === undefined) return { messagesInQueue: store.queued() + context.session.parked() > 0 };
        const ongoing = evses.some((evse) => evse.transaction?.transactionId === transactionId);
        const messagesInQueue = store.queuedFor(transactionId) + context.session.parked(transactionId) > 0;
        return { messagesInQueue, ongoingIndicator: ongoing };
      },
    },
    poll() {
      // What changes at many EVSEs at once is written at once.
      store.atomically(() => {
        for (const evse of evses) watch.poll(evse);
      });
    },
    authorize,
    stop,
    end(evseId, triggerReason, stoppedReason) {
      const evse = evses[evseId - 1];
      const transaction = evse?.transaction;
      if (!evse) return;
      evse.authority = null;
      services.refresh(evse);
      if (transaction) {
        transaction.stoppedReason = stoppedReason;
        transaction.chargingState = viewOf(evse).connected ? "EVConnected" : "Idle";
        events.finish(evse, transaction, { triggerReason });
      }
      hooks.changed(evse.id);
    },
    renew(evseId) {
      const evse = evses[evseId - 1];
      if (evse && !evse.transaction && evse.recovered) evse.connected = false;
    },
    note(evseId, cause) {
      const evse = evses[evseId - 1];
      if (evse?.transaction) events.update(evse, evse.transaction, cause);
    },
    of: (evseId) => evses[evseId - 1]?.transaction ?? null,
    byId: (transactionId) =>
      evses.find((evse) => evse.transaction?.transactionId === transactionId)?.transaction ?? null,
    running: () => evses.flatMap((evse) => evse.transaction ?? []),
    authorityOf: (evseId) => evses[evseId - 1]?.authority ?? null,
    onDelivered: createAnswers(context, authorization, evses, { settle, deauthorize: watch.deauthorize, hooks }),
    trigger(evseId) {
      if (evseId === 0) for (const evse of evses) read(evse, "Trigger");
      else if (isEvse(context, evseId)) read(evses[evseId - 1]!, "Trigger");
    },
    recover() {
      for (const evse of evses) if (evse.transaction) hooks.started(evse.transaction);
    },
  };
}

/**
 * E: transactions, one at a time for each EVSE. Things happen (a plug, a token, a change of power); each is a cause;
 * `settle` decides whether a transaction starts, goes on or ends, and writes its event and the new state into the
 * journal in one step, so that an event counts only when it is durable and is never counted twice.
 */
import type { Authorization } from "../blocks/c-authorization.ts";
import { collectionOf } from "../collection.ts";
import { type Block, type Context, isEvse, sameToken, uuid } from "../context.ts";
import type { Cancel, QueuedMessage } from "../ports.ts";
import type { IdToken, RequestOf, ResponseOf, StoppedReason, TriggerReason } from "../transport/messages.table.ts";
import { createReadings } from "./e-readings.ts";
import type { Metering } from "./j-metering.ts";
import {
  type Authority,
  type Cause,
  chargingStateOf,
  eventOf,
  flowThresholdW,
  type Service,
  shouldStart,
  shouldStop,
  type Transaction,
  type TransactionHooks,
  truePoints,
} from "./transaction.ts";

const noToken = (): IdToken => ({ idToken: "", type: "NoAuthorization" });

interface Evse {
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

export function createTransactions(
  context: Context,
  authorization: Authorization,
  metering: Metering,
  hooks: TransactionHooks,
): Transactions {
  const { model, port, clock, store } = context;
  const records = collectionOf<Transaction>(store, "transaction");
  const evses: Evse[] = context.config.evses.map((_, index) => ({
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
  }));
  for (const { value } of records.all()) {
    const evse = evses[value.evseId - 1];
    if (!evse) continue;
    evse.transaction = value;
    evse.authority = value.authority;
    evse.recovered = false;
    evse.connected = value.chargingState !== "Idle";
  }

  const readings = createReadings(context, metering, {
    due: (transaction) => void read(evses[transaction.evseId - 1]!, "MeterValuePeriodic"),
    keep: (transaction) => records.put(transaction.transactionId, transaction),
  });
  const viewOf = (evse: Evse) => port.evses[evse.id - 1]!;
  const totalWh = (evse: Evse): number => viewOf(evse).importWh;
  const points = (name: "TxStartPoint" | "TxStopPoint"): string[] => model.list("TxCtrlr", name);

  /** The one place where a transaction starts, continues or ends. */
  function settle(evse: Evse, cause: Cause): void {
    const view = viewOf(evse);
    refreshAllowed(evse);
    const transaction = evse.transaction;
    const state = chargingStateOf(view, serviceOf(evse), suspendedForMs(evse), transaction?.chargingState ?? "Idle");
    const now = truePoints({ view, authority: evse.authority, chargingState: state });
    if (!transaction) {
      const due = shouldStart(points("TxStartPoint"), now);
      const usable = hooks.usable(evse.id);
      evse.missed = due && !usable ? cause : null;
      if (due && usable) start(evse, cause, state, now);
    } else {
      if (cause.stoppedReason && !transaction.stoppedReason) transaction.stoppedReason = cause.stoppedReason;
      countCharging(transaction, state);
      transaction.chargingState = state;
      for (const point of now) if (!transaction.seen.includes(point)) transaction.seen.push(point);
      if (shouldStop(points("TxStopPoint"), transaction.seen, now)) finish(evse, transaction, cause);
      else emit(evse, transaction, "Updated", cause);
    }
    refreshAllowed(evse);
    hooks.changed(evse.id);
  }

  /** Tells the site whether this EVSE may exchange energy; only changes are told. */
  function refreshAllowed(evse: Evse): void {
    const authority = evse.authority;
    const refusedAtWh = authority?.refusedAtWh;
    const mayEnergyWh = model.number("TxCtrlr", "MaxEnergyOnInvalidId");
    // A register that cannot be read spends the allowance: what is not known is not given.
    evse.withheld = refusedAtWh !== undefined && !(totalWh(evse) - refusedAtWh < mayEnergyWh);
    const allowed = authority !== null && !evse.withheld && viewOf(evse).connected && hooks.usable(evse.id);
    if (allowed === evse.allowed) return;
    evse.allowed = allowed;
    port.authorize(evse.id, allowed);
  }

  function suspendedForMs(evse: Evse): number {
    const view = viewOf(evse);
    const quiet = evse.allowed && !(Math.abs(view.powerW) > flowThresholdW);
    if (!quiet) evse.noFlowSinceMs = null;
    else evse.noFlowSinceMs ??= clock.monotonicMs();
    return evse.noFlowSinceMs === null ? 0 : clock.monotonicMs() - evse.noFlowSinceMs;
  }

  const serviceOf = (evse: Evse): Service => (!evse.authority ? "none" : evse.withheld ? "withheld" : "allowed");

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
    const meterValue = readings.begin(transaction);
    emit(evse, transaction, "Started", { ...cause, meterValue });
    readings.arm(transaction);
    hooks.started(transaction);
  }

  function finish(evse: Evse, transaction: Transaction, cause: Cause): void {
    const meterValue = readings.end(transaction);
    transaction.stoppedReason ??= "Other";
    readings.disarm(transaction);
    emit(evse, transaction, "Ended", { ...cause, meterValue });
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

  function pollOne(evse: Evse): void {
    const view = viewOf(evse);
    if (!view.known) return;
    if (!evse.recovered) recoverOne(evse);
    else if (view.connected !== evse.connected) {
      evse.connected = view.connected;
      if (view.connected) plugged(evse);
      else unplugged(evse);
    } else if (view.bayOccupied !== evse.bayOccupied) {
      evse.bayOccupied = view.bayOccupied;
      settle(evse, {
        triggerReason: view.bayOccupied ? "EVDetected" : "EVDeparted",
        ...(!view.bayOccupied && { stoppedReason: "Local" as const }),
      });
    } else if (evse.missed && hooks.usable(evse.id)) {
      settle(evse, evse.missed);
    } else {
      const withheld = evse.withheld;
      refreshAllowed(evse);
      const transaction = evse.transaction;
      const before = transaction?.chargingState ?? "Idle";
      const state = chargingStateOf(view, serviceOf(evse), suspendedForMs(evse), before);
      if (!withheld && evse.withheld) withhold(evse);
      else if (state !== before && (transaction || points("TxStartPoint").includes("EnergyTransfer")))
        settle(evse, {
          triggerReason: "ChargingStateChanged",
          ...(state === "SuspendedEV" && { stoppedReason: "StoppedByEV" as const }),
        });
      // A pause by the vehicle is only a reason when it ends the transaction.
      if (evse.transaction?.stoppedReason === "StoppedByEV") delete evse.transaction.stoppedReason;
    }
  }

  function plugged(evse: Evse): void {
    evse.connectTimer?.();
    evse.connectTimer = null;
    evse.authority ??= hooks.claimPending(evse.id);
    // Where nobody is asked (use case C02 without its button), the plug is enough.
    if (!model.flag("AuthCtrlr", "Enabled")) evse.authority ??= { idToken: noToken(), reported: false };
    settle(evse, { triggerReason: "CablePluggedIn" });
  }

  function unplugged(evse: Evse): void {
    evse.noFlowSinceMs = null;
    if (model.flag("OCPPCommCtrlr", "UnlockOnEVSideDisconnect"))
      port
        .unlock(evse.id, 1)
        .catch((error: Error) => context.log("warn", `Unlocking EVSE ${evse.id} failed: ${error.message}`));
    if (!evse.transaction || model.flag("TxCtrlr", "StopTxOnEVSideDisconnect")) evse.authority = null;
    settle(evse, { triggerReason: "EVCommunicationLost", stoppedReason: "EVDisconnected" });
    // Suspended, not stopped (use case E10): the cable may come back within the connection timeout.
    if (!evse.transaction) return;
    delete evse.transaction.stoppedReason;
    if (evse.authority) armConnectTimeout(evse);
  }

  /** The energy that an invalid token may still take is used up (use case C15). */
  function withhold(evse: Evse): void {
    if (model.flag("TxCtrlr", "StopTxOnInvalidId")) deauthorize(evse);
    else settle(evse, { triggerReason: "ChargingStateChanged" });
  }

  function deauthorize(evse: Evse): void {
    evse.authority = null;
    settle(evse, { triggerReason: "Deauthorized", stoppedReason: "DeAuthorized" });
  }

  function recoverOne(evse: Evse): void {
    const transaction = evse.transaction!;
    evse.recovered = true;
    evse.connected = viewOf(evse).connected;
    evse.bayOccupied = viewOf(evse).bayOccupied;
    context.log("info", "A transaction was running when the controller stopped.", {
      transactionId: transaction.transactionId,
      evseId: evse.id,
    });
    if (context.config.onRestart === "end" || !evse.connected) {
      evse.authority = null;
      transaction.chargingState = evse.connected ? "EVConnected" : "Idle";
      transaction.stoppedReason = "PowerLoss";
      finish(evse, transaction, { triggerReason: "AbnormalCondition" });
      refreshAllowed(evse);
      hooks.changed(evse.id);
      return;
    }
    transaction.chargingSinceMs = null;
    readings.arm(transaction);
    settle(evse, { triggerReason: "AbnormalCondition" });
  }

  function armConnectTimeout(evse: Evse): void {
    evse.connectTimer?.();
    evse.connectTimer = null;
    if (viewOf(evse).connected) return;
    evse.connectTimer = clock.after(
      `connection timeout of EVSE ${evse.id}`,
      model.number("TxCtrlr", "EVConnectionTimeOut") * 1000,
      () => {
        evse.connectTimer = null;
        if (viewOf(evse).connected || !evse.authority) return;
        evse.authority = null;
        settle(evse, { triggerReason: "EVConnectTimeout", stoppedReason: "Timeout" });
      },
    );
  }

  function authorize(evseId: number, authority: Authority, triggerReason: TriggerReason): void {
    const evse = evses[evseId - 1];
    if (!evse) return;
    evse.authority = authority;
    if (evse.transaction && authority.remoteStartId !== undefined)
      evse.transaction.remoteStartId = authority.remoteStartId;
    armConnectTimeout(evse);
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

  /** The backend has answered an event: its word on the token may end or suspend the transaction (use cases E05, C15). */
  function onDelivered(message: QueuedMessage, response: unknown): void {
    if (message.action !== "TransactionEvent" || response === null) return;
    const answer = response as ResponseOf<"TransactionEvent">;
    hooks.answered(message.transactionId, answer);
    const tokenInfo = answer.idTokenInfo;
    if (!tokenInfo) return;
    const request = JSON.parse(message.payload) as RequestOf<"TransactionEvent">;
    if (!request.idToken) return;
    authorization.remember(request.idToken, tokenInfo);
    const evse = evses.find((candidate) => candidate.transaction?.transactionId === message.transactionId);
    const authority = evse?.authority;
    if (!evse || !authority || !sameToken(authority.idToken, request.idToken)) return;
    if (tokenInfo.status === "Accepted") {
      if (tokenInfo.groupIdToken) authority.groupIdToken = tokenInfo.groupIdToken;
      hooks.showInfo(evse.id, tokenInfo);
      return;
    }
    if (authority.refusedAtWh !== undefined) return;
    const spare = model.number("TxCtrlr", "MaxEnergyOnInvalidId") > 0;
    if (model.flag("TxCtrlr", "StopTxOnInvalidId") && !spare) {
      deauthorize(evse);
      return;
    }
    authority.refusedAtWh = totalWh(evse);
    settle(evse, { triggerReason: spare ? "Deauthorized" : "ChargingStateChanged" });
  }

  /** Sends a reading of the running transaction; false when there is none. */
  function read(evse: Evse, triggerReason: Parameters<typeof readings.cause>[1]): boolean {
    const transaction = evse.transaction;
    if (!transaction) return false;
    const cause = readings.cause(transaction, triggerReason);
    if (!cause) return true;
    countCharging(transaction, transaction.chargingState);
    emit(evse, transaction, "Updated", cause);
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
      for (const evse of evses) pollOne(evse);
    },
    authorize,
    stop,
    end(evseId, triggerReason, stoppedReason) {
      const evse = evses[evseId - 1];
      const transaction = evse?.transaction;
      if (!evse) return;
      evse.authority = null;
      refreshAllowed(evse);
      if (transaction) {
        transaction.stoppedReason = stoppedReason;
        transaction.chargingState = viewOf(evse).connected ? "EVConnected" : "Idle";
        finish(evse, transaction, { triggerReason });
      }
      hooks.changed(evse.id);
    },
    renew(evseId) {
      const evse = evses[evseId - 1];
      if (evse && !evse.transaction && evse.recovered) evse.connected = false;
    },
    note(evseId, cause) {
      const evse = evses[evseId - 1];
      if (evse?.transaction) emit(evse, evse.transaction, "Updated", cause);
    },
    of: (evseId) => evses[evseId - 1]?.transaction ?? null,
    byId: (transactionId) =>
      evses.find((evse) => evse.transaction?.transactionId === transactionId)?.transaction ?? null,
    running: () => evses.flatMap((evse) => evse.transaction ?? []),
    authorityOf: (evseId) => evses[evseId - 1]?.authority ?? null,
    onDelivered,
    trigger(evseId) {
      if (evseId === 0) for (const evse of evses) read(evse, "Trigger");
      else if (isEvse(context, evseId)) read(evses[evseId - 1]!, "Trigger");
    },
    recover() {
      for (const evse of evses) if (evse.transaction) hooks.started(evse.transaction);
    },
  };
}

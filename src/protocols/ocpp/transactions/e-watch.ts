/** E: what happens at an EVSE (a plug, a vehicle in the bay, power that starts or stops) as a cause for its transaction. */
import type { Context } from "../context.ts";
import type { IdToken } from "../transport/messages.table.ts";
import type { Events } from "./e-events.ts";
import type { Evse } from "./e-evse.ts";
import type { Readings } from "./e-readings.ts";
import type { Services } from "./e-service.ts";
import type { Cause, TransactionHooks } from "./transaction.ts";

const noToken = (): IdToken => ({ idToken: "", type: "NoAuthorization" });

/** What the watch acts on: the one place that settles, and those that keep events, readings and permissions. */
export interface WatchPorts {
  settle(evse: Evse, cause: Cause): void;
  readonly services: Services;
  readonly events: Pick<Events, "finish">;
  readonly readings: Pick<Readings, "arm">;
  readonly hooks: TransactionHooks;
}

/** Looks at the EVSEs. */
export interface Watch {
  /** Looks at the facts of one EVSE and settles what has changed. */
  poll(evse: Evse): void;
  /** The token is no longer good: what it authorised ends. */
  deauthorize(evse: Evse): void;
  /** Authorised without a plug: the permission ends when none comes in time. */
  armConnectTimeout(evse: Evse): void;
}

/** A watch that has not looked yet. */
export function createWatch(context: Context, { settle, services, events, readings, hooks }: WatchPorts): Watch {
  const { model, port, clock } = context;
  const viewOf = (evse: Evse) => port.evses[evse.id - 1]!;

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
      services.refresh(evse);
      const transaction = evse.transaction;
      const before = transaction?.chargingState ?? "Idle";
      const state = services.chargingState(evse);
      if (!withheld && evse.withheld) withhold(evse);
      else if (state !== before && (transaction || model.list("TxCtrlr", "TxStartPoint").includes("EnergyTransfer")))
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
      events.finish(evse, transaction, { triggerReason: "AbnormalCondition" });
      services.refresh(evse);
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

  return { poll: pollOne, deauthorize, armConnectTimeout };
}

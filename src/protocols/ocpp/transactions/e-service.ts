/** E: whether an EVSE may exchange energy, and what its charging state is. */
import type { Context } from "../context.ts";
import type { Evse } from "./e-evse.ts";
import {
  chargingStateOf,
  flowThresholdW,
  type Service,
  type Transaction,
  type TransactionHooks,
} from "./transaction.ts";

/** Permission and charging state of the EVSEs. */
export interface Services {
  /** Tells the site whether this EVSE may exchange energy; only changes are told. */
  refresh(evse: Evse): void;
  /** The charging state now, by plug, permission and power. */
  chargingState(evse: Evse): Transaction["chargingState"];
}

/** Services that begin with no EVSE permitted. */
export function createServices({ model, port, clock }: Context, hooks: Pick<TransactionHooks, "usable">): Services {
  const viewOf = (evse: Evse) => port.evses[evse.id - 1]!;
  const serviceOf = (evse: Evse): Service => (!evse.authority ? "none" : evse.withheld ? "withheld" : "allowed");

  function suspendedForMs(evse: Evse): number {
    const view = viewOf(evse);
    const quiet = evse.allowed && !(Math.abs(view.powerW) > flowThresholdW);
    if (!quiet) evse.noFlowSinceMs = null;
    else evse.noFlowSinceMs ??= clock.monotonicMs();
    return evse.noFlowSinceMs === null ? 0 : clock.monotonicMs() - evse.noFlowSinceMs;
  }

  return {
    refresh(evse) {
      const authority = evse.authority;
      const refusedAtWh = authority?.refusedAtWh;
      const mayEnergyWh = model.number("TxCtrlr", "MaxEnergyOnInvalidId");
      // A register that cannot be read spends the allowance: what is not known is not given.
      evse.withheld = refusedAtWh !== undefined && !(viewOf(evse).importWh - refusedAtWh < mayEnergyWh);
      const allowed = authority !== null && !evse.withheld && viewOf(evse).connected && hooks.usable(evse.id);
      if (allowed === evse.allowed) return;
      evse.allowed = allowed;
      port.authorize(evse.id, allowed);
    },
    chargingState: (evse) =>
      chargingStateOf(viewOf(evse), serviceOf(evse), suspendedForMs(evse), evse.transaction?.chargingState ?? "Idle"),
  };
}

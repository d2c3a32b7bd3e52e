/**
 * G: status of each connector, and availability as ordered by the backend: persistent, scheduled while in use. Of what is
 * scheduled, each EVSE becomes unavailable as soon as it is free. While its stage has not been heard of, nobody knows
 * whether an EVSE is available, so it is not.
 */

import { collectionOf } from "../collection.ts";
import { type Block, type Context, isEvse } from "../context.ts";
import type { ConnectorStatus, RequestOf } from "../transport/messages.table.ts";

export interface AvailabilityFacts {
  /** A vehicle is connected or a transaction has begun. */
  inUse(evseId: number): boolean;
  /** A transaction is running. */
  running(evseId: number): boolean;
  reserved(evseId: number): boolean;
  /** A reservation names this EVSE, and whoever it is for has not come yet. */
  awaited(evseId: number): boolean;
  /** Out of service for a reset or an installation. */
  withdrawn(evseId: number): boolean;
}

/** After a boot statuses wait so long for the first facts of the stages, ms. */
const factsWaitMs = 5_000;

/** Which EVSEs may be used, and the status of each connector. */
export interface Availability extends Block {
  /** Operative at every tier, and not faulted. */
  usable(evseId: number): boolean;
  status(evseId: number): ConnectorStatus;
  /** The same without regard to reservations. */
  occupancy(evseId: number): "free" | "occupied" | "unavailable" | "faulted";
  /** Looks whether statuses have changed and tells the backend. */
  refresh(): void;
  /** Reports one (or with 0 every) connector, changed or not. */
  report(evseId: number): void;
  onTransactionEnded(): void;
  /** Looks anew who may be used, and tells the site and the backend. */
  enforce(): void;
  start(): void;
}

/** Functional block of availability; what the backend has set is kept over a restart. */
export function createAvailability(context: Context, facts: AvailabilityFacts): Availability {
  const { port, model, session } = context;
  /** Inoperative tiers: `0` the station, `2` an EVSE, `2.1` a connector. */
  const inoperative = collectionOf<true>(context.store, "inoperative");
  /** Tiers that become inoperative when their last transaction has ended. */
  const scheduled = collectionOf<true>(context.store, "inoperative-soon");
  /** What the backend knows, by EVSE. */
  const told = new Map<number, ConnectorStatus>();
  const ids = context.config.evses.map((_, index) => index + 1);

  let factsAwaited = true;

  const tiersOf = (evseId: number): string[] => ["0", String(evseId), `${evseId}.1`];
  const operative = (evseId: number): boolean =>
    !tiersOf(evseId).some((tier) => inoperative.get(tier) || (scheduled.get(tier) && !facts.running(evseId)));
  const inService = (evseId: number): boolean => operative(evseId) && !facts.withdrawn(evseId);

  function occupancy(evseId: number): ReturnType<Availability["occupancy"]> {
    if (port.evses[evseId - 1]?.faulted) return "faulted";
    if (!inService(evseId) || !port.evses[evseId - 1]?.known) return "unavailable";
    return facts.inUse(evseId) ? "occupied" : "free";
  }

  const names = { faulted: "Faulted", unavailable: "Unavailable", occupied: "Occupied", free: "Available" } as const;
  function status(evseId: number): ConnectorStatus {
    const state = occupancy(evseId);
    if (state === "free" && facts.reserved(evseId)) return "Reserved";
    // A stranger's cable changes nothing for whoever has reserved (G03.FR.09, errata of 2023-12).
    return state === "occupied" && facts.awaited(evseId) ? "Reserved" : names[state];
  }

  /** The worst of the EVSEs' states that all of them share, for the station as a whole. */
  function stationStatus(): ConnectorStatus {
    if (inoperative.get("0")) return "Unavailable";
    const states = new Set(ids.map(status));
    const [only] = states;
    return states.size === 1 && only ? only : states.has("Available") ? "Available" : "Occupied";
  }

  for (const id of ids) {
    model.provide("EVSE", "AvailabilityState", () => status(id), { id });
    model.provide("Connector", "AvailabilityState", () => status(id), { id, connectorId: 1 });
  }
  model.provide("ChargingStation", "AvailabilityState", stationStatus);

  function tell(evseId: number): void {
    const connectorStatus = status(evseId);
    told.set(evseId, connectorStatus);
    session.tell("StatusNotification", { timestamp: context.iso(), connectorStatus, evseId, connectorId: 1 });
  }

  function apply(key: string, makeOperative: boolean): void {
    if (makeOperative) inoperative.remove(key);
    else inoperative.put(key, true);
    if (key === "0") port.setOperative(0, makeOperative);
    enforce();
  }

  function enforce(): void {
    for (const id of ids) port.setOperative(id, inService(id));
    refresh();
  }

  function refresh(): void {
    if (!context.online()) return;
    for (const id of ids) if (told.get(id) !== status(id) && (port.evses[id - 1]?.known || !factsAwaited)) tell(id);
  }

  function change(request: RequestOf<"ChangeAvailability">): { status: "Accepted" | "Rejected" | "Scheduled" } {
    const { evse, operationalStatus } = request;
    if (evse && (!isEvse(context, evse.id) || (evse.connectorId ?? 1) !== 1)) return { status: "Rejected" };
    const key = evse ? (evse.connectorId === undefined ? String(evse.id) : `${evse.id}.${evse.connectorId}`) : "0";
    const makeOperative = operationalStatus === "Operative";
    scheduled.remove(key);
    const scope = evse ? [evse.id] : ids;
    if (!makeOperative && scope.some((id) => facts.running(id))) {
      scheduled.put(key, true);
      // Free EVSEs become unavailable at once; those in use follow (G04.FR.07).
      context.afterAnswer("availability", enforce);
      return { status: "Scheduled" };
    }
    context.afterAnswer("availability", () => apply(key, makeOperative));
    return { status: "Accepted" };
  }

  return {
    handlers: { ChangeAvailability: change },
    onAccepted(offlineMs) {
      const all = offlineMs > model.number("OCPPCommCtrlr", "OfflineThreshold") * 1000;
      if (all) told.clear();
      refresh();
      if (factsAwaited)
        context.clock.after("first facts", factsWaitMs, () => {
          factsAwaited = false;
          refresh();
        });
    },
    usable: (evseId) => occupancy(evseId) === "free" || occupancy(evseId) === "occupied",
    status,
    occupancy,
    refresh,
    report(evseId) {
      for (const id of evseId === 0 ? ids : [evseId]) tell(id);
    },
    onTransactionEnded() {
      due();
      enforce();
    },
    enforce,
    start() {
      due();
      enforce();
    },
  };

  /** What waited for the last transaction of its tier is due. */
  function due(): void {
    for (const { key } of scheduled.all()) {
      const evseId = Number(key.split(".")[0]);
      if ((evseId === 0 ? ids : [evseId]).some((id) => facts.running(id))) continue;
      context.store.atomically(() => {
        scheduled.remove(key);
        inoperative.put(key, true);
      });
      if (evseId === 0) port.setOperative(0, false);
    }
  }
}

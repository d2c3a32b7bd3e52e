/** G: status of each connector, and availability as ordered by the backend: persistent, scheduled while in use. */
import { type Block, type Context, collectionOf, isEvse } from "./context.ts";
import type { ConnectorStatus, RequestOf } from "./messages.table.ts";

export interface AvailabilityFacts {
  /** A vehicle is connected or a transaction has begun. */
  inUse(evseId: number): boolean;
  /** A transaction is running. */
  running(evseId: number): boolean;
  reserved(evseId: number): boolean;
}

export interface Availability extends Block {
  /** Operative at every tier, and not faulted. */
  usable(evseId: number): boolean;
  operative(evseId: number): boolean;
  status(evseId: number): ConnectorStatus;
  /** The same without regard to reservations. */
  occupancy(evseId: number): "free" | "occupied" | "unavailable" | "faulted";
  /** Looks whether statuses have changed and tells the backend. */
  refresh(): void;
  /** Reports one (or with 0 every) connector, changed or not. */
  report(evseId: number): void;
  onTransactionEnded(): void;
}

export function createAvailability(context: Context, facts: AvailabilityFacts): Availability {
  const { port, model, session } = context;
  /** Inoperative tiers: `0` the station, `2` an EVSE, `2.1` a connector. */
  const inoperative = collectionOf<true>(context.store, "inoperative");
  const scheduled = new Map<string, boolean>();
  /** What the backend knows, by EVSE. */
  const told = new Map<number, ConnectorStatus>();
  const ids = context.config.evses.map((_, index) => index + 1);

  const operative = (evseId: number): boolean =>
    !inoperative.get("0") && !inoperative.get(String(evseId)) && !inoperative.get(`${evseId}.1`);

  function occupancy(evseId: number): ReturnType<Availability["occupancy"]> {
    if (port.evses[evseId - 1]?.faulted) return "faulted";
    if (!operative(evseId)) return "unavailable";
    return facts.inUse(evseId) ? "occupied" : "free";
  }

  const names = { faulted: "Faulted", unavailable: "Unavailable", occupied: "Occupied", free: "Available" } as const;
  function status(evseId: number): ConnectorStatus {
    const state = occupancy(evseId);
    return state === "free" && facts.reserved(evseId) ? "Reserved" : names[state];
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
    const evseId = Number(key.split(".")[0]);
    for (const id of evseId === 0 ? ids : [evseId]) port.setOperative(id, operative(id));
    if (evseId === 0) port.setOperative(0, makeOperative);
    refresh();
  }

  function refresh(): void {
    if (!context.online()) return;
    for (const id of ids) if (told.get(id) !== status(id)) tell(id);
  }

  function change(request: RequestOf<"ChangeAvailability">): { status: "Accepted" | "Rejected" | "Scheduled" } {
    const { evse, operationalStatus } = request;
    if (evse && (!isEvse(context, evse.id) || (evse.connectorId ?? 1) !== 1)) return { status: "Rejected" };
    const key = evse ? (evse.connectorId === undefined ? String(evse.id) : `${evse.id}.${evse.connectorId}`) : "0";
    const makeOperative = operationalStatus === "Operative";
    scheduled.delete(key);
    const scope = evse ? [evse.id] : ids;
    if (!makeOperative && scope.some((id) => facts.running(id))) {
      scheduled.set(key, makeOperative);
      // Free EVSEs of the station become unavailable at once; those in use follow.
      context.afterAnswer("availability", () => {
        for (const id of scope) if (!facts.running(id) && !evse) port.setOperative(id, false);
      });
      return { status: "Scheduled" };
    }
    context.afterAnswer("availability", () => apply(key, makeOperative));
    return { status: "Accepted" };
  }

  return {
    handlers: { ChangeAvailability: change },
    onAccepted(offlineMs) {
      const all = offlineMs > model.number("OCPPCommCtrlr", "OfflineThreshold") * 1000;
      for (const id of ids) if (all || told.get(id) !== status(id)) tell(id);
    },
    usable: (evseId) => operative(evseId) && !port.evses[evseId - 1]?.faulted,
    operative,
    status,
    occupancy,
    refresh,
    report(evseId) {
      for (const id of evseId === 0 ? ids : [evseId]) tell(id);
    },
    onTransactionEnded() {
      for (const [key, makeOperative] of [...scheduled]) {
        const evseId = Number(key.split(".")[0]);
        if ((evseId === 0 ? ids : [evseId]).some((id) => facts.running(id))) continue;
        scheduled.delete(key);
        apply(key, makeOperative);
      }
    },
  };
}

/** H: reservations of one EVSE or of any, for a token or its group, until they expire, are used or cancelled. */

import { collectionOf } from "../collection.ts";
import { type Block, type Context, isEvse, sameToken } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { IdToken, RequestOf } from "../transport/messages.table.ts";

type Reservation = RequestOf<"ReserveNow">;

/** May a token use an EVSE, and under which reservation. */
export interface Claim {
  allowed: boolean;
  reservationId?: number;
  /** Refused, but whoever belongs to a certain group may. */
  forGroup?: boolean;
}

/** Reservations of EVSEs or connector types. */
export interface Reservations extends Block {
  reserved(evseId: number): boolean;
  /** A reservation names this very EVSE. */
  names(evseId: number): boolean;
  claim(evseId: number, token: IdToken, group: IdToken | undefined): Claim;
  used(reservationId: number): void;
  start(): void;
  /** An EVSE has become unusable: its reservation cannot be kept. */
  onUnusable(evseId: number): void;
}

export interface ReservationFacts {
  state(evseId: number): "free" | "occupied" | "unavailable" | "faulted";
  changed(): void;
}

/** Functional block of reservations. */
export function createReservations(context: Context, facts: ReservationFacts): Reservations {
  const { model, clock } = context;
  const all = collectionOf<Reservation>(context.store, "reservation");
  const timers = new Map<number, Cancel>();
  const list = (): Reservation[] => all.all().map(({ value }) => value);
  const ids = context.config.evses.map((_, index) => index + 1);

  function drop(id: number): void {
    timers.get(id)?.();
    timers.delete(id);
    all.remove(String(id));
    facts.changed();
  }

  function arm(reservation: Reservation): void {
    timers.get(reservation.id)?.();
    const leftMs = Math.max(Date.parse(reservation.expiryDateTime) - context.nowMs(), 0);
    timers.set(
      reservation.id,
      clock.after(`reservation ${reservation.id}`, leftMs, () => lose(reservation.id, "Expired")),
    );
  }

  function lose(id: number, reservationUpdateStatus: "Expired" | "Removed"): void {
    if (!all.get(String(id))) return;
    drop(id);
    context.enqueue("ReservationStatusUpdate", { reservationId: id, reservationUpdateStatus });
  }

  const free = (evseId: number): boolean =>
    facts.state(evseId) === "free" && !list().some((other) => other.evseId === evseId);

  function reserve(request: Reservation): { status: "Accepted" | "Faulted" | "Occupied" | "Rejected" | "Unavailable" } {
    if (!model.flag("ReservationCtrlr", "Enabled")) return { status: "Rejected" };
    if (!(Date.parse(request.expiryDateTime) > context.nowMs())) return { status: "Rejected" };
    const others = list().filter((other) => other.id !== request.id);
    const wrongConnector =
      request.connectorType !== undefined &&
      !context.config.evses.some(
        (evse, index) => evse.connectorType === request.connectorType && (request.evseId ?? index + 1) === index + 1,
      );
    if (wrongConnector) return { status: "Rejected" };
    if (request.evseId !== undefined) {
      if (!isEvse(context, request.evseId)) return { status: "Rejected" };
      const state = facts.state(request.evseId);
      if (state === "faulted") return { status: "Faulted" };
      if (state === "unavailable") return { status: "Unavailable" };
      if (state === "occupied" || others.some((other) => other.evseId === request.evseId))
        return { status: "Occupied" };
    } else {
      if (!model.flag("ReservationCtrlr", "NonEvseSpecific")) return { status: "Rejected" };
      const unspecific = others.filter((other) => other.evseId === undefined).length;
      const freeCount = ids.filter(
        (id) => facts.state(id) === "free" && !others.some((other) => other.evseId === id),
      ).length;
      if (freeCount <= unspecific)
        return {
          status: ids.every((id) => facts.state(id) === "faulted")
            ? "Faulted"
            : ids.every((id) => facts.state(id) === "unavailable")
              ? "Unavailable"
              : "Occupied",
        };
    }
    all.put(String(request.id), request);
    arm(request);
    context.afterAnswer("reservation", facts.changed);
    return { status: "Accepted" };
  }

  const holds = (reservation: Reservation, token: IdToken, group: IdToken | undefined): boolean =>
    sameToken(reservation.idToken, token) ||
    (reservation.groupIdToken !== undefined && group !== undefined && sameToken(reservation.groupIdToken, group));

  return {
    handlers: {
      ReserveNow: reserve,
      CancelReservation({ reservationId }) {
        if (!all.get(String(reservationId))) return { status: "Rejected" };
        context.afterAnswer("reservation", () => drop(reservationId));
        return { status: "Accepted" };
      },
    },
    /** Reservations of any EVSE show on all that are left when no more are free than reserved. */
    reserved(evseId) {
      const now = list();
      if (now.some((reservation) => reservation.evseId === evseId)) return true;
      const unspecific = now.filter((reservation) => reservation.evseId === undefined).length;
      return unspecific > 0 && ids.filter(free).length <= unspecific;
    },
    names: (evseId) => list().some((reservation) => reservation.evseId === evseId),
    claim(evseId, token, group) {
      const now = list();
      const own = now.find(
        (reservation) =>
          (reservation.evseId === evseId || reservation.evseId === undefined) && holds(reservation, token, group),
      );
      if (own) return { allowed: true, reservationId: own.id };
      const other = now.find((reservation) => reservation.evseId === evseId);
      if (other) return { allowed: false, forGroup: other.groupIdToken !== undefined };
      const unspecific = now.filter((reservation) => reservation.evseId === undefined).length;
      return { allowed: unspecific === 0 || ids.filter((id) => free(id) || id === evseId).length > unspecific };
    },
    used: drop,
    start() {
      for (const reservation of list()) arm(reservation);
    },
    onUnusable(evseId) {
      for (const reservation of list()) if (reservation.evseId === evseId) lose(reservation.id, "Removed");
    },
  };
}

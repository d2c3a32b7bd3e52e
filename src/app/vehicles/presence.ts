/**
 * Which vehicle is plugged in where, and what it needs there. Told by a person, by the vehicle itself (ISO 15118), by a card or
 * token (OCPP), or supposed from the place that the configuration gives a vehicle; in this order. What a vehicle, a backend or a
 * person says of a departure counts where it is newer than the timetable, for this stay.
 */
import type { Identifier } from "../../domain/fleet/vehicles.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Documents } from "../store/store.ts";
import { type AskedNeed, type Need, needOf } from "./needs.ts";
import type { Vehicle, Vehicles } from "./vehicles.ts";

/** Who told which vehicle it is, the most certain first. */
const knownBySources = ["person", "iso15118", "card", "place"] as const;
export type KnownBy = (typeof knownBySources)[number];

export interface Present {
  /** From 1. */
  readonly evse: number;
  /** Null: plugged in, and nobody knows who it is. */
  readonly vehicle: Vehicle | null;
  readonly knownBy: KnownBy | null;
  /** Identifiers that were told in this stay, whoever they belong to. */
  readonly told: readonly Identifier[];
  /** UTC. */
  readonly sinceMs: number;
  readonly need: Need | null;
}

/** What a vehicle or backend says of itself in a session. */
export interface ToldFacts {
  readonly capacityWh?: number;
  readonly minChargeW?: number;
  readonly maxChargeW?: number;
  readonly maxDischargeW?: number;
  readonly bidirectional?: boolean;
}

export interface Presence {
  /** Plugs and identities as of this report; `cards`: tokens that transactions were started with, by EVSE from 1. */
  look(report: ControlReport, cards: ReadonlyMap<number, Identifier>, nowMs: number): void;
  /** Every EVSE with a vehicle. */
  readonly present: readonly Present[];
  at(evse: number): Present | null;
  /** The vehicle has told who it is. An identifier that nobody has entered is kept for people to see. */
  identify(evse: number, identifier: Identifier, from: "iso15118" | "card", nowMs: number): void;
  /** A person says who it is; null takes it back. */
  assign(evse: number, vehicleId: string | null): void;
  /** What the vehicle told of itself, learned for next time. */
  told(evse: number, facts: ToldFacts, from: "iso15118" | "ocpp" | "stage", nowMs: number): void;
  /** What vehicle or backend say of this departure. */
  state(evse: number, need: Pick<Need, "departsAtMs" | "neededWh">, from: "iso15118" | "ocpp", nowMs: number): void;
  /** The departure that counts now is not waited for any more; the next one does. */
  dismiss(evse: number): void;
  /** Identifiers that were told and belong to no vehicle, newest first. */
  readonly strangers: readonly { readonly evse: number; readonly identifier: Identifier; readonly atMs: number }[];
  /** Counts what has changed. */
  readonly version: number;
}

const collection = "presence";
/** A plug that is out for less is one that was moved, ms; as for what people have asked for the vehicle. */
const leftMs = 10_000;
const strangersMax = 20;
const toldMax = 8;

interface Kept {
  /** "": nobody knows. */
  readonly vehicleId: string;
  readonly knownBy: KnownBy;
  /** Departures up to this one are dismissed. */
  readonly dismissedMs: number;
  readonly sinceMs: number;
  readonly told?: readonly Identifier[];
}

interface Stay {
  connected: boolean;
  sinceMs: number;
  goneSinceMs: number;
  vehicleId: string | null;
  knownBy: KnownBy | null;
  dismissedMs: number;
  stated: Need | null;
  told: readonly Identifier[];
}

export interface PresenceOptions {
  readonly vehicles: Vehicles;
  readonly store: Documents;
  /** Name or id of the vehicle that has its place at each EVSE. */
  readonly places: readonly (string | undefined)[];
  /** What a person has asked for an EVSE's vehicle; null for nothing. */
  readonly asked: (evse: number) => AskedNeed | null;
}

export function createPresence({ vehicles, store, places, asked }: PresenceOptions): Presence {
  const stays: Stay[] = places.map((_, i) => emptyStay(readKept(store, i + 1)));
  const strangers: { evse: number; identifier: Identifier; atMs: number }[] = [];
  let present: Present[] = [];
  let version = 0;
  let said = "";

  const keep = (evse: number): void => {
    const { vehicleId, knownBy, dismissedMs, sinceMs, told } = stays[evse - 1]!;
    const kept: Kept = { vehicleId: vehicleId ?? "", knownBy: knownBy ?? "place", dismissedMs, sinceMs, told };
    store.put(collection, String(evse), JSON.stringify(kept));
  };
  const know = (evse: number, vehicleId: string | null, knownBy: KnownBy | null): void => {
    const stay = stays[evse - 1];
    if (stay === undefined || (stay.vehicleId === vehicleId && stay.knownBy === knownBy)) return;
    // A vehicle is at one place: where it was told last.
    if (vehicleId !== null)
      stays.forEach((other, i) => {
        if (other === stay || other.vehicleId !== vehicleId) return;
        other.vehicleId = null;
        other.knownBy = null;
        keep(i + 1);
      });
    stay.vehicleId = vehicleId;
    stay.knownBy = knownBy;
    keep(evse);
    version++;
  };
  const mayTell = (stay: Stay, knownBy: KnownBy): boolean =>
    stay.knownBy === null || knownBySources.indexOf(knownBy) <= knownBySources.indexOf(stay.knownBy);

  const identify: Presence["identify"] = (evse, identifier, from, nowMs) => {
    const stay = stays[evse - 1];
    if (stay === undefined) return;
    if (!stay.told.some(({ value }) => value === identifier.value)) {
      stay.told = [...stay.told, identifier].slice(-toldMax);
      keep(evse);
    }
    const vehicle = vehicles.find(identifier);
    if (vehicle !== undefined) {
      if (mayTell(stay, from)) know(evse, vehicle.entry.id, from);
      return;
    }
    if (strangers.some((other) => other.evse === evse && other.identifier.value === identifier.value)) return;
    strangers.unshift({ evse, identifier, atMs: nowMs });
    strangers.length = Math.min(strangers.length, strangersMax);
    version++;
  };

  const plug = (evse: number, connected: boolean, nowMs: number): void => {
    const stay = stays[evse - 1]!;
    if (connected) {
      if (!stay.connected) {
        stay.connected = true;
        // One that stood here before a restart, or was moved for a moment, is the same stay.
        if (Number.isNaN(stay.sinceMs)) stay.sinceMs = nowMs;
        keep(evse);
        version++;
      }
      stay.goneSinceMs = Number.NaN;
      return;
    }
    if (Number.isNaN(stay.sinceMs)) return;
    if (stay.connected) version++;
    stay.connected = false;
    if (Number.isNaN(stay.goneSinceMs)) stay.goneSinceMs = nowMs;
    if (nowMs - stay.goneSinceMs < leftMs) return;
    Object.assign(stay, emptyStay(null));
    store.remove(collection, String(evse));
    version++;
  };

  return {
    look(report, cards, nowMs) {
      for (let i = 0; i < stays.length; i++) {
        const stage = report.stages[i]!;
        if (!Number.isFinite(stage.atMs)) continue;
        plug(i + 1, stage.vehicleConnected, nowMs);
        const card = cards.get(i + 1);
        if (stage.vehicleConnected && card !== undefined) identify(i + 1, card, "card", nowMs);
      }
      // Whoever is plugged in at a vehicle's place and has not told otherwise is taken for it.
      places.forEach((place, i) => {
        const stay = stays[i]!;
        const vehicle = place === undefined ? undefined : vehicles.named(place);
        if (!stay.connected || stay.knownBy !== null || vehicle === undefined) return;
        if (!stays.some(({ vehicleId }) => vehicleId === vehicle.entry.id)) know(i + 1, vehicle.entry.id, "place");
      });
      present = stays.flatMap((stay, i) => {
        if (!stay.connected) return [];
        const vehicle = stay.vehicleId === null ? null : (vehicles.get(stay.vehicleId) ?? null);
        const { capacityWh, socPct } = report.stages[i]!;
        const battery = { capacityWh, socPct };
        const need = needOf({ asked: asked(i + 1), ...stay }, vehicle, battery, vehicles, nowMs);
        return [
          { evse: i + 1, vehicle, knownBy: vehicle && stay.knownBy, told: stay.told, sinceMs: stay.sinceMs, need },
        ];
      });
      const says = JSON.stringify(present.map(({ evse, vehicle, need }) => [evse, vehicle?.entry.id, need]));
      if (says !== said) version++;
      said = says;
    },
    get present() {
      return present;
    },
    at: (evse) => present.find((one) => one.evse === evse) ?? null,
    identify,
    assign(evse, vehicleId) {
      const stay = stays[evse - 1];
      if (stay === undefined) return;
      if (vehicleId === null) know(evse, null, null);
      else know(evse, vehicleId, "person");
    },
    told(evse, facts, from, nowMs) {
      const { vehicleId = null } = stays[evse - 1] ?? {};
      if (vehicleId === null) return;
      for (const name of ["capacityWh", "minChargeW", "maxChargeW", "maxDischargeW", "bidirectional"] as const) {
        const value = facts[name];
        if (value !== undefined) vehicles.learn(vehicleId, name, Number(value), from, nowMs);
      }
    },
    state(evse, need, from, nowMs) {
      const stay = stays[evse - 1];
      if (stay === undefined) return;
      stay.stated = { ...need, priority: 2, from, atMs: nowMs, label: "" };
      version++;
    },
    dismiss(evse) {
      const stay = stays[evse - 1];
      const need = present.find((one) => one.evse === evse)?.need;
      if (stay === undefined || need == null) return;
      stay.dismissedMs = need.departsAtMs;
      stay.stated = null;
      keep(evse);
      version++;
    },
    get strangers() {
      return strangers;
    },
    get version() {
      return version;
    },
  };
}

const emptyStay = (kept: Kept | null): Stay => ({
  connected: false,
  sinceMs: kept?.sinceMs ?? Number.NaN,
  goneSinceMs: Number.NaN,
  vehicleId: kept?.vehicleId || null,
  knownBy: kept?.vehicleId ? kept.knownBy : null,
  dismissedMs: kept?.dismissedMs ?? 0,
  stated: null,
  told: kept?.told ?? [],
});

function readKept(store: Documents, evse: number): Kept | null {
  try {
    const kept = JSON.parse(store.get(collection, String(evse)) ?? "null") as Kept | null;
    return kept !== null && knownBySources.includes(kept.knownBy) ? kept : null;
  } catch {
    return null;
  }
}

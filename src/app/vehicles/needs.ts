/**
 * What the vehicle at an EVSE needs and when: of what people, the vehicle, the backend and its timetable say, the newest counts.
 */
import type { Departure } from "../../domain/fleet/timetable.ts";
import { factOf, neededWh } from "../../domain/fleet/vehicles.ts";
import { dayMs, hourMs } from "../../domain/units.ts";
import type { Vehicle, Vehicles } from "./vehicles.ts";

/** Where a need comes from. */
export type NeedFrom = "person" | "iso15118" | "ocpp" | "timetable";
export interface Need {
  /** UTC; NaN where nobody has said. */
  readonly departsAtMs: number;
  /** In the battery at departure; NaN where nobody has said. */
  readonly neededWh: number;
  readonly priority: 1 | 2 | 3;
  readonly from: NeedFrom;
  /** When it was said; a timetable is as old as the stay. */
  readonly atMs: number;
  /** Route or day, for people. */
  readonly label: string;
}

/** What a person has asked for the vehicle of an EVSE; NaN where nothing. */
export interface AskedNeed {
  readonly departsAtMs: number;
  readonly targetPct: number;
  readonly atMs: number;
}
/** One stay, as far as its needs go. */
interface NeedyStay {
  readonly sinceMs: number;
  /** Departures up to this one are dismissed. */
  readonly dismissedMs: number;
  readonly stated: Need | null;
  readonly asked: AskedNeed | null;
}
interface Battery {
  readonly capacityWh: number;
  readonly socPct: number;
}

/** Departures are looked for this far ahead, ms. */
const lookAheadMs = 7 * dayMs;
/** A missed departure is waited for so long, ms: then the day has another. */
const missedMaxMs = 18 * hourMs;
/** A battery that lacks less has what it needs, Wh. */
const enoughWh = 100;

/** The newest word on this stay's departure; the timetable's where nobody has said anything since the plug. */
export function needOf(
  stay: NeedyStay,
  vehicle: Vehicle | null,
  battery: Battery,
  vehicles: Vehicles,
  nowMs: number,
): Need | null {
  const said: Need[] = [];
  if (stay.asked !== null) {
    const { departsAtMs, targetPct, atMs } = stay.asked;
    const neededWh = (targetPct / 100) * battery.capacityWh;
    said.push({ departsAtMs, neededWh, priority: 2, from: "person", atMs, label: "" });
  }
  if (stay.stated !== null) said.push(stay.stated);
  const newest = said.sort((a, b) => b.atMs - a.atMs)[0];
  const planned = vehicle === null ? null : plannedNeed(stay, vehicle, battery, vehicles, nowMs);
  if (newest === undefined) return planned;
  // Whoever tells only one of the two leaves the other to the timetable.
  return {
    ...newest,
    priority: planned?.priority ?? newest.priority,
    departsAtMs: Number.isNaN(newest.departsAtMs) ? (planned?.departsAtMs ?? Number.NaN) : newest.departsAtMs,
    neededWh: Number.isNaN(newest.neededWh) ? (planned?.neededWh ?? Number.NaN) : newest.neededWh,
  };
}

/** The next departure of the timetable; one that was missed stays until the vehicle has what it needs or it is dismissed. */
function plannedNeed(
  stay: NeedyStay,
  vehicle: Vehicle,
  battery: Battery,
  vehicles: Vehicles,
  nowMs: number,
): Need | null {
  const { entry, learned } = vehicle;
  const own = factOf(entry, learned, "capacityWh");
  const capacityWh = own > 0 ? own : battery.capacityWh;
  const fromMs = Math.max(nowMs - missedMaxMs, stay.dismissedMs + 1, stay.sinceMs);
  for (const departure of vehicles.departures(entry, fromMs, nowMs + lookAheadMs)) {
    const need = needFor(departure, vehicle, capacityWh, stay.sinceMs, vehicles);
    const has = (battery.socPct / 100) * capacityWh >= need.neededWh - enoughWh;
    if (departure.leavesAtMs > nowMs || !has) return need;
  }
  return null;
}

function needFor(
  { need, leavesAtMs, date, by }: Departure,
  { entry }: Vehicle,
  capacityWh: number,
  atMs: number,
  vehicles: Vehicles,
): Need {
  const route = need.route === undefined ? undefined : vehicles.routes.get(need.route);
  return {
    departsAtMs: leavesAtMs,
    neededWh: neededWh(need, entry, capacityWh, vehicles.routes),
    priority: need.priority ?? 2,
    from: "timetable",
    atMs,
    label: route?.name ?? (by === "exception" ? date : ""),
  };
}

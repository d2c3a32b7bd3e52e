/**
 * From a situation to the planner's problem. Only who has a departure and a known battery is planned; whoever else draws counts as
 * load, and it is said why. Vehicles that are away are planned from when their timetable brings them back.
 */

import { factOf, neededWh as neededFor, type VehicleEntry } from "../../domain/fleet/vehicles.ts";
import { hourMs } from "../../domain/units.ts";
import type { PlanningProblem, PlanningStay } from "../../planning/problem.ts";
import type { Vehicle, Vehicles } from "../vehicles/vehicles.ts";
import { type SituatedEvse, type Situation, slotMs } from "./situation.ts";

/** One stay of the problem, with what people call it. */
export interface PlannedStay {
  readonly evse: number;
  readonly name: string;
  readonly vehicle: Vehicle | null;
  /** Null: it is here. */
  readonly arrivesAtMs: number | null;
  readonly departsAtMs: number;
  readonly neededWh: number;
  /** It should have left already. */
  readonly missed: boolean;
  readonly stay: PlanningStay;
}
export interface Unplanned {
  readonly evse: number;
  readonly name: string;
  readonly why: string;
}
export interface BuiltProblem {
  readonly problem: PlanningProblem;
  readonly stays: readonly PlannedStay[];
  readonly unplanned: readonly Unplanned[];
}

/** A plan in force, by moments. */
export interface FormerPlan {
  readonly startsAtMs: number;
  readonly powerW: Readonly<Record<string, readonly number[]>>;
}

/** Where nobody has said better. */
const efficiencyDefault = 0.93;
const taperFromDefaultPct = 90;
const taperFullShare = 0.2;
/** A vehicle that is late is expected each next slot, for so long, ms. */
const lateMaxMs = 2 * hourMs;
/** Beyond the horizon a vehicle is counted on to charge with this share of its power. */
const beyondShare = 0.7;
/** What is drawn by somebody of whom nothing is known counts for so long, ms. */
const unknownMs = 4 * hourMs;
const hours = slotMs / hourMs;
const unearnedPeakPerKWh = 0.05;

export const evseIdOf = (evse: number): string => String(evse);

export function buildProblem(
  situation: Situation,
  vehicles: Pick<Vehicles, "departures" | "routes">,
  former: FormerPlan | null,
): BuiltProblem {
  const { slots, evses } = situation;
  const loadW = Array.from({ length: slots }, (_, t) => situation.load.powerW[t] ?? 0);
  const stays: PlannedStay[] = [];
  const unplanned: Unplanned[] = [];
  for (const evse of evses) {
    if (evse.connected) {
      const planned = presentStay(evse, situation);
      if (typeof planned === "string") {
        unplanned.push({ evse: evse.evse, name: evse.name, why: planned });
        addLoad(loadW, evse, situation);
      } else stays.push(planned);
    }
    stays.push(...comingStays(evse, situation, vehicles, stays.at(-1)));
  }
  const { tariff, startsAtMs } = situation;
  const flat = new Array<number>(slots).fill(0);
  return {
    stays,
    unplanned,
    problem: {
      slotMinutes: slotMs / 60_000,
      slots,
      firstSlot: Math.round(startsAtMs / slotMs),
      currency: situation.currency,
      site: {
        importLimitW: situation.importLimitW,
        exportLimitW: situation.exportLimitW.map((limitW) => Math.min(limitW, unlimitedW)),
        loadW,
        pvW: Array.from({ length: slots }, (_, t) => Math.max(0, situation.pv.powerW[t] ?? 0)),
        pvCurtailable: situation.pvCurtailable,
        backup:
          situation.backupWh > 0
            ? { requiredWh: flat.map((_, t) => (t >= situation.backupFromSlot ? situation.backupWh : 0)) }
            : null,
        groups: situation.groups.map(({ id, evses: members, maxChargeW, maxDischargeW }) => ({
          id,
          evseIds: members.map(evseIdOf),
          maxChargeW: Math.min(maxChargeW, unlimitedW),
          maxDischargeW: Math.min(maxDischargeW, unlimitedW),
        })),
      },
      tariff: {
        importPerKWh: tariff?.importPerKWh ?? flat,
        exportPerKWh: tariff?.exportPerKWh ?? flat,
        demand: (tariff?.demand ?? []).map((charge) => ({ ...charge, slots: [...charge.slots] })),
      },
      events: situation.events,
      stays: stays.map(({ stay }) => stay),
      ...(former !== null && { previous: { powerW: shifted(former, startsAtMs, slots) } }),
      preferences: { unearnedPeakPerKWh: (tariff?.demand.length ?? 0) > 0 ? unearnedPeakPerKWh : 0 },
    },
  };
}

/** More than any site has, W. */
const unlimitedW = 1e9;

/** The former plan by the new one's slots; 0 where it says nothing. */
function shifted({ startsAtMs, powerW }: FormerPlan, newStartMs: number, slots: number): Record<string, number[]> {
  const by = Math.round((newStartMs - startsAtMs) / slotMs);
  return Object.fromEntries(
    Object.entries(powerW).map(([id, powers]) => [id, Array.from({ length: slots }, (_, t) => powers[t + by] ?? 0)]),
  );
}

/** The stay of who is here, or why it is not planned. */
function presentStay(evse: SituatedEvse, situation: Situation): PlannedStay | string {
  const { need, socPct, capacityWh } = evse;
  if (!(capacityWh > 0)) return "The capacity of its battery is not known: it charges as it likes.";
  if (!(socPct >= 0 && socPct <= 100)) return "Its state of charge is not known: it charges as it likes.";
  if (need === null || !Number.isFinite(need.departsAtMs)) return "It has no departure: it charges at once.";
  if (evse.askedW < 0) return "The backend asks for its power.";
  if (Number.isFinite(evse.askedW) && evse.askedW > 0) return "The backend asks for its power.";
  const arrivalWh = (socPct / 100) * capacityWh;
  const whole = Number.isFinite(need.neededWh) ? need.neededWh : capacityWh;
  return stayOf(evse, situation, {
    vehicle: evse.vehicle,
    arrivesAtMs: null,
    arrivalWh,
    departsAtMs: need.departsAtMs,
    neededWh: Math.min(whole, capacityWh),
    capacityWh,
    priority: evse.priority,
  });
}

interface StayPlan {
  readonly vehicle: Vehicle | null;
  readonly arrivesAtMs: number | null;
  readonly arrivalWh: number;
  readonly departsAtMs: number;
  readonly neededWh: number;
  readonly capacityWh: number;
  readonly priority: 1 | 2 | 3;
}

function stayOf(evse: SituatedEvse, situation: Situation, plan: StayPlan): PlannedStay {
  const { startsAtMs, slots, nowMs } = situation;
  const { vehicle, capacityWh, arrivalWh, neededWh } = plan;
  const entry: Partial<VehicleEntry> = vehicle?.entry ?? {};
  const isHere = plan.arrivesAtMs === null;
  const missed = isHere && plan.departsAtMs <= nowMs;
  // What backend and people forbid counts on: caps hold until somebody replaces them.
  const capW = isHere
    ? Math.max(0, Math.min(evse.backendMaxW, evse.held === 2 ? 0 : Number.POSITIVE_INFINITY))
    : Number.POSITIVE_INFINITY;
  const ratedW = isHere ? evse.nowChargeW : evse.ratedChargeW;
  const maxChargeW = Math.min(ratedW, capW);
  const discharges =
    evse.mayDischarge &&
    entry.bidirectional !== false &&
    evse.held === 0 &&
    (situation.tariff !== null || situation.events.length > 0 || situation.backupWh > 0);
  const maxDischargeW = discharges
    ? Math.max(0, Math.min(evse.ratedDischargeW, isHere ? -evse.backendMinW : Number.POSITIVE_INFINITY))
    : 0;
  const chargeEfficiency = (entry.chargeEfficiencyPct ?? efficiencyDefault * 100) / 100;
  const arrivalSlot = isHere ? 0 : Math.max(0, Math.ceil((plan.arrivesAtMs! - startsAtMs) / slotMs));
  const maxWh = Math.min(capacityWh, Math.max(((entry.maxPct ?? 100) / 100) * capacityWh, neededWh, arrivalWh));
  const perSlotWh = Math.max(1, ratedW * chargeEfficiency * hours);
  const lacksWh = Math.max(0, neededWh - arrivalWh);
  const leavesSlot = Math.floor((plan.departsAtMs - startsAtMs) / slotMs);
  // Whoever should have left already is charged as fast as it can be.
  const departureSlot = missed ? Math.max(1, Math.ceil(lacksWh / perSlotWh)) : Math.max(arrivalSlot + 1, leavesSlot);
  const backsUp = discharges || (evse.mayBackUp && situation.backupWh > 0 && evse.held === 0);
  const reserveWh = (evse.reservePct / 100) * capacityWh;
  const isBeyond = departureSlot > slots;
  const later = isBeyond ? beyondShare * perSlotWh * (departureSlot - slots) : 0;
  const atEndWh = isBeyond ? Math.max(Math.min(arrivalWh, neededWh), neededWh - later) : neededWh;
  return {
    evse: evse.evse,
    name: vehicle?.entry.name ?? evse.name,
    vehicle,
    arrivesAtMs: plan.arrivesAtMs,
    departsAtMs: plan.departsAtMs,
    neededWh,
    missed,
    stay: {
      evseId: evseIdOf(evse.evse),
      arrivalSlot,
      departureSlot: Math.min(slots, departureSlot),
      capacityWh,
      // For an outage only what lies above the reserve counts: an island does not go below it either.
      minWh: Math.min(Math.max(((entry.minPct ?? 0) / 100) * capacityWh, backsUp ? reserveWh : 0), maxWh),
      reserveWh: discharges ? Math.min(reserveWh, maxWh) : 0,
      maxWh,
      arrivalWh: Math.min(arrivalWh, capacityWh),
      neededWh: Math.min(atEndWh, maxWh),
      priority: missed || (isHere && evse.chargeNow) ? 1 : plan.priority,
      maxChargeW,
      maxDischargeW,
      minChargeW: Math.min(evse.minW, maxChargeW),
      minDischargeW: Math.min(evse.minW, maxDischargeW),
      chargeEfficiency,
      dischargeEfficiency: (entry.dischargeEfficiencyPct ?? efficiencyDefault * 100) / 100,
      taperFromWh: ((entry.taperFromPct ?? taperFromDefaultPct) / 100) * capacityWh,
      taperFullW: Math.min(entry.taperFullW ?? taperFullShare * evse.ratedChargeW, maxChargeW),
      wearPerKWh: entry.wearPerKWh ?? situation.wearPerKWh,
      ...(backsUp && { backsUp }),
    },
  };
}

/** Stays of vehicles that come back within the horizon: of who is away, and of who leaves and returns. */
function comingStays(
  evse: SituatedEvse,
  situation: Situation,
  vehicles: Pick<Vehicles, "departures" | "routes">,
  before: PlannedStay | undefined,
): PlannedStay[] {
  const vehicle = evse.vehicle ?? evse.awaited;
  if (vehicle === null) return [];
  const { entry, learned } = vehicle;
  const capacityWh = factOf(entry, learned, "capacityWh") || evse.capacityWh;
  if (!(capacityWh > 0)) return [];
  const endMs = situation.startsAtMs + situation.slots * slotMs;
  const fromMs = before?.evse === evse.evse ? before.departsAtMs : situation.nowMs - 24 * hourMs;
  const departures = vehicles.departures(entry, fromMs, endMs + 24 * hourMs);
  const stays: PlannedStay[] = [];
  for (let i = 0; i < departures.length; i++) {
    const left = departures[i]!;
    const next = departures[i + 1];
    // Where the timetable says nothing of it, when it usually comes.
    const usual = Number.isFinite(left.backAtMs)
      ? undefined
      : evse.usualArrivals.find(({ atMs }) => atMs > left.leavesAtMs);
    const backAtMs = backOf(usual?.atMs ?? left.backAtMs, situation.nowMs);
    if (next === undefined || backAtMs === null || backAtMs >= endMs || backAtMs >= next.leavesAtMs - slotMs) continue;
    const whenLeftWh = neededFor(left.need, entry, capacityWh, vehicles.routes);
    const usedWh =
      (left.need.route === undefined ? undefined : vehicles.routes.get(left.need.route)?.energyWh) ??
      learned.usedWh?.value ??
      usual?.usedWh ??
      Number.NaN;
    const arrivalWh = Math.max(((entry.minPct ?? 0) / 100) * capacityWh, whenLeftWh - usedWh);
    const needed = Math.min(capacityWh, neededFor(next.need, entry, capacityWh, vehicles.routes));
    if (!Number.isFinite(arrivalWh) || !Number.isFinite(needed)) continue;
    stays.push(
      stayOf(evse, situation, {
        vehicle,
        arrivesAtMs: backAtMs,
        arrivalWh,
        departsAtMs: next.leavesAtMs,
        neededWh: needed,
        capacityWh,
        priority: next.need.priority ?? 2,
      }),
    );
  }
  return stays;
}

/** When it is back: late ones from the next slot on, and not at all when they are too late. */
function backOf(backAtMs: number, nowMs: number): number | null {
  if (!Number.isFinite(backAtMs)) return null;
  if (backAtMs >= nowMs) return backAtMs;
  return nowMs - backAtMs <= lateMaxMs ? nowMs + slotMs : null;
}

/** What somebody draws who is not planned, on top of the load. */
function addLoad(loadW: number[], evse: SituatedEvse, { startsAtMs, nowMs }: Situation): void {
  const asked = Number.isFinite(evse.askedW);
  const powerW = asked
    ? evse.askedW
    : Math.max(0, Math.min(evse.nowChargeW, evse.backendMaxW, evse.held === 2 ? 0 : Number.POSITIVE_INFINITY));
  const missingWh = (1 - evse.socPct / 100) * evse.capacityWh;
  const neededMs =
    missingWh >= 0 && powerW > 0 && !asked ? (missingWh / efficiencyDefault / powerW) * hourMs : unknownMs;
  const untilSlot = Math.ceil((nowMs + neededMs - startsAtMs) / slotMs);
  for (let t = 0; t < Math.min(untilSlot, loadW.length); t++) loadW[t]! += powerW;
}

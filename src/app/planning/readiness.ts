/**
 * Which vehicles will have what they need when they leave, by the plan and every limit that it knows; which won't, and what is in the
 * way. A vehicle that should have left and has not what it needs stays in view until it has, leaves, or a person decides otherwise.
 */
import { hourMs } from "../../domain/units.ts";
import { chargeable, energyAfter, type PlanningStay } from "../../planning/problem.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Fleet } from "../vehicles/fleet.ts";
import type { PlannedStay } from "./build-problem.ts";
import type { MadePlan } from "./planning.ts";
import { type SituatedEvse, slotMs } from "./situation.ts";

/** ready: has what it needs. tight: with less than a slot to spare. missed: should have left. away: not here yet. */
export type ReadyState = "ready" | "on-the-way" | "tight" | "short" | "missed" | "away" | "unknown";

export interface ReadyVehicle {
  readonly evse: number | null;
  readonly vehicleId: string | null;
  readonly name: string;
  readonly state: ReadyState;
  readonly departsAtMs: number;
  /** Now, needed, and forecast for the departure, Wh; NaN where unknown. */
  readonly hasWh: number;
  readonly neededWh: number;
  readonly forecastWh: number;
  readonly capacityWh: number;
  readonly missingWh: number;
  readonly readyAtMs: number;
  /** Time to spare if it charged with all it can get from now on, ms. */
  readonly marginMs: number;
  readonly priority: 1 | 2 | 3;
  readonly cause: Cause | null;
}

/** What is in the way of a vehicle. */
export interface Cause {
  readonly key:
    | "stopped"
    | "backend-limit"
    | "late"
    | "import-limit"
    | "feeder"
    | "priority"
    | "unknown-battery"
    | "not-planned";
  readonly sentence: string;
}

/** A battery that lacks less has what it needs, Wh. */
export const enoughWh = 200;
/** Departures within this time are on the board, ms. */
const boardMs = 24 * hourMs;

const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(powerW < 100_000 ? 1 : 0)} kW`;
const kWh = (energyWh: number): string => `${(energyWh / 1_000).toFixed(1)} kWh`;

/** The board: who needs a person first, then by departure. */
export function readinessOf(
  made: MadePlan | null,
  fleet: Pick<Fleet, "presence" | "vehicles">,
  report: ControlReport,
  nowMs: number,
): ReadyVehicle[] {
  const rows: ReadyVehicle[] = [];
  for (const here of fleet.presence.present) {
    const { socPct, capacityWh: told } = report.stages[here.evse - 1]!;
    const need = here.need;
    if (need === null || !Number.isFinite(need.departsAtMs) || need.departsAtMs - nowMs > boardMs) continue;
    const at = made?.built.stays.findIndex((one) => one.evse === here.evse && one.arrivesAtMs === null) ?? -1;
    const planned = at < 0 ? undefined : made!.built.stays[at];
    const capacityWh = planned?.stay.capacityWh ?? here.vehicle?.entry.capacityWh ?? told;
    const hasWh = (socPct / 100) * capacityWh;
    const common = {
      evse: here.evse,
      vehicleId: here.vehicle?.entry.id ?? null,
      name:
        here.vehicle?.entry.name ??
        planned?.name ??
        made?.situation.evses[here.evse - 1]?.name ??
        `Vehicle at charger ${here.evse}`,
      departsAtMs: need.departsAtMs,
      hasWh,
      neededWh: need.neededWh,
      capacityWh,
      priority: need.priority,
    };
    rows.push(
      planned === undefined ? unplannedRow(common, made, nowMs) : plannedRow(common, made!, at, planned, nowMs),
    );
  }
  for (const [k, one] of (made?.built.stays ?? []).entries())
    if (one.arrivesAtMs !== null) rows.push(...comingRow(made!, one, k, nowMs));
  const rank = ({ state }: ReadyVehicle): number =>
    state === "missed" || state === "short" ? 0 : state === "unknown" ? 1 : 2;
  return rows.sort((a, b) => rank(a) - rank(b) || a.departsAtMs - b.departsAtMs || (a.evse ?? 0) - (b.evse ?? 0));
}

type Common = Omit<ReadyVehicle, "state" | "forecastWh" | "missingWh" | "readyAtMs" | "marginMs" | "cause">;

function plannedRow(common: Common, made: MadePlan, at: number, planned: PlannedStay, nowMs: number): ReadyVehicle {
  const { plan, situation } = made;
  const outcome = plan.outcome.stays[at]!;
  const { stay } = planned;
  const evse = situation.evses[common.evse! - 1]!;
  const missed = common.departsAtMs <= nowMs;
  const has = common.hasWh >= common.neededWh - enoughWh;
  // Beyond the horizon the plan knows only part of the way: what is left is counted on.
  const isBeyond = common.departsAtMs > situation.startsAtMs + situation.slots * slotMs;
  const shortWh = isBeyond ? outcome.shortWh : Math.max(0, common.neededWh - outcome.departsWithWh);
  const isShort = !has && shortWh > enoughWh;
  const aloneH = hoursAlone({ ...stay, maxChargeW: evse.ratedChargeW }, common.hasWh, common.neededWh);
  const marginMs = common.departsAtMs - nowMs - aloneH * hourMs;
  return {
    ...common,
    state: has ? "ready" : missed ? "missed" : isShort ? "short" : marginMs < slotMs ? "tight" : "on-the-way",
    forecastWh: has ? Math.max(common.hasWh, outcome.departsWithWh) : outcome.departsWithWh,
    missingWh: has ? 0 : shortWh,
    readyAtMs: has
      ? nowMs
      : outcome.readySlot < 0
        ? Number.NaN
        : situation.startsAtMs + (outcome.readySlot + 1) * slotMs,
    marginMs: has ? common.departsAtMs - nowMs : marginMs,
    cause: isShort || (missed && !has) ? causeOf(made, at, evse, common, nowMs) : null,
  };
}

function unplannedRow(common: Common, made: MadePlan | null, nowMs: number): ReadyVehicle {
  const has = common.hasWh >= common.neededWh - enoughWh;
  const why = made?.built.unplanned.find(({ evse }) => evse === common.evse)?.why ?? "There is no plan yet.";
  return {
    ...common,
    state: has ? "ready" : common.departsAtMs <= nowMs ? "missed" : "unknown",
    forecastWh: has ? common.hasWh : Number.NaN,
    missingWh: has ? 0 : Math.max(0, common.neededWh - common.hasWh) || 0,
    readyAtMs: has ? nowMs : Number.NaN,
    marginMs: Number.NaN,
    cause: has ? null : { key: "not-planned", sentence: why },
  };
}

function comingRow({ plan, situation }: MadePlan, one: PlannedStay, k: number, nowMs: number): ReadyVehicle[] {
  if (one.departsAtMs - nowMs > boardMs) return [];
  const outcome = plan.outcome.stays[k]!;
  const missing = Math.max(0, one.neededWh - outcome.departsWithWh);
  return [
    {
      evse: one.evse,
      vehicleId: one.vehicle?.entry.id ?? null,
      name: one.name,
      state: "away",
      departsAtMs: one.departsAtMs,
      hasWh: Number.NaN,
      neededWh: one.neededWh,
      forecastWh: outcome.departsWithWh,
      capacityWh: one.stay.capacityWh,
      missingWh: missing > enoughWh ? missing : 0,
      readyAtMs: outcome.readySlot < 0 ? Number.NaN : situation.startsAtMs + (outcome.readySlot + 1) * slotMs,
      marginMs: Number.NaN,
      priority: one.stay.priority,
      cause: null,
    },
  ];
}

/** Hours that charging takes when nobody else draws, with what vehicle and charger can. */
function hoursAlone(stay: PlanningStay, hasWh: number, neededWh: number): number {
  const stepH = 1 / 12;
  const free = { ...stay, minChargeW: 0 };
  let energyWh = hasWh;
  let steps = 0;
  for (; steps < 48 / stepH && energyWh < neededWh - 1; steps++) {
    const powerW = chargeable(free, energyWh, neededWh, stepH);
    if (powerW <= 0) return Number.POSITIVE_INFINITY;
    energyWh = energyAfter(free, energyWh, powerW, stepH);
  }
  return energyWh < neededWh - 1 ? Number.POSITIVE_INFINITY : steps * stepH;
}

/** The first of what is in the way: somebody's stop, the backend, the time, a feeder, the site's limit. */
function causeOf(
  made: MadePlan,
  at: number,
  evse: SituatedEvse,
  { hasWh, neededWh, departsAtMs }: Common,
  nowMs: number,
): Cause {
  const { plan, built, situation } = made;
  const { stay } = built.stays[at]!;
  const leftH = Math.max(0, departsAtMs - nowMs) / hourMs;
  const inTime = (powerW: number): boolean => hoursAlone({ ...stay, maxChargeW: powerW }, hasWh, neededWh) <= leftH;
  if (evse.held === 2) return { key: "stopped", sentence: `The charger is stopped by ${evse.heldBy}.` };
  const missingWh = Math.max(0, neededWh - hasWh);
  if (!inTime(evse.ratedChargeW)) {
    const sentence =
      leftH > 0
        ? `It needs ${kWh(missingWh)} in ${duration(leftH)}, and with ${kW(evse.ratedChargeW)} that takes ${duration(hoursAlone({ ...stay, maxChargeW: evse.ratedChargeW }, hasWh, neededWh))}.`
        : `It should have left, and ${kWh(missingWh)} are missing.`;
    return { key: "late", sentence };
  }
  if (evse.backendMaxW < evse.ratedChargeW && !inTime(Math.max(0, evse.backendMaxW)))
    return { key: "backend-limit", sentence: `The backend lets it have ${kW(Math.max(0, evse.backendMaxW))}.` };
  const own = plan.reasons[stay.evseId] ?? [];
  const slots = own.slice(stay.arrivalSlot, stay.departureSlot);
  const group = situation.groups.find(
    ({ evses, maxChargeW }) => evses.includes(evse.evse) && maxChargeW < Number.POSITIVE_INFINITY,
  );
  if (slots.includes("group-limit") && group !== undefined)
    return {
      key: "feeder",
      sentence: `${group.id} carries ${kW(group.maxChargeW)}, and its chargers need more before ${duration(leftH)} are over.`,
    };
  const others = built.stays.filter((_, k) => k !== at && plan.outcome.stays[k]!.energyWh.length > 0).length;
  const priority = built.stays.some(
    ({ stay: one }, k) => k !== at && one.priority < stay.priority && one.arrivalSlot < stay.departureSlot,
  );
  return {
    key: priority ? "priority" : "import-limit",
    sentence:
      others === 0
        ? `The site may import ${kW(situation.importLimitW)}, and the building takes its part of it.`
        : `${others + 1} vehicles share ${kW(situation.importLimitW)} beside the building${priority ? ", and others go first" : ""}.`,
  };
}

/** "2 h 40 min". */
export function duration(hours: number): string {
  if (!Number.isFinite(hours)) return "for ever";
  const minutes = Math.round(hours * 60);
  const h = Math.floor(minutes / 60);
  return h === 0 ? `${minutes} min` : minutes % 60 === 0 ? `${h} h` : `${h} h ${minutes % 60} min`;
}

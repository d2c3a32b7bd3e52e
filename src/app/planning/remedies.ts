/**
 * What would help a vehicle that will miss its departure: each way tried as a plan, with what it does to the others and what it costs.
 * At most three, the best first; accepting what there will be is always among them.
 */
import { hourMs } from "../../domain/units.ts";
import type { PlannedStay } from "./build-problem.ts";
import type { MadePlan } from "./planning.ts";
import type { ReadyVehicle } from "./readiness.ts";
import { slotMs } from "./situation.ts";
import { readyOf, stayKey, type TriedChange, type Tries } from "./tries.ts";

export interface Remedy {
  readonly id: string;
  readonly change: TriedChange;
  readonly forecastWh: number;
  readonly readyCount: number;
  readonly of: number;
  readonly costDelta: number;
  /** Others who would then not be ready. */
  readonly loses: readonly string[];
  /** The departure or share that it comes to. */
  readonly atMs?: number;
  readonly pct?: number;
}

/** A vehicle may be asked to wait so much longer, ms. */
const laterMaxMs = 8 * hourMs;
const remediesMax = 3;

/** The best remedies for a vehicle of the plan. */
export async function remediesFor(made: MadePlan, vehicle: ReadyVehicle, tries: Tries): Promise<Remedy[]> {
  const at = made.built.stays.findIndex((one) => one.evse === vehicle.evse && one.arrivesAtMs === null);
  const planned = made.built.stays[at];
  if (planned === undefined || vehicle.evse === null) return [];
  const evse = made.situation.evses[vehicle.evse - 1]!;
  const candidates: TriedChange[] = [];
  if (evse.held === 2) candidates.push({ kind: "resume", evse: evse.evse });
  if (evse.backendMaxW < evse.ratedChargeW) candidates.push({ kind: "backend-limit", evse: evse.evse });
  if (made.situation.operatorImportW < made.situation.configuredImportW)
    candidates.push({ kind: "import-limit", limitW: made.situation.configuredImportW });
  if (planned.stay.priority > 1) candidates.push({ kind: "priority", evse: evse.evse, priority: 1 });
  const later = await laterDeparture(made, planned, tries);
  if (later !== null) candidates.push(later);
  const accepted = acceptedPct(vehicle);
  const remedies: Remedy[] = [];
  for (const change of candidates) {
    const remedy = await judge(made, planned, change, tries);
    if (remedy !== null) remedies.push(remedy);
  }
  const helps = remedies.filter(
    ({ forecastWh, change }) => change.kind === "departure" || forecastWh > vehicle.forecastWh + 1_000,
  );
  helps.sort((a, b) => b.readyCount - a.readyCount || b.forecastWh - a.forecastWh || a.costDelta - b.costDelta);
  const best = helps.slice(0, remediesMax - 1);
  const accept =
    accepted === null
      ? null
      : await judge(made, planned, { kind: "need", evse: evse.evse, neededPct: accepted }, tries);
  return accept === null ? helps.slice(0, remediesMax) : [...best, accept];
}

const acceptedPct = ({ forecastWh, capacityWh }: ReadyVehicle): number | null => {
  const pct = Math.floor((forecastWh / capacityWh) * 100);
  return pct > 0 && pct < 100 ? pct : null;
};

/** The earliest departure by which the plan has it ready, to the quarter of an hour. */
async function laterDeparture(made: MadePlan, planned: PlannedStay, tries: Tries): Promise<TriedChange | null> {
  const fromMs = Math.max(planned.departsAtMs, made.situation.nowMs);
  const tried = await tries.run(made, [
    { kind: "departure", evse: planned.evse, departsAtMs: fromMs + laterMaxMs },
    { kind: "priority", evse: planned.evse, priority: 1 },
  ]);
  const k = tried?.built.stays.findIndex((one) => one.evse === planned.evse && one.arrivesAtMs === null) ?? -1;
  const own = tried?.built.stays[k];
  if (tried === null || own === undefined) return null;
  // As fast as it can go with what the others leave: a bound from below, then slot by slot from there.
  const readySlot = tried.plan.outcome.stays[k]?.readySlot ?? -1;
  const soonest = soonestMs(made, planned, fromMs);
  if (readySlot < 0) return null;
  const latest = made.situation.startsAtMs + (readySlot + 1) * slotMs;
  for (let departsAtMs = soonest; departsAtMs < latest; departsAtMs += 2 * slotMs) {
    const sooner = await tries.run(made, [{ kind: "departure", evse: planned.evse, departsAtMs }]);
    if (sooner?.ready.get(stayKey(planned))) return { kind: "departure", evse: planned.evse, departsAtMs };
    if (departsAtMs - soonest > 6 * slotMs) break;
  }
  return { kind: "departure", evse: planned.evse, departsAtMs: Math.max(latest, soonest) };
}

/** When it could be ready if nobody else drew, rounded up to a quarter. */
function soonestMs({ situation }: MadePlan, { stay, neededWh }: PlannedStay, fromMs: number): number {
  const powerW = Math.max(1, situation.evses[Number(stay.evseId) - 1]?.ratedChargeW ?? stay.maxChargeW);
  const hours = Math.max(0, neededWh - stay.arrivalWh) / stay.chargeEfficiency / powerW;
  const atMs = Math.max(fromMs, situation.nowMs + hours * hourMs);
  return Math.ceil(atMs / slotMs) * slotMs;
}

async function judge(made: MadePlan, planned: PlannedStay, change: TriedChange, tries: Tries): Promise<Remedy | null> {
  const tried = await tries.run(made, [change]);
  if (tried === null || tried.plan.method !== made.plan.method) return null;
  const key = stayKey(planned);
  const k = tried.built.stays.findIndex((one) => stayKey(one) === key);
  const outcome = tried.plan.outcome.stays[k];
  if (outcome === undefined) return null;
  const before = readyOf(made);
  const loses = tried.built.stays
    .filter(
      (one) => stayKey(one) !== key && before.get(stayKey(one)) === true && tried.ready.get(stayKey(one)) === false,
    )
    .map(({ name }) => name);
  return {
    id: `${change.kind}-${planned.evse}`,
    change,
    forecastWh: outcome.departsWithWh,
    readyCount: [...tried.ready.values()].filter(Boolean).length,
    of: tried.ready.size,
    costDelta: tried.plan.outcome.bill.total - made.plan.outcome.bill.total,
    loses,
    ...(change.kind === "departure" && { atMs: change.departsAtMs }),
    ...(change.kind === "need" && { pct: change.neededPct }),
  };
}

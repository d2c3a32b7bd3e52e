/**
 * Planning of a site as a whole: the plan in force, who will be ready, what would help those who won't, and what an outage would need.
 * What a person should know is logged and audited when it becomes known, and again when it is over.
 */
import { hourMs, minuteMs } from "../../domain/units.ts";
import type { AuditEvent } from "../audit/audit-chain.ts";
import type { ControlReport } from "../control/shared/report.ts";
import type { Documents } from "../store/store.ts";
import { createOutagePlanning, type OutagePlanning } from "./outage.ts";
import { createPlanning, type MadePlan, type Planning, type PlanningOptions } from "./planning.ts";
import { type ReadyVehicle, readinessOf } from "./readiness.ts";
import { type Remedy, remediesFor } from "./remedies.ts";
import { createTries, type Tries } from "./tries.ts";

export interface SitePlanning {
  look(report: ControlReport, nowMs: number): void;
  readonly planning: Planning;
  readonly outage: OutagePlanning;
  readonly tries: Tries;
  /** Who will be ready, as of the last look. */
  readonly board: readonly ReadyVehicle[];
  /** Since when it is known that a vehicle will miss; NaN where it won't. */
  knownSinceMs(row: ReadyVehicle): number;
  /** What would help it; null while that is being worked out. */
  remediesOf(row: ReadyVehicle): readonly Remedy[] | null;
  /** Charge at departure by the plan, percent; null where it says nothing. */
  forecastPct(evse: number): number | null;
  /** What the vehicle at an EVSE will do: power from each moment on; null where no plan says so. */
  stepsOf(evse: number): readonly { readonly startsAtMs: number; readonly powerW: number }[] | null;
  stop(): Promise<void>;
}

export interface SitePlanningOptions extends Omit<PlanningOptions, "backup" | "onPlan"> {
  readonly documents: Documents;
  readonly audit: (event: AuditEvent) => void;
}

/** The board is worked out this often, ms. */
const boardEveryMs = 1_000;
/** Vehicles whose remedies are worked out, and how long those count while nothing else changes, ms. */
const helpedMax = 3;
const remediesOldMs = 5 * minuteMs;
/** What stands shorter is not worth a word, ms. */
const standsMs = 5_000;

const keyOf = ({ evse, vehicleId, departsAtMs }: ReadyVehicle): string =>
  `${vehicleId ?? `evse ${evse}`} ${Math.round(departsAtMs / minuteMs)}`;
const isMissing = ({ state }: ReadyVehicle): boolean => state === "short" || state === "missed";

export function createSitePlanning(options: SitePlanningOptions): SitePlanning {
  const { site, documents, log, audit, fleet } = options;
  const outage = createOutagePlanning(site.config, documents, log);
  const planning = createPlanning({
    ...options,
    backup: (nowMs) => ({ energyWh: outage.wanted(nowMs).energyWh, fromMs: nowMs }),
  });
  const tries = createTries(fleet.vehicles);
  let board: readonly ReadyVehicle[] = [];
  let boardDueMs = Number.NEGATIVE_INFINITY;
  const known = new Map<string, { sinceMs: number; told: boolean }>();
  const helped = new Map<string, { atMs: number; missingWh: number; remedies: readonly Remedy[] | null }>();

  const tell = (row: ReadyVehicle): void => {
    const { name, forecastWh, capacityWh, neededWh, departsAtMs, cause } = row;
    const pct = (energyWh: number): string => `${Math.round((energyWh / capacityWh) * 100)} %`;
    const when = new Date(departsAtMs).toISOString().slice(0, 16);
    const sentence =
      `${name} will have ${pct(forecastWh)} of ${pct(neededWh)} at ${when}Z. ${cause?.sentence ?? ""}`.trim();
    log("warn", sentence, { vehicle: row.vehicleId ?? "", evse: row.evse ?? 0 });
    audit({ kind: "alarm", actor: "controller", body: { message: sentence, cause: cause?.key ?? "" } });
  };

  const watch = (nowMs: number): void => {
    const missing = board.filter(isMissing);
    const keys = new Set(missing.map(keyOf));
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    for (const key of helped.keys()) if (!keys.has(key)) helped.delete(key);
    for (const row of missing) {
      const key = keyOf(row);
      const one = known.get(key) ?? { sinceMs: nowMs, told: false };
      known.set(key, one);
      if (one.told || nowMs - one.sinceMs < standsMs) continue;
      one.told = true;
      tell(row);
    }
    const { made } = planning;
    if (made !== null) for (const row of missing.slice(0, helpedMax)) help(made, row, nowMs);
  };

  const help = (made: MadePlan, row: ReadyVehicle, nowMs: number): void => {
    const key = keyOf(row);
    const before = helped.get(key);
    const moved = before === undefined || Math.abs(before.missingWh - row.missingWh) > 0.05 * row.capacityWh;
    if (before !== undefined && !(moved && before.remedies !== null) && nowMs - before.atMs < remediesOldMs) return;
    if (before?.remedies === null) return;
    helped.set(key, { atMs: nowMs, missingWh: row.missingWh, remedies: null });
    void remediesFor(made, row, tries).then((remedies) => {
      const still = helped.get(key);
      if (still !== undefined) helped.set(key, { ...still, remedies });
    });
  };

  const stayAt = (evse: number): { made: MadePlan; at: number } | null => {
    const { made, inForce } = planning;
    const at = inForce
      ? (made?.built.stays.findIndex((one) => one.evse === evse && one.arrivesAtMs === null) ?? -1)
      : -1;
    return made === null || at < 0 ? null : { made, at };
  };

  return {
    planning,
    outage,
    tries,
    look(report, nowMs) {
      outage.look(report, nowMs);
      planning.look(report, nowMs);
      if (nowMs < boardDueMs && nowMs >= boardDueMs - boardEveryMs) return;
      boardDueMs = nowMs + boardEveryMs;
      board = readinessOf(planning.made, fleet, report, nowMs);
      watch(nowMs);
    },
    get board() {
      return board;
    },
    knownSinceMs: (row) => known.get(keyOf(row))?.sinceMs ?? Number.NaN,
    remediesOf: (row) => (isMissing(row) ? (helped.get(keyOf(row))?.remedies ?? null) : []),
    forecastPct(evse) {
      const row = board.find((one) => one.evse === evse && one.state !== "away");
      return row === undefined || !Number.isFinite(row.forecastWh)
        ? null
        : Math.min(100, (row.forecastWh / row.capacityWh) * 100);
    },
    stepsOf(evse) {
      const found = stayAt(evse);
      if (found === null) return null;
      const { plan, built, situation } = found.made;
      const { stay, departsAtMs } = built.stays[found.at]!;
      const powers = plan.powerW[stay.evseId] ?? [];
      const steps: { startsAtMs: number; powerW: number }[] = [];
      for (let t = 0; t < stay.departureSlot; t++) {
        const powerW = powers[t] ?? 0;
        if (steps.at(-1)?.powerW !== powerW)
          steps.push({ startsAtMs: Math.max(situation.nowMs, situation.startsAtMs + t * hourMs * 0.25), powerW });
      }
      return [...steps, { startsAtMs: departsAtMs, powerW: 0 }];
    },
    async stop() {
      await Promise.all([planning.stop(), tries.stop()]);
    },
  };
}

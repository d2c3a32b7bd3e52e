/**
 * What plans are made from: who is here and what they need, every limit that is in force for chargers and site, and what lies
 * ahead. Plain data, so that a change can be tried on a copy.
 */
import { profileValueW } from "../../core/pcc/limited-generation-profile.ts";
import { factOf } from "../../domain/fleet/vehicles.ts";
import type { Forecast } from "../../forecast/forecast.ts";
import type { PlanningEvent } from "../../planning/problem.ts";
import type { TariffHorizon } from "../../tariff/horizon.ts";
import type { ControlHost } from "../control/control-host.ts";
import type { ControlReport } from "../control/shared/report.ts";
import { held, type People } from "../people.ts";
import type { LoadedSite } from "../site/load-config.ts";
import type { Fleet } from "../vehicles/fleet.ts";
import type { Need } from "../vehicles/needs.ts";
import type { Vehicle } from "../vehicles/vehicles.ts";
import type { PlanningInputs } from "./inputs.ts";

export const slotMs = 15 * 60_000;
/** A day ahead. */
const slotsAhead = 96;

/** One charger, as a plan sees it. Powers are magnitudes, W. */
export interface SituatedEvse {
  /** From 1. */
  readonly evse: number;
  readonly name: string;
  readonly vehicle: Vehicle | null;
  /** The vehicle that has its place here, while nobody is plugged in. */
  readonly awaited: Vehicle | null;
  /** When the vehicle that is here or awaited usually comes, today and tomorrow. */
  readonly usualArrivals: ReturnType<PlanningInputs["arrivals"]>;
  readonly connected: boolean;
  readonly socPct: number;
  readonly capacityWh: number;
  readonly need: Need | null;
  readonly priority: 1 | 2 | 3;
  /** Rating of charger and vehicle together, and what vehicle or stage say now. */
  readonly ratedChargeW: number;
  readonly ratedDischargeW: number;
  readonly nowChargeW: number;
  readonly minW: number;
  /** What backend and connected systems leave, W; ±Infinity where they say nothing. */
  readonly backendMinW: number;
  readonly backendMaxW: number;
  readonly held: 0 | 1 | 2;
  readonly heldBy: string;
  readonly chargeNow: boolean;
  /** What a backend or a connected system asks for under its lease, W; NaN while it asks for nothing. */
  readonly askedW: number;
  readonly mayDischarge: boolean;
  /** It could feed an island. */
  readonly mayBackUp: boolean;
  readonly reservePct: number;
}

export interface Situation {
  readonly nowMs: number;
  /** Start of the first slot. */
  readonly startsAtMs: number;
  readonly slots: number;
  readonly evses: readonly SituatedEvse[];
  readonly importLimitW: number;
  /** What an operator has tightened the import to; Infinity where nobody has. */
  readonly operatorImportW: number;
  readonly configuredImportW: number;
  readonly exportLimitW: readonly number[];
  readonly groups: readonly {
    readonly id: string;
    readonly evses: readonly number[];
    readonly maxChargeW: number;
    readonly maxDischargeW: number;
  }[];
  readonly load: Forecast;
  readonly pv: Forecast;
  readonly pvCurtailable: boolean;
  readonly tariff: TariffHorizon | null;
  readonly currency: string;
  readonly wearPerKWh: number;
  readonly events: readonly PlanningEvent[];
  /** Energy above their minimum that connected vehicles should hold together for an outage, Wh; from `backupFromSlot` on. */
  readonly backupWh: number;
  readonly backupFromSlot: number;
}

export interface SituationSources {
  readonly site: LoadedSite;
  readonly control: Pick<ControlHost, "evses" | "site">;
  readonly people: Pick<People, "get">;
  readonly fleet: Pick<Fleet, "presence" | "vehicles">;
  readonly inputs: PlanningInputs;
  /** Energy that an outage would need, and from when on it should be there. */
  readonly backup: (nowMs: number) => { readonly energyWh: number; readonly fromMs: number };
}

/** Plans stay this much below the import limit, of it: the loop keeps a margin of its own, and load moves. */
const importMarginShare = 0.02;
/** A limit this much below the rating is one that the vehicle says; 0 is a session that has not begun. */
const saysLimitW = 1;

/** Everything as it is now. */
export function situationOf(sources: SituationSources, report: ControlReport, nowMs: number): Situation {
  const { site, control, people, inputs } = sources;
  const { config } = site;
  const startsAtMs = Math.floor(nowMs / slotMs) * slotMs;
  const operatorImportW = people.get("demandLimitW", 0)?.value ?? Number.POSITIVE_INFINITY;
  const configuredImportW = Math.min(config.pcc.importLimitW, config.pcc.conductorLimitW ?? Number.POSITIVE_INFINITY);
  const importLimitW =
    Math.min(configuredImportW, operatorImportW, control.site.linkImportLimitW) * (1 - importMarginShare);
  const { load, pv } = inputs.forecasts(nowMs, startsAtMs, slotsAhead);
  const live = report.site.loadW;
  const tariff = inputs.tariff();
  const horizon = inputs.horizon(startsAtMs, slotsAhead);
  const backup = sources.backup(nowMs);
  return {
    nowMs,
    startsAtMs,
    slots: slotsAhead,
    evses: config.evses.map((_, i) => evseOf(sources, report, i, nowMs)),
    importLimitW,
    operatorImportW,
    configuredImportW,
    exportLimitW: exportLimits(sources, report, startsAtMs),
    groups: groupsOf(config, control.site),
    load:
      load.basis === "unknown" && Number.isFinite(live)
        ? { ...load, powerW: load.powerW.map(() => live), basis: "flat" }
        : load,
    pv,
    pvCurtailable: config.pv !== undefined,
    // Without a price that is known departures alone decide.
    tariff: horizon !== null && horizon.knownSlots > 0 ? horizon : null,
    currency: tariff?.currency ?? "",
    wearPerKWh: tariff?.wearPerKWh ?? 0,
    events: inputs.commitments(nowMs, startsAtMs, slotsAhead),
    backupWh: backup.energyWh,
    backupFromSlot: Math.max(0, Math.ceil((backup.fromMs - startsAtMs) / slotMs)),
  };
  function groupsOf(from: typeof config, asked: typeof control.site): Situation["groups"] {
    const backendMinW = Math.max(asked.backendMinW, asked.linkMinW);
    const backendMaxW = Math.min(asked.backendMaxW, asked.linkMaxW);
    const own = from.pcc.groups.map(({ name, evses, chargeLimitW, dischargeLimitW }) => ({
      id: name,
      evses,
      maxChargeW: chargeLimitW ?? Number.POSITIVE_INFINITY,
      maxDischargeW: dischargeLimitW ?? Number.POSITIVE_INFINITY,
    }));
    if (backendMaxW === Number.POSITIVE_INFINITY && backendMinW === Number.NEGATIVE_INFINITY) return own;
    const all = from.evses.map((_, i) => i + 1);
    const station = {
      id: "backend",
      evses: all,
      maxChargeW: Math.max(0, backendMaxW),
      maxDischargeW: Math.max(0, -backendMinW),
    };
    return [...own, station];
  }
}

/** Export that each slot may have: configuration, permit, people, the limit in force, and the profile of its hour. */
function exportLimits({ site, people }: SituationSources, { site: live }: ControlReport, startsAtMs: number): number[] {
  const { config, generationProfile } = site;
  const asked = people.get("exportLimitW", 0)?.value ?? Number.POSITIVE_INFINITY;
  const inForceW = live.exportReason === "generation-profile" ? Number.POSITIVE_INFINITY : live.exportLimitW;
  // Without the right to run in parallel nothing is exported, whatever the configuration gives.
  const wholeW = live.parallelOK ? Math.min(config.pcc.exportLimitW, asked, inForceW >= 0 ? inForceW : 0) : 0;
  return Array.from({ length: slotsAhead }, (_, t) =>
    generationProfile === null ? wholeW : Math.min(wholeW, profileValueW(generationProfile, startsAtMs + t * slotMs)),
  );
}

function evseOf(
  { site, control, people, fleet, inputs: ahead }: SituationSources,
  report: ControlReport,
  i: number,
  nowMs: number,
): SituatedEvse {
  const config = site.config.evses[i]!;
  const stage = report.stages[i]!;
  const inputs = control.evses[i]!;
  const here = fleet.presence.at(i + 1);
  const vehicle = here?.vehicle ?? null;
  const place = config.vehicle === undefined ? undefined : fleet.vehicles.named(config.vehicle);
  const isAway = place !== undefined && !fleet.presence.present.some((one) => one.vehicle?.entry.id === place.entry.id);
  const known = (name: "maxChargeW" | "maxDischargeW" | "capacityWh" | "minChargeW" | "bidirectional"): number =>
    vehicle === null ? Number.NaN : factOf(vehicle.entry, vehicle.learned, name);
  const awaited = here === null && isAway ? place : null;
  const whose = vehicle ?? awaited;
  const least = (...values: number[]): number => Math.min(...values.filter((value) => !Number.isNaN(value)));
  const ratedChargeW = least(config.maxChargeW, known("maxChargeW"));
  const ratedDischargeW = least(config.maxDischargeW, known("maxDischargeW"));
  const heldNow = people.get("held", i + 1);
  const level = Math.min(held.everything, Math.max(0, heldNow?.value ?? 0)) as 0 | 1 | 2;
  const priority = people.get("priority", i + 1)?.value;
  const isAsked = inputs.requestSource === "backend" || inputs.requestSource === "external";
  const asks = isAsked && report.site.atMs < inputs.requestUntilMs;
  return {
    evse: i + 1,
    name: vehicle?.entry.name ?? config.vehicle ?? config.name ?? `Vehicle at charger ${i + 1}`,
    vehicle,
    awaited,
    usualArrivals: whose === null ? [] : ahead.arrivals(whose.entry.id, nowMs),
    connected: stage.vehicleConnected && here !== null,
    socPct: stage.socPct,
    capacityWh: known("capacityWh") > 0 ? known("capacityWh") : stage.capacityWh,
    need: here?.need ?? null,
    priority: (priority ?? here?.need?.priority ?? 2) as 1 | 2 | 3,
    ratedChargeW,
    ratedDischargeW,
    nowChargeW: stage.maxChargeW > saysLimitW ? Math.min(ratedChargeW, stage.maxChargeW) : ratedChargeW,
    minW: Math.max(config.minPowerW, known("minChargeW") > 0 ? known("minChargeW") : 0),
    backendMinW: Math.max(inputs.backendMinW, inputs.linkMinW),
    backendMaxW: Math.min(inputs.backendMaxW, inputs.linkMaxW),
    held: inputs.paused ? held.everything : level,
    heldBy: inputs.paused ? "the backend" : (heldNow?.by ?? ""),
    chargeNow: inputs.chargeNow,
    askedW: asks && Number.isFinite(inputs.requestedW) ? inputs.requestedW : Number.NaN,
    mayBackUp: inputs.dischargeEnabled && report.site.backupOK && ratedDischargeW > 0 && stage.bidirectional,
    mayDischarge:
      inputs.dischargeEnabled &&
      report.site.parallelOK &&
      ratedDischargeW > 0 &&
      known("bidirectional") !== 0 &&
      stage.bidirectional,
    reservePct: inputs.reservePct,
  };
}

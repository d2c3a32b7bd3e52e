/**
 * What is worked out every two seconds instead of with each report: what of the core's runway people see, what vehicles will have
 * when they leave, what was changed by whom, which certificates expire when, since when the backend is there.
 */
import { X509Certificate } from "node:crypto";
import type { ControlReport } from "../../app/control/shared/report.ts";
import { forecastDeparture } from "../../app/core-vocabulary.ts";
import type { SiteStation } from "../../app/station.ts";
import { hourMs, minuteMs } from "../../domain/units.ts";
import { finite } from "../archive/recorder.ts";
import type { SiteState } from "../state.ts";
import { changesOf } from "./changes.ts";

export type Certificate = SiteState["health"]["certificates"][number];
type Plan = SiteState["evses"][number]["plan"];

export interface SlowFacts {
  /** Works out anew when it is time. */
  look(report: ControlReport, nowMs: number): void;
  /** The next look works out anew: somebody has changed something. */
  expire(): void;
  /** Hours for which tier i and those above it could be fed with every reserve kept. */
  runwayH(tier: number): number | null;
  readonly energyAboveReserveWh: number;
  readonly handover: SiteState["island"]["handover"];
  forecastPct(evse: number): number | null;
  /** The backend's cap on charging where it is what binds the forecast, W; null where it does not. */
  backendCapW(evse: number): number | null;
  /** How often the controller itself stood still in the last minute. */
  readonly stallsInMinute: number;
  plan(evse: number): Plan;
  readonly changes: SiteState["history"];
  readonly certificates: readonly Certificate[];
  readonly backendSinceMs: number | null;
}

const everyMs = 2_000;
const planStepsMax = 100;

export function createSlowFacts(station: SiteStation, serving: readonly Certificate[]): SlowFacts {
  const { config } = station;
  const count = config.evses.length;
  let dueMs = Number.NEGATIVE_INFINITY;
  let runway: readonly number[] = [];
  let handover: SiteState["island"]["handover"] = null;
  let energyWh = 0;
  let forecasts: (number | null)[] = new Array(count).fill(null);
  let plans: Plan[] = new Array(count).fill([]);
  let certificates: readonly Certificate[] = serving;
  let backend = { open: false, sinceMs: null as number | null };
  const changes = changesOf(station);

  const island = ({ tiers, stages, site }: ControlReport, nowMs: number): void => {
    runway = tiers.map(({ couldH }) => couldH);
    energyWh = site.energyAboveReserveWh;
    const { nextStage, nextStageInH } = site;
    // Who forms already has nothing to take over.
    const from = stages.findIndex(({ role }) => role === "forming");
    const isComing = nextStage >= 0 && stages[nextStage]?.role !== "forming";
    handover =
      isComing && Number.isFinite(nextStageInH) && from >= 0
        ? { vehicle: nameOf(nextStage), from: nameOf(from), atMs: Math.round(nowMs + nextStageInH * hourMs) }
        : null;
  };
  const nameOf = (i: number): string => vehicleName(station, i);

  const caps: (number | null)[] = new Array(count).fill(null);
  const counted: { atMs: number; stalls: number }[] = [];
  let stallsInMinute = 0;
  /** Counts over the last minute: one sample at each look. */
  const stalling = ({ site }: ControlReport, nowMs: number): void => {
    counted.push({ atMs: nowMs, stalls: site.stalls });
    while (counted.length > 1 && nowMs - counted[0]!.atMs > minuteMs) counted.shift();
    stallsInMinute = Math.max(0, site.stalls - counted[0]!.stalls);
  };

  const departures = ({ site, stages }: ControlReport, nowMs: number): void => {
    let connected = 0;
    for (const stage of stages) if (stage.vehicleConnected) connected++;
    const shareW = config.pcc.importLimitW / Math.max(1, connected);
    forecasts = [];
    plans = [];
    for (let i = 0; i < count; i++) {
      const stage = stages[i]!;
      const {
        targetPct,
        departsAtMs,
        reservePct,
        requestedW,
        requestSource,
        requestUntilMs,
        operatorMinW,
        operatorMaxW,
        backendMaxW,
      } = station.control.evses[i]!;
      const ownW = Math.min(config.evses[i]!.maxChargeW, stage.maxChargeW, shareW, operatorMaxW);
      // A cap below zero asks for power back: nothing is charged under it.
      const reachableW = Math.max(0, Math.min(ownW, backendMaxW));
      caps[i] = backendMaxW < ownW ? Math.max(0, backendMaxW) : null;
      const asked = requestSource !== "none" && site.atMs < requestUntilMs;
      const forecast = stage.vehicleConnected
        ? forecastDeparture(
            {
              socPct: stage.socPct,
              capacityWh: stage.capacityWh,
              targetPct,
              departsAtMs,
              reservePct,
              askedW: asked ? Math.max(requestedW, operatorMinW) : Number.NaN,
              urgent: false,
              reachableW,
            },
            nowMs,
          )
        : null;
      forecasts.push(forecast && finite(forecast.socPct));
      plans.push(
        forecast === null
          ? []
          : [...forecast.steps.slice(0, planStepsMax), { startsAtMs: departsAtMs, powerW: 0 }].map(
              ({ startsAtMs, powerW }) => ({ startsAtMs: Math.round(startsAtMs), powerW: Math.round(powerW) }),
            ),
      );
    }
  };

  const { plans: site } = station;
  return {
    look(report, nowMs) {
      const open = station.ocpp()?.connection === "open";
      if (open !== backend.open || backend.sinceMs === null) backend = { open, sinceMs: nowMs };
      if (nowMs >= dueMs - everyMs && nowMs < dueMs) return;
      dueMs = nowMs + everyMs;
      island(report, nowMs);
      departures(report, nowMs);
      certificates = [...serving, ...station.certificates().flatMap(({ name, pem }) => certificateOf(name, pem))];
      changes.look();
      stalling(report, nowMs);
    },
    expire: () => {
      dueMs = Number.NEGATIVE_INFINITY;
    },
    runwayH: (tier) => runway[tier] ?? null,
    get energyAboveReserveWh() {
      return energyWh;
    },
    get handover() {
      return handover;
    },
    forecastPct: (evse) => site.forecastPct(evse + 1) ?? forecasts[evse] ?? null,
    backendCapW: (evse) => caps[evse] ?? null,
    get stallsInMinute() {
      return stallsInMinute;
    },
    plan: (evse) => planOf(site.stepsOf(evse + 1)) ?? plans[evse] ?? [],
    get changes() {
      return changes.newest;
    },
    get certificates() {
      return certificates;
    },
    get backendSinceMs() {
      return station.ocpp() === null ? null : backend.sinceMs;
    },
  };
}

/** The site's plan for a vehicle, as charts take it. */
const planOf = (steps: ReturnType<SiteStation["plans"]["stepsOf"]>): Plan | null =>
  steps
    ?.slice(0, planStepsMax)
    .map(({ startsAtMs, powerW }) => ({ startsAtMs: Math.round(startsAtMs), powerW: Math.round(powerW) })) ?? null;

/** Name and end of a certificate; nothing where it can't be read. */
export function certificateOf(name: string, pem: string): Certificate[] {
  try {
    return [{ name, expiresAtMs: Date.parse(new X509Certificate(pem).validTo) }];
  } catch {
    return [];
  }
}

/** What people call the vehicle at a charger; the charger's name while nothing tells who it is. */
export const vehicleName = ({ config, fleet }: Pick<SiteStation, "config" | "fleet">, i: number): string =>
  fleet.presence.at(i + 1)?.vehicle?.entry.name ??
  config.evses[i]!.vehicle ??
  config.evses[i]!.name ??
  `Vehicle at charger ${i + 1}`;

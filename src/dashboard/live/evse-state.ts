/** One EVSE of the report as the dashboard's state: facts, what binds it, what people ask of it, what is not known. */

import type { ControlReport } from "../../app/control/shared/report.ts";
import { type Explanation, explain, requestSources } from "../../app/core-vocabulary.ts";
import { held } from "../../app/people.ts";
import type { SiteStation } from "../../app/station.ts";
import { type StageFacts, stageFacts } from "../../domain/facts.table.ts";
import { shownNames } from "../../domain/facts.ts";
import { finite } from "../archive/recorder.ts";
import type { EvseState } from "../state.ts";
import { alarmValues, isEmergencyStop } from "./alarm-words.ts";
import { stageKnown } from "./known.ts";
import type { SlowFacts } from "./slow-facts.ts";
import { vehicleName } from "./slow-facts.ts";

export interface EvseContext {
  readonly station: SiteStation;
  readonly slow: Pick<SlowFacts, "forecastPct" | "plan">;
  readonly nowMs: number;
}

export function evseState(report: ControlReport, { station, slow, nowMs }: EvseContext, i: number): EvseState {
  const stage = report.stages[i]!;
  const config = station.config.evses[i]!;
  const input = station.control.evses[i]!;
  const explanation = explain(report.chains, i);
  const known = stageKnown(report, i);
  const never = known.state === "unknown";
  return {
    evse: i + 1,
    connected: stage.vehicleConnected,
    vehicle: stage.vehicleConnected ? vehicleName(station, i) : null,
    ...shownFacts(stage, never),
    reservePct: input.reservePct,
    targetPct: finite(input.targetPct),
    departsAtMs: finite(input.departsAtMs),
    forecastPct: known.state === "live" ? slow.forecastPct(i) : null,
    ratedW: Math.max(config.maxChargeW, config.maxDischargeW),
    canDischarge: config.maxDischargeW > 0 && (!stage.vehicleConnected || stage.bidirectional),
    dischargeEnabled: input.dischargeEnabled,
    functionsDiffer: differenceOf(station, i),
    paused: input.paused || input.operatorMinW === 0,
    held: heldOf(station, i),
    chargeNow: input.chargeNow,
    priority: station.people.get("priority", i + 1)?.value ?? station.fleet.presence.at(i + 1)?.need?.priority ?? 2,
    missed: isMissed(report, station, i, nowMs),
    link: linkOf(station, i),
    role: never ? "off" : stage.role,
    setpointW: stage.commandRole === "forming" ? stage.powerW : stage.setpointW,
    powerW: never ? null : finite(stage.powerW),
    known,
    backendMaxW: finite(input.backendMaxW),
    requestedW: explanation.requestedW,
    planSentence: station.plans.planning.sentenceOf(i + 1),
    requestSource: requestSources[explanation.requestSource] ?? "none",
    requestedBy: requesterOf(station, explanation, i),
    limits: limitStates(explanation.limits).map((limit) => withOwner(limit, station, i)),
    leaseExpiresMs: stage.commandRole === "off" ? null : station.config.loop.watchdogS * 1_000,
    plan: slow.plan(i),
    fault: faultOf(report, station, i),
  };
}

/** Whose request is followed, where several can ask. */
function requesterOf({ links }: SiteStation, { requestSource }: Explanation, i: number): string | null {
  const source = requestSources[requestSource];
  return source === "external" || source === "backend" ? (links.heeded(i + 1)?.asker ?? null) : null;
}

/** A connected system's limit with the name of that whose it is. */
function withOwner(limit: EvseState["limits"][number], { links }: SiteStation, i: number): typeof limit {
  if (limit.source !== "link") return limit;
  const isOwn = limit.reason === "link-limit";
  const discharges = limit.minW !== null && limit.minW > Number.NEGATIVE_INFINITY && limit.maxW === null;
  const what = isOwn
    ? discharges
      ? "dischargeLimitW"
      : "chargeLimitW"
    : limit.reason === "import-limit"
      ? "importLimitW"
      : "exportLimitW";
  const by = (isOwn ? links.tightest(what, i + 1) : "") || links.tightest(what, 0);
  return by === "" ? limit : { ...limit, by };
}

/** The session at a place where the controller speaks with vehicles, as it is told now. */
function linkOf({ vehicleSessions }: SiteStation, i: number): EvseState["link"] {
  const place = vehicleSessions?.place(i) ?? null;
  if (vehicleSessions === null || place === null) return null;
  const word = vehicleSessions.now(i)?.word;
  const last = vehicleSessions.last(i);
  if (word === undefined) return { ...place, session: null, last };
  const { protocol, vehicleId, phase, bidirectional, noDischarge, waits } = word;
  return { ...place, session: { protocol, vehicle: vehicleId, phase, bidirectional, noDischarge, waits }, last };
}

const shownStageFacts = shownNames(stageFacts);
/** What the stage tells and everybody may see. Counters stay right while it has not been heard since the start. */
function shownFacts(stage: StageFacts, never: boolean): Record<(typeof shownStageFacts)[number], number | null> {
  const shown = {} as Record<(typeof shownStageFacts)[number], number | null>;
  for (const name of shownStageFacts)
    shown[name] = never && stageFacts[name].age !== "counter" ? null : finite(stage[name]);
  return shown;
}

/** The chain of limits of one EVSE as the state shows it, the most protective ones where there are more than it holds. */
export const limitStates = (limits: Explanation["limits"]): EvseState["limits"] =>
  limits
    .filter(({ minW, maxW }) => Number.isFinite(minW) || Number.isFinite(maxW))
    .slice(-limitsShownMax)
    .map((limit) => ({
      reason: limit.reason,
      source: limit.source,
      minW: finite(limit.minW),
      maxW: finite(limit.maxW),
      binds: limit.binds,
      headroomW: finite(limit.headroomW),
      ageMs: null,
    }));
const limitsShownMax = 20;

/** Its departure is past, it is still plugged in, and it has less than it was to leave with. */
export function isMissed(
  { stages }: ControlReport,
  { control }: Pick<SiteStation, "control">,
  i: number,
  nowMs: number,
): boolean {
  const { departsAtMs, targetPct } = control.evses[i]!;
  const { vehicleConnected, socPct } = stages[i]!;
  return vehicleConnected && departsAtMs <= nowMs && socPct < targetPct;
}

function faultOf({ stages }: ControlReport, station: SiteStation, i: number): EvseState["fault"] {
  const { alarmBits } = stages[i]!;
  if (alarmBits === 0) return null;
  const values = alarmValues(station.devices, i, alarmBits);
  return { key: isEmergencyStop(station.devices, i, alarmBits) ? "emergencyStop" : "stageAlarm", values };
}

function heldOf({ people }: SiteStation, i: number): EvseState["held"] {
  const request = people.get("held", i + 1);
  if (request === undefined || request.value < held.discharging) return null;
  const level = request.value >= held.everything ? "everything" : "discharging";
  return { level, by: request.by, atMs: request.atMs, reason: request.reason };
}

/** What a person should know of a stage's altered functions. */
function differenceOf(station: SiteStation, i: number): string | null {
  const mismatch = station.devices.filter(({ kind }) => kind === "stage")[i]?.mismatch;
  if (mismatch == null) return null;
  const { register, expected, found } = mismatch;
  return `register ${register} is ${Number.isNaN(found) ? "missing" : found}, expected ${expected}`;
}

/** Chargers as rows and tiles: what each does now, in words, with the one reason that decides. */

import { type Label, label, reasonName, t } from "../language/language.ts";
import type { EvseState, LimitState, SiteState } from "../state.ts";
import { directionOfVehicle, duration, idleW, kW, lower, nb, nounWithin, pct, type Words } from "./format.ts";
import { powerOf, type Totals } from "./totals.ts";

export type ChargerMark = "charging" | "discharging" | "idle" | "warn" | "off" | "unknown";
export interface SocView {
  readonly pct: number;
  readonly reservePct: number;
  readonly targetPct: number | null;
  readonly text: string;
  readonly label: string;
}
export interface ChargerView {
  readonly evse: number;
  readonly vehicle: string | null;
  readonly mark: ChargerMark;
  /** "Charging", "Standby", "Session stopped" … */
  readonly doing: string;
  /** "24.0 kW", empty when nothing flows. */
  readonly power: string;
  /** What is asked of the power stage, a magnitude in the same direction: "24.0 kW"; a dash where nothing is connected. */
  readonly setpoint: string;
  readonly soc: SocView | null;
  /** "05:30, 90 %". */
  readonly leaves: string;
  readonly because: string;
  readonly plan: PlanView | null;
  readonly group: Group;
}
export interface PlanView {
  readonly label: string;
  /** Bars from 0 to 1 along the next hours and from -1 (discharging) to 1 (charging). */
  readonly bars: readonly { readonly from: number; readonly to: number; readonly height: number }[];
}
export const groups = ["attention", "forming", "discharging", "charging", "idle", "empty"] as const;
export type Group = (typeof groups)[number];
export const groupNames: Record<Group, Label> = {
  attention: label("Needs attention"),
  forming: label("Forming"),
  discharging: label("Discharging"),
  charging: label("Charging"),
  idle: label("Not moving"),
  empty: label("Empty"),
};

/** How far ahead plans are drawn. */
const planHours = 14;

export function chargersView(state: SiteState, totals: Totals, words: Words): ChargerView[] {
  return state.evses.map((evse) => chargerView(state, evse, totals, words));
}

function chargerView(state: SiteState, evse: EvseState, totals: Totals, words: Words): ChargerView {
  const powerW = powerOf(evse);
  const moves = powerW !== null && Math.abs(powerW) > idleW;
  return {
    evse: evse.evse,
    vehicle: evse.vehicle,
    mark: markOf(state, evse, powerW),
    doing: doingOf(state, evse, totals),
    power: moves ? kW(powerW) : "",
    setpoint: evse.connected ? kW(evse.setpointW) : "–",
    soc: socView(evse, words),
    leaves: evse.connected && evse.departsAtMs !== null ? leavesText(evse, words) : "",
    because: becauseOf(state, evse, words),
    plan: evse.connected ? planView(state, evse) : null,
    group: groupOf(evse, powerW),
  };
}

function groupOf(evse: EvseState, powerW: number | null): Group {
  if (evse.fault || evse.missed || evse.known.state !== "live") return "attention";
  if (evse.role === "forming") return "forming";
  if (!evse.connected) return "empty";
  return powerW === null ? "idle" : powerW > idleW ? "charging" : powerW < -idleW ? "discharging" : "idle";
}

const leavesText = (evse: EvseState, words: Words): string =>
  evse.departsAtMs === null
    ? ""
    : `${words.hm(evse.departsAtMs)}${evse.targetPct === null ? "" : `, ${pct(evse.targetPct)}`}`;

function markOf(state: SiteState, evse: EvseState, powerW: number | null): ChargerMark {
  if (evse.fault) return "warn";
  if (evse.known.state !== "live") return "unknown";
  if (!evse.connected || state.mode.mode === "lockedOut" || state.mode.mode === "noFeedback") return "off";
  return powerW === null ? "idle" : powerW > idleW ? "charging" : powerW < -idleW ? "discharging" : "idle";
}

const faultNames: Partial<Record<NonNullable<EvseState["fault"]>["key"], Label>> = {
  emergencyStop: label("Emergency stop"),
  stageAlarm: label("Stopped by alarm"),
};

/** What it does, in one or two words. */
export function doingOf(state: SiteState, evse: EvseState, totals: Totals): string {
  if (evse.fault) return String(faultNames[evse.fault.key] ?? t`Session stopped`);
  if (evse.known.state !== "live") return t`Not known`;
  if (!evse.connected) return t`Empty`;
  if (state.mode.mode === "lockedOut") return t`Off, locked out`;
  if (state.mode.mode === "noFeedback") return t`Off, no feedback`;
  if (evse.role === "forming") return t`Forming`;
  if (evse.held?.level === "everything") return t`Stopped`;
  const powerW = powerOf(evse);
  if (powerW === null) return t`Not measured`;
  if (evse.paused && powerW <= idleW) return t`Paused`;
  const direction = directionOfVehicle(powerW);
  if (Math.abs(powerW) > idleW) return direction;
  if (totals.islanded) return evse.canDischarge ? t`Standby` : t`Idle`;
  if (state.mode.mode === "enterDelay" && Math.abs(evse.requestedW) > idleW) return t`Waiting`;
  return t`Idle`;
}

/** The limit that decides: the last one that binds. */
export function bindingLimit(evse: EvseState): LimitState | null {
  for (let i = evse.limits.length - 1; i >= 0; i--) {
    const limit = evse.limits[i];
    if (limit?.binds) return limit;
  }
  return null;
}

/** The bound of a limit on the side of a direction, W as a magnitude; null when it has none there. */
export function boundOf(limit: LimitState, discharging: boolean): number | null {
  const bound = discharging ? limit.minW : limit.maxW;
  if (bound === null) return null;
  // A floor above zero or a ceiling below it leaves nothing in this direction.
  return discharging ? Math.max(0, -bound) : Math.max(0, bound);
}

/** Whether the request, or else what flows, is to discharge. */
export const requestsDischarge = (evse: EvseState): boolean =>
  Math.abs(evse.requestedW) > idleW ? evse.requestedW < 0 : (powerOf(evse) ?? 0) < -idleW;

function becauseOf(state: SiteState, evse: EvseState, words: Words): string {
  if (evse.fault) return words.event(evse.fault.key, evse.fault.values).cause.replace(/\.$/, "");
  if (evse.known.state !== "live") return beforeText(evse);
  if (!evse.connected) return t`No vehicle`;
  if (evse.held !== null && (evse.held.level === "everything" || evse.requestedW < -idleW))
    return evse.held.level === "everything"
      ? t`Stopped by ${evse.held.by} at ${words.hm(evse.held.atMs)}`
      : t`Paused by ${evse.held.by} at ${words.hm(evse.held.atMs)}`;
  if (evse.missed) return t`Past its departure: charged first`;
  if (state.mode.mode === "lockedOut") return t`Lockout: nothing may start`;
  if (evse.role === "forming") return t`Carries the island`;
  const limit = bindingLimit(evse);
  if (limit) {
    const bound = boundOf(limit, requestsDischarge(evse));
    const name = reasonName(limit.reason);
    return bound === null || bound < idleW ? name : `${name} ${kW(bound)}`;
  }
  if (state.mode.mode === "islandRunning" && evse.canDischarge) return t`Ready to take over`;
  if (Math.abs(evse.requestedW) <= idleW)
    return evse.targetPct !== null && evse.socPct !== null && evse.socPct >= evse.targetPct
      ? t`Target reached`
      : t`Nothing is asked`;
  return t`As asked: ${nounWithin(String(requestSourceNames[evse.requestSource]))}`;
}

/** "Was discharging 8.5 kW, 58 s ago". */
export function beforeText({ known, powerW }: EvseState): string {
  if (known.state === "unknown" || known.ageMs === null) return t`Has not answered yet`;
  const ago = t`${duration(known.ageMs)} ago`;
  if (powerW === null) return t`Last heard ${ago}`;
  const direction = directionOfVehicle(powerW);
  return Math.abs(powerW) <= idleW ? t`Was idle ${ago}` : t`Was ${lower(direction)} ${kW(powerW)}, ${ago}`;
}

export const requestSourceNames: Record<EvseState["requestSource"], Label> = {
  none: label("Nobody asks"),
  backend: label("Backend"),
  schedule: label("Schedule"),
  operator: label("Operator"),
  departure: label("Departure"),
  local: label("Local strategy"),
  external: label("External request"),
  plan: label("Plan"),
};

export function socView(evse: EvseState, words: Words): SocView | null {
  if (!evse.connected || evse.socPct === null) return null;
  const old = evse.known.state === "old" ? t`, ${duration(evse.known.ageMs ?? 0)} ago` : "";
  const target =
    evse.targetPct === null
      ? ""
      : t`, target ${pct(evse.targetPct)}${evse.departsAtMs === null ? "" : t` at ${words.hm(evse.departsAtMs)}`}`;
  return {
    pct: evse.socPct,
    reservePct: evse.reservePct,
    targetPct: evse.targetPct,
    text: `${Math.round(evse.socPct)}${nb}%`,
    label: t`${pct(evse.socPct)}${old}, reserve ${pct(evse.reservePct)}${target}`,
  };
}

function planView(state: SiteState, evse: EvseState): PlanView {
  const spanMs = planHours * 3_600_000;
  const scaleW = Math.max(1, evse.ratedW);
  const bars = evse.plan
    .map((step, i) => {
      const nextMs = evse.plan[i + 1]?.startsAtMs ?? state.atMs + spanMs;
      return {
        from: Math.max(0, (step.startsAtMs - state.atMs) / spanMs),
        to: Math.min(1, (nextMs - state.atMs) / spanMs),
        height: Math.max(-1, Math.min(1, step.powerW / scaleW)),
      };
    })
    .filter((bar) => bar.to > bar.from && bar.height !== 0);
  return { label: t`Plan for the next ${planHours} hours, charging above the line, discharging below`, bars };
}

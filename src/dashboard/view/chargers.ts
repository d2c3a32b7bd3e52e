/** Chargers as rows and tiles: what each does now, in words, with the one reason that decides. */
import { nameOfReason } from "../../domain/words.ts";
import type { EvseState, LimitState, SiteState } from "../state.ts";
import { directionOfVehicle, duration, idleW, kW, lower, nb, pct, type Words } from "./format.ts";
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
export const groupNames: Record<Group, string> = {
  attention: "Needs attention",
  forming: "Forming",
  discharging: "Discharging",
  charging: "Charging",
  idle: "Not moving",
  empty: "Empty",
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

const faultNames: Partial<Record<NonNullable<EvseState["fault"]>["key"], string>> = {
  emergencyStop: "Emergency stop",
  stageAlarm: "Stopped by alarm",
};

/** What it does, in one or two words. */
export function doingOf(state: SiteState, evse: EvseState, totals: Totals): string {
  if (evse.fault) return faultNames[evse.fault.key] ?? "Session stopped";
  if (evse.known.state !== "live") return "Not known";
  if (!evse.connected) return "Empty";
  if (state.mode.mode === "lockedOut") return "Off, locked out";
  if (state.mode.mode === "noFeedback") return "Off, no feedback";
  if (evse.role === "forming") return "Forming";
  if (evse.held?.level === "everything") return "Stopped";
  const powerW = powerOf(evse);
  if (powerW === null) return "Not measured";
  if (evse.paused && powerW <= idleW) return "Paused";
  const direction = directionOfVehicle(powerW);
  if (direction !== "Idle") return direction;
  if (totals.islanded) return evse.canDischarge ? "Standby" : "Idle";
  if (state.mode.mode === "enterDelay" && Math.abs(evse.requestedW) > idleW) return "Waiting";
  return "Idle";
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
  if (!evse.connected) return "No vehicle";
  if (evse.held !== null && (evse.held.level === "everything" || evse.requestedW < -idleW))
    return `${evse.held.level === "everything" ? "Stopped" : "Paused"} by ${evse.held.by} at ${words.hm(evse.held.atMs)}`;
  if (evse.missed) return "Past its departure: charged first";
  if (state.mode.mode === "lockedOut") return "Lockout: nothing may start";
  if (evse.role === "forming") return "Carries the island";
  const limit = bindingLimit(evse);
  if (limit) {
    const bound = boundOf(limit, requestsDischarge(evse));
    const name = nameOfReason(limit.reason);
    return bound === null || bound < idleW ? name : `${name} ${kW(bound)}`;
  }
  if (state.mode.mode === "islandRunning" && evse.canDischarge) return "Ready to take over";
  if (Math.abs(evse.requestedW) <= idleW)
    return evse.targetPct !== null && evse.socPct !== null && evse.socPct >= evse.targetPct
      ? "Target reached"
      : "Nothing is asked";
  return `As asked: ${lower(requestSourceNames[evse.requestSource])}`;
}

/** "Was discharging 8.5 kW, 58 s ago". */
export function beforeText({ known, powerW }: EvseState): string {
  if (known.state === "unknown" || known.ageMs === null) return "Has not answered yet";
  const ago = `${duration(known.ageMs)} ago`;
  if (powerW === null) return `Last heard ${ago}`;
  const direction = directionOfVehicle(powerW);
  return direction === "Idle" ? `Was idle ${ago}` : `Was ${lower(direction)} ${kW(powerW)}, ${ago}`;
}

export const requestSourceNames: Record<EvseState["requestSource"], string> = {
  none: "Nobody asks",
  backend: "Backend",
  schedule: "Schedule",
  operator: "Operator",
  departure: "Departure",
  local: "Local strategy",
  external: "External request",
  plan: "Plan",
};

export function socView(evse: EvseState, words: Words): SocView | null {
  if (!evse.connected || evse.socPct === null) return null;
  const old = evse.known.state === "old" ? `, ${duration(evse.known.ageMs ?? 0)} ago` : "";
  const target =
    evse.targetPct === null
      ? ""
      : `, target ${pct(evse.targetPct)}${evse.departsAtMs === null ? "" : ` at ${words.hm(evse.departsAtMs)}`}`;
  return {
    pct: evse.socPct,
    reservePct: evse.reservePct,
    targetPct: evse.targetPct,
    text: `${Math.round(evse.socPct)}${nb}%`,
    label: `${pct(evse.socPct)}${old}, reserve ${pct(evse.reservePct)}${target}`,
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
  return { label: `Plan for the next ${planHours} hours, charging above the line, discharging below`, bars };
}

/** Events in words, what needs a person, and what to do at a lockout. */
import type { Severity } from "../../domain/reasons.ts";
import type { EventState, SiteState } from "../state.ts";
import type { Words } from "./format.ts";

export interface EventView {
  readonly id: string;
  readonly severity: Severity;
  readonly severityName: string;
  /** "16:20:31"; with the date when it is not today's. */
  readonly time: string;
  readonly shortTime: string;
  /** "5 times since 16:02"; null when it happened once. */
  readonly repeats: string | null;
  readonly sentence: string;
  readonly cause: string;
  readonly todo: string;
  readonly needsPerson: boolean;
  readonly active: boolean;
  /** Asks for an acknowledgement and has none. */
  readonly open: boolean;
  readonly acknowledgedBy: string | null;
}
export interface EventsView {
  readonly events: readonly EventView[];
  readonly needs: readonly EventView[];
  readonly open: number;
  readonly openLevel: "critical" | "warning" | "none";
  readonly summary: string;
}
export interface StepsView {
  readonly lead: string;
  readonly steps: readonly (readonly [string, string])[];
}

export const severityNames: Record<Severity, string> = {
  critical: "Critical",
  warning: "Warning",
  notice: "Notice",
  record: "Record",
};
const rank: Record<Severity, number> = { critical: 0, warning: 1, notice: 2, record: 3 };
export const needsMax = 3;

export function eventsView(state: SiteState, words: Words): EventsView {
  const events = state.events.map((event) => eventView(event, state.atMs, words));
  const open = events.filter((event) => event.open);
  const needs = open
    .filter((event) => event.needsPerson && event.active)
    .sort((a, b) => rank[a.severity] - rank[b.severity]);
  return {
    events,
    needs,
    open: open.length,
    openLevel: open.some((event) => event.severity === "critical")
      ? "critical"
      : open.some((event) => event.severity === "warning")
        ? "warning"
        : "none",
    summary: open.length > 0 ? `${open.length} not acknowledged` : "All acknowledged",
  };
}

function eventView(event: EventState, nowMs: number, words: Words): EventView {
  const said = words.event(event.key, event.values);
  const today = words.date(event.atMs) === words.date(nowMs);
  return {
    id: event.id,
    severity: event.severity,
    severityName: severityNames[event.severity],
    time: today ? words.time(event.atMs) : `${words.date(event.atMs)}, ${words.time(event.atMs)}`,
    shortTime: words.hm(event.atMs),
    repeats: event.repeats
      ? `${event.repeats.count} times since ${words.moment(event.repeats.firstAtMs, nowMs)}`
      : null,
    sentence: said.sentence,
    cause: said.cause,
    todo: said.todo || "Nothing.",
    needsPerson: event.needsPerson,
    active: event.active,
    open: event.acknowledged === null && event.severity !== "record",
    acknowledgedBy: event.acknowledged?.by ?? null,
  };
}

/** What to do now: only at a lockout. */
export function stepsView(state: SiteState, words: Words): StepsView | null {
  if (state.mode.mode !== "lockedOut") return null;
  const { say } = words;
  return {
    lead: say("todo.lead"),
    steps: [
      [say("todo.clear"), say("todo.clear.why")],
      [say("todo.open"), say("todo.open.why")],
      [say("todo.look"), say("todo.look.why")],
      [say("todo.watch"), say("todo.watch.why")],
      [say("todo.reset"), say("todo.reset.why")],
    ],
  };
}

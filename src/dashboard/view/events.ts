/** Events in words, what needs a person, and what to do at a lockout. */
import type { Severity } from "../../domain/reasons.ts";
import { type Label, label, t } from "../language/language.ts";
import type { EventState, SiteState } from "../state.ts";
import { listOf, type Words } from "./format.ts";

export interface EventView {
  readonly id: string;
  /** Itself and those alike that began with it: one line, one acknowledgement. */
  readonly ids: readonly string[];
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
  /** How it ends; empty once it has. */
  readonly ends: string;
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
  /** Ids of all that are not acknowledged. */
  readonly openIds: readonly string[];
  readonly openLevel: "critical" | "warning" | "none";
  readonly summary: string;
}
export interface StepsView {
  readonly lead: string;
  readonly steps: readonly (readonly [string, string])[];
}

const severityNames: Record<Severity, Label> = {
  critical: label("Critical"),
  warning: label("Warning"),
  notice: label("Notice"),
  record: label("Record"),
};
const rank: Record<Severity, number> = { critical: 0, warning: 1, notice: 2, record: 3 };
export const needsMax = 3;

export function eventsView(state: SiteState, words: Words): EventsView {
  const events = alike(state.events).map((group) => eventView(group, state.atMs, words));
  const open = events.filter((event) => event.open);
  const openIds = open.flatMap(({ ids }) => ids);
  const needs = open
    .filter((event) => event.needsPerson && event.active)
    .sort((a, b) => rank[a.severity] - rank[b.severity]);
  return {
    events,
    needs,
    open: openIds.length,
    openIds,
    openLevel: open.some((event) => event.severity === "critical")
      ? "critical"
      : open.some((event) => event.severity === "warning")
        ? "warning"
        : "none",
    summary: openIds.length > 0 ? t`${openIds.length} not acknowledged` : t`All acknowledged`,
  };
}

/** Events alike at several chargers that began within this time are told as one, ms. */
const alikeWithinMs = 2_000;

/** Groups neighbours that differ in the charger alone; the newest first in each. */
function alike(events: readonly EventState[]): EventState[][] {
  const groups: EventState[][] = [];
  for (const event of events) {
    const group = groups.find(
      ([first]) =>
        first !== undefined &&
        first.key === event.key &&
        isAlike(first, event) &&
        first.active === event.active &&
        (first.acknowledged === null) === (event.acknowledged === null) &&
        Math.abs(first.atMs - event.atMs) <= alikeWithinMs,
    );
    if (group) group.push(event);
    else groups.push([event]);
  }
  return groups;
}

/** The same at another charger, or the same person's act for the same reason. */
function isAlike({ values: a }: EventState, { key, values: b }: EventState): boolean {
  if (key === "acted") return a?.["by"] === b?.["by"] && a?.["why"] === b?.["why"];
  return typeof b?.["evse"] === "number";
}

/** "The same at chargers 7 and 8.", "And 7 more." */
function othersText(group: readonly EventState[], evses: readonly number[], words: Words): string {
  if (group.length === 1) return "";
  if (group[0]?.key === "acted") return ` ${words.say("event.more", { more: group.length - 1 })}`;
  const chargers = listOf(evses.slice(1).map(String), 6);
  return ` ${words.say("event.same", { chargers: group.length > 2 ? t`chargers ${chargers}` : t`charger ${chargers}` })}`;
}

function eventView(group: readonly EventState[], nowMs: number, words: Words): EventView {
  const event = group[0]!;
  const evses = group.map(({ values }) => Number(values?.["evse"])).sort((a, b) => a - b);
  const isOfEvses = Number.isFinite(evses[0]);
  const said = words.event(event.key, isOfEvses ? { ...event.values, evse: evses[0]! } : event.values);
  const others = othersText(group, evses, words);
  const today = words.date(event.atMs) === words.date(nowMs);
  return {
    id: event.id,
    ids: group.map(({ id }) => id),
    severity: event.severity,
    severityName: String(severityNames[event.severity]),
    time: today ? words.time(event.atMs) : `${words.date(event.atMs)}, ${words.time(event.atMs)}`,
    shortTime: words.hm(event.atMs),
    repeats: event.repeats
      ? t`${event.repeats.count} times since ${words.moment(event.repeats.firstAtMs, nowMs)}`
      : null,
    sentence: said.sentence + others,
    cause: said.cause,
    todo: said.todo || t`Nothing.`,
    ends: event.active ? said.ends : "",
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

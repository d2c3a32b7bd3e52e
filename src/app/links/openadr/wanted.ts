/**
 * What the events of a VTN want at a moment. Of events of one programme that say the same thing for the same place, the one with
 * the lowest priority number counts, then the one that was changed last; limits of different programmes all hold, so that the
 * tightest does.
 */
import type { Payload, Program, VtnEvent } from "../../../protocols/openadr/messages.ts";
import { type Slice, timelineOf } from "../../../protocols/openadr/timeline.ts";
import type { AskName } from "../asks.table.ts";
import { payloadUses, wattsOf } from "./payloads.table.ts";

/** What a level of SIMPLE does. */
export type LevelAct = "ignore" | "shift" | "stop" | "discharge";

export interface KnownEvent {
  readonly event: VtnEvent;
  readonly program: Program;
  /** EVSEs from 1 that it is for; [0]: the site. */
  readonly places: readonly number[];
  /** Its draw, uniform in -1 to 1. */
  readonly share: (interval: number) => number;
}

/** One thing that is wanted now. */
export interface Wanted {
  readonly what: AskName;
  readonly evse: number;
  readonly value: number;
  /** Infinity: open. */
  readonly untilMs: number;
  readonly eventId: string;
  readonly modified: string;
  readonly program: string;
  /** The programme's events are fixed once they are transmitted. */
  readonly isBinding: boolean;
}

/** A price and when it holds, per kWh. */
export interface PriceSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly perKWh: number;
}

/** A change of draw that is offered to people. */
export interface ChangeOffer {
  readonly key: string;
  readonly program: string;
  readonly isBinding: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lessW: number;
}

export interface Agenda {
  /** By what and where. */
  readonly wanted: readonly Wanted[];
  /** When something of it changes next; Infinity: nothing is known. */
  readonly nextMs: number;
}

export interface AgendaOptions {
  readonly levels: readonly [LevelAct, LevelAct, LevelAct];
  /** What all chargers together could charge and discharge, W, magnitudes; of one by its number from 1. */
  readonly dischargeW: (evse: number) => number;
  readonly problem: (sentence: string) => void;
}

interface Candidate extends Wanted {
  readonly programId: string;
  readonly priority: number;
  readonly type: string;
}

/** Longest that a timeline is looked ahead, ms. */
const aheadMs = 48 * 3_600_000;

const isBinding = (program: Program): boolean =>
  program.attributes.some(({ type, values }) => type === "BINDING_EVENTS" && values[0] === true);

/** The unit that event or programme states for a payload. */
function unitOf({ event, program }: KnownEvent, type: string): string | undefined {
  const find = (all: VtnEvent["payloadDescriptors"]) => all.find(({ payloadType }) => payloadType === type)?.units;
  return find(event.payloadDescriptors) ?? find(program.payloadDescriptors);
}

function powerOf(known: KnownEvent, { type, values }: Payload, problem: AgendaOptions["problem"]): number | null {
  const [value] = values;
  const unit = unitOf(known, type);
  const factor = unit === undefined ? undefined : wattsOf[unit];
  const whose = `${type} of event ${known.event.id} (${known.program.programName})`;
  if (typeof value !== "number" || !Number.isFinite(value)) problem(`${whose} has no number.`);
  else if (unit === undefined) problem(`${whose} has no unit: its payloadDescriptor must say KW.`);
  else if (factor === undefined) problem(`${whose} is in ${unit.slice(0, 20)}, which is no power.`);
  else return value * factor;
  return null;
}

export function agendaOf(events: readonly KnownEvent[], nowMs: number, options: AgendaOptions): Agenda {
  const candidates: Candidate[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const known of events) {
    const slices = timelineOf(known.event, known.share, nowMs, nowMs + aheadMs);
    for (const { fromMs, toMs } of slices)
      for (const edgeMs of [fromMs, toMs]) if (edgeMs > nowMs && edgeMs < nextMs) nextMs = edgeMs;
    // Of intervals that overlap the later one says what holds.
    const now = slices.filter(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs).at(-1);
    if (now !== undefined) candidates.push(...wantedBy(known, now, options));
  }
  return { wanted: strongest(candidates), nextMs };
}

function wantedBy(known: KnownEvent, slice: Slice, options: AgendaOptions): Candidate[] {
  const { event, program, places } = known;
  const parts = { import: Number.NaN, export: Number.NaN };
  const found: Candidate[] = [];
  const add = (type: string, what: AskName, evse: number, value: number): void =>
    void found.push({
      ...{ type, what, evse, value, untilMs: slice.toMs },
      ...{ eventId: event.id, modified: event.modificationDateTime },
      ...{ program: program.programName, programId: program.id, isBinding: isBinding(program) },
      priority: event.priority ?? Number.POSITIVE_INFINITY,
    });
  for (const payload of slice.payloads) {
    const use = payloadUses[payload.type];
    if (use === undefined) options.problem(`Payloads ${payload.type.slice(0, 60)} are not supported.`);
    else if (use.is === "limit" || use.is === "limitPart") {
      const powerW = powerOf(known, payload, options.problem);
      if (powerW === null) continue;
      if (use.is === "limit")
        for (const evse of places) add(payload.type, limitName(use.side, evse), evse, Math.max(0, powerW));
      else parts[use.side] = (parts[use.side] || 0) + Math.max(0, powerW);
    } else if (use.is === "power") {
      const powerW = powerOf(known, payload, options.problem);
      if (powerW !== null) for (const evse of places) add(payload.type, "powerW", evse, powerW);
    } else if (use.is === "level") addLevel(payload, known, options, add);
    else if (use.is === "target") {
      const [value] = payload.values;
      if (unitOf(known, payload.type) !== "PERCENT" || typeof value !== "number")
        options.problem(`${payload.type} of event ${event.id} must be in PERCENT.`);
      else for (const evse of places) if (evse > 0) add(payload.type, "targetPct", evse, value);
    }
  }
  for (const side of ["import", "export"] as const) {
    const hasLimit = found.some(({ type }) => payloadUses[type]?.is === "limit" && type.toLowerCase().startsWith(side));
    if (!Number.isNaN(parts[side]) && !hasLimit)
      for (const evse of places) add(`${side} capacity`, limitName(side, evse), evse, parts[side]);
  }
  return found;
}

function limitName(side: "import" | "export", evse: number): AskName {
  if (evse > 0) return side === "import" ? "chargeLimitW" : "dischargeLimitW";
  return side === "import" ? "importLimitW" : "exportLimitW";
}

function addLevel(
  { type, values }: Payload,
  { event, places }: KnownEvent,
  { levels, dischargeW, problem }: AgendaOptions,
  add: (type: string, what: AskName, evse: number, value: number) => void,
): void {
  const [level] = values;
  if (typeof level !== "number" || !Number.isInteger(level) || level < 0 || level > 3) {
    problem(`SIMPLE of event ${event.id} must be 0, 1, 2 or 3.`);
    return;
  }
  const act = level === 0 ? "ignore" : levels[level - 1]!;
  for (const evse of places) {
    if (act === "shift") add(type, "powerW", evse, 0);
    if (act === "stop") add(type, "chargeLimitW", evse, 0);
    if (act === "discharge") {
      add(type, "powerW", evse, -dischargeW(evse));
      add(type, "chargeLimitW", evse, 0);
    }
  }
}

/** One for each thing and place. */
function strongest(candidates: readonly Candidate[]): Wanted[] {
  const byProgram = new Map<string, Candidate>();
  for (const one of candidates) {
    const key = `${one.programId}/${one.type}/${one.what}/${one.evse}`;
    const other = byProgram.get(key);
    if (other === undefined || isStronger(one, other)) byProgram.set(key, one);
  }
  const byPlace = new Map<string, Candidate>();
  for (const one of byProgram.values()) {
    const key = `${one.what}/${one.evse}`;
    const other = byPlace.get(key);
    if (other === undefined || (isLimit(one.what) ? one.value < other.value : isStronger(one, other)))
      byPlace.set(key, one);
  }
  return [...byPlace.values()];
}

const isLimit = (what: AskName): boolean => what.endsWith("LimitW");

const isStronger = (a: Candidate, b: Candidate): boolean =>
  a.priority !== b.priority ? a.priority < b.priority : a.modified > b.modified;

/** Prices of all events, in their order of strength: of two that hold at once the stronger one does. */
export function pricesOf(
  events: readonly KnownEvent[],
  side: "import" | "export",
  nowMs: number,
  currency: string,
  problem: (sentence: string) => void,
): readonly PriceSpan[] {
  const type = side === "import" ? "PRICE" : "EXPORT_PRICE";
  const ranked = events
    .map((known) => ({ known, priority: known.event.priority ?? Number.POSITIVE_INFINITY }))
    .sort(
      (a, b) =>
        a.priority - b.priority || (a.known.event.modificationDateTime > b.known.event.modificationDateTime ? -1 : 1),
    );
  const spans: PriceSpan[] = [];
  for (const { known } of ranked) {
    const { event, program } = known;
    const slices = timelineOf(event, known.share, nowMs, nowMs + aheadMs);
    const priced = slices.flatMap(({ fromMs, toMs, payloads }) => {
      const value = payloads.find((payload) => payload.type === type)?.values[0];
      return typeof value === "number" && Number.isFinite(value) ? [{ fromMs, toMs, perKWh: value }] : [];
    });
    if (priced.length === 0) continue;
    const find = (all: VtnEvent["payloadDescriptors"]) => all.find(({ payloadType }) => payloadType === type);
    const said = find(event.payloadDescriptors) ?? find(program.payloadDescriptors);
    const whose = `${type} of event ${event.id} (${program.programName})`;
    if (said?.units !== "KWH") problem(`${whose} must be per KWH, by its payloadDescriptor: it is not used.`);
    else if (said.currency !== undefined && said.currency !== currency)
      problem(`${whose} is in ${said.currency.slice(0, 10)}, the tariff in ${currency}: it is not used.`);
    else spans.push(...priced);
    if (spans.length >= spansMax) break;
  }
  return spans.slice(0, spansMax);
}
const spansMax = 3_000;

/** Changes of draw that lie ahead and lower it. */
export function offersOf(
  events: readonly KnownEvent[],
  nowMs: number,
  problem: (sentence: string) => void,
): readonly ChangeOffer[] {
  const offers: ChangeOffer[] = [];
  for (const known of events) {
    for (const { fromMs, toMs, ordinal, payloads } of timelineOf(known.event, known.share, nowMs, nowMs + aheadMs)) {
      const payload = payloads.find(({ type }) => payloadUses[type]?.is === "change");
      if (payload === undefined || fromMs <= nowMs) continue;
      const changeW = powerOf(known, payload, problem);
      if (changeW === null) continue;
      if (changeW >= 0)
        problem(`${payload.type} of event ${known.event.id} asks to draw more: only less can be offered.`);
      else if (offers.length < offersMax)
        offers.push({
          key: `${known.event.id}/${ordinal}/${known.event.modificationDateTime}`,
          ...{ program: known.program.programName, isBinding: isBinding(known.program) },
          ...{ fromMs, toMs, lessW: -changeW },
        });
    }
  }
  return offers;
}
const offersMax = 50;

/** The mode in words: what it is, what that means, what the site does, and what would change it. */

import type { ModeLevel as Level } from "../../domain/modes.table.ts";
import { isJoined, type Mode, modeColumns } from "../../domain/modes.ts";
import type { SentenceKey, WordValues } from "../../domain/words.ts";
import { type Label, label, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import { countWord, duration, listOf, minutesSeconds, nb, type Words } from "./format.ts";
import { type NextView, nextOf } from "./next.ts";
import { awaitsStages, hasParallelPermit, mayBackUp } from "./permission.ts";
import type { Totals } from "./totals.ts";

export type ModeGlyph = "parallel" | "load" | "island" | "lock" | "wait" | "open";

export interface WaitView {
  readonly label: string;
  /** 0 … 1. */
  readonly fraction: number;
  readonly totalS: number;
  readonly doneS: number;
  readonly leftText: string;
  readonly endsText: string;
  readonly ofText: string;
}
export interface ModeView {
  readonly mode: Mode;
  readonly level: Level;
  readonly glyph: ModeGlyph;
  readonly tag: string | null;
  readonly lead: string;
  readonly rest: string;
  readonly sub: string;
  readonly next: readonly NextView[];
  readonly wait: WaitView | null;
}

/** How a mode is drawn, and the tag above its sentence. */
interface Row {
  readonly glyph: ModeGlyph;
  readonly tag: Label | null;
}
const running = label("Running without the grid");
const changing = label("Changing over");
const person = label("Critical: a person is needed on site");

const rows: Record<Mode, Row> = {
  unknown: { glyph: "open", tag: label("Starting") },
  noFeedback: { glyph: "lock", tag: label("Critical: the site cannot be seen") },
  loadOnly: { glyph: "load", tag: null },
  ceased: { glyph: "load", tag: label("Grid not good") },
  enterDelay: { glyph: "wait", tag: null },
  ramping: { glyph: "wait", tag: null },
  parallel: { glyph: "parallel", tag: null },
  isolating: { glyph: "open", tag: changing },
  opening: { glyph: "open", tag: changing },
  isolated: { glyph: "open", tag: running },
  islandStarting: { glyph: "island", tag: running },
  islandRunning: { glyph: "island", tag: running },
  returning: { glyph: "open", tag: changing },
  closing: { glyph: "open", tag: changing },
  resyncing: { glyph: "island", tag: running },
  closingLive: { glyph: "island", tag: changing },
  lockedOut: { glyph: "lock", tag: person },
  zeroingExchange: { glyph: "parallel", tag: changing },
  transferToIsland: { glyph: "open", tag: changing },
};

type Said = readonly [SentenceKey, WordValues?];

function sentenceOf(state: SiteState, totals: Totals): Said {
  const { k1 } = state;
  const { missing } = state.mode;
  const by = stoppedBy(state);
  if (by !== null) return ["mode.stopped", by];
  switch (state.mode.mode) {
    case "unknown":
      return ["mode.unknown", { answering: answering(state), devices: state.health.devices.length }];
    case "noFeedback":
      if (missing !== null)
        return [`mode.noFeedback.${missing.why}`, { device: missing.device, ageMs: missing.ageMs ?? Number.NaN }];
      return k1.no === k1.nc ? ["mode.noFeedback"] : ["mode.noFeedback.contacts", { no: k1.no, nc: k1.nc }];
    case "loadOnly":
      if (awaitsStages(state) || isChecking(state)) return ["mode.loadOnly.checking"];
      if (!mayBackUp(state)) return ["mode.loadOnly"];
      return [state.evses.length === 1 ? "mode.loadOnly.oneVehicle" : "mode.loadOnly.backup"];
    case "ceased":
      return ceasedOf(state, totals);
    case "enterDelay":
      return [cameBack(state) ? "mode.enterDelay.back" : "mode.enterDelay", { endsAtMs: waitEnd(state) }];
    case "ramping":
      return ["mode.ramping", { endsAtMs: waitEnd(state) }];
    case "parallel": {
      const limitW = state.exportLimitW ?? 0;
      const { pccW } = state;
      if (pccW === null || state.pccKnown.state !== "live") return ["mode.parallel.unmeasured"];
      if (limitW <= 0) return ["mode.parallel.noExport"];
      return pccW < 0
        ? ["mode.parallel.exporting", { exportW: pccW, exportLimitW: limitW }]
        : ["mode.parallel.importing", { importW: pccW, exportLimitW: limitW }];
    }
    case "opening":
      return ["mode.opening", { travelLimitS: k1.travelLimitS }];
    case "closing":
      return ["mode.closing", { travelLimitS: k1.travelLimitS }];
    case "lockedOut":
      return k1.no === k1.nc && k1.no !== "unknown"
        ? ["mode.lockedOut.agree", { no: k1.no }]
        : ["mode.lockedOut", { no: k1.no, nc: k1.nc }];
    default:
      return [`mode.${state.mode.mode}`];
  }
}

const waitEnd = (state: SiteState): number => state.mode.wait?.endsAtMs ?? Number.NaN;
const answering = ({ health }: SiteState): number =>
  health.devices.filter(({ state }) => state === "answers" || state === "unverified").length;

/** A permit covers the stages, and some of them are not through their checks yet. */
const isChecking = (state: SiteState): boolean =>
  hasParallelPermit(state) && state.health.devices.some((device) => device.state === "unverified");

/** What led to this wait was an outage or a sag, not just the start. */
const cameBack = ({ mode }: SiteState): boolean =>
  mode.cause !== null && ["cause.sag", "cause.frequency", "cause.outage"].includes(mode.cause.key);

function ceasedOf({ grid, profile, health, mode, pccKnown }: SiteState, totals: Totals): Said {
  const { voltagePu, frequencyHz } = grid;
  if (totals.gridDead) return ["mode.ceased.dead"];
  if (health.meterQuality === "frozen") return ["mode.ceased.frozen", { ageMs: pccKnown.ageMs ?? Number.NaN }];
  if (health.meterQuality !== "good") return ["mode.ceased.meter"];
  if (grid.known.state === "live") {
    if (voltagePu !== null && (voltagePu < profile.minVoltagePu || voltagePu > profile.maxVoltagePu))
      return ["mode.ceased.voltage", { voltagePu }];
    if (frequencyHz !== null && (frequencyHz < profile.minFrequencyHz || frequencyHz > profile.maxFrequencyHz))
      return ["mode.ceased.frequency", { frequencyHz }];
  }
  return mode.cause?.key === "cause.fromLoadOnly" ? ["mode.ceased.starting"] : ["mode.ceased"];
}

/** Every charger is stopped by people, in a mode in which they could run. */
function stoppedBy({ mode, evses }: SiteState): WordValues | null {
  if (!isJoined(mode.mode)) return null;
  let latest: NonNullable<SiteState["evses"][number]["held"]> | null = null;
  for (const { held } of evses) {
    if (held?.level !== "everything") return null;
    if (latest === null || held.atMs > latest.atMs) latest = held;
  }
  return latest && { by: latest.by, stoppedAtMs: latest.atMs, why: latest.reason };
}

/** Tiers that are on, in words: "Tier 1", "Tiers 1 and 2". */
export function tierList(names: readonly string[]): string {
  const numbers = names.map((name) => name.match(/^Tier (\d+)$/)?.[1]);
  if (names.length > 1 && numbers.every((n) => n !== undefined)) return t`Tiers ${listOf(numbers as string[], 9)}`;
  return listOf([...names], 9);
}

function subOf(state: SiteState, totals: Totals, words: Words): string {
  const { say } = words;
  const parts: string[] = [];
  if (state.mode.cause) parts.push(words.sentence(state.mode.cause));
  const on = state.tiers.filter((tier) => tier.state === "on").map((tier) => tier.name);
  const shed = state.tiers.filter((tier) => tier.state === "shed").map((tier) => tier.name);
  const mode = state.mode.mode;
  if (mode === "lockedOut")
    parts.push(say(state.bus.live === false ? "sub.dark" : state.bus.live ? "sub.fedLocked" : "sub.unknownLocked"));
  else if (mode === "noFeedback" || mode === "unknown") parts.push(say("sub.noFeedback"));
  else if (totals.islanded) {
    const count = totals.forming.length;
    if (count > 0 && on.length > 0)
      parts.push(
        say(count === 1 ? "sub.islandFormsOne" : "sub.islandForms", {
          chargers: count === 1 ? t`One charger forms` : t`${countWord(count)} chargers form`,
          fed: tierList(on),
        }),
      );
    if (shed.length > 0 && on.length > 0)
      parts.push(
        say("sub.islandShed", {
          shed: shed.length === 1 ? t`${tierList(shed)} is` : t`${tierList(shed)} are`,
          fed: tierList(on),
          lasts: on.length === 1 ? t`lasts` : t`last`,
        }),
      );
  } else if (!totals.gridDead && totals.k1 === "closed") {
    if (mode === "loadOnly") {
      if (state.permit?.revoked) parts.push(say("sub.revoked"));
      else if (awaitsStages(state)) parts.push(say("sub.notIdentified"));
      else if (state.permit?.covered === false) parts.push(say("sub.notCovered"));
      else if (!hasParallelPermit(state)) parts.push(say("sub.noPermit"));
      const runway = state.tiers.at(-1)?.runwayH;
      if (mayBackUp(state) && runway) parts.push(say("sub.backupReady", { runwayH: runway }));
    }
    if (totals.discharging > 0)
      parts.push(
        say("sub.discharging", {
          vehicles: totals.discharging === 1 ? t`One vehicle feeds` : t`${countWord(totals.discharging)} vehicles feed`,
          dischargeW: totals.dischargeW,
        }),
      );
    if (totals.charging > 0)
      parts.push(
        say("sub.charging", {
          vehicles: totals.charging === 1 ? t`One vehicle charges` : t`${countWord(totals.charging)} vehicles charge`,
          chargeW: totals.chargeW,
        }),
      );
    if (totals.charging + totals.discharging + totals.silent.length === 0 && mode !== "loadOnly")
      parts.push(say("sub.nothingMoves"));
    parts.push(pccText(state, words));
    if (mode === "enterDelay" && totals.charging === 0) parts.push(say("sub.restart"));
  } else if (state.bus.live === false) parts.push(say("sub.wait"));
  const silent = mode === "noFeedback" || mode === "unknown" ? "" : silentText(totals, words);
  if (silent !== "") parts.push(silent);
  return parts.join(" ");
}

/** What the site takes or gives: now, or what it was and how long ago. */
function pccText({ pccW, pccKnown }: SiteState, { say }: Words): string {
  if (pccW === null || pccKnown.state === "unknown") return say("sub.pccUnknown");
  const exports = pccW < 0;
  if (pccKnown.state === "live")
    return exports ? say("sub.exporting", { exportW: pccW }) : say("sub.importing", { importW: pccW });
  const ageMs = pccKnown.ageMs ?? Number.NaN;
  return exports ? say("sub.exported", { exportW: pccW, ageMs }) : say("sub.imported", { importW: pccW, ageMs });
}

/** "Charger 3", "Chargers 3 and 7". */
const chargersText = (names: readonly string[]): string =>
  names.length === 1 ? t`Charger ${listOf(names)}` : t`Chargers ${listOf(names)}`;

/** Chargers that are in no sum, and for how long nothing was heard of them. */
function silentText({ silent }: Totals, { say }: Words): string {
  if (silent.length === 0) return "";
  const ages = silent.map(({ known }) => known.ageMs);
  const longestMs = ages.every((age) => age !== null) ? Math.max(...ages) : null;
  const chargers = chargersText(silent.map(({ evse }) => String(evse)));
  return longestMs === null
    ? say("sub.silentNever", { chargers })
    : say("sub.silent", { chargers, lasted: duration(longestMs) });
}

function waitOf(state: SiteState, words: Words): WaitView | null {
  const wait = state.mode.wait;
  if (!wait) return null;
  const totalMs = Math.max(1, wait.endsAtMs - wait.startedAtMs);
  const leftMs = Math.min(totalMs, Math.max(0, wait.endsAtMs - state.atMs));
  const totalS = Math.round(totalMs / 1000);
  return {
    label: state.mode.mode === "ramping" ? t`Ramp` : t`Enter-service wait`,
    fraction: 1 - leftMs / totalMs,
    totalS,
    doneS: Math.round((totalMs - leftMs) / 1000),
    leftText: minutesSeconds(leftMs),
    endsText: t`${leftMs < 60_000 ? `${Math.ceil(leftMs / 1_000)}${nb}s` : `${minutesSeconds(leftMs)}${nb}min`} left, ends ${words.time(wait.endsAtMs)}`,
    ofText: t`of ${totalS}${nb}s, profile ${state.profile.name}`,
  };
}

export function modeView(state: SiteState, totals: Totals, words: Words): ModeView {
  const row = rows[state.mode.mode];
  const { level } = modeColumns[state.mode.mode];
  const sentence = words.say(...sentenceOf(state, totals));
  const stop = sentence.indexOf(". ");
  const attention = level === "normal" && (stoppedBy(state) !== null || totals.silent.length > 0);
  return {
    mode: state.mode.mode,
    level,
    ...row,
    tag: row.tag === null ? null : String(row.tag),
    ...(state.mode.mode === "ceased" &&
      !totals.gridDead &&
      state.health.meterQuality !== "good" && { tag: t`Meter not good` }),
    ...(attention && {
      level: "attention" as const,
      tag: stoppedBy(state) !== null ? t`Stopped by a person` : t`A charger is silent`,
    }),
    lead: stop < 0 ? sentence : sentence.slice(0, stop + 1),
    rest: stop < 0 ? "" : sentence.slice(stop + 2),
    sub: subOf(state, totals, words),
    next: nextOf(state, words),
    wait: waitOf(state, words),
  };
}

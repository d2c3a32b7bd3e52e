/** The mode in words: what it is, what that means, what the site does, and what would change it. */
import type { Mode } from "../../domain/modes.ts";
import type { SentenceKey, WordValues } from "../../domain/words.ts";
import type { SiteState } from "../state.ts";
import { countWord, listOf, minutesSeconds, nb, type Words } from "./format.ts";
import type { Totals } from "./totals.ts";

export type Level = "normal" | "attention" | "critical";
export type ModeGlyph = "parallel" | "load" | "island" | "lock" | "wait" | "open";

export interface NextView {
  readonly when: string;
  readonly what: string;
}
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

interface Row {
  readonly level: Level;
  readonly glyph: ModeGlyph;
  readonly tag: string | null;
}
const running = "Running without the grid";
const changing = "Changing over";
const person = "Critical: a person is needed on site";

const rows: Record<Mode, Row> = {
  unknown: { level: "attention", glyph: "open", tag: "Starting" },
  blind: { level: "critical", glyph: "lock", tag: "Critical: the site cannot be seen" },
  loadOnly: { level: "normal", glyph: "load", tag: null },
  ceased: { level: "attention", glyph: "load", tag: "Grid not good" },
  enterDelay: { level: "normal", glyph: "wait", tag: null },
  ramping: { level: "normal", glyph: "wait", tag: null },
  parallel: { level: "normal", glyph: "parallel", tag: null },
  isolating: { level: "attention", glyph: "open", tag: changing },
  opening: { level: "attention", glyph: "open", tag: changing },
  isolated: { level: "attention", glyph: "open", tag: running },
  islandStarting: { level: "attention", glyph: "island", tag: running },
  islandRunning: { level: "attention", glyph: "island", tag: running },
  returning: { level: "attention", glyph: "open", tag: changing },
  closing: { level: "attention", glyph: "open", tag: changing },
  resyncing: { level: "attention", glyph: "island", tag: running },
  closingLive: { level: "attention", glyph: "island", tag: changing },
  lockedOut: { level: "critical", glyph: "lock", tag: person },
  balancing: { level: "normal", glyph: "parallel", tag: changing },
  parting: { level: "attention", glyph: "open", tag: changing },
};

type Said = readonly [SentenceKey, WordValues?];

function sentenceOf(state: SiteState, totals: Totals): Said {
  const { k1, grid, profile } = state;
  switch (state.mode.mode) {
    case "blind":
      if (k1.quality !== "good") return ["mode.blind.k1"];
      return k1.no === k1.nc ? ["mode.blind.stage"] : ["mode.blind.contacts", { no: k1.no, nc: k1.nc }];
    case "loadOnly":
      if (!mayBackUp(state)) return ["mode.loadOnly"];
      return [state.site.kind === "home" && state.evses.length === 1 ? "mode.loadOnly.truck" : "mode.loadOnly.backup"];
    case "ceased":
      if (totals.gridDead) return ["mode.ceased.dead"];
      if (state.health.meterQuality !== "good") return ["mode.ceased.meter"];
      if (grid.voltagePu !== null && (grid.voltagePu < profile.minVoltagePu || grid.voltagePu > profile.maxVoltagePu))
        return ["mode.ceased.voltage", { voltagePu: grid.voltagePu }];
      if (
        grid.frequencyHz !== null &&
        (grid.frequencyHz < profile.minFrequencyHz || grid.frequencyHz > profile.maxFrequencyHz)
      )
        return ["mode.ceased.frequency", { frequencyHz: grid.frequencyHz }];
      return ["mode.ceased"];
    case "enterDelay":
      return ["mode.enterDelay", { endsAtMs: waitEnd(state) }];
    case "ramping":
      return ["mode.ramping", { endsAtMs: waitEnd(state) }];
    case "parallel": {
      const limitW = state.exportLimitW ?? 0;
      const pccW = state.pccW ?? 0;
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

/** Whether an outage would make an island: some vehicle could form one, and the record of backup allows it. */
export const mayBackUp = (state: SiteState): boolean =>
  state.island.wouldForm.length > 0 && state.permit?.mode !== "load-only";

const isParallelMode = (mode: string): boolean => mode === "parallel-non-export" || mode === "parallel-export";
export const hasParallelPermit = (state: SiteState): boolean =>
  state.permit !== null && isParallelMode(state.permit.mode) && !state.permit.revoked && state.permit.covered;

/** Tiers that are on, in words: "Tier 1", "Tiers 1 and 2". */
export function tierList(names: readonly string[]): string {
  const numbers = names.map((name) => name.match(/^Tier (\d+)$/)?.[1]);
  if (names.length > 1 && numbers.every((n) => n !== undefined)) return `Tiers ${listOf(numbers as string[], 9)}`;
  return listOf([...names], 9);
}

function subOf(state: SiteState, totals: Totals, words: Words): string {
  const { say } = words;
  const parts: string[] = [];
  if (state.mode.cause) parts.push(words.sentence(state.mode.cause));
  const on = state.tiers.filter((tier) => tier.state === "on").map((tier) => tier.name);
  const shed = state.tiers.filter((tier) => tier.state === "shed").map((tier) => tier.name);
  const mode = state.mode.mode;
  if (mode === "lockedOut") parts.push(say(state.bus.live ? "sub.fedLocked" : "sub.dark"));
  else if (mode === "blind" || mode === "unknown") parts.push(say("sub.blind"));
  else if (totals.islanded) {
    const count = totals.forming.length;
    if (count > 0 && on.length > 0)
      parts.push(
        say(count === 1 ? "sub.islandFormsOne" : "sub.islandForms", {
          chargers: count === 1 ? "One charger forms" : `${countWord(count)} chargers form`,
          fed: tierList(on),
        }),
      );
    if (shed.length > 0 && on.length > 0)
      parts.push(
        say("sub.islandShed", { shed: `${tierList(shed)} ${shed.length === 1 ? "is" : "are"}`, fed: tierList(on) }),
      );
  } else if (!totals.gridDead && totals.k1 === "closed") {
    if (mode === "loadOnly") {
      if (state.permit?.revoked) parts.push(say("sub.revoked"));
      else if (state.permit && !state.permit.covered) parts.push(say("sub.notCovered"));
      else if (!hasParallelPermit(state)) parts.push(say("sub.noPermit"));
      const runway = state.tiers.at(-1)?.runwayH;
      if (mayBackUp(state) && runway) parts.push(say("sub.backupReady", { runwayH: runway }));
    }
    if (totals.discharging > 0)
      parts.push(
        say("sub.discharging", {
          vehicles: totals.discharging === 1 ? "One vehicle feeds" : `${countWord(totals.discharging)} vehicles feed`,
          dischargeW: totals.dischargeW,
        }),
      );
    if (totals.charging > 0)
      parts.push(
        say("sub.charging", {
          vehicles: totals.charging === 1 ? "One vehicle charges" : `${countWord(totals.charging)} vehicles charge`,
          chargeW: totals.chargeW,
        }),
      );
    if (totals.charging + totals.discharging === 0 && mode !== "loadOnly") parts.push(say("sub.nothingMoves"));
    if (state.pccW !== null)
      parts.push(
        state.pccW < 0 ? say("sub.exporting", { exportW: state.pccW }) : say("sub.importing", { importW: state.pccW }),
      );
    if (mode === "enterDelay" && totals.charging === 0) parts.push(say("sub.restart"));
  } else if (!state.bus.live) parts.push(say("sub.wait"));
  return parts.join(" ");
}

const nextMax = 4;

function nextOf(state: SiteState, words: Words): NextView[] {
  const { say, clock } = words;
  const out: NextView[] = [];
  const { profile, island, mode } = state;
  const add = (when: string, key: SentenceKey, values?: WordValues): void => {
    out.push({ when, what: say(key, values) });
  };
  const sag = (): void =>
    add("If it sags", "next.sag", {
      minVoltagePu: profile.minVoltagePu,
      maxVoltagePu: profile.maxVoltagePu,
      minFrequencyHz: profile.minFrequencyHz,
      maxFrequencyHz: profile.maxFrequencyHz,
      delayS: profile.delayS,
    });
  const planned = (most: number): void => {
    for (const item of plannedMoments(state, words).slice(0, most)) out.push(item);
  };
  const gridFails = (): void => {
    if (mayBackUp(state) && island.darkS !== null) add("If the grid fails", "next.gridFails", { darkS: island.darkS });
    else if (mayBackUp(state)) add("If the grid fails", "next.gridFailsUntried");
    else add("If the grid fails", "next.gridFailsNoBackup");
  };
  switch (mode.mode) {
    case "lockedOut":
      add("By itself", "next.nothingByItself");
      add("After repair", "next.afterRepair");
      if (!state.grid.good) add("Grid returns", "next.gridReturnsLocked");
      break;
    case "blind":
    case "unknown":
      add("By itself", "next.devicesAnswer");
      break;
    case "parallel":
      planned(2);
      add("If the grid trips", "next.trip", { delayS: profile.delayS });
      add("If the permit ends", "next.permitEnds");
      break;
    case "enterDelay":
      for (const tier of state.tiers)
        if (tier.returnsAtMs !== null)
          add(`At ${clock(tier.returnsAtMs, false)}`, "next.tierReturns", { tier: tier.name });
      add(`At ${clock(waitEnd(state), false)}`, "next.parallel", { rampS: profile.rampS });
      add(`At ${clock(waitEnd(state) + profile.rampS * 1000, false)}`, "next.full");
      sag();
      break;
    case "ramping":
      add(`At ${clock(waitEnd(state), false)}`, "next.full");
      sag();
      add("If the permit ends", "next.permitEnds");
      break;
    case "ceased":
      add("Grid returns", "next.gridGood", { delayS: profile.delayS });
      if (mayBackUp(state)) add("If it stays out", "next.gridStaysOut");
      break;
    case "balancing":
    case "parting":
    case "isolating":
    case "opening":
    case "closing":
      add("When proven", "next.proven");
      add("If not proven", "next.notProven");
      break;
    case "isolated":
    case "islandStarting":
      add("When it runs", "next.islandForms");
      add("If K1 moves", "next.k1Moves");
      break;
    case "islandRunning":
      add("Grid returns", "next.gridReturns", { returnS: profile.returnS });
      if (island.handover)
        add(`At ${clock(island.handover.atMs, true)}`, "next.handover", {
          vehicle: island.handover.vehicle,
          from: island.handover.from,
        });
      add("If K1 moves", "next.k1Moves");
      break;
    case "resyncing":
    case "closingLive":
      add("In step", "next.sync");
      add("If K1 moves", "next.k1Moves");
      break;
    case "returning":
      add("When proven", "next.proven");
      add("If the grid trips", "next.k1Moves");
      break;
    case "loadOnly":
      gridFails();
      planned(1);
      if (!hasParallelPermit(state) && state.permit === null) add("With a permit", "next.withPermit");
      break;
  }
  return out.slice(0, nextMax);
}

/** Departures and price changes that are ahead, soonest first. */
function plannedMoments(state: SiteState, words: Words): NextView[] {
  const found: { atMs: number; key: SentenceKey; values: WordValues }[] = [];
  let first: SiteState["evses"][number] | null = null;
  for (const evse of state.evses)
    if (
      evse.connected &&
      evse.departsAtMs !== null &&
      evse.departsAtMs > state.atMs &&
      evse.departsAtMs < (first?.departsAtMs ?? Number.POSITIVE_INFINITY)
    )
      first = evse;
  if (first && first.departsAtMs !== null && first.targetPct !== null)
    found.push({
      atMs: first.departsAtMs,
      key: "next.leaves",
      values: { vehicle: first.vehicle ?? `Vehicle ${first.evse}`, targetPct: first.targetPct },
    });
  const prices = state.day.prices;
  for (let i = 1; i < prices.length; i++) {
    const before = prices[i - 1];
    const after = prices[i];
    if (!before || !after || after.fromMs <= state.atMs || before.perKWh === after.perKWh) continue;
    found.push({
      atMs: after.fromMs,
      key: after.perKWh < before.perKWh ? "next.priceFalls" : "next.priceRises",
      values: { perKWh: before.perKWh, nextPerKWh: after.perKWh, currency: after.currency },
    });
    break;
  }
  return found
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ atMs, key, values }) => ({ when: `At ${words.moment(atMs, state.atMs)}`, what: words.say(key, values) }));
}

function waitOf(state: SiteState, words: Words): WaitView | null {
  const wait = state.mode.wait;
  if (!wait) return null;
  const totalMs = Math.max(1, wait.endsAtMs - wait.startedAtMs);
  const leftMs = Math.min(totalMs, Math.max(0, wait.endsAtMs - state.atMs));
  const totalS = Math.round(totalMs / 1000);
  return {
    label: state.mode.mode === "ramping" ? "Ramp" : "Enter-service wait",
    fraction: 1 - leftMs / totalMs,
    totalS,
    doneS: Math.round((totalMs - leftMs) / 1000),
    leftText: minutesSeconds(leftMs),
    endsText: `${minutesSeconds(leftMs)}${nb}min left, ends ${words.time(wait.endsAtMs)}`,
    ofText: `of ${totalS}${nb}s, profile ${state.profile.name}`,
  };
}

export function modeView(state: SiteState, totals: Totals, words: Words): ModeView {
  const row = rows[state.mode.mode];
  const sentence = words.say(...sentenceOf(state, totals));
  const stop = sentence.indexOf(". ");
  return {
    mode: state.mode.mode,
    ...row,
    lead: stop < 0 ? sentence : sentence.slice(0, stop + 1),
    rest: stop < 0 ? "" : sentence.slice(stop + 2),
    sub: subOf(state, totals, words),
    next: nextOf(state, words),
    wait: waitOf(state, words),
  };
}

/**
 * What would change a mode, as a table: in which modes, when, what then happens, and which mode it leads to. The rows of the
 * mode machine are the truth: a test looks for a transition of theirs behind every row here, for every kind of transfer
 * device and every ability of the stages.
 */
import { coherentMs } from "../../domain/electrical.ts";
import type { Mode } from "../../domain/modes.ts";
import type { SentenceKey, WordValues } from "../../domain/words.ts";
import type { SiteState } from "../state.ts";
import type { Words } from "./format.ts";
import { hasParallelPermit, mayBackUp } from "./permission.ts";

export interface NextView {
  readonly when: string;
  readonly what: string;
}
export interface Consequence {
  readonly modes: readonly Mode[];
  readonly when: string | ((state: SiteState, words: Words) => string);
  readonly say: SentenceKey | ((state: SiteState) => SentenceKey);
  readonly values?: (state: SiteState) => WordValues;
  /** The modes that it may lead to; none where nothing changes the mode. */
  readonly leadsTo: (state: SiteState) => readonly Mode[];
  /** Only in such a state. */
  readonly only?: (state: SiteState) => boolean;
}

const nothing = (): readonly Mode[] => [];
const to =
  (...modes: readonly Mode[]) =>
  (): readonly Mode[] =>
    modes;

const waitEnd = ({ mode }: SiteState): number => mode.wait?.endsAtMs ?? Number.NaN;
const atWaitEnd = (state: SiteState, { clock }: Words): string => `At ${clock(waitEnd(state), false)}`;
const window = ({ profile }: SiteState): WordValues => ({
  minVoltagePu: profile.minVoltagePu,
  maxVoltagePu: profile.maxVoltagePu,
  minFrequencyHz: profile.minFrequencyHz,
  maxFrequencyHz: profile.maxFrequencyHz,
  delayS: profile.delayS,
});
const returnS = ({ profile }: SiteState): WordValues => ({ returnS: profile.returnS });
const delayS = ({ profile }: SiteState): WordValues => ({ delayS: profile.delayS });

export const consequences: readonly Consequence[] = [
  { modes: ["lockedOut"], when: "By itself", say: "next.nothingByItself", leadsTo: nothing },
  {
    modes: ["lockedOut"],
    when: "After repair",
    say: "next.afterRepair",
    values: () => ({ agreeMs: coherentMs }),
    leadsTo: to("noFeedback"),
  },
  {
    modes: ["lockedOut"],
    when: "Grid returns",
    say: "next.gridReturnsLocked",
    leadsTo: nothing,
    only: ({ grid }) => !grid.good,
  },
  { modes: ["noFeedback"], when: "By itself", say: "next.devicesAnswer", leadsTo: to("loadOnly", "opening") },
  { modes: ["unknown"], when: "By itself", say: "next.devicesAnswer", leadsTo: to("noFeedback") },

  // with the grid
  { modes: ["parallel"], when: "If the grid trips", say: "next.trip", values: delayS, leadsTo: to("ceased") },
  {
    modes: ["enterDelay"],
    when: atWaitEnd,
    say: "next.parallel",
    values: ({ profile }) => ({ rampS: profile.rampS }),
    leadsTo: to("ramping"),
  },
  { modes: ["ramping"], when: atWaitEnd, say: "next.full", leadsTo: to("parallel") },
  { modes: ["enterDelay", "ramping"], when: "If it sags", say: "next.sag", values: window, leadsTo: to("ceased") },
  {
    modes: ["ceased"],
    when: ({ health }) => (health.meterQuality === "good" ? "Grid good" : "Meter and grid good"),
    say: "next.gridGood",
    values: delayS,
    leadsTo: to("enterDelay"),
  },
  { modes: ["ceased"], when: "If the grid fails", say: "next.gridStaysOut", leadsTo: to("isolating"), only: mayBackUp },
  {
    modes: ["parallel", "ramping", "ceased"],
    when: "If the permit ends",
    say: "next.permitEnds",
    leadsTo: to("loadOnly"),
  },
  {
    modes: ["loadOnly"],
    when: "If the grid fails",
    say: ({ island }) => (island.darkS === null ? "next.gridFailsUntried" : "next.gridFails"),
    values: ({ island }) => ({ darkS: island.darkS ?? Number.NaN }),
    leadsTo: to("isolating"),
    only: mayBackUp,
  },
  {
    modes: ["loadOnly"],
    when: "If the grid fails",
    say: "next.gridFailsNoBackup",
    leadsTo: nothing,
    only: (state) => !mayBackUp(state),
  },
  {
    modes: ["loadOnly"],
    when: "With a permit",
    say: "next.withPermit",
    leadsTo: to("ceased"),
    only: (state) => state.permit === null && !hasParallelPermit(state),
  },

  // leaving it
  {
    modes: ["zeroingExchange"],
    when: "When no power flows",
    say: ({ mode }) => (mode.seamless.leaving ? "next.balancedStay" : "next.balancedBlink"),
    leadsTo: to("transferToIsland"),
  },
  { modes: ["zeroingExchange"], when: "If it is taken back", say: "next.requestEnds", leadsTo: to("parallel") },
  {
    modes: ["transferToIsland"],
    when: "When proven open",
    say: ({ mode }) => (mode.seamless.leaving ? "next.carriesOn" : "next.cutOff"),
    leadsTo: ({ mode }) => (mode.seamless.leaving ? ["islandRunning"] : ["isolated"]),
  },
  { modes: ["isolating"], when: "When all are off", say: "next.offOpens", leadsTo: to("opening") },
  { modes: ["isolating"], when: "If one is not", say: "next.stopOver", leadsTo: to("lockedOut") },
  { modes: ["opening"], when: "When proven open", say: "next.cutOff", leadsTo: to("isolated") },
  { modes: ["transferToIsland", "opening"], when: "If not proven", say: "next.notOpen", leadsTo: to("lockedOut") },

  // the island
  {
    modes: ["isolated"],
    when: "When it runs",
    say: "next.islandForms",
    leadsTo: to("islandStarting"),
    only: ({ island }) => island.wouldForm.length > 0,
  },
  { modes: ["islandStarting"], when: "When it runs", say: "next.islandForms", leadsTo: to("islandRunning") },
  {
    modes: ["islandStarting"],
    when: "If it fails",
    say: "next.startFails",
    values: ({ island }) => ({ startsLeft: island.startsLeft }),
    leadsTo: to("isolated"),
  },
  { modes: ["isolated"], when: "Grid returns", say: "next.gridReturnsDark", values: returnS, leadsTo: to("returning") },
  {
    modes: ["islandRunning"],
    when: "Grid returns",
    say: ({ mode }) => (mode.seamless.returning ? "next.gridReturnsInStep" : "next.gridReturns"),
    values: returnS,
    leadsTo: ({ mode }) => (mode.seamless.returning ? ["resyncing"] : ["returning"]),
  },
  {
    modes: ["islandRunning"],
    when: ({ island }, { clock }) => `At ${clock(island.handover?.atMs ?? Number.NaN, true)}`,
    say: "next.handover",
    values: ({ island }) => ({ vehicle: island.handover?.vehicle ?? "", from: island.handover?.from ?? "" }),
    leadsTo: nothing,
    only: ({ island }) => island.handover !== null,
  },
  {
    modes: ["islandStarting", "islandRunning", "resyncing"],
    when: "If K1 moves",
    say: "next.k1Moves",
    leadsTo: to("lockedOut", "noFeedback"),
  },
  {
    modes: ["isolated", "returning"],
    when: "If K1 moves",
    say: "next.k1MovesOff",
    leadsTo: to("lockedOut", "noFeedback"),
  },

  // returning
  { modes: ["returning"], when: "When the bus is dead", say: "next.deadCloses", leadsTo: to("closing") },
  { modes: ["returning"], when: "If the grid fails", say: "next.gridFailsAgain", leadsTo: to("isolated") },
  { modes: ["closing"], when: "When proven closed", say: "next.joined", leadsTo: to("loadOnly") },
  { modes: ["closing"], when: "If not proven", say: "next.notClosed", leadsTo: to("opening") },
  { modes: ["resyncing"], when: "In step", say: "next.sync", leadsTo: to("closingLive") },
  { modes: ["resyncing"], when: "If they don’t match", say: "next.noMatch", leadsTo: to("islandRunning") },
  { modes: ["closingLive"], when: "When proven closed", say: "next.joinedLive", leadsTo: to("loadOnly") },
  { modes: ["closingLive"], when: "If step is lost", say: "next.syncLost", leadsTo: to("resyncing", "opening") },
];

const nextMax = 4;
const plannedMax: Partial<Record<Mode, number>> = { parallel: 2, loadOnly: 1 };

export function nextOf(state: SiteState, words: Words): NextView[] {
  const { mode } = state.mode;
  const said = consequences
    .filter(({ modes, only }) => modes.includes(mode) && (only?.(state) ?? true))
    .map(({ when, say, values }) => ({
      when: typeof when === "string" ? when : when(state, words),
      what: words.say(typeof say === "string" ? say : say(state), values?.(state)),
    }));
  const planned = plannedMoments(state, words).slice(0, plannedMax[mode] ?? 0);
  const tiers = mode === "enterDelay" ? tiersBack(state, words) : [];
  return [...tiers, ...planned, ...said].slice(0, nextMax);
}

const tiersBack = ({ tiers }: SiteState, { clock, say }: Words): NextView[] =>
  tiers.flatMap(({ name, returnsAtMs }) =>
    returnsAtMs === null
      ? []
      : [{ when: `At ${clock(returnsAtMs, false)}`, what: say("next.tierReturns", { tier: name }) }],
  );

/** A forecast this far below the target does not reach it, percent. */
const shortPct = 1;

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
  if (first && first.departsAtMs !== null && first.targetPct !== null) {
    const { forecastPct, targetPct } = first;
    const short = forecastPct !== null && forecastPct < targetPct - shortPct;
    found.push({
      atMs: first.departsAtMs,
      key: forecastPct === null ? "next.leavesUnknown" : short ? "next.leavesShort" : "next.leaves",
      values: { vehicle: first.vehicle ?? `Vehicle ${first.evse}`, targetPct, forecastPct: forecastPct ?? Number.NaN },
    });
  }
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

/**
 * What would change a mode, as a table: in which modes, when, and which sentence follows. The rows of the mode machine are the
 * truth: a test asks them (`src/core/modes/consequences.ts`) where each of these leads, for every kind of transfer device and
 * every ability of the stages. Whether the loads stay fed is asked of them for this site where its state is made.
 */
import type { Happening } from "../../app/core-vocabulary.ts";
import { coherentMs } from "../../domain/electrical.ts";
import type { Mode } from "../../domain/modes.ts";
import type { SentenceKey, WordValues } from "../../domain/words.ts";
import { Label, label, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import type { Words } from "./format.ts";
import { hasParallelPermit, mayBackUp } from "./permission.ts";

export interface NextView {
  readonly when: string;
  readonly what: string;
}
export interface Consequence {
  readonly modes: readonly Mode[];
  /** What happens, as the rows of the mode machine know it; `nothing`: no row waits for it. */
  readonly on: Happening;
  readonly when: Label | ((state: SiteState, words: Words) => string);
  readonly say: SentenceKey | ((state: SiteState) => SentenceKey);
  readonly values?: (state: SiteState) => WordValues;
  /** Only in such a state. */
  readonly only?: (state: SiteState) => boolean;
}

const waitEnd = ({ mode }: SiteState): number => mode.wait?.endsAtMs ?? Number.NaN;
const atWaitEnd = (state: SiteState, { clock }: Words): string => t`At ${clock(waitEnd(state), false)}`;
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
  { modes: ["lockedOut"], on: "nothing", when: label("By itself"), say: "next.nothingByItself" },
  {
    modes: ["lockedOut"],
    on: "reset",
    when: label("After repair"),
    say: "next.afterRepair",
    values: () => ({ agreeMs: coherentMs }),
  },
  {
    modes: ["lockedOut"],
    on: "gridReturns",
    when: label("Grid returns"),
    say: "next.gridReturnsLocked",
    only: ({ grid }) => !grid.good,
  },
  { modes: ["noFeedback", "unknown"], on: "devicesAgree", when: label("By itself"), say: "next.devicesAnswer" },

  // with the grid
  { modes: ["parallel"], on: "gridFails", when: label("If the grid trips"), say: "next.trip", values: delayS },
  {
    modes: ["enterDelay"],
    on: "delayOver",
    when: atWaitEnd,
    say: "next.parallel",
    values: ({ profile }) => ({ rampS: profile.rampS }),
  },
  { modes: ["ramping"], on: "rampOver", when: atWaitEnd, say: "next.full" },
  { modes: ["enterDelay", "ramping"], on: "gridFails", when: label("If it sags"), say: "next.sag", values: window },
  {
    modes: ["ceased"],
    on: "gridReturns",
    when: ({ health }) => (health.meterQuality === "good" ? t`Grid good` : t`Meter and grid good`),
    say: "next.gridGood",
    values: delayS,
  },
  { modes: ["ceased"], on: "gridFails", when: label("If the grid fails"), say: "next.gridStaysOut", only: mayBackUp },
  {
    modes: ["parallel", "ramping", "ceased"],
    on: "permitEnds",
    when: label("If the permit ends"),
    say: "next.permitEnds",
  },
  {
    modes: ["loadOnly"],
    on: "gridFails",
    when: label("If the grid fails"),
    say: (state) =>
      !mayBackUp(state)
        ? "next.gridFailsNoBackup"
        : state.island.darkS === null
          ? "next.gridFailsUntried"
          : "next.gridFails",
    values: ({ island }) => ({ darkS: island.darkS ?? Number.NaN }),
  },
  {
    modes: ["loadOnly"],
    on: "permitComes",
    when: label("With a permit"),
    say: "next.withPermit",
    only: (state) => state.permit === null && !hasParallelPermit(state),
  },

  // leaving it
  {
    modes: ["zeroingExchange"],
    on: "balanced",
    when: label("When no power flows"),
    say: (state) => (state.mode.seamless.leaving ? "next.balancedStay" : "next.balancedInterruption"),
  },
  { modes: ["zeroingExchange"], on: "requestEnds", when: label("If it is taken back"), say: "next.requestEnds" },
  {
    modes: ["transferToIsland"],
    on: "provenOpen",
    when: label("When proven open"),
    say: (state) => (state.mode.seamless.leaving ? "next.carriesOn" : "next.cutOff"),
  },
  { modes: ["isolating"], on: "allOff", when: label("When all are off"), say: "next.offOpens" },
  { modes: ["isolating"], on: "oneStaysOn", when: label("If one is not"), say: "next.stopOver" },
  { modes: ["opening"], on: "provenOpen", when: label("When proven open"), say: "next.cutOff" },
  { modes: ["transferToIsland", "opening"], on: "notInTime", when: label("If not proven"), say: "next.notOpen" },

  // the island
  {
    modes: ["isolated"],
    on: "reasonToStart",
    when: label("When it runs"),
    say: "next.islandForms",
    only: ({ island }) => island.wouldForm.length > 0,
  },
  { modes: ["islandStarting"], on: "started", when: label("When it runs"), say: "next.islandForms" },
  {
    modes: ["islandStarting"],
    on: "startFails",
    when: label("If it fails"),
    say: "next.startFails",
    values: ({ island }) => ({ startsLeft: island.startsLeft }),
  },
  { modes: ["isolated"], on: "gridReturns", when: label("Grid returns"), say: "next.gridReturnsDark", values: returnS },
  {
    modes: ["islandRunning"],
    on: "gridReturns",
    when: label("Grid returns"),
    say: (state) => (state.mode.seamless.returning ? "next.gridReturnsInStep" : "next.gridReturns"),
    values: returnS,
  },
  {
    modes: ["islandRunning"],
    on: "nothing",
    when: ({ island }, { clock }) => t`At ${clock(island.handover?.atMs ?? Number.NaN, true)}`,
    say: "next.handover",
    values: ({ island }) => ({ vehicle: island.handover?.vehicle ?? "", from: island.handover?.from ?? "" }),
    only: ({ island }) => island.handover !== null,
  },
  {
    modes: ["islandStarting", "islandRunning", "resyncing"],
    on: "k1Moves",
    when: label("If K1 moves"),
    say: "next.k1Moves",
  },
  { modes: ["isolated", "returning"], on: "k1Moves", when: label("If K1 moves"), say: "next.k1MovesOff" },

  // returning
  { modes: ["returning"], on: "busDead", when: label("When the bus is dead"), say: "next.deadCloses" },
  { modes: ["returning"], on: "gridFails", when: label("If the grid fails"), say: "next.gridFailsAgain" },
  { modes: ["closing"], on: "provenClosed", when: label("When proven closed"), say: "next.joined" },
  { modes: ["closing"], on: "notInTime", when: label("If not proven"), say: "next.notClosed" },
  { modes: ["resyncing"], on: "inStep", when: label("In step"), say: "next.sync" },
  { modes: ["resyncing"], on: "noMatch", when: label("If they don’t match"), say: "next.noMatch" },
  { modes: ["closingLive"], on: "provenClosed", when: label("When proven closed"), say: "next.joinedLive" },
  { modes: ["closingLive"], on: "gridFails", when: label("If step is lost"), say: "next.syncLost" },
];

const nextMax = 4;
const plannedMax: Partial<Record<Mode, number>> = { parallel: 2, loadOnly: 1 };

export function nextOf(state: SiteState, words: Words): NextView[] {
  const { mode } = state.mode;
  const said = consequences
    .filter(({ modes, only }) => modes.includes(mode) && (only?.(state) ?? true))
    .map(({ when, say, values }) => ({
      when: when instanceof Label ? String(when) : when(state, words),
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
      : [{ when: t`At ${clock(returnsAtMs, false)}`, what: say("next.tierReturns", { tier: name }) }],
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
      values: { vehicle: first.vehicle ?? t`Vehicle ${first.evse}`, targetPct, forecastPct: forecastPct ?? Number.NaN },
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
    .map(({ atMs, key, values }) => ({ when: t`At ${words.moment(atMs, state.atMs)}`, what: words.say(key, values) }));
}

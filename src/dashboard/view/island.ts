/** The island: how long each tier can be fed, who forms it, who takes over; before an outage, what would happen. */

import { t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import { hours, kW, kWh, listOf, type Words } from "./format.ts";
import { tierList } from "./mode.ts";
import type { Totals } from "./totals.ts";

export interface TierRow {
  readonly name: string;
  readonly on: boolean;
  readonly runway: string;
  readonly detail: string;
  readonly until: string;
}
export interface IslandView {
  readonly live: boolean;
  readonly title: string;
  readonly end: string;
  /** Why there can be no island; then nothing below but `facts` counts. */
  readonly none: string | null;
  readonly big: string;
  readonly bigNote: string;
  readonly tiers: readonly TierRow[];
  readonly handover: { readonly title: string; readonly text: string } | null;
  readonly facts: readonly (readonly [string, string])[];
}

export function islandView(state: SiteState, totals: Totals, words: Words): IslandView {
  const { island } = state;
  const live = totals.islanded;
  const locked = state.mode.mode === "lockedOut" || state.mode.mode === "noFeedback";
  const empty = island.wouldForm.length === 0 && island.energyAboveReserveWh <= 0 && !live;
  const facts: (readonly [string, string])[] = [[t`Energy above the reserve`, kWh(island.energyAboveReserveWh)]];
  const first = state.tiers[0];
  if (locked && first && first.runwayH !== null) facts.push([t`Would carry ${first.name} for`, hours(first.runwayH)]);
  if (live && island.forming.length > 0)
    facts.push([
      t`Forming`,
      island.forming
        .map(({ evse, powerW }) => t`charger ${evse}, ${kW(powerW)}`)
        .slice(0, 4)
        .join("; "),
    ]);
  if (live && state.pv)
    facts.push([
      t`PV in the island`,
      `${kW(state.pv.powerW)}, ${state.pv.curtailedW > 0 ? t`${kW(state.pv.curtailedW)} held back` : t`not curtailed`}`,
    ]);
  facts.push([t`Starts left before a reset`, t`${island.startsLeft} of ${island.startsMax}`]);

  const tiers: TierRow[] = state.tiers.map((tier, i) => {
    const wouldW = tier.loadW !== null && tier.state === "on" ? tier.loadW : tier.expectedW;
    const fed = tier.state === "on";
    const about = wouldW === null ? "" : i > 0 && !(live && fed) ? t`About ${kW(wouldW)} more` : t`About ${kW(wouldW)}`;
    return {
      name: tier.what ? `${tier.name}, ${tier.what}` : tier.name,
      on: live ? fed : true,
      runway: tier.runwayH === null ? "–" : hours(tier.runwayH),
      detail: live ? (fed ? `${t`Fed`}${wouldW === null ? "" : `, ${kW(wouldW)}`}` : t`Off. ${about}`) : about,
      until: tier.runwayH === null ? "" : t`until ${words.moment(state.atMs + tier.runwayH * 3_600_000, state.atMs)}`,
    };
  });
  const fedTiers = live ? state.tiers.filter((tier) => tier.state === "on") : state.tiers;
  const last = fedTiers.at(-1);
  const fedNames = live ? tierList(fedTiers.map((tier) => tier.name)) : t`all tiers`;
  return {
    live,
    title: live || locked ? t`Island` : t`If the grid failed now`,
    end: live ? (island.sinceMs === null ? "" : t`since ${words.time(island.sinceMs)}`) : "",
    none: locked
      ? words.say("empty.island.locked")
      : empty
        ? words.say("empty.island")
        : !live && island.wouldForm.length === 0
          ? words.say("empty.island.nobody")
          : null,
    big: last && last.runwayH !== null ? hours(last.runwayH) : "–",
    bigNote: t`for ${fedNames}, with every reserve kept`,
    tiers,
    handover: handoverOf(state, live, words),
    facts,
  };
}

function handoverOf(state: SiteState, live: boolean, words: Words): IslandView["handover"] {
  const { handover, wouldForm, darkS } = state.island;
  if (live)
    return handover
      ? {
          title: words.event("neededAt", { vehicle: handover.vehicle, neededByMs: handover.atMs, from: handover.from })
            .sentence,
          text: words.say("island.takesOver", { from: handover.from }),
        }
      : null;
  if (wouldForm.length === 0) return null;
  const dark = darkS === null ? "" : ` ${words.say("island.dark", { darkS: Math.round(darkS) })}`;
  if (state.evses.length === 1)
    return {
      title: words.say("island.onlySource"),
      text: `${words.say("island.onlySource.away")}${dark}`,
    };
  const names = wouldForm
    .map((id) => state.evses.find((evse) => evse.evse === id)?.vehicle)
    .filter((name) => name != null);
  return {
    title: words.say("island.wouldForm", {
      chargers:
        wouldForm.length === 1
          ? t`Charger ${listOf(wouldForm.map(String))}`
          : t`Chargers ${listOf(wouldForm.map(String))}`,
    }),
    text: `${words.say("island.holdMost", { vehicles: names.length === 1 ? t`${listOf(names as string[])} holds` : t`${listOf(names as string[])} hold` })}${dark}`,
  };
}

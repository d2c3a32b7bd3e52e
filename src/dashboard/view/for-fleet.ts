/** What a fleet is told of the page: its sentence, its figures, its events, in the same words. */
import type { ShownEvent, ShownPage } from "../../app/links/fleet/told.ts";
import type { Severity } from "../../domain/reasons.ts";
import type { EventState, SiteState } from "../state.ts";
import { type Words, wordsOf } from "./format.ts";
import { modeView } from "./mode.ts";
import { offerOf } from "./offer.ts";
import { powerOf, totalsOf } from "./totals.ts";

const severities: Record<Severity, ShownEvent["event"]["severity"]> = {
  record: "info",
  notice: "info",
  warning: "warning",
  critical: "critical",
};
const live = (known: { readonly state: string }, value: number | null): number | null =>
  known.state === "live" ? value : null;

export function shownPage(state: SiteState): ShownPage {
  const words = wordsOf(state);
  const { lead, rest, level } = modeView(state, totalsOf(state), words);
  const needs = state.events.filter((one) => one.needsPerson && one.active && one.acknowledged === null);
  const powersW = state.evses.map(powerOf);
  const { permit } = state;
  return {
    site: {
      atMs: state.atMs,
      name: state.site.name,
      mode: state.mode.mode,
      level,
      sentence: rest === "" ? lead : `${lead} ${rest}`,
      pccW: live(state.pccKnown, state.pccW),
      importLimitW: state.importLimitW,
      exportLimitW: state.exportLimitW,
      chargersW: powersW.every((powerW) => powerW !== null)
        ? powersW.reduce<number>((sum, one) => sum + (one ?? 0), 0)
        : null,
      evses: state.evses.length,
      connected: state.evses.filter(({ connected }) => connected).length,
      energyAboveReserveWh: state.island?.energyAboveReserveWh ?? null,
      runwayH: state.tiers[0]?.runwayH ?? null,
      needs: needs.map((one) => ({
        key: one.key,
        sentence: words.event(one.key, one.values).sentence,
        atMs: one.atMs,
      })),
      permit:
        permit === null || permit.validUntilMs === null
          ? null
          : {
              reference: permit.reference,
              utility: permit.utility,
              untilMs: permit.validUntilMs,
              covered: permit.covered === true,
            },
      offer: offerOf(state),
    },
    events: state.events.map((one) => shownEvent(one, words)),
  };
}

const shownEvent = ({ id, atMs, key, values, severity, needsPerson }: EventState, words: Words): ShownEvent => ({
  id,
  atMs: Math.round(atMs),
  event: {
    schema: "islet-fleet-event-1",
    key,
    sentence: words.event(key, values).sentence,
    severity: severities[severity],
    needsPerson,
  },
});

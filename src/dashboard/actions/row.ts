/** The shape of a row of the table of actions, and what several rows say alike. */
import type { SentenceKey, WordValues } from "../../domain/words.ts";
import type { SiteState } from "../state.ts";
import { idleW, type Words } from "../view/format.ts";
import type { Totals } from "../view/totals.ts";
import { type AccountRole, type ActionId, type ActionValues, type InputView, reserveMinPct } from "./kinds.ts";

/** A sentence of the table and what fills it. */
export type Said = readonly [SentenceKey, WordValues?];
/** What a row judges by. */
export interface At {
  readonly state: SiteState;
  readonly totals: Totals;
  readonly words: Words;
}
/** One action: who, where, when, with which input, what it will do. */
export interface Row {
  readonly label: string;
  readonly detail: (at: At) => string;
  readonly verb: string;
  readonly role: AccountRole;
  readonly onSite?: boolean;
  readonly stopsPower?: boolean;
  readonly noReason?: boolean;
  /** Why it is not possible now; null when it is. */
  readonly because: (at: At) => Said | null;
  readonly effects: (at: At) => readonly Said[];
  readonly inputs?: (at: At) => readonly InputView[];
  /** Judges the values beyond their ranges. */
  readonly check?: (values: ActionValues, at: At, role: AccountRole) => Said | null;
  /** Not worth a line in "not offered" when it does not apply at all. */
  readonly quiet?: boolean;
}
/** Rows of one subject. */
export type Rows = Partial<Record<ActionId, Row>>;

export const connectedChoices = (at: At): readonly (readonly [string, string])[] =>
  at.state.evses
    .filter((evse) => evse.connected)
    .map(
      (evse) =>
        [String(evse.evse), evse.vehicle ? `${evse.vehicle}, charger ${evse.evse}` : `Charger ${evse.evse}`] as const,
    );

export const demandW = (state: SiteState): number =>
  state.limits.find((limit) => limit.id === "demandLimitW")?.value ?? state.importLimitW ?? 0;

export const rise = (changeW: number): readonly Said[] =>
  changeW > idleW
    ? [["effect.importRises", { riseW: changeW }]]
    : changeW < -idleW
      ? [["effect.importFalls", { fallW: changeW }]]
      : [];
export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? " is" : "s are"}`;
export const maxSiteW = (state: SiteState): number =>
  Math.max(
    state.importLimitW ?? 0,
    demandW(state),
    state.evses.reduce((sum, evse) => sum + evse.ratedW, 0),
  );
export const reservePct = (state: SiteState): number =>
  state.limits.find((limit) => limit.id === "reservePct")?.value ?? state.evses[0]?.reservePct ?? reserveMinPct;

/** The shape of a row of the table of actions, and what several rows say alike. */
import type { SentenceKey, WordValues } from "../../domain/words.ts";
import { type Label, t } from "../language/language.ts";
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
/** Who asks, as far as a row judges it. */
export interface Judged {
  readonly name: string;
  readonly role: AccountRole;
}
/** One action: who, where, when, with which input, what it will do. */
export interface Row {
  readonly label: Label;
  readonly detail: (at: At) => string;
  readonly verb: Label;
  readonly role: AccountRole;
  readonly onSite?: boolean;
  readonly stopsPower?: boolean;
  readonly noReason?: boolean;
  /** Why it is not possible now; null when it is. */
  readonly because: (at: At) => Said | null;
  readonly effects: (at: At) => readonly Said[];
  readonly inputs?: (at: At) => readonly InputView[];
  /** Judges the values beyond their ranges. */
  readonly check?: (values: ActionValues, at: At, person: Judged) => Said | null;
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
        [String(evse.evse), evse.vehicle ? t`${evse.vehicle}, charger ${evse.evse}` : t`Charger ${evse.evse}`] as const,
    );

/** The choice of one charger or all of them. */
export const allChargers = "all";
export const chargerChoice = (evses: SiteState["evses"], label = t`Which chargers`): readonly InputView[] =>
  evses.length < 2
    ? []
    : [
        {
          kind: "choice",
          name: "evse",
          label,
          usual: allChargers,
          options: [
            [allChargers, t`All ${evses.length}`],
            ...evses.map(
              ({ evse, vehicle }) =>
                [String(evse), vehicle ? t`Charger ${evse}, ${vehicle}` : t`Charger ${evse}`] as const,
            ),
          ],
        },
      ];

/** Largest import that the configuration gives the site, W: no action goes beyond it. */
export const siteImportW = (state: SiteState): number =>
  state.limits.find(({ id }) => id === "importLimitW")?.value ?? state.importLimitW ?? 0;

export const demandW = (state: SiteState): number =>
  state.limits.find((limit) => limit.id === "demandLimitW")?.value ?? siteImportW(state);

export const rise = (changeW: number): readonly Said[] =>
  changeW > idleW
    ? [["effect.importRises", { riseW: changeW }]]
    : changeW < -idleW
      ? [["effect.importFalls", { fallW: changeW }]]
      : [];
/** "1 charger is", "3 chargers are". */
export const countChargers = (n: number): string => (n === 1 ? t`${n} charger is` : t`${n} chargers are`);
export const reservePct = (state: SiteState): number =>
  state.limits.find((limit) => limit.id === "reservePct")?.value ?? state.evses[0]?.reservePct ?? reserveMinPct;

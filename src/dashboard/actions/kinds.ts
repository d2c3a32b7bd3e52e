/** What can be done, by whom, and what a form may ask: the words that rows, offers and checks share. */

export const actionIds = [
  "stop",
  "pause",
  "resume",
  "tighten",
  "reserve",
  "departure",
  "clearDeparture",
  "chargeNow",
  "priority",
  "outageWarning",
  "untighten",
  "releaseLimits",
  "fleetOff",
  "fleetOn",
  "plannedIsland",
  "restoreTier",
  "shedTier",
  "endIsland",
  "resetLockout",
  "setLimit",
  "enableDischarge",
  "installPermit",
  "acknowledgeLedgers",
  "rewriteFunctions",
  "acknowledge",
] as const;
export type ActionId = (typeof actionIds)[number];

export const roles = ["viewer", "operator", "installer"] as const;
export type AccountRole = (typeof roles)[number];
export const roleAtLeast = (has: AccountRole, needs: AccountRole): boolean =>
  roles.indexOf(has) >= roles.indexOf(needs);

/** One value that the person gives. `value` is what the form starts with; in the dialog powers are kW, in a request W. */
export type InputView =
  | {
      readonly kind: "power";
      readonly name: string;
      readonly label: string;
      readonly valueW: number;
      readonly minW: number;
      readonly maxW: number;
    }
  | {
      readonly kind: "percent";
      readonly name: string;
      readonly label: string;
      readonly valuePct: number;
      readonly minPct: number;
      readonly maxPct: number;
    }
  | {
      readonly kind: "moment";
      readonly name: string;
      readonly label: string;
      readonly valueMs: number;
      readonly text: string;
    }
  | {
      readonly kind: "choice";
      readonly name: string;
      readonly label: string;
      readonly options: readonly (readonly [string, string])[];
      /** Taken where a request names none. */
      readonly usual?: string;
      /** What the other fields start with when an option is chosen, as their fields show it. */
      readonly fills?: Readonly<Record<string, Readonly<Record<string, string>>>>;
    }
  | { readonly kind: "text"; readonly name: string; readonly label: string; readonly lengthMax: number };

export interface ActionView {
  readonly id: ActionId;
  readonly label: string;
  readonly detail: string;
  readonly verb: string;
  readonly effects: readonly string[];
  readonly inputs: readonly InputView[];
  readonly needsReason: boolean;
  readonly onSite: boolean;
  readonly stopsPower: boolean;
}
export interface NotOffered {
  readonly label: string;
  readonly because: string;
}

export type ActionValues = Readonly<Record<string, number | string>>;

export const reserveMinPct = 10;
export const reserveMaxPct = 80;
export const reasonLengthMax = 200;
/** A planned island is a lease: after this it returns by itself. */
export const plannedIslandMs = 60 * 60_000;

/**
 * What may be asked of the site over a link: a row for each, with its unit and range, the right that it needs, and what
 * becomes of it. A **request** is a lease: when it ends, the local plan goes on. A **cap** tightens and holds until the same
 * asker or a person replaces it, or until the end that the asker has given it. A **setting** stands until somebody says
 * otherwise, like a person's own. What is **closed** is nobody's to ask over a link; the row says what to do instead.
 */
import { linkRights } from "../../config/site/mqtt.ts";

/** What a token or a broker's user may be allowed. */
export const rights = linkRights;
export type Right = (typeof rights)[number];

export const rightSentences: Readonly<Record<Right, string>> = {
  power: "Ask for power of chargers, charging and discharging, for a time",
  limits: "Set and take back its own limits",
  departures: "Say when vehicles leave and what they need",
  reserve: "Raise the reserve",
  chargers: "Stop, pause and resume chargers",
};

interface AskBase {
  /** Of one EVSE (from 1), of the site (0), or of either. */
  readonly scope: "evse" | "site" | "both";
  readonly sentence: string;
}
interface NumberRow {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly right: Right;
}

/** One thing that may be asked for. */
export type AskRow =
  | (AskBase & NumberRow & { readonly kind: "request" | "cap" | "setting" })
  | (AskBase & { readonly kind: "setting"; readonly choices: readonly string[]; readonly right: Right })
  | (AskBase & { readonly kind: "closed"; readonly todo: string });

/** More than any site has, W: beyond it a number is in the wrong unit. */
const powerMaxW = 1e7;
/** How a charger is to work: by plan, at once up to its target, without discharging, or not at all. */
const chargerModes = ["plan", "chargeNow", "noDischarge", "stop"] as const;
export type ChargerMode = (typeof chargerModes)[number];

const power = { unit: "W", max: powerMaxW } as const;
const cap = { ...power, kind: "cap", min: 0, right: "limits" } as const;

export const asks = {
  powerW: {
    ...power,
    kind: "request",
    scope: "both",
    min: -powerMaxW,
    right: "power",
    sentence: "Power, positive from the grid to the vehicle; of the site: of all chargers together.",
  },
  chargeLimitW: { ...cap, scope: "both", sentence: "Most charging power of a charger, or of all together." },
  dischargeLimitW: { ...cap, scope: "both", sentence: "Most discharging power of a charger, or of all together." },
  importLimitW: { ...cap, scope: "site", sentence: "Most power from the grid at the grid connection." },
  exportLimitW: { ...cap, scope: "site", sentence: "Most power into the grid at the grid connection." },
  parallelService: {
    kind: "cap",
    scope: "site",
    unit: "",
    min: 0,
    max: 1,
    right: "limits",
    sentence:
      "The utility's permit service. 0: chargers that can give power leave the grid, charging too, whatever the permit says; 1: the permit decides.",
  },
  departsAtMs: {
    kind: "setting",
    scope: "evse",
    unit: "ms UTC",
    min: 0,
    max: 8.64e15,
    right: "departures",
    sentence: "When the vehicle at a charger leaves.",
  },
  targetPct: {
    kind: "setting",
    scope: "evse",
    unit: "%",
    min: 10,
    max: 100,
    right: "departures",
    sentence: "State of charge that it is to leave with.",
  },
  energyWh: {
    kind: "setting",
    scope: "evse",
    unit: "Wh",
    min: 0,
    max: 1e6,
    right: "departures",
    sentence: "The same as energy to be charged from now on; the capacity must be known.",
  },
  reservePct: {
    kind: "setting",
    scope: "both",
    unit: "%",
    min: 10,
    max: 80,
    right: "reserve",
    sentence: "State of charge that discharging leaves in the vehicle; never below the configured one or a person's.",
  },
  mode: {
    kind: "setting",
    scope: "both",
    choices: chargerModes,
    right: "chargers",
    sentence: "How a charger works: by plan, charging at once, without discharging, stopped.",
  },
  reactiveVar: {
    kind: "closed",
    scope: "both",
    sentence: "Reactive power follows the grid profile.",
    todo: "Give the utility's settings in the file that site.gridProfile refers to.",
  },
  pricePerKWh: {
    kind: "closed",
    scope: "site",
    sentence: "Prices come from the tariff of the configuration.",
    todo: "Name a feed of prices at tariff.dayAhead: it is read again and again.",
  },
  siteMode: {
    kind: "closed",
    scope: "site",
    sentence: "Islanding, permit and transfer device are no link's to command.",
    todo: "A person on site asks for an island on the page; the utility signs the permit.",
  },
} as const satisfies Record<string, AskRow>;

export type AskName = keyof typeof asks;
export const askNames = Object.keys(asks) as AskName[];

/** The table's row; as its general type, so that kinds can be told apart. */
export const askRow = (what: AskName): AskRow => asks[what];

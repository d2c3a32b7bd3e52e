/** The single-line diagram in words and widths: utility, PCC meter, K1, site bus and what hangs on it. */

import { decimal, label, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import { directionOfGrid, duration, idleW, kW, lower, nb, type Words } from "./format.ts";
import { powerOf, type Totals } from "./totals.ts";

/** A stretch of conductor: with voltage, without, or not known; and the power along its drawn direction. */
export interface WireView {
  /** Null: nobody knows whether it has voltage. */
  readonly live: boolean | null;
  /** Positive along the drawing, away from the utility; 0 draws no arrow; null: nobody knows. */
  readonly powerW: number | null;
}
export interface PlaceView {
  readonly name: string;
  readonly value: string;
  readonly captions: readonly string[];
  /** What is said is of the past, or nothing is known: drawn grey. */
  readonly old?: boolean;
}
export interface ContactView {
  readonly position: "open" | "closed" | "unknown";
  readonly text: string;
}
export interface DiagramRow extends PlaceView {
  readonly kind: "load" | "pv" | "ev";
  readonly wire: WireView;
  /** Null: nobody knows. */
  readonly breakerClosed: boolean | null;
  /** A second direction at the same time: some vehicles charge while others discharge. */
  readonly second: string | null;
}
export interface BlockView {
  readonly evse: number;
  readonly state: "empty" | "idle" | "charging" | "discharging" | "fault" | "unknown";
}
export interface DiagramView {
  /** The whole site for somebody who does not see the drawing. */
  readonly label: string;
  readonly utility: PlaceView;
  readonly utilityWire: WireView;
  readonly meter: PlaceView;
  readonly meterWire: WireView;
  readonly k1: PlaceView & {
    readonly position: "closed" | "open" | "unproven";
    readonly contacts: readonly ContactView[];
  };
  readonly k1Wire: WireView;
  /** What hangs on the main board before K1; null where there is no K1 to be before. */
  readonly building: (PlaceView & { readonly wire: WireView }) | null;
  readonly bus: { readonly live: boolean | null; readonly text: string };
  readonly rows: readonly DiagramRow[];
  readonly blocks: readonly BlockView[];
}

export function diagramView(state: SiteState, totals: Totals, words: Words): DiagramView {
  const gridLive = state.grid.known.state === "live" ? !totals.gridDead : null;
  const utility = utilityPlace(state, totals);
  const meter = meterPlace(state, totals);
  const k1 = k1Place(state, totals, words);
  const building = buildingPlace(state, totals, gridLive);
  const rows = rowsOf(state, totals, words);
  const bus = { live: state.bus.live, text: busText(state) };
  const pccW = gridLive === false ? 0 : state.pccKnown.state === "live" && gridLive ? state.pccW : null;
  const label =
    `${t`Single-line diagram`}. ${[utility.value, utility.captions.join(" ")].filter((part) => part !== "").join(", ")}. ${meter.value}. ` +
    (building ? `${building.name}: ${building.value}. ` : "") +
    `K1 ${[lower(k1.value), ...k1.captions].join(", ")}: ${k1.contacts.map((contact) => contact.text).join(", ")}. ${bus.text}. ` +
    `${rows.map((row) => `${row.name}: ${row.value}${row.second ? `, ${row.second}` : ""}`).join(". ")}.`;
  return {
    label,
    utility,
    utilityWire: { live: gridLive, powerW: pccW },
    meter,
    meterWire: { live: gridLive, powerW: pccW },
    k1,
    // Power passes only where K1 is proven closed; then it is K1's own, not the meter's.
    k1Wire: {
      live: state.bus.live,
      powerW: totals.k1 === "closed" ? (state.k1.present ? state.k1.powerW : pccW) : totals.k1 === "open" ? 0 : null,
    },
    building,
    bus,
    rows,
    blocks: state.evses.map((evse) => ({ evse: evse.evse, state: blockState(evse) })),
  };
}

function busText({ bus }: SiteState): string {
  const volts = bus.voltageV === null ? "" : `${Math.round(bus.voltageV)}${nb}V`;
  if (bus.live === null)
    return bus.known.state === "old" && volts !== "" && bus.known.ageMs !== null
      ? t`Site bus not known, was ${volts} ${duration(bus.known.ageMs)} ago`
      : t`Site bus not known: treat it as live`;
  const parts = [volts, bus.live && bus.frequencyHz !== null ? `${decimal(bus.frequencyHz, 2)}${nb}Hz` : ""];
  return [bus.live ? t`Site bus` : t`Site bus dead`, ...parts.filter((part) => part !== "")].join(", ");
}

/** What the building takes before K1: measured at the PCC, less what goes through K1. */
function buildingPlace(state: SiteState, totals: Totals, gridLive: boolean | null): DiagramView["building"] {
  if (!state.k1.present) return null;
  const name = t`Building before K1`;
  const { buildingW } = state;
  if (buildingW === null || totals.gridDead)
    return {
      name,
      value: totals.gridDead ? t`Without power` : t`Not known`,
      captions: [],
      old: true,
      wire: { live: gridLive, powerW: totals.gridDead ? 0 : null },
    };
  return {
    name,
    value: buildingW < -idleW ? t`Giving ${kW(buildingW)}` : t`Taking ${kW(buildingW)}`,
    captions: [t`less any PV there`],
    wire: { live: gridLive, powerW: buildingW },
  };
}

function blockState(evse: SiteState["evses"][number]): BlockView["state"] {
  if (evse.fault) return "fault";
  if (evse.known.state !== "live") return "unknown";
  if (!evse.connected) return "empty";
  const powerW = powerOf(evse) ?? 0;
  return powerW > idleW ? "charging" : powerW < -idleW ? "discharging" : "idle";
}

function utilityPlace(state: SiteState, totals: Totals): PlaceView {
  const { grid } = state;
  if (grid.voltagePu === null || grid.known.state === "unknown")
    return { name: t`Utility`, value: t`Not known`, captions: [t`No voltmeter`, t`answers`], old: true };
  if (grid.known.state === "old")
    return {
      name: t`Utility`,
      value: t`Not known`,
      captions: [t`was ${decimal(grid.voltagePu, 3)}${nb}pu`, t`${duration(grid.known.ageMs ?? 0)} ago`],
      old: true,
    };
  const { minVoltagePu, maxVoltagePu } = state.profile;
  const inRange = grid.voltagePu >= minVoltagePu && grid.voltagePu <= maxVoltagePu;
  // Good takes both voltmeters: one that is silent or frozen makes the grid no worse.
  const value = grid.good
    ? t`Grid good`
    : totals.gridDead
      ? t`Grid dead`
      : inRange
        ? t`Grid in range`
        : t`Grid not good`;
  const captions = [
    `${decimal(grid.voltagePu, totals.gridDead ? 2 : 3)}${nb}pu${
      grid.frequencyHz !== null && !totals.gridDead ? `, ${decimal(grid.frequencyHz, 2)}${nb}Hz` : ""
    }`,
  ];
  if (grid.sinceMs !== null) captions.push(t`for ${duration(state.atMs - grid.sinceMs)}`);
  return { name: t`Utility`, value, captions };
}

function meterPlace(state: SiteState, totals: Totals): PlaceView {
  const name = t`PCC meter`;
  const quality = state.health.meterQuality;
  if (quality !== "good" || state.pccW === null) {
    if (totals.gridDead && totals.k1 !== "closed")
      return { name, value: t`Exchanging nothing`, captions: [t`Grid dead`] };
    const what = {
      frozen: t`Frozen`,
      implausible: t`Not plausible`,
      stale: t`Silent`,
      missing: t`No value`,
      good: t`No value`,
    };
    const { state: known, ageMs } = state.pccKnown;
    const was =
      known === "old" && state.pccW !== null && ageMs !== null
        ? [t`was ${lower(directionOfGrid(state.pccW))}`, t`${kW(state.pccW)}, ${duration(ageMs)} ago`]
        : [t`Its power is`, t`not known`];
    return { name, value: what[quality], captions: was, old: true };
  }
  if (totals.gridDead) return { name, value: t`Exchanging nothing`, captions: [t`Grid dead`] };
  const limit =
    state.exportLimitW === null
      ? ""
      : state.exportLimitW > 0
        ? t`Export limit ${kW(state.exportLimitW)}`
        : state.permit?.mode === "parallel-non-export"
          ? t`Export limit 0${nb}kW`
          : t`Export not permitted`;
  return { name, value: `${directionOfGrid(state.pccW)} ${kW(state.pccW)}`, captions: limit ? [limit] : [] };
}

/** Where a contact or K1 stands. */
export const positionNames = { open: label("open"), closed: label("closed"), unknown: label("not known") } as const;

/** What a contact says now, or what it said last. */
const contactOf = (name: string, position: ContactView["position"], isLive: boolean): ContactView => ({
  position: isLive ? position : "unknown",
  text:
    position === "unknown"
      ? t`${name} says nothing`
      : isLive
        ? t`${name} says ${positionNames[position]}`
        : t`${name} said ${positionNames[position]}`,
});

function k1Place(state: SiteState, totals: Totals, words: Words): DiagramView["k1"] {
  const { k1 } = state;
  const contacts = [
    contactOf("NO", k1.no, k1.quality === "good"),
    contactOf("NC", k1.nc, k1.quality === "good"),
  ] as const;
  const name = t`Transfer device K1`;
  if (!k1.present)
    return {
      name: t`No transfer device`,
      value: t`Joined to the grid`,
      captions: [t`for good`],
      position: "closed",
      contacts: [],
    };
  if (totals.k1 === "unproven") {
    const captions =
      k1.commandAtMs === null || k1.command === "none"
        ? []
        : [
            k1.command === "open"
              ? t`Told to open ${words.time(k1.commandAtMs)}`
              : t`Told to close ${words.time(k1.commandAtMs)}`,
          ];
    return {
      name,
      value:
        k1.quality === "good"
          ? t`Not proven`
          : k1.quality === "frozen"
            ? t`Old values`
            : k1.quality === "missing"
              ? t`Not known`
              : t`Does not answer`,
      captions,
      old: k1.quality !== "good",
      position: "unproven",
      contacts,
    };
  }
  const through =
    totals.k1 !== "closed" || k1.powerW === null
      ? []
      : Math.abs(k1.powerW) <= idleW
        ? [t`No power through it`]
        : [k1.powerW > 0 ? t`${kW(k1.powerW)} towards the site bus` : t`${kW(k1.powerW)} towards the building`];
  const captions = [
    ...through,
    totals.k1 === "open" && k1.command === "open"
      ? t`Held open`
      : k1.agreeSinceMs === null
        ? t`Contacts agree`
        : t`Agree for ${duration(state.atMs - k1.agreeSinceMs)}`,
  ];
  return {
    name,
    value: totals.k1 === "closed" ? t`Proven closed` : t`Proven open`,
    captions,
    position: totals.k1,
    contacts,
  };
}

/** What a fed tier takes: as measured now, or what its breaker was told and it took then. */
function tierLoad({ loadW, known }: SiteState["tiers"][number]): string {
  if (loadW === null || known.state === "unknown") return t`Told on, load not known`;
  return known.state === "live"
    ? t`Taking ${kW(loadW)}`
    : t`Told on, took ${kW(loadW)} ${duration(known.ageMs ?? 0)} ago`;
}

/** Whether its breaker stands as told is known while the panel's values are live; a tier told off may be live until then. */
function tierWords(tier: SiteState["tiers"][number]): string {
  if (tier.state === "unknown") return t`Not known`;
  if (tier.state === "on") return tierLoad(tier);
  if (tier.state === "shed") return tier.known.state === "live" ? t`Off, shed` : t`Told off, not confirmed`;
  return t`Off`;
}

function rowsOf(state: SiteState, totals: Totals, words: Words): DiagramRow[] {
  const rows: DiagramRow[] = state.tiers.map((tier) => {
    const on = tier.state === "on";
    const unsure = tier.state === "unknown" || (tier.state === "shed" && tier.known.state !== "live");
    const captions =
      tier.state === "dead"
        ? [t`Without power`]
        : unsure
          ? [t`Treat as live`]
          : tier.returnsAtMs !== null
            ? [t`Back at ${words.time(tier.returnsAtMs)}`]
            : tier.state === "shed" && tier.sinceMs !== null
              ? [t`Shed ${words.time(tier.sinceMs)}`]
              : [];
    return {
      kind: "load",
      name: tier.what ? `${tier.name}, ${tier.what}` : tier.name,
      value: tierWords(tier),
      second: null,
      captions,
      wire: {
        live: unsure ? null : on && state.bus.live === true,
        powerW: unsure ? null : !on ? 0 : tier.known.state === "live" ? tier.loadW : null,
      },
      breakerClosed: tier.state === "dead" || tier.known.state === "live" ? on : null,
    };
  });
  if (state.pv) {
    const { powerW, ratedW, curtailedW, waitsUntilMs } = state.pv;
    const giving = powerW > idleW;
    rows.push({
      kind: "pv",
      name: "PV",
      value: giving
        ? t`Giving ${kW(powerW)}`
        : state.bus.live === false
          ? t`Off`
          : waitsUntilMs === null
            ? t`Giving nothing`
            : t`Off, waiting`,
      second: null,
      captions: [
        state.bus.live === false
          ? t`Off, no bus voltage`
          : waitsUntilMs !== null
            ? t`Waits until ${words.time(waitsUntilMs)}`
            : curtailedW > idleW
              ? t`${kW(curtailedW)} held back`
              : ratedW === null
                ? ""
                : t`of ${kW(ratedW, 0)}`,
      ].filter((caption) => caption !== ""),
      wire: { live: giving, powerW: giving ? -powerW : 0 },
      breakerClosed: giving,
    });
  }
  const said = vehiclesText(state, totals);
  const one = state.evses.length === 1 ? state.evses[0] : null;
  rows.push({
    kind: "ev",
    name: one
      ? t`Charger ${one.evse}${one.vehicle ? `, ${one.vehicle}` : ""}`
      : totals.vehicles === 1
        ? t`${state.evses.length} chargers, ${totals.vehicles} vehicle`
        : t`${state.evses.length} chargers, ${totals.vehicles} vehicles`,
    value: said[0],
    second: said[1],
    captions: totals.silent.length > 0 ? [t`without ${totals.silent.length} not known`] : [],
    wire: { live: state.bus.live, powerW: totals.silent.length === 0 ? totals.netW : null },
    breakerClosed: state.bus.live,
  });
  return rows;
}

function vehiclesText(state: SiteState, totals: Totals): readonly [string, string | null] {
  if (totals.silent.length === state.evses.length) return [t`Not known`, null];
  if (totals.forming.length > 0)
    return [
      totals.netW <= idleW ? t`Forming ${kW(totals.dischargeW)}` : t`Forming, taking ${kW(totals.netW)}`,
      totals.dischargeW > idleW && totals.chargeW > idleW ? t`Charging ${kW(totals.chargeW)}` : null,
    ];
  if (totals.dischargeW > 0)
    return [t`Discharging ${kW(totals.dischargeW)}`, totals.chargeW > 0 ? t`Charging ${kW(totals.chargeW)}` : null];
  if (totals.chargeW > 0) return [t`Charging ${kW(totals.chargeW)}`, null];
  if (state.mode.mode === "lockedOut") return [t`Off, locked out`, null];
  if (state.mode.mode === "noFeedback") return [t`Off, no feedback`, null];
  return [totals.vehicles === 0 ? t`No vehicle` : t`Idle`, null];
}

/** The single-line diagram in words and widths: utility, PCC meter, K1, site bus and what hangs on it. */
import type { SiteState } from "../state.ts";
import { directionOfGrid, duration, idleW, kW, nb, type Words } from "./format.ts";
import { powerOf, type Totals } from "./totals.ts";

/** A stretch of conductor: with voltage or without, and the power along its drawn direction. */
export interface WireView {
  readonly live: boolean;
  /** Positive along the drawing, away from the utility; 0 draws no arrow. */
  readonly powerW: number;
}
export interface PlaceView {
  readonly name: string;
  readonly value: string;
  readonly captions: readonly string[];
}
export interface ContactView {
  readonly position: "open" | "closed" | "unknown";
  readonly text: string;
}
export interface DiagramRow extends PlaceView {
  readonly kind: "load" | "pv" | "ev";
  readonly wire: WireView;
  readonly breakerClosed: boolean;
  /** A second direction at the same time: some vehicles charge while others discharge. */
  readonly second: string | null;
}
export interface BlockView {
  readonly evse: number;
  readonly state: "empty" | "idle" | "charging" | "discharging" | "fault";
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
    readonly contacts: readonly [ContactView, ContactView];
  };
  readonly k1Wire: WireView;
  readonly bus: { readonly live: boolean; readonly text: string };
  readonly rows: readonly DiagramRow[];
  readonly blocks: readonly BlockView[];
}

export function diagramView(state: SiteState, totals: Totals, words: Words): DiagramView {
  const gridLive = !totals.gridDead && state.grid.voltagePu !== null;
  const through = totals.k1 === "closed" ? (state.pccW ?? 0) : 0;
  const utility = utilityPlace(state, totals);
  const meter = meterPlace(state, totals);
  const k1 = k1Place(state, totals, words);
  const rows = rowsOf(state, totals, words);
  const bus = {
    live: state.bus.live,
    text: `${state.bus.live ? "Site bus" : "Site bus dead"}, ${[
      state.bus.voltageV === null ? null : `${Math.round(state.bus.voltageV)}${nb}V`,
      state.bus.live && state.bus.frequencyHz !== null ? `${state.bus.frequencyHz.toFixed(2)}${nb}Hz` : null,
    ]
      .filter((part) => part !== null)
      .join(", ")}`,
  };
  const label =
    `Single-line diagram. ${[utility.value, ...utility.captions].join(", ")}. ${meter.value}. ` +
    `K1 ${k1.value.toLowerCase()}: ${k1.contacts.map((contact) => contact.text).join(", ")}. ${bus.text}. ` +
    `${rows.map((row) => `${row.name}: ${row.value}${row.second ? `, ${row.second}` : ""}`).join(". ")}.`;
  return {
    label,
    utility,
    utilityWire: { live: gridLive, powerW: gridLive ? (state.pccW ?? 0) : 0 },
    meter,
    meterWire: { live: gridLive, powerW: gridLive ? (state.pccW ?? 0) : 0 },
    k1,
    k1Wire: { live: state.bus.live, powerW: through },
    bus,
    rows,
    blocks: state.evses.map((evse) => ({
      evse: evse.evse,
      state: evse.fault ? "fault" : !evse.connected ? "empty" : blockState(powerOf(evse)),
    })),
  };
}

const blockState = (powerW: number): BlockView["state"] =>
  powerW > idleW ? "charging" : powerW < -idleW ? "discharging" : "idle";

function utilityPlace(state: SiteState, totals: Totals): PlaceView {
  const { grid } = state;
  if (grid.voltagePu === null) return { name: "Utility", value: "Grid not measured", captions: [] };
  const value = grid.good ? "Grid good" : totals.gridDead ? "Grid dead" : "Grid not good";
  const captions = [
    `${grid.voltagePu.toFixed(totals.gridDead ? 2 : 3)}${nb}pu${
      grid.frequencyHz !== null && !totals.gridDead ? `, ${grid.frequencyHz.toFixed(2)}${nb}Hz` : ""
    }`,
  ];
  if (grid.sinceMs !== null) captions.push(`for ${duration(state.atMs - grid.sinceMs)}`);
  return { name: "Utility", value, captions };
}

function meterPlace(state: SiteState, totals: Totals): PlaceView {
  const name = "PCC meter";
  const quality = state.health.meterQuality;
  if (quality === "frozen") return { name, value: "Frozen", captions: ["Its values do not change"] };
  if (quality === "implausible") return { name, value: "Not plausible", captions: ["Its values are impossible"] };
  if (state.pccW === null || quality === "missing" || quality === "stale")
    return totals.gridDead && totals.k1 !== "closed"
      ? { name, value: "Exchanging nothing", captions: ["Grid dead"] }
      : { name, value: "No value", captions: ["It does not answer"] };
  if (totals.gridDead) return { name, value: "Exchanging nothing", captions: ["Grid dead"] };
  const limit =
    state.exportLimitW === null
      ? ""
      : state.exportLimitW > 0
        ? `Export limit ${kW(state.exportLimitW)}`
        : state.permit?.mode === "parallel-non-export"
          ? `Export limit 0${nb}kW`
          : "Export not permitted";
  return { name, value: `${directionOfGrid(state.pccW)} ${kW(state.pccW)}`, captions: limit ? [limit] : [] };
}

function k1Place(state: SiteState, totals: Totals, words: Words): DiagramView["k1"] {
  const { k1 } = state;
  const contacts = [
    { position: k1.no, text: `NO says ${k1.no === "unknown" ? "nothing" : k1.no}` },
    { position: k1.nc, text: `NC says ${k1.nc === "unknown" ? "nothing" : k1.nc}` },
  ] as const;
  const name = "Transfer device K1";
  if (totals.k1 === "unproven") {
    const captions =
      k1.commandAtMs === null || k1.command === "none" ? [] : [`Told to ${k1.command} ${words.time(k1.commandAtMs)}`];
    return {
      name,
      value: k1.quality === "good" ? "Not proven" : "Does not answer",
      captions,
      position: "unproven",
      contacts,
    };
  }
  const captions = [
    totals.k1 === "open" && k1.command === "open"
      ? "Held open"
      : k1.agreeSinceMs === null
        ? "Contacts agree"
        : `Agree for ${duration(state.atMs - k1.agreeSinceMs)}`,
  ];
  return {
    name,
    value: totals.k1 === "closed" ? "Proven closed" : "Proven open",
    captions,
    position: totals.k1,
    contacts,
  };
}

function rowsOf(state: SiteState, totals: Totals, words: Words): DiagramRow[] {
  const rows: DiagramRow[] = state.tiers.map((tier) => {
    const on = tier.state === "on";
    const captions =
      tier.state === "dead"
        ? ["Without power"]
        : tier.returnsAtMs !== null
          ? [`Back at ${words.time(tier.returnsAtMs)}`]
          : tier.state === "shed" && tier.sinceMs !== null
            ? [`Shed ${words.time(tier.sinceMs)}`]
            : [];
    return {
      kind: "load",
      name: tier.what ? `${tier.name}, ${tier.what}` : tier.name,
      value: on
        ? tier.loadW === null
          ? "Fed"
          : `Taking ${kW(tier.loadW)}`
        : tier.state === "shed"
          ? "Off, shed"
          : "Off",
      second: null,
      captions,
      wire: { live: on && state.bus.live, powerW: on ? (tier.loadW ?? 0) : 0 },
      breakerClosed: on,
    };
  });
  if (state.pv) {
    const { powerW, ratedW, curtailedW, waitsUntilMs } = state.pv;
    const giving = powerW > idleW;
    rows.push({
      kind: "pv",
      name: "PV",
      value: giving
        ? `Giving ${kW(powerW)}`
        : !state.bus.live
          ? "Off"
          : waitsUntilMs === null
            ? "Giving nothing"
            : "Off, waiting",
      second: null,
      captions: [
        !state.bus.live
          ? "Off, no bus voltage"
          : waitsUntilMs !== null
            ? `Waits until ${words.time(waitsUntilMs)}`
            : curtailedW > idleW
              ? `${kW(curtailedW)} held back`
              : ratedW === null
                ? ""
                : `of ${kW(ratedW, 0)}`,
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
      ? `Charger ${one.evse}${one.vehicle ? `, ${one.vehicle}` : ""}`
      : `${state.evses.length} chargers, ${totals.vehicles} ${totals.vehicles === 1 ? "vehicle" : "vehicles"}`,
    value: said[0],
    second: said[1],
    captions: [],
    wire: { live: state.bus.live, powerW: totals.netW },
    breakerClosed: state.bus.live,
  });
  return rows;
}

function vehiclesText(state: SiteState, totals: Totals): readonly [string, string | null] {
  if (totals.forming.length > 0)
    return [
      totals.netW <= idleW ? `Forming ${kW(totals.dischargeW)}` : `Forming, taking ${kW(totals.netW)}`,
      totals.dischargeW > idleW && totals.chargeW > idleW ? `Charging ${kW(totals.chargeW)}` : null,
    ];
  if (totals.dischargeW > 0)
    return [`Discharging ${kW(totals.dischargeW)}`, totals.chargeW > 0 ? `Charging ${kW(totals.chargeW)}` : null];
  if (totals.chargeW > 0) return [`Charging ${kW(totals.chargeW)}`, null];
  if (state.mode.mode === "lockedOut") return ["Off, locked out", null];
  if (state.mode.mode === "blind") return ["Off, blind", null];
  return [totals.vehicles === 0 ? "No vehicle" : "Idle", null];
}

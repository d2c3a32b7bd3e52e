/** Actions on vehicles and chargers: power, reserve, departure, discharging. */

import { label, t } from "../language/language.ts";
import type { EvseState } from "../state.ts";
import type { Words } from "../view/format.ts";
import { pct } from "../view/format.ts";
import { hasParallelPermit } from "../view/permission.ts";
import { reserveMaxPct, reserveMinPct } from "./kinds.ts";
import {
  type At,
  allChargers,
  chargerChoice,
  connectedChoices,
  countChargers,
  type Rows,
  reservePct,
  rise,
  type Said,
} from "./row.ts";

/** What a departure asks for when nobody says more. */
const targetUsualPct = 80;

/** Why nobody's charging can be changed just now; null where it can. */
const nobodyToServe = ({ state, totals }: At): Said | null =>
  state.mode.mode === "lockedOut"
    ? ["because.lockedOut"]
    : totals.islanded
      ? ["because.notParallel"]
      : totals.vehicles === 0
        ? ["because.noVehicle"]
        : null;

export const vehicleRows = {
  stop: {
    label: label("Stop charging and discharging"),
    detail: () => t`All chargers or one, to 0 kW. The loads stay fed.`,
    verb: label("Stop"),
    role: "operator",
    stopsPower: true,
    because: nobodyToServe,
    effects: ({ totals }) => [["effect.stopAll"], ...rise(totals.dischargeW - totals.chargeW), ["effect.departures"]],
    inputs: ({ state }) => chargerChoice(state.evses),
  },
  pause: {
    label: label("Pause discharging"),
    detail: () => t`Charging goes on by plan.`,
    verb: label("Pause discharging"),
    role: "operator",
    because: (at) =>
      at.state.mode.mode === "lockedOut"
        ? ["because.lockedOut"]
        : at.totals.islanded
          ? ["because.notParallel"]
          : !hasParallelPermit(at.state)
            ? ["because.noPermit"]
            : at.state.evses.every((evse) => evse.paused || !evse.connected)
              ? ["because.allPaused"]
              : null,
    effects: (at) => {
      const price = at.state.day.prices.find((row) => row.fromMs <= at.state.atMs && row.toMs > at.state.atMs);
      const perHour = price ? (at.totals.dischargeW / 1000) * price.perKWh : 0;
      return [
        ["effect.pause"],
        ...rise(at.totals.dischargeW),
        ...(price && perHour >= 0.5
          ? [["effect.cost", { perHour: perHour.toFixed(0), currency: price.currency }] as Said]
          : []),
      ];
    },
    inputs: ({ state }) => chargerChoice(state.evses),
  },
  resume: {
    label: label("Resume"),
    detail: ({ state }) => t`${countChargers(heldEvses(state.evses).length)} stopped, paused or charged at once now.`,
    verb: label("Resume"),
    role: "operator",
    quiet: true,
    because: ({ state }) => (heldEvses(state.evses).length > 0 ? null : ["because.notPaused"]),
    effects: () => [["effect.resume"]],
    inputs: ({ state }) => chargerChoice(heldEvses(state.evses)),
  },
  reserve: {
    label: label("Change the reserve"),
    detail: ({ state }) => t`${pct(reservePct(state))} in every vehicle now.`,
    verb: label("Change reserve"),
    role: "operator",
    because: ({ state }) => (state.mode.mode === "lockedOut" ? ["because.lockedOut"] : null),
    effects: () => [["effect.reserve"]],
    inputs: ({ state }) => [
      {
        kind: "percent",
        name: "reservePct",
        label: t`Reserve, % (${reserveMinPct}–${reserveMaxPct})`,
        valuePct: reservePct(state),
        minPct: reserveMinPct,
        maxPct: reserveMaxPct,
      },
    ],
  },
  departure: {
    label: label("Change departure times"),
    detail: () => t`When a vehicle leaves, and how full.`,
    verb: label("Save departure"),
    role: "operator",
    because: ({ state, totals }) =>
      state.mode.mode === "lockedOut" ? ["because.lockedOut"] : totals.vehicles === 0 ? ["because.noVehicle"] : null,
    effects: () => [["effect.replan"]],
    inputs: (at) => {
      const here = at.state.evses.filter((evse) => evse.connected);
      const usualMs = at.state.atMs + 8 * 3_600_000;
      const first = here[0];
      const valueMs = first?.departsAtMs ?? usualMs;
      const fills = Object.fromEntries(here.map((evse) => [String(evse.evse), standing(evse, usualMs, at.words)]));
      return [
        {
          kind: "choice",
          name: "evse",
          label: t`Vehicle`,
          options: [
            ...connectedChoices(at),
            ...(here.length > 1 ? [[allChargers, t`All ${here.length} vehicles`] as const] : []),
          ],
          fills,
        },
        { kind: "moment", name: "departsAtMs", label: t`Leaves at`, valueMs, text: at.words.hm(valueMs) },
        {
          kind: "percent",
          name: "targetPct",
          label: t`Charged to, %`,
          valuePct: Math.round(first?.targetPct ?? targetUsualPct),
          minPct: reserveMinPct,
          maxPct: 100,
        },
      ];
    },
    check: (values, { state }) => {
      const departsAtMs = Number(values["departsAtMs"]);
      if (values["evse"] !== allChargers) {
        const evse = state.evses.find((candidate) => candidate.evse === Number(values["evse"]));
        if (!evse) return ["refuse.unknownEvse", { evse: String(values["evse"]) }];
        if (!evse.connected) return ["refuse.noVehicle", { evse: evse.evse }];
      }
      return departsAtMs <= state.atMs ? ["refuse.past", { departsAtMs }] : null;
    },
  },
  clearDeparture: {
    label: label("Clear a departure"),
    detail: ({ state }) => t`${withDeparture(state.evses).length} of ${state.evses.length} have one.`,
    verb: label("Clear departure"),
    role: "operator",
    quiet: true,
    because: ({ state }) => (withDeparture(state.evses).length > 0 ? null : ["because.noDeparture"]),
    effects: () => [["effect.clearDeparture"]],
    inputs: ({ state }) => chargerChoice(withDeparture(state.evses), t`Vehicle`),
  },
  chargeNow: {
    label: label("Charge now"),
    detail: () => t`One vehicle up to its target with all it can take, whatever plan and backend ask.`,
    verb: label("Charge now"),
    role: "operator",
    quiet: true,
    because: nobodyToServe,
    effects: () => [["effect.chargeNow"], ["effect.replan"]],
    inputs: (at) => [{ kind: "choice", name: "evse", label: t`Vehicle`, options: connectedChoices(at) }],
  },
  priority: {
    label: label("Change who goes first"),
    detail: () => t`Where not all can be ready, 1 is served before 2, and 2 before 3.`,
    verb: label("Change priority"),
    role: "operator",
    quiet: true,
    because: ({ totals }) => (totals.vehicles === 0 ? ["because.noVehicle"] : null),
    effects: () => [["effect.priority"], ["effect.replan"]],
    inputs: (at) => [
      { kind: "choice", name: "evse", label: t`Vehicle`, options: connectedChoices(at) },
      {
        kind: "choice",
        name: "priority",
        label: t`Priority`,
        options: [
          ["1", t`1, before all others`],
          ["2", t`2, as usual`],
          ["3", t`3, after all others`],
        ],
      },
    ],
  },
  outageWarning: {
    label: label("Warn of an outage"),
    detail: () => t`Storm or shutoff: the vehicles are charged for tier 1 before it comes.`,
    verb: label("Warn"),
    role: "operator",
    quiet: true,
    because: ({ state }) => (state.tiers.length === 0 ? ["because.noTiers"] : null),
    effects: () => [["effect.outageWarning"], ["effect.replan"]],
    inputs: ({ state, words }) => {
      const valueMs = state.atMs + warningUsualMs;
      return [
        {
          kind: "choice",
          name: "hours",
          label: t`Hours of tier 1`,
          options: warningHours.map(
            (hours) => [String(hours), hours === 0 ? t`None: take the warning back` : `${hours} h`] as const,
          ),
        },
        { kind: "moment", name: "untilMs", label: t`Until`, valueMs, text: words.hm(valueMs) },
      ];
    },
    check: (values, { state }) =>
      Number(values["hours"]) > 0 && Number(values["untilMs"]) <= state.atMs
        ? ["refuse.past", { departsAtMs: Number(values["untilMs"]) }]
        : null,
  },
  enableDischarge: {
    label: label("Enable discharging at a charger"),
    detail: ({ state }) =>
      t`${countChargers(state.evses.filter((evse) => !evse.dischargeEnabled).length)} not enabled.`,
    verb: label("Enable discharging"),
    role: "installer",
    quiet: true,
    because: ({ state }) => (state.evses.some((evse) => !evse.dischargeEnabled) ? null : ["because.allEnabled"]),
    effects: () => [["effect.discharge"]],
    inputs: ({ state }) => [
      {
        kind: "choice",
        name: "evse",
        label: t`Charger`,
        options: state.evses
          .filter((evse) => !evse.dischargeEnabled)
          .map((evse) => [String(evse.evse), t`Charger ${evse.evse}`] as const),
      },
    ],
  },
} satisfies Rows;

/** Hours that a warning may ask for. */
const warningHours = [0, 2, 4, 8, 12, 16, 24, 48, 72] as const;
const warningUsualMs = 24 * 3_600_000;

const heldEvses = (evses: readonly EvseState[]): EvseState[] =>
  evses.filter((evse) => evse.held !== null || evse.chargeNow);
const withDeparture = (evses: readonly EvseState[]): EvseState[] =>
  evses.filter((evse) => evse.connected && evse.departsAtMs !== null);

/** What stands for a vehicle, as the fields of the form show it. */
const standing = (evse: EvseState, usualMs: number, words: Words): Readonly<Record<string, string>> => ({
  departsAtMs: words.hm(evse.departsAtMs ?? usualMs),
  targetPct: String(Math.round(evse.targetPct ?? targetUsualPct)),
});

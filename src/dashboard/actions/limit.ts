/** Actions on what the site may do: limits and the permit. */

import { label, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import { kW } from "../view/format.ts";
import { demandW, type Rows, siteImportW } from "./row.ts";

/** How far this person may go back: where their own tightening began. Null where the limit in force is not theirs. */
function backTo(state: SiteState, name: string): number | null {
  const limit = state.limits.find(({ id }) => id === "demandLimitW");
  return limit?.by === "operator" && limit.detail === name ? (limit.backTo ?? null) : null;
}

const linkCaps = ({ asks }: SiteState): NonNullable<SiteState["asks"]> =>
  (asks ?? []).filter(({ kind }) => kind === "cap");

export const limitRows = {
  tighten: {
    label: label("Tighten a limit"),
    detail: () => t`Below what is in force; your own may be taken back.`,
    verb: label("Tighten"),
    role: "operator",
    because: ({ state, totals }) =>
      state.mode.mode === "lockedOut" ? ["because.lockedOut"] : totals.islanded ? ["because.notParallel"] : null,
    effects: ({ state }) => [["effect.nextCycle"], ["effect.only.tighten", { inForceW: demandW(state) }]],
    inputs: ({ state }) => [
      {
        kind: "power",
        name: "demandLimitW",
        label: t`New demand limit, kW (${kW(demandW(state), 0)} in force)`,
        valueW: demandW(state),
        minW: 0,
        maxW: siteImportW(state),
      },
    ],
    check: (values, { state }, { name, role }) => {
      const askedW = Number(values["demandLimitW"]);
      const inForceW = demandW(state);
      if (askedW <= inForceW || role === "installer") return null;
      const backW = backTo(state, name);
      if (backW !== null && askedW <= backW) return null;
      return backW === null ? ["refuse.onlyTighten", { askedW, inForceW }] : ["refuse.backTo", { askedW, backW }];
    },
  },
  untighten: {
    label: label("Take back my own limit"),
    detail: ({ state }) => t`${kW(demandW(state), 0)} in force.`,
    verb: label("Take back"),
    role: "operator",
    quiet: true,
    because: ({ state }) =>
      state.limits.some(({ id, by, backTo: back }) => id === "demandLimitW" && by === "operator" && back !== undefined)
        ? null
        : ["because.notTightened"],
    effects: () => [["effect.untighten"], ["effect.nextCycle"]],
    check: (_values, { state }, { name, role }) =>
      role === "installer" || backTo(state, name) !== null ? null : ["refuse.notYours"],
  },
  releaseLimits: {
    label: label("Take back limits of connected systems"),
    detail: ({ state }) =>
      [...new Set(linkCaps(state).map(({ asker }) => asker))].join(", ").slice(0, 200) || t`None has set one.`,
    verb: label("Take back"),
    role: "operator",
    quiet: true,
    because: ({ state }) => (linkCaps(state).length > 0 ? null : ["because.noLinkLimits"]),
    effects: () => [["effect.releaseLimits"], ["effect.nextCycle"]],
  },
  fleetOff: {
    label: label("No orders from the fleet today"),
    detail: () => t`What it asks for now ends; from midnight it is heeded again.`,
    verb: label("Heed none"),
    role: "operator",
    quiet: true,
    because: ({ state: { fleet } }) =>
      fleet == null ? ["because.noFleet"] : fleet.offUntilMs === null ? null : ["because.fleetOff"],
    effects: () => [["effect.fleetOff"]],
  },
  fleetOn: {
    label: label("Heed the fleet’s orders again"),
    detail: () => "",
    verb: label("Heed"),
    role: "operator",
    quiet: true,
    because: ({ state: { fleet } }) =>
      fleet == null ? ["because.noFleet"] : fleet.offUntilMs === null ? ["because.fleetOn"] : null,
    effects: () => [["effect.fleetOn"]],
  },
  setLimit: {
    label: label("Change the export limit"),
    quiet: true,
    detail: ({ state }) => t`Up to the permit: ${kW(state.permit?.exportLimitW ?? 0)}.`,
    verb: label("Change"),
    role: "installer",
    because: ({ state }) =>
      state.permit?.mode === "parallel-export"
        ? null
        : state.permit === null
          ? ["because.noPermit"]
          : ["because.noExport"],
    effects: () => [["effect.versioned"], ["effect.nextCycle"]],
    inputs: ({ state }) => [
      {
        kind: "power",
        name: "exportLimitW",
        label: t`New export limit, kW`,
        valueW: state.exportLimitW ?? 0,
        minW: 0,
        maxW: Math.max(siteImportW(state), state.permit?.exportLimitW ?? 0),
      },
    ],
    check: (values, { state }) => {
      const askedW = Number(values["exportLimitW"]);
      const permitW = state.permit?.exportLimitW ?? 0;
      return askedW > permitW ? ["refuse.abovePermit", { askedW, permitW }] : null;
    },
  },
  installPermit: {
    label: label("Install a permit"),
    detail: () => t`Utility, date, mode, limits, firmware covered.`,
    verb: label("Install permit"),
    role: "installer",
    because: () => null,
    effects: ({ state }) => [["effect.permit", { delayS: state.profile.delayS }], ["effect.versioned"]],
    inputs: () => [
      { kind: "text", name: "permit", label: t`The permit file’s content (JSON or YAML)`, lengthMax: 8000 },
    ],
  },
} satisfies Rows;

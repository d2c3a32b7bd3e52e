/** Actions on what the site may do: limits and the permit. */
import { kW } from "../view/format.ts";
import { demandW, maxSiteW, type Rows } from "./row.ts";

export const limitRows = {
  tighten: {
    label: "Tighten a limit",
    detail: () => "Only below what is in force.",
    verb: "Tighten",
    role: "operator",
    because: ({ state, totals }) =>
      state.mode.mode === "lockedOut" ? ["because.lockedOut"] : totals.islanded ? ["because.notParallel"] : null,
    effects: ({ state }) => [["effect.nextCycle"], ["effect.only.tighten", { inForceW: demandW(state) }]],
    inputs: ({ state }) => [
      {
        kind: "power",
        name: "demandLimitW",
        label: `New demand limit, kW (${kW(demandW(state), 0)} in force)`,
        valueW: demandW(state),
        minW: 0,
        maxW: maxSiteW(state),
      },
    ],
    check: (values, { state }, role) => {
      const askedW = Number(values["demandLimitW"]);
      return askedW > demandW(state) && role !== "installer"
        ? ["refuse.onlyTighten", { askedW, inForceW: demandW(state) }]
        : null;
    },
  },
  setLimit: {
    label: "Change the export limit",
    quiet: true,
    detail: ({ state }) => `Up to the permit: ${kW(state.permit?.exportLimitW ?? 0)}.`,
    verb: "Change",
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
        label: "New export limit, kW",
        valueW: state.exportLimitW ?? 0,
        minW: 0,
        maxW: maxSiteW(state),
      },
    ],
    check: (values, { state }) => {
      const askedW = Number(values["exportLimitW"]);
      const permitW = state.permit?.exportLimitW ?? 0;
      return askedW > permitW ? ["refuse.abovePermit", { askedW, permitW }] : null;
    },
  },
  installPermit: {
    label: "Install a permit",
    detail: () => "Utility, date, mode, limits, firmware covered.",
    verb: "Install permit",
    role: "installer",
    because: () => null,
    effects: ({ state }) => [["effect.permit", { delayS: state.profile.delayS }], ["effect.versioned"]],
    inputs: () => [
      { kind: "text", name: "permit", label: "The permit file’s content (JSON or YAML)", lengthMax: 8000 },
    ],
  },
} satisfies Rows;

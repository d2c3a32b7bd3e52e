/** Actions on the island and on a lockout, most of them for a person on site. */
import { coherentMs } from "../../domain/electrical.ts";
import { isJoined } from "../../domain/modes.ts";
import { label, t } from "../language/language.ts";
import type { SiteState } from "../state.ts";
import { countWord } from "../view/format.ts";
import { mayBackUp } from "../view/permission.ts";
import { plannedIslandMs } from "./kinds.ts";
import type { At, Rows } from "./row.ts";

const coherent = ({ state, totals }: At): boolean =>
  totals.k1 !== "unproven" && state.k1.agreeSinceMs !== null && state.atMs - state.k1.agreeSinceMs >= coherentMs;

export const islandRows = {
  plannedIsland: {
    label: label("Planned island"),
    detail: () => t`You must be on site and turn the key at K1.`,
    verb: label("Start planned island"),
    role: "operator",
    onSite: true,
    because: (at) =>
      at.state.mode.mode === "lockedOut"
        ? ["because.lockedOut"]
        : at.totals.islanded
          ? ["because.islanded"]
          : !isJoined(at.state.mode.mode) || at.state.mode.mode === "zeroingExchange" || !at.state.grid.good
            ? ["because.notParallel"]
            : at.state.mode.mode === "enterDelay"
              ? ["because.delayRuns", { endsAtMs: at.state.mode.wait?.endsAtMs ?? Number.NaN }]
              : !mayBackUp(at.state)
                ? ["empty.island"]
                : at.state.island.startsLeft <= 0
                  ? ["because.noStarts"]
                  : null,
    effects: ({ state }) => [
      [state.mode.seamless.leaving ? "effect.noInterruption" : "effect.interruption"],
      [
        "effect.forms",
        {
          chargers:
            state.island.wouldForm.length === 1
              ? t`One charger forms`
              : t`${countWord(state.island.wouldForm.length)} chargers form`,
          runwayH: state.tiers.at(-1)?.runwayH ?? Number.NaN,
        },
      ],
      ["effect.islandLasts", { lastsH: plannedIslandMs / 3_600_000 }],
      ["effect.key"],
    ],
  },
  restoreTier: {
    label: label("Restore a tier"),
    detail: ({ state }) => tierDetail(state, "shed"),
    verb: label("Restore tier"),
    role: "operator",
    quiet: true,
    because: ({ state, totals }) =>
      !totals.islanded
        ? ["because.notIsland"]
        : state.tiers.some((tier) => tier.state === "shed")
          ? null
          : ["because.nothingToRestore"],
    effects: ({ state }) => {
      const tier = state.tiers.find((candidate) => candidate.state === "shed");
      return tier
        ? [
            [
              "effect.restore",
              { tier: tier.name, loadW: tier.expectedW ?? Number.NaN, runwayH: tier.runwayH ?? Number.NaN },
            ],
          ]
        : [];
    },
    inputs: ({ state }) => {
      // Tiers come back in order: only the first that is shed.
      const i = state.tiers.findIndex((tier) => tier.state === "shed");
      const tier = state.tiers[i];
      return tier ? [{ kind: "choice", name: "tier", label: t`Tier`, options: [[String(i + 1), tier.name]] }] : [];
    },
  },
  shedTier: {
    label: label("Shed a tier"),
    detail: ({ state }) => tierDetail(state, "on"),
    verb: label("Shed tier"),
    role: "operator",
    stopsPower: true,
    quiet: true,
    because: ({ state, totals }) =>
      !totals.islanded
        ? ["because.notIsland"]
        : state.tiers.filter((tier) => tier.state === "on").length > 1
          ? null
          : ["because.nothingToShed"],
    effects: ({ state }) => {
      const i = lastFed(state);
      const tier = state.tiers[i];
      return tier ? [["effect.shed", { tier: tier.name, runwayH: state.tiers[i - 1]?.runwayH ?? Number.NaN }]] : [];
    },
    inputs: ({ state }) => {
      const i = lastFed(state);
      const tier = state.tiers[i];
      return tier && i > 0
        ? [{ kind: "choice", name: "tier", label: t`Tier`, options: [[String(i + 1), tier.name]] }]
        : [];
    },
  },
  endIsland: {
    label: label("Return to the grid"),
    detail: () => t`Ends the island that was asked for.`,
    verb: label("Return to the grid"),
    role: "operator",
    quiet: true,
    // An island nobody asked for returns by itself; without a grid there is nothing to return to.
    because: ({ state, totals }) =>
      !totals.islanded
        ? ["because.notIsland"]
        : totals.gridDead
          ? ["because.gridDead"]
          : state.mode.cause?.key === "cause.operatorIsland"
            ? null
            : ["because.returnsItself", { returnS: state.profile.returnS }],
    effects: ({ state }) => [
      ["effect.returns", { returnS: state.profile.returnS }],
      [state.mode.seamless.returning ? "effect.noInterruption" : "effect.interruptionReturn"],
    ],
  },
  resetLockout: {
    label: label("Reset the lockout"),
    detail: () => t`Only when both contacts agree and the meter is fresh.`,
    verb: label("Reset the lockout"),
    role: "installer",
    onSite: true,
    quiet: true,
    because: (at) =>
      at.state.mode.mode !== "lockedOut"
        ? ["because.notLocked"]
        : !coherent(at)
          ? ["because.contacts", { agreeMs: coherentMs }]
          : at.state.health.meterQuality !== "good"
            ? ["because.meter"]
            : null,
    effects: ({ state }) => [["effect.resetSafe", { no: state.k1.no }], ["effect.reset"]],
  },
} satisfies Rows;

const lastFed = (state: SiteState): number => state.tiers.findLastIndex((tier) => tier.state === "on");
function tierDetail(state: SiteState, which: "on" | "shed"): string {
  const tier =
    which === "on" ? state.tiers[lastFed(state)] : state.tiers.find((candidate) => candidate.state === "shed");
  return tier ? `${tier.name}, ${tier.what}.` : "";
}

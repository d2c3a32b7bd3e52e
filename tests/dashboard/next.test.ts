/** What the page says would change the mode, against the rows of the mode machine that would do it. */
import { describe, expect, test } from "vitest";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { type TransferDeviceKindName, transferDeviceKinds } from "../../src/core/modes/transfer-device.ts";
import type { SiteState } from "../../src/dashboard/state.ts";
import { wordsFor } from "../../src/dashboard/view/format.ts";
import { consequences, nextOf } from "../../src/dashboard/view/next.ts";
import { view } from "../../src/dashboard/view.ts";
import { type Mode, modeNames, modePlaces } from "../../src/domain/modes.ts";
import { sampleState } from "./sampleStates.ts";

const abilities = [
  { name: "no stage forms", wouldForm: [], holds: false },
  { name: "a stage forms", wouldForm: [3], holds: false },
  { name: "a stage forms and holds its angle", wouldForm: [3], holds: true },
] as const;
const kinds = Object.keys(transferDeviceKinds) as TransferDeviceKindName[];
/** Modes that a site with this device can be in: without one it is never cut off. */
const modesOf = (kind: TransferDeviceKindName): readonly Mode[] =>
  modeNames.filter((mode) => {
    if (!transferDeviceKinds[kind].canIsolate)
      return modePlaces[mode] === "grid" ? mode !== "zeroingExchange" : modePlaces[mode] === "lost";
    return transferDeviceKinds[kind].closedTransition || (mode !== "resyncing" && mode !== "closingLive");
  });

function stateOf(mode: Mode, kind: TransferDeviceKindName, ability: (typeof abilities)[number]): SiteState {
  const state = sampleState("island");
  const { canIsolate, closedTransition } = transferDeviceKinds[kind];
  return {
    ...state,
    mode: { ...state.mode, mode, cause: null, seamless: { leaving: ability.holds, returning: closedTransition } },
    k1: { ...state.k1, present: canIsolate },
    island: { ...state.island, wouldForm: canIsolate ? [...ability.wouldForm] : [], handover: null },
  };
}
const cases = kinds.flatMap((kind) =>
  modesOf(kind).flatMap((mode) =>
    abilities.map((ability) => [`${mode}, ${kind}, ${ability.name}`, mode, kind, ability] as const),
  ),
);
const leads = (from: Mode, to: Mode): boolean => modeRows.some((row) => row.from.includes(from) && row.to === to);
const words = wordsFor("UTC");

describe("every consequence is a row of the mode machine", () => {
  test.each(cases)("%s", (_name, mode, kind, ability) => {
    const state = stateOf(mode, kind, ability);
    const said = consequences.filter(({ modes, only }) => modes.includes(mode) && (only?.(state) ?? true));
    expect(said.length).toBeGreaterThan(0);
    for (const { leadsTo, say } of said)
      for (const to of leadsTo(state)) expect(leads(mode, to), `${JSON.stringify(say)}: ${mode} → ${to}`).toBe(true);
    for (const { when, what } of nextOf(state, words)) {
      expect(`${when} ${what}`).not.toMatch(/undefined|NaN|\{/);
      // Only an island that stands can end; only a site that can be cut off becomes one.
      if (modePlaces[mode] !== "island") expect(what).not.toMatch(/ends the island/);
      if (kind === "none")
        expect(what).not.toMatch(/K1 (closes|opens)|cut off from the grid and (the vehicles|becomes)/);
      if (mode === "closingLive") expect(what).not.toMatch(/Any sign of/);
    }
  });
});

describe("what is promised of the loads", () => {
  const said = (mode: Mode, kind: TransferDeviceKindName, i: number): string =>
    nextOf(stateOf(mode, kind, abilities[i]!), words)
      .map(({ what }) => what)
      .join(" ");
  test.each([
    ["return by open transition: half a second", "islandRunning", "open-transition", 1, /half a second/],
    ["return in step: none", "islandRunning", "microgrid-interconnect", 1, /Loads stay fed/],
    ["planned island, a stage holds: none", "zeroingExchange", "open-transition", 2, /Loads stay fed/],
    ["planned island, none holds: about 2 s", "zeroingExchange", "open-transition", 1, /about 2 s/],
    [
      "a return whose grid fails goes on dark, with a new start",
      "returning",
      "open-transition",
      1,
      /start the island again/,
    ],
    ["K1 that does not close is opened, not locked out", "closing", "open-transition", 1, /opens again/],
  ] as const)("%s", (_name, mode, kind, i, sentence) => {
    expect(said(mode, kind, i).replaceAll("\u00a0", " ")).toMatch(sentence);
  });
  test.each([
    ["blinks for two seconds", { leaving: false, returning: false }, /without power for about 2 s/],
    ["is not felt where a stage holds its angle", { leaving: true, returning: true }, /Loads stay fed/],
  ])("the action of a planned island %s", (_name, seamless, sentence) => {
    const state = sampleState("parallel");
    const { offered } = view(
      { ...state, mode: { ...state.mode, seamless } },
      { role: "operator", supported: ["plannedIsland"] },
    ).actions;
    expect(offered[0]?.effects.join(" ").replaceAll("\u00a0", " ")).toMatch(sentence);
  });
});

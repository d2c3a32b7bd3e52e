/** What the page says would change the mode, against the rows of the mode machine that would do it. */
import { describe, expect, test } from "vitest";
import { type SiteAbilities, whereLeads } from "../../src/core/modes/consequences.ts";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { type TransferDeviceKindName, transferDeviceKinds } from "../../src/core/modes/transfer-device.ts";
import type { SiteState } from "../../src/dashboard/state.ts";
import { wordsFor } from "../../src/dashboard/view/format.ts";
import { type Consequence, consequences, nextOf } from "../../src/dashboard/view/next.ts";
import { view } from "../../src/dashboard/view.ts";
import { isIslanded, isJoined, type Mode, modeColumns, modeNames } from "../../src/domain/modes.ts";
import { sentences } from "../../src/domain/words.table.ts";
import type { SentenceKey } from "../../src/domain/words.ts";
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
      return isJoined(mode) ? mode !== "zeroingExchange" : modeColumns[mode].place === "lost";
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
const abilitiesOf = (
  kind: TransferDeviceKindName,
  { wouldForm, holds }: (typeof abilities)[number],
): SiteAbilities => ({
  backup: transferDeviceKinds[kind].canIsolate && wouldForm.length > 0,
  closedTransition: transferDeviceKinds[kind].closedTransition,
  holdsAngle: holds,
});
const words = wordsFor("UTC");

/**
 * What each sentence says: where the site goes, in words of its own that no other sentence has, and from where where that matters. Swap two sentences, in the
 * view or in the table of words, and they part from the rows of the mode machine or from these.
 */
const meanings: Partial<Record<SentenceKey, readonly [to: readonly Mode[], says: RegExp, from?: readonly Mode[]]>> = {
  "next.nothingByItself": [[], /ends only with a person on site/, ["lockedOut"]],
  "next.afterRepair": [["noFeedback"], /an installer resets here/],
  "next.gridReturnsLocked": [[], /may become live through K1.*Chargers stay off/, ["lockedOut"]],
  "next.devicesAnswer": [[], /When the devices answer and agree: back to load only/],
  "next.trip": [["ceased"], /Discharging stops at once/, ["parallel"]],
  "next.parallel": [["ramping"], /discharging may rise to full/],
  "next.full": [["parallel"], /Full permitted power/],
  "next.sag": [["ceased"], /the \S+ start again/, ["enterDelay", "ramping"]],
  "next.gridGood": [["enterDelay"], /Good at both voltmeters for .*discharging may start again/],
  "next.gridStaysOut": [["isolating"], /cut off from the grid and becomes an island/, ["ceased"]],
  "next.permitEnds": [["loadOnly"], /^Load only, within one control cycle/, ["parallel", "ramping", "ceased"]],
  "next.gridFails": [["isolating"], /vehicles feed it\. Last time/, ["loadOnly"]],
  "next.gridFailsUntried": [["isolating"], /vehicles feed it\.$/, ["loadOnly"]],
  "next.gridFailsNoBackup": [[], /Loads lose power; no vehicle can form/, ["loadOnly"]],
  "next.withPermit": [["ceased"], /An installer enters it/],
  "next.balancedStay": [["transferToIsland"], /K1 opens while the chargers carry the loads/, ["zeroingExchange"]],
  "next.balancedInterruption": [
    ["transferToIsland"],
    /K1 opens and the island starts.* about 2 s/,
    ["zeroingExchange"],
  ],
  "next.requestEnds": [["parallel"], /goes on in parallel/],
  "next.carriesOn": [["islandRunning"], /^The island runs; loads stay fed/, ["transferToIsland"]],
  "next.cutOff": [["isolated"], /cut off, and the island starts as soon as/, ["transferToIsland", "opening"]],
  "next.offOpens": [["opening"], /^K1 opens\.$/, ["isolating"]],
  "next.stopOver": [["lockedOut"], /Locked out: a charger that does not stop/, ["isolating"]],
  "next.notOpen": [["lockedOut"], /Locked out; a person on site is needed/, ["transferToIsland", "opening"]],
  "next.islandForms": [["islandStarting", "islandRunning"], /Loads come back by tier/],
  "next.startFails": [["isolated"], /start is given up/, ["islandStarting"]],
  "next.gridReturnsDark": [["returning"], /K1 closes and the loads are fed again/, ["isolated"]],
  "next.gridReturns": [
    ["returning"],
    /the site returns\. Loads are without power for about half a second/,
    ["islandRunning"],
  ],
  "next.gridReturnsInStep": [["resyncing"], /K1 closes in step\. Loads stay fed/],
  "next.handover": [[], /takes over from/, ["islandRunning"]],
  "next.k1Moves": [
    ["lockedOut", "noFeedback"],
    /“closed” ends the island/,
    ["islandStarting", "islandRunning", "resyncing"],
  ],
  "next.k1MovesOff": [
    ["lockedOut", "noFeedback"],
    /Every charger stays off; the site is locked out, or without feedback/,
    ["isolated", "returning"],
  ],
  "next.deadCloses": [["closing"], /^K1 closes and the grid feeds the loads/],
  "next.gridFailsAgain": [["isolated"], /K1 stays open; the vehicles start the island again/, ["returning"]],
  "next.joined": [["loadOnly"], /^The grid feeds the loads; load only/, ["closing"]],
  "next.notClosed": [["opening"], /K1 opens again, and the return is not tried/, ["closing"]],
  "next.sync": [["closingLive"], /K1 closes without a break/],
  "next.noMatch": [["islandRunning"], /The island goes on, and the return is not tried/, ["resyncing"]],
  "next.joinedLive": [["loadOnly"], /joined with the grid; loads stay fed/, ["closingLive"]],
  "next.syncLost": [["resyncing", "opening"], /K1 stays open or opens again/],
};
/** Sentences that name one of several ends, or none that a row can be held to. */
const open: readonly SentenceKey[] = ["next.islandForms", "next.devicesAnswer", "next.gridReturnsLocked"];
const keyOf = ({ say }: Consequence, state: SiteState): SentenceKey => (typeof say === "string" ? say : say(state));

describe("every consequence says what the rows of the mode machine do", () => {
  test.each(cases)("%s", (_name, mode, kind, ability) => {
    const state = stateOf(mode, kind, ability);
    const said = consequences.filter(({ modes, only }) => modes.includes(mode) && (only?.(state) ?? true));
    expect(said.length).toBeGreaterThan(0);
    for (const consequence of said) {
      const key = keyOf(consequence, state);
      const [to, , from] = meanings[key] ?? expect.fail(`${key} has no meaning in this test`);
      const leads = whereLeads(mode, consequence.on, abilitiesOf(kind, ability));
      if (from !== undefined) expect(from, key).toContain(mode);
      if (open.includes(key)) expect(leads.length > 0).toBe(key !== "next.gridReturnsLocked");
      // The likeliest end first: of a transfer that may fail the sentence tells what is meant to come.
      else
        expect(leads.slice(0, Math.max(1, to.length)), key).toEqual(
          to.length === 0 ? [] : expect.arrayContaining([...to]),
        );
    }
    for (const { when, what } of nextOf(state, words)) {
      expect(`${when} ${what}`).not.toMatch(/undefined|NaN|\{/);
      // Only an island that stands can end; only a site that can be cut off becomes one.
      if (!isIslanded(mode)) expect(what).not.toMatch(/ends the island/);
      if (kind === "none")
        expect(what).not.toMatch(/K1 (closes|opens)|cut off from the grid and (the vehicles|becomes)/);
      if (mode === "closingLive") expect(what).not.toMatch(/Any sign of/);
    }
  });

  test("each sentence has its own meaning, and no other's", () => {
    for (const [key, meaning] of Object.entries(meanings)) {
      const matching = Object.keys(meanings).filter((other) =>
        meaning[1].test(sentences[other as SentenceKey].replace("{darkS}", "2 s")),
      );
      expect(matching, `${meaning[1]}`).toEqual([key]);
    }
  });

  test("a row that leads elsewhere is noticed", () => {
    const wrong = modeRows.map((row) => (row.id === returnRow ? { ...row, to: "isolated" as const } : row));
    const abilities = { backup: true, closedTransition: false, holdsAngle: false };
    expect(whereLeads("islandRunning", "gridReturns", abilities)).toEqual(["returning"]);
    expect(whereLeads("islandRunning", "gridReturns", abilities, wrong)).toEqual(["isolated"]);
  });
});
/** The row by which an island returns through a dead bus. */
const returnRow = modeRows.find(({ from, to }) => from.includes("islandRunning") && to === "returning")!.id;

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
    ["an interruption of two seconds", { leaving: false, returning: false }, /without power for about 2 s/],
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

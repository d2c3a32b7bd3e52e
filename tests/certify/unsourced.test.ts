/** What no source tells is said wherever a code is tried, never guessed: here what VDE-AR-N 4105 asks to be ridden through. */
import { expect, test } from "vitest";
import { simulatedRig } from "../../sim/certify/simulated-rig.ts";
import { runProcedure } from "../../src/certify/engine.ts";
import { procedures } from "../../src/certify/procedures.table.ts";
import { codeFacts } from "../../src/cli/certify/code.ts";
import { builtInGridProfile, standardGridProfile } from "../../src/config/grid-profiles.ts";

const sentence = /^What VDE-AR-N 4105:2018 asks to be ridden through is unsourced: /;

test.each(["low-voltage-ride-through", "high-voltage-ride-through", "frequency-ride-through"])(
  "%s of a code whose ride-through has no source is not run, and says so",
  async (id) => {
    const profile = builtInGridProfile("vde-ar-n-4105-2018")!;
    const procedure = procedures.find((one) => one.id === id)!;
    const result = await runProcedure(procedure, profile, simulatedRig({ profile, seed: 1 }), { quick: false });
    expect(result).toMatchObject({ verdict: "not run", why: expect.stringMatching(sentence), rows: [] });
  },
);

test("the report's head says it, too, and of IEEE 1547 it says nothing", () => {
  expect(codeFacts(builtInGridProfile("vde-ar-n-4105-2018")!).unsourced).toMatch(sentence);
  expect(codeFacts(standardGridProfile).unsourced).toBe("");
});

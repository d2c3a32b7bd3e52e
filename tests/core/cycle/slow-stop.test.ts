/** A stage that is slow to stop, and is known to be: leaving parallel operation is no reason to lock the site out. */
import { describe, expect, test } from "vitest";
import { ratedW, TestSite } from "./site.ts";

const tickMs = 20;

/** Discharges behind a stage that takes what it is told `lateMs` later; then its permit is revoked. The modes that follow. */
function modesAfterRevocation(stage: string, lateMs: number): Set<string> {
  const site = new TestSite({ evses: 1, stage });
  const { core, snapshot } = site;
  const told: number[] = Array.from({ length: Math.round(lateMs / tickMs) }, () => 0);
  const late = (): void => {
    told.push(core.commands.stages[0]!.powerW);
    core.commands.stages[0]!.powerW = told.shift()!;
  };
  site.request(-0.5 * ratedW);
  site.run(40_000, late);
  expect(snapshot.stages[0]!.powerW).toBeLessThan(-0.4 * ratedW);
  const seen = new Set<string>();
  const each = (): void => {
    late();
    seen.add(core.machine.state.mode);
  };
  snapshot.site.permit.revoked = true;
  site.run(8_000, each);
  return seen;
}

describe("a stage that stops late", () => {
  test.each([
    ["2.5 s, as its settings say", ", commandPeriodMs: 2500", 2_500],
    ["at once", "", 0],
  ])("%s → no lockout", (_, stage, lateMs) => {
    expect([...modesAfterRevocation(stage, lateMs)]).not.toContain("lockedOut");
  });
  test("2.5 s, and its settings say at once → it disobeys", () => {
    expect([...modesAfterRevocation("", 2_500)]).toContain("lockedOut");
  });
});

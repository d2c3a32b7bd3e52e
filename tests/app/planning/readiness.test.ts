/** Who will be ready, what is in the way of the others, and what would help: tried, not supposed. */
import { describe, expect, test } from "vitest";
import type { ControlReport } from "../../../src/app/control/shared/report.ts";
import { costAtOnce } from "../../../src/app/planning/at-once.ts";
import { buildProblem } from "../../../src/app/planning/build-problem.ts";
import type { MadePlan } from "../../../src/app/planning/planning.ts";
import { readinessOf } from "../../../src/app/planning/readiness.ts";
import { remediesFor } from "../../../src/app/planning/remedies.ts";
import type { SituatedEvse, Situation } from "../../../src/app/planning/situation.ts";
import { createTries } from "../../../src/app/planning/tries.ts";
import { plan } from "../../../src/planning/planner.ts";
import { createHighsSolver } from "../../../src/planning/solver/highs.ts";
import { evse, hourMs, noVehicles, situation, startMs } from "./situations.ts";

const solver = await createHighsSolver();
const need = (hours: number, neededWh = 80_000, priority: 1 | 2 | 3 = 2) =>
  ({ departsAtMs: startMs + hours * hourMs, neededWh, priority, from: "timetable", atMs: 0, label: "" }) as const;

function made(
  evses: readonly SituatedEvse[],
  more: Partial<Situation> = {},
  solve: typeof solver | null = solver,
): MadePlan {
  const one = situation(evses, more);
  const built = buildProblem(one, noVehicles, null);
  return { version: 1, madeAtMs: startMs, plan: plan(built.problem, solve), built, situation: one };
}
const boardOf = (one: MadePlan) => {
  const present = one.situation.evses.map((row) => ({
    evse: row.evse,
    vehicle: null,
    knownBy: null,
    sinceMs: 0,
    need: row.need,
  }));
  const stages = one.situation.evses.map(({ socPct, capacityWh }) => ({ socPct, capacityWh }));
  return readinessOf(
    one,
    { presence: { present }, vehicles: noVehicles } as never,
    { stages } as unknown as ControlReport,
    startMs,
  );
};

describe("the state of a vehicle", () => {
  test.each([
    ["it has what it needs", { socPct: 85 }, {}, "ready", undefined],
    ["there is time", {}, {}, "on-the-way", undefined],
    ["less than a quarter of an hour to spare", { need: need(1.1) }, {}, "tight", undefined],
    ["too late for its power", { need: need(0.5) }, {}, "short", "late"],
    ["it should have left", { need: need(-1) }, {}, "missed", "late"],
    ["a person has stopped it", { held: 2, heldBy: "ann" }, {}, "short", "stopped"],
    ["the backend lets it have too little", { backendMaxW: 2_000 }, {}, "short", "backend-limit"],
    [
      "a feeder carries too little",
      {},
      { groups: [{ id: "Feeder B", evses: [1], maxChargeW: 3_000, maxDischargeW: 0 }] },
      "short",
      "feeder",
    ],
    ["the site may import too little", {}, { importLimitW: 13_000 }, "short", "import-limit"],
    ["its charge is not known", { socPct: Number.NaN }, {}, "unknown", "not-planned"],
  ] as const)("%s", (_, one, more, state, cause) => {
    const [row] = boardOf(made([evse(1, one as Partial<SituatedEvse>)], more as Partial<Situation>));
    expect([row?.state, row?.cause?.key]).toEqual([state, cause]);
    expect(row?.cause === null || /^[A-Z0-9].*\.$/.test(row!.cause!.sentence)).toBe(true);
  });
  test("who needs a person comes first, then by departure", () => {
    const rows = boardOf(
      made([
        evse(1, { need: need(3) }),
        evse(2, { need: need(2) }),
        evse(3, { held: 2, heldBy: "ann", need: need(9) }),
      ]),
    );
    expect(rows.map((row) => row.evse)).toEqual([3, 2, 1]);
  });
});

test("why a slot is as it is: the day is planned again without what is named, and the slot changes", async () => {
  const one = made([evse(1)], {});
  const tries = createTries(noVehicles);
  const waits = await tries.explain(one, 1, 0);
  const asked = await Promise.all(Array.from({ length: 7 }, (_, slot) => tries.explain(one, 1, slot)));
  await tries.stop();
  expect(waits).toEqual({ reasons: ["price"], proven: true });
  expect(asked.filter((answer) => answer === null)).toHaveLength(2);
});

describe("charging at once, on the planned day", () => {
  test("costs what the same needs cost from the first minute on", () => {
    const one = made([evse(1)], {}, null);
    // 40 kWh at 93 % in the two dear hours, beside 10 kW of load all day.
    expect(costAtOnce(one)).toBeCloseTo((40 / 0.93) * 0.5 + 10 * (2 * 0.5 + 22 * 0.1), 2);
    expect(one.plan.outcome.bill.total).toBeCloseTo((40 / 0.93) * 0.1 + 10 * (2 * 0.5 + 22 * 0.1), 2);
  });
  test("does not compare where it leaves more missing than the plan", () => {
    const urgent = evse(2, { need: need(1, 80_000, 1), socPct: 70 });
    const one = made([evse(1, { need: need(9) }), urgent], { importLimitW: 22_000 }, null);
    expect(one.plan.outcome.unmetWh[1]).toBeLessThan(1);
    expect(costAtOnce(one)).toBeNaN();
  });
});

describe("ways out", () => {
  test("each is tried as a plan, with what it does to the others; what there will be can be accepted", async () => {
    // Two vehicles share what lets only one of them be ready.
    const one = made(
      [evse(1, { need: need(4, 80_000, 1), priority: 1 }), evse(2, { need: need(4) })],
      { importLimitW: 25_000 },
      null,
    );
    const row = boardOf(one).find(({ evse: number }) => number === 2)!;
    expect([row.state, row.cause?.key]).toEqual(["short", "priority"]);
    const tries = createTries(noVehicles);
    const remedies = await remediesFor(one, row, tries);
    await tries.stop();
    expect(remedies.map(({ change }) => change.kind)).toEqual(["departure", "need"]);
    const [later, accept] = remedies;
    expect(later!.readyCount).toBe(2);
    expect(later!.change).toMatchObject({ kind: "departure", evse: 2 });
    expect(accept!.pct).toBe(Math.floor(row.forecastWh / 1_000));
    expect(accept!.readyCount).toBe(2);
  });
  test("the operator's own limit, a stop and a backend's cap are named where they are in the way", async () => {
    const one = made(
      [evse(1, { held: 2, heldBy: "ann", backendMaxW: 1_000 })],
      { operatorImportW: 15_000, importLimitW: 14_700 },
      null,
    );
    const tries = createTries(noVehicles);
    const kinds = (await remediesFor(one, boardOf(one)[0]!, tries)).map(({ change }) => change.kind);
    await tries.stop();
    // None of them alone helps here: nothing is promised that was not seen.
    expect(kinds).not.toContain("import-limit");
  });
});

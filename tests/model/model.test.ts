/** The exhaustive exploration, as much of it as a test run may cost; `npm run -s model` does all of it. */
import { expect, describe as suite, test } from "vitest";
import { type ModeRow, modeRows } from "../../src/core/modes/rows.table.ts";
import { islandsLost } from "./adoption.ts";
import { doubleFaults } from "./double-faults.table.ts";
import { performDouble, performRun } from "./jobs.ts";
import { type Run, runLists } from "./runs.table.ts";
import { secondLines } from "./second-lines.table.ts";
import { theRow, variants } from "./variants.ts";

/** An exploration is work, not waiting: a busy machine only makes it slower. */
const patienceMs = 600_000;
const runNamed = (name: string) =>
  [...runLists.proof, ...runLists.quick, closesItself].find((run) => run.name === name)!;
/** A fault that the row answers, alone: what a part of the proof shows with all of them, in a sixth of the time. */
const closesItself: Run = {
  name: "K1 closes itself",
  options: { faults: ["K1 closes itself"], free: ["grid"] },
  statesMax: 2e6,
};

suite("every reachable state", () => {
  test.each(runLists.quick.map((run) => [run.name, run] as const))(
    "%s",
    (_, run) => {
      const { result } = performRun(run);
      expect(result).toMatchObject({ expected: run.breaks ?? "", troubles: [], ok: true });
    },
    patienceMs,
  );
});

suite("a row or a guard that is left out is missed", () => {
  const cases: readonly (readonly [row: string, guard: string, run: string, what: RegExp])[] = [
    ["restart-island-adopted", "the record says island", "8 faults and a controller that dies", /silent-until-known/],
    ["k1-closed-by-itself", theRow, "K1 closes itself", /never-forms-on-the-grid/],
    ["parallel-not-permitted", theRow, "no fault, people and stages that trip", /discharge-with-authority/],
    ["parallel-grid-fails", theRow, "no fault, people and stages that trip", /./],
    ["island-start", theRow, "no fault, people and stages that trip", /stuck/],
    ["return-close-k1", "the bus is proven dead", "no fault, people and stages that trip", /closes-dead-or-in-step/],
    [
      "open-uncommanded-output",
      "a stage gives power against its orders",
      "no fault, people and stages that trip",
      /lockout-for-cause/,
    ],
    ["grid-outage", "backup is permitted", "no fault, people and stages that trip", /oscillates/],
  ];
  test.each(cases)(
    "%s without %s",
    (row, guard, run, what) => {
      const variant = variants().find((one) => one.row.id === row && one.guard === guard);
      expect(variant, `${row} has no guard ${guard}`).toBeDefined();
      const { findings } = performRun(runNamed(run), [variant!]);
      expect(findings[0]!.wrong?.what).toMatch(what);
    },
    patienceMs,
  );

  test("the states found without it are those of an exploration from the beginning", () => {
    const run = runNamed("no fault, people and stages that trip");
    const variant = variants().find(
      ({ row, guard }) => row.id === "return-close-k1" && guard === "the bus is proven dead",
    )!;
    const alone = performRun({ ...run, options: { ...run.options, rows: variant.rows } }).result.broken!;
    const { story } = performRun(run, [variant]).findings[0]!.wrong!;
    expect(story!.invariant).toBe(alone.invariant);
    expect(story!.states).toHaveLength(alone.states.length);
  });

  test("every row and every guard is a variant of its own, and every second line is one of them", () => {
    const expected = modeRows.reduce((sum, { when }) => sum + 1 + when.length, 0);
    expect(variants()).toHaveLength(expected);
    for (const { row, guard } of secondLines)
      expect(
        variants().some((one) => one.row.id === row && one.guard === guard),
        `${row}, ${guard}`,
      ).toBe(true);
  });
});

suite("a table with a mistake in it", () => {
  const changed = (id: string, change: Partial<ModeRow>): ModeRow[] =>
    modeRows.map((row) => (row.id === id ? { ...row, ...change } : row));
  const cases: readonly (readonly [what: string, rows: ModeRow[]])[] = [
    ["an island goes on without its permit", changed("island-no-backup-authority", { from: ["islandStarting"] })],
    ["a lost permit only leads to ceasing", changed("parallel-not-permitted", { from: ["ceased", "enterDelay"] })],
    ["a lockout is left without a person", changed("lockout-reset", { when: [] })],
    ["a start forgets that it used one of the starts", changed("island-start", { do: () => undefined })],
  ];
  test.each(cases)(
    "%s",
    (_, rows) => {
      const good = (run: Run): boolean => performRun({ ...run, options: { ...run.options, rows } }).result.ok;
      expect(runLists.quick.every(good)).toBe(false);
    },
    patienceMs,
  );
});

suite("two faults that defeat the software need their interlock", () => {
  // K1 that closes by itself has large worlds; `npm run -s model` explores them.
  const small = doubleFaults.filter(({ pairs }) => pairs[0]![0] !== "K1 closes itself");
  test.each(small.map((entry) => [entry.pairs[0]!.join(" + "), entry] as const))(
    "%s",
    (_, entry) => {
      const [first] = performDouble({ ...entry, pairs: entry.pairs.slice(0, 1) });
      expect(first).toMatchObject({ ok: true, brokenWith: undefined });
    },
    patienceMs,
  );
});

suite("a restart", () => {
  test("shorter than the stages' watchdog loses no running island, a longer one loses all", () => {
    expect(islandsLost(undefined, 2)).toMatchObject({ lost: 0 });
    const late = islandsLost(undefined, 3);
    expect(late.islands).toBeGreaterThan(100);
    expect(late.lost).toBe(late.islands);
  });
});

/** The exhaustive exploration, as much of it as a test run may cost; `npm run -s model` does all of it. */
import { expect, describe as suite, test } from "vitest";
import { modeRows } from "../../src/core/mode-rows.table.ts";
import { islandsLost } from "./adoption.ts";
import { perform } from "./main.ts";
import { judgeRemoval, variants } from "./removals.ts";
import { quickRuns } from "./runs.table.ts";

/** An exploration is work, not waiting: a busy machine only makes it slower. */
const patienceMs = 600_000;

suite("every reachable state", () => {
  test.each(quickRuns.map((run) => [run.name, run] as const))(
    "%s",
    (_, run) => {
      const result = perform(run);
      expect(result).toMatchObject({ broken: run.breaks ?? "", troubles: [], ok: true });
    },
    patienceMs,
  );
});

suite("a guard that is left out is missed", () => {
  const cases: readonly (readonly [row: string, guard: string, consequence: RegExp])[] = [
    ["U1", "the row", /lost at a restart/],
    ["U1", "the record says island", /I7/],
    ["G5", "the row", /I1/],
    ["P0", "the row", /I2/],
    ["P2", "the row", /I\d/],
    ["S3", "the row", /stuck/],
    ["T2", "the bus is proven dead", /I3/],
    ["G7", "a stage gives power against its orders", /I10/],
    ["L2", "backup is permitted", /oscillates/],
  ];
  test.each(cases)(
    "%s without %s",
    (row, guard, consequence) => {
      const variant = [...variants()].find((one) => one.row.id === row && one.guard === guard);
      expect(variant, `${row} has no guard ${guard}`).toBeDefined();
      expect(judgeRemoval(variant!, 200_000).consequence).toMatch(consequence);
    },
    patienceMs,
  );

  test("a running island outlives a restart that is shorter than the stages' watchdog", () => {
    expect(islandsLost(undefined, 2)).toMatchObject({ lost: 0 });
    const late = islandsLost(undefined, 3);
    expect(late.islands).toBeGreaterThan(100);
    expect(late.lost).toBe(late.islands);
  });

  test("every row and every guard is a variant of its own", () => {
    const expected = modeRows.reduce((sum, { when }) => sum + 1 + when.length, 0);
    expect([...variants()]).toHaveLength(expected);
  });
});

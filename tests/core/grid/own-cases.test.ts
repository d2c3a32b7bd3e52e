/**
 * Seventeen cases of our own (tests/golden/grid-own): ramps, rates of change, phase jumps, recovery in steps, ways into service
 * that are interrupted. Their expectations come from `make.py` there, which knows nothing of the controller. Other seeds:
 * `python3 tests/golden/grid-own/make.py 5 FOLDER`, then `ISLET_GRID_CASES=FOLDER`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseGridCase, runGridCase } from "../../../src/cli/grid-case.ts";
import { type JudgedCase, judge } from "./judge.ts";

const folder = process.env["ISLET_GRID_CASES"] ?? join(import.meta.dirname, "../../golden/grid-own");
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => parseGridCase(readFileSync(join(folder, file), "utf8")) as JudgedCase);

describe("grid-function cases of our own, judged by a computation of their own", () => {
  test("all 17 are here", () => expect(cases.length % 17).toBe(0));

  test.each(cases.map((judged) => [`${judged.id}: ${judged.title}`, judged] as const))("%s", (_, judged) => {
    expect(judge(judged, runGridCase(judged))).toEqual([]);
  });
});

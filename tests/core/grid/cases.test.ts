/** The grid-function cases kept under tests/golden/grid, through the same function as `islet grid-case`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseGridCase, runGridCase } from "../../../src/cli/grid-case.ts";
import { type JudgedCase, judge } from "./judge.ts";

const folder = join(import.meta.dirname, "../../golden/grid");
const cases = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .map((file) => parseGridCase(readFileSync(join(folder, file), "utf8")) as JudgedCase);

describe("grid-function cases with an ideal stage", () => {
  test("all 41 are here", () => expect(cases).toHaveLength(41));

  test.each(cases.map((judged) => [`${judged.id}: ${judged.title}`, judged] as const))("%s", (_, judged) => {
    expect(judge(judged, runGridCase(judged))).toEqual([]);
  });

  test("a case that does nothing is not judged good by accident", () => {
    const judged = cases.find(({ id }) => id === "freq-droop-p01")!;
    const idle = runGridCase({ ...judged, input: { ...judged.input, p: [[0, 0]] } });
    expect(judge(judged, idle).length).toBeGreaterThan(3);
  });
});

describe("files that are not cases are refused with what is wrong", () => {
  test.each([
    ["{}", "`id` must be text"],
    ['{"id":"x","dt":0,"duration":1}', "`dt` and `duration`"],
    ['{"id":"x","dt":1e-9,"duration":3600}', "steps"],
    ['{"id":"x","dt":1,"duration":2}', "`settings`"],
    ['{"id":"x","dt":1,"duration":2,"settings":{},"input":{"v":[],"f":[[0,60]],"p":[[0,1]]}}', "lists of"],
    ['{"id":"x","dt":1,"duration":2,"settings":{},"input":{"v":[[0,null]],"f":[[0,60]],"p":[[0,1]]}}', "lists of"],
    ['{"id":"x","dt":1,"duration":2,"settings":{},"input":{"v":{"a":[[0,1]]},"f":[[0,60]],"p":[[0,1]]}}', "lists of"],
    ['{"id":"x","dt":1,"duration":2,"settings":{},"input":{"v":[0],"f":[[0,60]],"p":[[0,1]]}}', "lists of"],
    [
      '{"id":"x","dt":1,"duration":2,"settings":{},"events":[1],"input":{"v":[[0,1]],"f":[[0,60]],"p":[[0,1]]}}',
      "`events`",
    ],
    ["null", "`id` must be text"],
    ["not json", "JSON"],
  ])("%s → %s", (text, complaint) => {
    expect(() => parseGridCase(text)).toThrow(complaint);
  });

  test("a setting that is no number is named with its value", () => {
    const [first] = cases;
    expect(() => runGridCase({ ...first!, settings: { ...first!.settings, OV1_TRIP_V: "high" } })).toThrow(
      "OV1_TRIP_V is high: must be a number",
    );
  });
});

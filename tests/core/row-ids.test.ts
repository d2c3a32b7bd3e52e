/** What a log calls a row of the mode machine: words, one meaning each, and the codes of 0.1 stay readable. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modeRows } from "../../src/core/modes/rows.table.ts";
import { lockoutEvents } from "../../src/dashboard/live/lockout-causes.table.ts";
import { invariants } from "../model/invariants.ts";

const ids = modeRows.map(({ id }) => id);
const former = modeRows.map(({ formerly }) => formerly);

describe("ids of the mode rows", () => {
  test("each is two words or more, and stands for one row", () => {
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(former).size).toBe(former.length);
  });
  test("no invariant shares its name with a row, and each is words as well", () => {
    const names = Object.keys(invariants);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(names.filter((name) => ids.includes(name))).toEqual([]);
  });
  test("every lockout with an event of its own is a row that locks out", () => {
    const lockingOut = modeRows.filter(({ to }) => to === "lockedOut").map(({ id }) => id);
    expect(Object.keys(lockoutEvents).filter((id) => !lockingOut.includes(id))).toEqual([]);
  });
  test("docs/model.md tells each row by its id, and which code 0.1 had for it", () => {
    const text = readFileSync("docs/model.md", "utf8");
    const told = [...text.matchAll(/^### (\S+): /gm)].map((found) => found[1]!);
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((id) => !ids.includes(id))).toEqual([]);
    expect(modeRows.filter(({ id, formerly }) => !text.includes(`| ${formerly} | ${id} |`))).toEqual([]);
  });
});

/** docs/links-table.md: no link without a section, no case without a cell, and every cell names a test that is there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { links } from "../../src/app/links/links.table.ts";

const root = join(import.meta.dirname, "../..");
const cases = [
  ...["request", "cap", "link lost", "link back", "another asks otherwise", "another caps otherwise"],
  ...["beyond the permit", "no permit", "killed and started again"],
];
const sections = readFileSync(join(root, "docs/links-table.md"), "utf8").split(/^## /m).slice(1);
const tableOf = (section: string): readonly (readonly string[])[] =>
  section
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(1)
    .map((line) => line.slice(2, -2).split(" | "));

test("every link has a section, and so has the contact", () => {
  const named = { ...links, backend: { name: "OCPP" } };
  const names = Object.values(named).map(({ name }) => name);
  expect(sections.map((section) => section.split("\n")[0]).sort()).toEqual(
    [...names, "The grid operator's contact"].sort(),
  );
});

describe.each(sections.map((section) => [section.split("\n")[0]!, tableOf(section)] as const))("%s", (_, rows) => {
  test("has every case, and no empty cell", () => {
    expect(rows.map(([name]) => name)).toEqual(cases);
    for (const row of rows) expect([row.length, row.filter((cell) => cell.trim() === "")]).toEqual([4, []]);
  });

  test.each(rows)("%s: %s", (_case, _plant, _told, seen) => {
    const named = [...seen!.matchAll(/`([\w/-]+)` "([^"]+)"/g)];
    expect(named.length).toBeGreaterThan(0);
    expect(seen!.replace(/`[\w/-]+` "[^"]+"(; )?/g, "")).toBe("");
    for (const [, file, title] of named) {
      const path = join(root, "tests", `${file}.test.ts`);
      expect([file, existsSync(path)]).toEqual([file, true]);
      const text = readFileSync(path, "utf8");
      const titles = text.split("\n").filter((line) => /\b(?:it|test)\b|^ +["[]/.test(line));
      expect([title, titles.some((line) => line.includes(title!))]).toEqual([title, true]);
    }
  });
});

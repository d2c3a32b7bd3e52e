/** The page about OCPP must not promise what no test shows. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = import.meta.dirname;
const own = "compatibility.test.ts";
const sources = readdirSync(folder)
  .filter((file) => file.endsWith(".test.ts") && file !== own)
  .map((file) => ({ name: file.replace(".test.ts", ""), text: readFileSync(join(folder, file), "utf8") }));
const page = readFileSync(join(folder, "../../../docs/ocpp.md"), "utf8");

test("every certification case that the page calls shown is named by the test that it names", () => {
  const rows = [...page.matchAll(/^\| (TC_\w+)_CS \|[^|]+\| yes \| ([^|]+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(190);
  const broken = rows.filter(
    ([, id, shown]) =>
      !shown!.split(", ").every((name) => sources.find((source) => source.name === name)?.text.includes(id!)),
  );
  expect(broken.map(([, id]) => id)).toEqual([]);
});

test("every use case names tests that exist", () => {
  const names = [...page.matchAll(/^\| [A-P]\d\d \|[^|]+\|[^|]+\| ([^|]+) \|$/gm)]
    .flatMap(([, shown]) => shown!.split(", "))
    .filter((name) => name !== "–" && !name.includes("/"));
  expect(names.length).toBeGreaterThan(100);
  expect([...new Set(names)].filter((name) => !sources.some((source) => source.name === name))).toEqual([]);
});

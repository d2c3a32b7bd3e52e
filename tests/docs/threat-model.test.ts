/** Each threat names the test that shows its defence: the file exists and has a test of that title. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const rows = readFileSync(join(root, "docs/threat-model.md"), "utf8")
  .split("## Threats and defences")[1]!
  .split("\n## ")[0]!
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => line.split("|").map((cell) => cell.trim()));

test("the page has threats", () => expect(rows.length).toBeGreaterThan(20));

test.each(rows.map((cells) => [cells[2]!, cells.at(-2)!]))("%s: %s", (_, shown) => {
  const [, file, title] = /^`(tests\/[\w./-]+)` › (.+)$/.exec(shown) ?? [];
  expect(file && title, shown).toBeTruthy();
  expect(existsSync(join(root, file!)), file).toBe(true);
  const titles = [...readFileSync(join(root, file!), "utf8").matchAll(/(?:\(|^\s+)["`](.+?)["`],/gm)].map(
    ([, one]) => one,
  );
  expect(titles).toContain(title);
});

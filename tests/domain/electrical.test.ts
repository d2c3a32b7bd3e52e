import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  deadMaxPu,
  isDeadPu,
  isLivePu,
  isLostPu,
  liveMinPu,
  sagBelowPu,
  serveMaxPu,
  serveMinPu,
  servesPu,
} from "../../src/domain/electrical.ts";

test.each([
  ["nothing", 0, "dead lost"],
  ["what stray coupling leaves", deadMaxPu, "dead lost"],
  ["a bus that decays", 0.3, "lost"],
  ["a deep sag", liveMinPu, "live"],
  ["an island that sags", sagBelowPu, "live"],
  ["the lowest voltage for loads", serveMinPu, "live serves"],
  ["nominal", 1, "live serves"],
  ["the highest voltage for loads", serveMaxPu, "live serves"],
  ["too much", 1.2, "live"],
  ["what nobody knows", Number.NaN, ""],
] as const)("%s", (_name, pu, is) => {
  const rows = [
    ["dead", isDeadPu],
    ["lost", isLostPu],
    ["live", isLivePu],
    ["serves", servesPu],
  ] as const;
  expect(
    rows
      .filter(([, test]) => test(pu))
      .map(([name]) => name)
      .join(" "),
  ).toBe(is);
});

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`);
/** A voltage compared with a number, or a number of one's own for what is said in the domain. */
const copies = [/\w*[a-z]Pu\)* *[<>]=? *-?\d*\.\d/, /\b(dead|live|lost|serve|supply|failed|sag)\w*Pu *[:=] *\d/];
/** Files with such a line, for whom it is another idea. */
const others: Readonly<Record<string, string>> = {
  "src/domain/electrical.ts": "the place itself",
};

test("nobody else says where a voltage counts as dead, live or fit for loads", () => {
  const found = ["src/core", "src/app", "src/dashboard", "src/cli", "src/domain", "firmware-bridge"]
    .flatMap(files)
    .filter((file) => !(file in others))
    .flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line, i) => (copies.some((copy) => copy.test(line)) ? [`${file}:${i + 1} ${line.trim()}`] : [])),
    );
  expect(found).toEqual([]);
});

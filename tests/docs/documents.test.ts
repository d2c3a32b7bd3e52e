/** What the documents point to exists: files, folders, links, requirement numbers, lessons and decisions. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { architectureFile, withPrintedParts } from "../../scripts/diagrams.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const inTree = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => !path.includes("node_modules"))
    .map((path) => `${folder}/${path}`);

const folders = ["src", "firmware-bridge", "sim", "tests", "bench", "config", "docs", "scripts", "bin"];
const tree = folders.flatMap(inTree);
const top = readdirSync(root).filter((name) => name.endsWith(".md"));
const documents = [...top, ...tree.filter((path) => path.endsWith(".md") && !path.startsWith("tests/golden/"))];
const names = new Set([...tree.map((path) => basename(path)), ...readdirSync(root)]);

/** Names that are another repository's, or made where the program runs. */
const elsewhere = ["tests/ocpp_tests/test_sets/ocpp201"];

/** Paths from the root that a text names; patterns and examples with an ellipsis are none. */
function pathsIn(text: string): string[] {
  const found = text.matchAll(new RegExp(`(?<![\\w/.-])(?:${folders.join("|")})/[\\w./*…{}-]*`, "g"));
  return [...found].map(([path]) => path.replace(/[.,:]+$/, "")).filter((path) => !/[*…{}]/.test(path));
}

/** Names of source files without a folder. */
const bareNamesIn = (text: string): string[] =>
  [...text.matchAll(/(?<![\w/.*…-])[a-z][\w-]*(?:\.[\w-]+)*\.(?:ts|mjs)\b/g)].map(([name]) => name);

describe("what the documents name exists", () => {
  test("documents are found", () => expect(documents.length).toBeGreaterThan(20));

  test.each(documents)("%s: paths and file names", (document) => {
    const text = read(document);
    const gone = pathsIn(text).filter((path) => !elsewhere.includes(path) && !existsSync(join(root, path)));
    const unknown = bareNamesIn(text).filter((name) => !names.has(name));
    expect({ gone, unknown }).toEqual({ gone: [], unknown: [] });
  });

  test.each(documents)("%s: links", (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!);
    expect(links.filter((link) => !existsSync(join(root, normalize(join(dirname(document), link)))))).toEqual([]);
  });
});

describe("what is told of the code is so", () => {
  test("the parts of ARCHITECTURE.md that the code prints are as it prints them (node scripts/diagrams.ts --write)", () => {
    const text = readFileSync(architectureFile, "utf8");
    expect(withPrintedParts(text)).toBe(text);
  });

  test("every folder of the source is a room in ARCHITECTURE.md", () => {
    const text = read("ARCHITECTURE.md");
    const rooms = ["src", "src/core"].flatMap((folder) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${folder}/${name}/`),
    );
    expect(rooms.filter((room) => !text.includes(`\`${room}\``))).toEqual([]);
  });

  test("the README's table names every command", () => {
    const named = read("README.md");
    const commands = [...read("src/cli/main.ts").matchAll(/^\s+\[?\s*"([a-z][\w-]*)",\s*(?:\n\s*)?"/gm)].map(
      ([, name]) => name!,
    );
    expect(commands.length).toBeGreaterThan(12);
    expect(commands.filter((name) => !named.includes(`\`islet ${name}`))).toEqual([]);
  });
});

describe("what the code cites is in the repository", () => {
  const numbers = (text: string, pattern: RegExp): Set<number> =>
    new Set([...text.matchAll(pattern)].map(([, number]) => Number(number)));
  const cited = tree.filter((path) => /\.(ts|md|yaml)$/.test(path) && path !== "docs/requirements.md");

  test.each([
    [
      "requirements (R…)",
      /\brequirements? R(\d{1,2})\b|\bR(\d{1,2})\b(?=[):;,. ])/g,
      () => numbers(read("docs/requirements.md"), /^- R(\d+) /gm),
    ],
    [
      "lessons",
      /\blessons? (\d+)/gi,
      () => numbers(read("docs/requirements.md").split("## Lessons")[1]!.split("\n## ")[0]!, /^(\d+)\. /gm),
    ],
    [
      "decisions (ADR …)",
      /\bADR (\d+)/g,
      () => new Set(readdirSync(join(root, "docs/decisions")).map((name) => Number(name.slice(0, 4)))),
    ],
    [
      "steps of the control study",
      /\bstudy(?: of the control loop)?,\s+(?:\*\s+)?steps? (\d+)/g,
      () => numbers(read("docs/export-control.md"), /^(\d+)\. \*\*/gm),
    ],
  ] as const)("%s", (_, pattern, known) => {
    const there = known();
    const missing: string[] = [];
    for (const path of cited) {
      for (const match of read(path).matchAll(pattern)) {
        const number = Number(match.slice(1).find((group) => group !== undefined));
        if (!there.has(number)) missing.push(`${path}: ${match[0]}`);
      }
    }
    expect(there.size).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  test("quoted parts of the control study, and the only study there is", () => {
    const headings = [...read("docs/export-control.md").matchAll(/^## (.*)$/gm)].map(([, heading]) =>
      heading!.toLowerCase(),
    );
    const lost: string[] = [];
    for (const path of cited.filter((one) => one.endsWith(".ts") && one !== "tests/docs/documents.test.ts")) {
      const text = read(path).replace(/\n\s*\*?\s*/g, " ");
      for (const [, part] of text.matchAll(/\bstudy(?: of the control loop)?,\s+"([^"]+)"/g))
        if (!headings.includes(part!.toLowerCase())) lost.push(`${path}: ${part}`);
      for (const [other] of text.matchAll(/\bstudy of (?!the control loop)[^.;]*/g)) lost.push(`${path}: ${other}`);
    }
    expect(headings.length).toBeGreaterThan(5);
    expect(lost).toEqual([]);
  });
});

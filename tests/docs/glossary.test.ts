/** The glossary: each term once, with a sentence, a source, and names that the code really has. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const rows = readFileSync(join(root, "docs/glossary.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| term |"))
  .map((line) => line.slice(1, -1).split("|"))
  .map(([term, meaning, source, names]) => ({
    term: term!.trim(),
    meaning: meaning!.trim(),
    source: source!.trim(),
    names: [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  }));

/** Words of the code: identifiers, and names with a hyphen as they stand in strings and file names. */
function wordsOfTheCode(): Set<string> {
  const words = new Set<string>();
  for (const folder of ["src", "firmware-bridge", "sim"])
    for (const path of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (!path.endsWith(".ts")) continue;
      const text = readFileSync(join(root, folder, path), "utf8");
      for (const [word] of text.matchAll(/[A-Za-z][\w]*(?:-[a-z\d]+)*/g)) {
        words.add(word);
        if (word.includes("-")) for (const part of word.split("-")) words.add(part);
      }
    }
  return words;
}

describe("the glossary", () => {
  test("has about seventy terms or more, each once, with a sentence and a source", () => {
    expect(rows.length).toBeGreaterThan(70);
    expect(new Set(rows.map(({ term }) => term)).size).toBe(rows.length);
    for (const { term, meaning, source } of rows) {
      expect(meaning, term).toMatch(/^\S.*\.$/);
      expect(source, term).not.toBe("");
    }
  });
  test("each name stands in the code", () => {
    const words = wordsOfTheCode();
    const gone = rows.flatMap(({ term, names }) =>
      names.length === 0
        ? [`${term}: none`]
        : names.filter((name) => !words.has(name)).map((name) => `${term}: ${name}`),
    );
    expect(gone).toEqual([]);
  });
});

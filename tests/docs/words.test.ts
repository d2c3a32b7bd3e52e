/** One word for each thing in documents, interface texts and test titles: the words that the glossary's replaced stay out. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { words } from "./words.table.ts";

const root = join(import.meta.dirname, "../..");
const inTree = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => ending.test(path) && !path.includes("golden"))
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`);

interface Text {
  readonly place: string;
  readonly text: string;
}
const lines = (place: string, pick: (line: string) => readonly string[]): Text[] =>
  readFileSync(join(root, place), "utf8")
    .split("\n")
    .flatMap((line, index) => pick(line).map((text) => ({ place: `${place}:${index + 1}`, text })));

/** Strings with a space in them: what a program says, not its names. */
const stringsOf = (line: string): string[] =>
  /^\s*(?:\/\/|\/?\*)|^import /.test(line)
    ? []
    : [...line.matchAll(/"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)]
        .map(([, plain, template]) => (plain ?? template)!.replace(/\$\{[^}]*\}/g, "…"))
        .filter((text) => text.includes(" "));
/** Titles of tests, groups and rows: the first string of a line that begins one. */
const titlesOf = (line: string): string[] =>
  /^\s*(?:(?:test|it|describe)(?:\.\w+)*(?:\([^)]*\))?\(|\["|\["?|"[^"]+",?$)/.test(line)
    ? stringsOf(line).slice(0, 1)
    : [];

const documents: Text[] = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...["docs", "firmware-bridge", "src", "sim", "tests", "bench"].flatMap((folder) => inTree(folder, /\.md$/)),
  ...inTree("config", /\.ya?ml$/),
  ...inTree("docs", /\.ya?ml$/),
].flatMap((path) => lines(path, (line) => [line]));
const interfaceTexts = ["src", "firmware-bridge", "sim", "bench"]
  .flatMap((folder) => inTree(folder, /\.ts$/))
  .flatMap((path) => lines(path, stringsOf));
const titles = inTree("tests", /\.ts$/)
  .filter((path) => !path.startsWith("tests/docs/words"))
  .flatMap((path) => lines(path, titlesOf));

/** `place: text`, for each text with one of the words that is no exception. */
function hits(texts: readonly Text[]): string[] {
  return texts.flatMap(({ place, text }) =>
    words.flatMap(({ banned, plain, except = [] }) => {
      const allowed = except.filter(({ in: where }) => where.test(place));
      if (allowed.some(({ phrase }) => phrase === undefined)) return [];
      const rest = allowed.reduce((left, { phrase }) => left.replaceAll(new RegExp(phrase!, "gi"), "…"), text);
      return banned.test(rest)
        ? [`${place}: "${banned.exec(rest)![0]}" is "${plain}": ${text.trim().slice(0, 120)}`]
        : [];
    }),
  );
}

describe("words", () => {
  test.each([
    ["documents and configuration", documents],
    ["interface texts", interfaceTexts],
    ["test titles", titles],
  ])("%s", (_, texts) => {
    expect(texts.length).toBeGreaterThan(300);
    expect(hits(texts)).toEqual([]);
  });
  test("finds a word that is not the field's", () => {
    expect(hits([{ place: "docs/new.md:1", text: "The backend wishes a set-point." }])).toHaveLength(2);
    expect(hits([{ place: "src/domain/reasons.ts:1", text: "This EVSE is paused." }])).toHaveLength(1);
    expect(hits([{ place: "CHANGELOG.md:1", text: "`wishW` is a wish no more" }])).toHaveLength(0);
  });
});

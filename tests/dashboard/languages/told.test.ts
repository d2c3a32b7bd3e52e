/**
 * What the controller says to people outside the page's own sources, in the other languages. Each sentence of these files is read
 * with its values replaced and must come out whole: none of it English.
 */
import { afterEach, describe, expect, test } from "vitest";
import { german } from "../../../src/dashboard/language/de/german.ts";
import { spanish } from "../../../src/dashboard/language/es/spanish.ts";
import { addCatalog, type Language, phrase, readBy } from "../../../src/dashboard/language/language.ts";
import { englishIn } from "./english.ts";
import { scan } from "./messages.ts";
import { toldSources, wholes } from "./told.table.ts";

addCatalog("de", german);
addCatalog("es", spanish);
afterEach(() => readBy(() => "en"));

/** As the page says it: a sentence, one that goes on, what a step does. */
const forms = (text: string): string[] => [
  text,
  `${text}.`,
  `It ${text}.`,
  `Refused: ${text}`,
  text.replace(/ ?7$/, ""),
  `${text}7`,
];
const isWhole = (text: string): boolean => {
  const said = phrase(text);
  return said !== text && englishIn(said).length === 0;
};

describe.each(["de", "es"] as const)("%s", (language: Language) => {
  test.each(toldSources)("$file", ({ file, not = [] }) => {
    readBy(() => language);
    const left = scan(file)
      .bare.map(({ text }) => text.replace(/\{\d+\}/g, "7").trim())
      .filter((text) => !not.some((start) => text.startsWith(start)))
      .filter((text) => !forms(text).some(isWhole));
    expect(left).toEqual([]);
  });

  test.each(wholes)("%s", (text) => {
    readBy(() => language);
    expect(englishIn(phrase(text), language)).toEqual([]);
    expect(phrase(text)).not.toBe(text);
  });
});

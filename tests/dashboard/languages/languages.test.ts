import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { german } from "../../../src/dashboard/language/de/german.ts";
import { spanish } from "../../../src/dashboard/language/es/spanish.ts";
import {
  addCatalog,
  type Catalogs,
  decimal,
  type Language,
  label,
  phrase,
  readBy,
  t,
} from "../../../src/dashboard/language/language.ts";
import { html } from "../../../src/dashboard/panels/html.ts";
import { wordsFor } from "../../../src/dashboard/view/format.ts";
import { eventWords } from "../../../src/domain/event-words.table.ts";
import { type Reason, reasons } from "../../../src/domain/reasons.ts";
import { sentences } from "../../../src/domain/words.table.ts";
import { bareMax } from "./bare.table.ts";
import { overviewFiles, placeFiles, scan } from "./messages.ts";
import { terms } from "./terms.table.ts";

const catalogs: readonly (readonly [Language, Catalogs])[] = [
  ["de", german],
  ["es", spanish],
];
for (const [language, catalog] of catalogs) addCatalog(language, catalog);
const speak = (language: Language): void => readBy(() => language);
afterEach(() => speak("en"));

const placeholders = (text: string): string[] => (text.match(/\{\w+!?\}/g) ?? []).sort();
const hasText = (text: string): boolean => /[a-z]{2}/i.test(text.replace(/\{\w+!?\}/g, ""));

interface Pair {
  readonly what: string;
  readonly english: string;
  readonly other: string | undefined;
}
/** Everything that people read, in English and in one other language. */
function pairsOf({ sentences: said, events, reasons: why, page, pages, phrases, faults, told }: Catalogs): Pair[] {
  const out: Pair[] = Object.entries(sentences).map(([key, english]) => ({
    what: key,
    english,
    other: said[key as keyof typeof sentences],
  }));
  const fields = ["name", "sentence", "cause", "todo", "ends"] as const;
  const rows = (table: Readonly<Record<string, unknown>>, others: Readonly<Record<string, unknown>>): void => {
    for (const [key, row] of Object.entries(table))
      for (const field of fields) {
        const english = (row as Partial<Record<string, string>>)[field];
        if (english === undefined || !hasText(english)) continue;
        out.push({
          what: `${key}.${field}`,
          english,
          other: (others[key] as Partial<Record<string, string>>)?.[field],
        });
      }
  };
  rows(eventWords, events);
  rows(reasons satisfies Record<string, Reason>, why);
  for (const file of overviewFiles)
    for (const { text, line } of scan(file).messages)
      out.push({ what: `${file}:${line}`, english: text, other: page[text] });
  for (const file of placeFiles)
    for (const { text, line } of scan(file).messages)
      out.push({ what: `${file}:${line}`, english: text, other: page[text] ?? pages[text] });
  for (const table of [phrases, faults, told])
    for (const [english, other] of Object.entries(table)) out.push({ what: "phrase", english, other });
  return out;
}

describe.each(catalogs)("%s", (language, catalog) => {
  const pairs = pairsOf(catalog);

  test("nothing that people read is missing", () => {
    expect(pairs.length).toBeGreaterThan(1_500);
    expect(pairs.filter(({ other }) => !other).map(({ what, english }) => `${what}: ${english}`)).toEqual([]);
  });

  test("every translation has the values of its English", () => {
    const differ = pairs.filter(
      ({ english, other = english }) => placeholders(english).join() !== placeholders(other).join(),
    );
    expect(differ).toEqual([]);
  });

  test("no translation is markup", () => {
    expect(pairs.filter(({ other = "" }) => /[<>"]|&(?!\w+;)/.test(other))).toEqual([]);
  });

  test("a mode's sentence says first what it is", () => {
    const lacking = Object.entries(sentences)
      .filter(([key, english]) => key.startsWith("mode.") && english.includes(". "))
      .filter(([key]) => !catalog.sentences[key as keyof typeof sentences]?.includes(". "));
    expect(lacking).toEqual([]);
  });

  test("terms are those of the trade", () => {
    const wrong = pairs.filter(({ english, other = "" }) =>
      terms.some(
        (term) =>
          term.english.test(english) && other !== "" && !(language === "de" ? term.german : term.spanish).test(other),
      ),
    );
    expect(wrong.map(({ english, other }) => `${english} → ${other}`)).toEqual([]);
  });

  test("no label stands in a table that no page says", () => {
    const said = new Set(
      [...overviewFiles, ...placeFiles].flatMap((file) => scan(file).messages.map(({ text }) => text)),
    );
    const stray = [...Object.keys(catalog.page), ...Object.keys(catalog.pages)].filter((text) => !said.has(text));
    expect(stray).toEqual([]);
  });
});

test("strings of the page that are no messages are those of machines and logs, and only become fewer", () => {
  const found: Record<string, number> = {};
  for (const file of [...overviewFiles, ...placeFiles]) {
    const { length } = scan(file).bare;
    if (length > 0) found[file.replace("src/dashboard/", "")] = length;
  }
  expect(found).toEqual(bareMax);
});

describe("what a reader gets", () => {
  test("text with values in another order, a label and markup", () => {
    speak("de");
    expect(t`${"3 s"} ago`).toBe("vor 3 s");
    expect(String(label("Limits and permit"))).toBe("Grenzen und Erlaubnis");
    expect(html`<h2>Events</h2><a aria-label="Health">${"<"}</a>`.text).toBe(
      '<h2>Ereignisse</h2><a aria-label="Zustand">&lt;</a>',
    );
    speak("es");
    expect(t`${"3 s"} ago`).toBe("hace 3 s");
    speak("en");
    expect(t`${"3 s"} ago`).toBe("3 s ago");
  });

  test("numbers, dates and sentences as its language writes them", () => {
    speak("de");
    expect(decimal(1234.5, 1)).toBe("1234,5");
    const words = wordsFor("Europe/Berlin");
    expect(words.date(Date.UTC(2026, 6, 14))).toBe("Di. 14. Juli");
    expect(words.say("mode.ceased.voltage", { voltagePu: 0.86 })).toBe(
      "Entladen gestoppt. Die Netzspannung beträgt 0,86\u00a0pu.",
    );
    expect(words.event("lockedOut", { no: "open", nc: "closed" }).sentence).toBe(
      "Verriegelt. An K1 meldet Kontakt NO offen, NC meldet geschlossen.",
    );
    speak("es");
    expect(wordsFor("Europe/Berlin").say("sub.importing", { importW: 28_500 })).toBe(
      "La instalación consume 28,5\u00a0kW.",
    );
  });

  test("words within facts, and a person's own words as they are", () => {
    speak("de");
    expect(phrase("The power stage of charger 3, Bay 3,")).toBe("Das Leistungsteil von Ladepunkt 3, Bay 3,");
    expect(phrase("Anna's own words")).toBe("Anna's own words");
    expect(wordsFor("UTC").say("refuse.stopped", { evse: 1, by: "open" })).toContain("von open gestoppt");
  });

  test("English where a language does not know the text", () => {
    speak("de");
    expect(t`Nobody has translated this ${1}.`).toBe("Nobody has translated this 1.");
    expect(t`${"A"} tomorrow`).toBe("A morgen");
  });
});

test("the glossary has each term in three languages", () => {
  const glossary = readFileSync("docs/glossary.md", "utf8");
  for (const word of [
    "Ladepunkt",
    "Leistungsteil",
    "Netztrennschalter",
    "punto de recarga",
    "etapa de potencia",
    "modo isla",
  ])
    expect(glossary).toContain(word);
});

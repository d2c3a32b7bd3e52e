/**
 * The language of the reader. Facts keep their keys and their English; what a person reads is said here, at the last moment:
 * sentences, events and reasons by their keys, labels of the page by their English. A translation that is missing falls back to
 * English. Whose language it is is ambient: a request's on the gateway (`access/reader.ts`), the page's in the browser; where
 * nobody reads (logs, command line, API with a token) it is English.
 */
import type { EventWords } from "../../domain/event-words.ts";
import { type Clears, type ReasonKey, reasons } from "../../domain/reasons.ts";
import {
  type EventKey,
  endings,
  eventWordsOf,
  nameOfReason,
  type SentenceKey,
  sentenceOf,
  type Writing,
} from "../../domain/words.ts";
import { type Phrase, readPhrase } from "./phrases.ts";
import { idOf, type Segment, segmentsOf, shortKey, split, type Written } from "./template.ts";

export const languages = ["en", "de", "es"] as const;
export type Language = (typeof languages)[number];
/** Each in its own words. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch", es: "Español" };
/** How dates and numbers are written. */
export const locales: Readonly<Record<Language, string>> = { en: "en-GB", de: "de-DE", es: "es-ES" };

export const isLanguage = (value: unknown): value is Language => (languages as readonly unknown[]).includes(value);

/** What an event or a reason says; only what the English has. */
export type EventTexts = Partial<Pick<EventWords, "sentence" | "cause" | "todo" | "ends">> & {
  /** What a limit is called in a chain of limits. */
  readonly name?: string;
};

/** Everything in one language. */
export interface Catalogs {
  readonly sentences: Readonly<Partial<Record<SentenceKey, string>>>;
  readonly events: Readonly<Partial<Record<EventKey, EventTexts>>>;
  readonly reasons: Readonly<Partial<Record<ReasonKey, EventTexts>>>;
  readonly endings: Readonly<Record<Clears, string>>;
  /** Units that are words. */
  readonly units: Readonly<Record<string, string>>;
  /** What fills sentences and is itself words, by its English. */
  readonly phrases: Readonly<Record<string, string>>;
  /** What is wrong with devices, and what to check, by its English. */
  readonly faults: Readonly<Record<string, string>>;
  /** Labels of the overview by their English: `{0}` is the first value. */
  readonly page: Readonly<Record<string, string>>;
  /** Labels of the pages that only the gateway writes. */
  readonly pages: Readonly<Record<string, string>>;
  /** What the controller says on those pages, by its English. */
  readonly told: Readonly<Record<string, string>>;
}

/** A part of a language's words, as one script brings it. `short`: the labels of the overview by `shortKey`. */
export type WordsPart = Partial<Catalogs> & { readonly short?: Readonly<Record<string, string>> };

const catalogs = new Map<Language, WordsPart>();
let phrasesOf = new Map<Language, readonly Phrase[]>();
let reader: () => Language = () => "en";

const ownLength = ({ template }: Phrase): number => template.replace(/\{\w+\}/g, "").length;

/** Takes words of a language in, beside those that are there. English has none: it stands in the tables and on the page. */
export function addCatalog(language: Language, part: WordsPart): void {
  const whole = { ...catalogs.get(language), ...part };
  catalogs.set(language, whole);
  phrasesOf = new Map(phrasesOf);
  phrasesOf.set(
    language,
    [whole.phrases, whole.faults, whole.told]
      .flatMap((table = {}) => Object.entries(table).map(([template, said]): Phrase => ({ template, said })))
      // What says more itself is tried before what fits more.
      .sort((a, b) => ownLength(b) - ownLength(a)),
  );
}
/** Whether these words of the reader's language are here: in the browser they come when they are needed. */
export const knowsWords = (part: "events" | "faults"): boolean =>
  reader() === "en" || catalogs.get(reader())?.[part] !== undefined;

/** Who says what the reader's language is. */
export function readBy(source: () => Language): void {
  reader = source;
}
export const spoken = (): Language => reader();
const catalog = (): WordsPart | undefined => catalogs.get(reader());

/** A label that is written where it is shown: kept in a table, said in the language of whoever reads then. */
export class Label {
  readonly english: string;
  constructor(text: string) {
    this.english = text;
  }
  toString(): string {
    return said(this.english);
  }
}
/** Marks a label of a table. Its English is its id. */
export const label = (text: string): Label => new Label(text);

const nb = "\u00a0";
function fromCatalog(id: string): string | undefined {
  const here = catalog();
  return (here?.page?.[id] ?? here?.pages?.[id] ?? here?.short?.[shortKey(id)])?.replaceAll("~", nb);
}

function said(text: string): string {
  const { before, id, after } = split(text);
  const translated = fromCatalog(id);
  return translated === undefined ? text : before + translated + after;
}

/** Templates in another language: made once for each place in the code. */
const written: Readonly<Record<Language, WeakMap<TemplateStringsArray, Written | null>>> = {
  en: new WeakMap(),
  de: new WeakMap(),
  es: new WeakMap(),
};

function writtenOf(strings: TemplateStringsArray, make: () => Written | null): Written | null {
  const language = reader();
  if (language === "en" || !catalogs.has(language)) return null;
  const known = written[language].get(strings);
  if (known !== undefined) return known;
  const made = make();
  written[language].set(strings, made);
  return made;
}

const decimals: Readonly<Record<Language, string>> = { en: ".", de: ",", es: "," };
const isPoint = (): boolean => decimals[reader()] === ".";
/** A number that is written already, with the reader's decimal sign. */
export const localNumber = (text: string): string =>
  isPoint() ? text : text.replace(/(\d)\.(\d)/g, `$1${decimals[reader()]}$2`);
/** A number with so many decimals. */
export const decimal = (value: number, digits: number): string => localNumber(value.toFixed(digits));
/** A number with at most so many decimals, thousands apart. */
export const grouped = (value: number, digits: number): string =>
  new Intl.NumberFormat(locales[reader()], { maximumFractionDigits: digits }).format(value);
/** An amount of money. */
export const money = (amount: number, currency: string): string =>
  new Intl.NumberFormat(reader() === "en" ? "en" : locales[reader()], { style: "currency", currency }).format(amount);

type Value = string | number | Label;
const write = (value: Value | undefined): string =>
  typeof value === "number" ? localNumber(String(value)) : String(value ?? "");

/** Text of the page with its values, in the language of the reader. */
export function t(strings: TemplateStringsArray, ...values: readonly Value[]): string {
  const other = writtenOf(strings, () => {
    const { before, id, after } = split(idOf(strings));
    const translated = fromCatalog(id);
    return translated === undefined ? null : partsOf(before + translated + after);
  });
  const texts = other?.texts ?? strings;
  let out = texts[0] ?? "";
  for (let i = 1; i < texts.length; i++) out += write(values[other?.order[i - 1] ?? i - 1]) + (texts[i] ?? "");
  return out;
}

/** Markup with its text in the language of the reader; null where it stays as it is. */
export const writtenMarkup = (strings: TemplateStringsArray): Written | null =>
  writtenOf(strings, () => partsOf(segmentsOf(strings).map(textOf).join("")));
const textOf = ({ markup, message }: Segment): string => (message ? said(markup) : markup);

/** A text with `{0}` in it, taken apart. */
function partsOf(text: string): Written {
  const parts = text.split(/\{(\d+)\}/);
  return {
    texts: parts.filter((_, i) => i % 2 === 0),
    order: parts.filter((_, i) => i % 2 === 1).map(Number),
  };
}

/** How the reader's language writes what fills a sentence. */
export const writing: Writing = {
  number: localNumber,
  unit: (unit) => catalog()?.units?.[unit] ?? unit,
  word: (text) => {
    const known = phrasesOf.get(reader());
    return known === undefined ? text : readPhrase(text, known, localNumber);
  },
};

/** A sentence's template. */
export const sentenceHere = (key: SentenceKey): string => catalog()?.sentences?.[key] ?? sentenceOf(key);
/** What an event or a reason says, unfilled. */
export function eventHere(key: EventKey): EventTexts {
  const plain = eventWordsOf(key);
  const here = catalog();
  const other = here?.events?.[key] ?? here?.reasons?.[key as ReasonKey];
  const ends = plain.ends === undefined ? (here?.endings ?? endings)[plain.clears] : (other?.ends ?? plain.ends);
  return {
    sentence: other?.sentence ?? plain.sentence,
    cause: other?.cause ?? plain.cause ?? "",
    todo: other?.todo ?? plain.todo ?? "",
    ends,
  };
}
/** What a limit is called. */
export const reasonName = (key: ReasonKey): string => catalog()?.reasons?.[key]?.name ?? nameOfReason(key);
/** What a limit says. */
export const reasonSentence = (key: ReasonKey): string => catalog()?.reasons?.[key]?.sentence ?? reasons[key].sentence;

/** Words of facts that reach the page as English: said as the table of phrases has them, else as they are. */
export const phrase = (text: string): string => writing.word(text);

/**
 * Making sentences: a row of the table and the values that fill it. The unit of a value is the end of its name, so
 * `{exportLimitW}` becomes "25.0 kW" and `{endsAtMs}` a clock time. Powers lose their sign here on purpose: direction is
 * said in words by the sentence. `{name!}` leaves the unit out.
 */
import { eventWords } from "./event-words.table.ts";
import type { EventWords } from "./event-words.ts";
import { type Clears, type Reason, type ReasonKey, reasons } from "./reasons.ts";
import { sentences } from "./words.table.ts";

/** A row of the sentences' table. */
export type SentenceKey = keyof typeof sentences;
/** A row of the events' table, or a reason. */
export type EventKey = keyof typeof eventWords | ReasonKey;
/** What fills a sentence, by name; the end of a name is its unit. */
export type WordValues = Readonly<Record<string, number | string>>;

export const sentenceKeys = Object.keys(sentences) as SentenceKey[];
export const eventKeys = [...Object.keys(eventWords), ...Object.keys(reasons)] as EventKey[];

/** How an event ends, in general. */
export const endings: Readonly<Record<Clears, string>> = {
  itself: "By itself, when its cause is gone.",
  afterDelay: "By itself, some time after its cause is gone.",
  onReset: "When a person has reset or acknowledged it.",
  never: "Not by itself: what failed must be replaced.",
};

/** Writes a moment as a clock time of the site: "19:17:20", or "19:17" when it falls on a full minute or `minutes` asks. */
export type Clock = (atMs: number, minutes: boolean) => string;

/** For logs, which carry their own time: the moment in UTC, without needing a time zone. */
export const utcClock: Clock = (atMs, minutes) => {
  const ofDayS = Math.floor((((atMs % 86_400_000) + 86_400_000) % 86_400_000) / 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const hm = `${two(ofDayS / 3600)}:${two((ofDayS / 60) % 60)}`;
  return minutes || ofDayS % 60 === 0 ? hm : `${hm}:${two(ofDayS % 60)}`;
};

const nb = "\u00a0";
const round = (value: number, digits: number): string => value.toFixed(digits);
const perUnit = (value: number): string => round(value, 3).replace(/0$/, "");
const duration = (value: number): string =>
  value < 10 && !Number.isInteger(round1(value)) ? round(value, 1) : round(value, 0);
const round1 = (value: number): number => Math.round(value * 10) / 10;
const kilo = (value: number): string => round(Math.abs(value) / 1000, 1);

/** How a value is written, by the end of its name; the first that fits. */
const forms: readonly (readonly [RegExp, (value: number, clock: Clock) => readonly [string, string]])[] = [
  [/AtMs$/, (value, clock) => [clock(value, false), ""]],
  [/ByMs$/, (value, clock) => [clock(value, true), ""]],
  [/Ms$/, (value) => (value < 1_000 ? [round(value, value < 10 ? 1 : 0), "ms"] : [duration(value / 1_000), "s"])],
  [/perKWh$/i, (value) => [round(value, 3), ""]],
  [/Wh$/, (value) => [round(value / 1000, Math.abs(value) < 100_000 ? 1 : 0), "kWh"]],
  [/VA$/, (value) => [round(value / 1000, 0), "kVA"]],
  [/W$/, (value) => [kilo(value), "kW"]],
  [/Pu$/, (value) => [perUnit(value), "pu"]],
  [/Hz$/, (value) => [round(value, 2).replace(/0$/, ""), "Hz"]],
  [/Pct$/, (value) => [round(value, 0), "%"]],
  [/Days$/, (value) => [round(value, 0), value === 1 ? "day" : "days"]],
  [/Min$/, (value) => [round(value, 0), "min"]],
  [/[a-z]S$/, (value) => [duration(value), "s"]],
  [/[a-z]H$/, (value) => [value < 10 ? round(value, 1) : round(value, 0), "h"]],
  [/[a-z]V$/, (value) => [round(value, 0), "V"]],
];

/** How a language writes what fills a sentence. */
export interface Writing {
  /** A number that is written with a point. */
  number(text: string): string;
  unit(unit: string): string;
  /** A value that is words itself. */
  word(text: string): string;
}
const same = (text: string): string => text;
const english: Writing = { number: same, unit: same, word: same };
/** Values that are a person's own words, or a name: the same in every language. So is a reason that a sentence quotes. */
const ownWords = /^(?:by|reason|name|vehicle|text|programme)$/;
const quoting = /[“„«]$/;

/** One value as a person reads it, unit included unless `bare`. A number that is not finite is a dash. */
export function writeValue(
  name: string,
  value: number | string,
  clock: Clock,
  bare = false,
  writing: Writing = english,
): string {
  if (typeof value === "string") return ownWords.test(name) ? value : writing.word(value);
  if (!Number.isFinite(value)) return "–";
  for (const [end, form] of forms) {
    if (!end.test(name)) continue;
    const [number, unit] = form(value, clock);
    return bare || unit === "" ? writing.number(number) : `${writing.number(number)}${nb}${writing.unit(unit)}`;
  }
  return writing.number(String(value));
}

/** The template with its values. A value that is missing is a dash: a sentence is never held back. */
export function fill(template: string, values: WordValues | undefined, clock: Clock, writing?: Writing): string {
  return template.replace(/\{(\w+)(!)?\}/g, (_, name: string, bare: string | undefined, at: number) => {
    const value = values?.[name];
    if (value === undefined) return "–";
    if (typeof value === "string" && name === "why" && quoting.test(template.slice(0, at))) return value;
    return writeValue(name, value, clock, bare === "!", writing);
  });
}

/** The template of a sentence. */
export const sentenceOf = (key: SentenceKey): string => sentences[key];

/** A sentence of the table. */
export function say(key: SentenceKey, values?: WordValues, clock: Clock = utcClock): string {
  return fill(sentences[key], values, clock);
}

/** The words of an event, from the table of events or the table of reasons, unfilled. */
export function eventWordsOf(key: EventKey): EventWords {
  const row: EventWords | undefined = (eventWords as Record<string, EventWords>)[key];
  return row ?? (reasons as Record<string, Reason>)[key] ?? eventWords.unknownEvent;
}

/** An event in words. `cause` and `todo` are empty where the table has none. */
export function sayEvent(
  key: EventKey,
  values?: WordValues,
  clock: Clock = utcClock,
): { readonly sentence: string; readonly cause: string; readonly todo: string; readonly ends: string } {
  const words = eventWordsOf(key);
  return {
    sentence: fill(words.sentence, values, clock),
    cause: fill(words.cause ?? "", values, clock),
    todo: fill(words.todo ?? "", values, clock),
    ends: fill(words.ends ?? endings[words.clears], values, clock),
  };
}

/** What a limit is called in a chain of limits: "Export limit". Falls back to its sentence without the full stop. */
export function nameOfReason(key: ReasonKey): string {
  const row: Reason = reasons[key];
  return row.name ?? row.sentence.replace(/\.$/, "");
}

/** Numbers, moments and durations as a person reads them at this site. Pure; the time zone is the site's. */
import { type Clock, type EventKey, fill, type SentenceKey, type WordValues } from "../../domain/words.ts";
import { decimal, eventHere, label, locales, sentenceHere, spoken, t, writing } from "../language/language.ts";
import type { Sentence, SiteState } from "../state.ts";

export const nb = "\u00a0";

/** Below this a power is called nothing: instruments and rounding differ by as much. */
export const idleW = 50;

export const kW = (powerW: number, digits = 1): string => `${decimal(Math.abs(powerW) / 1000, digits)}${nb}kW`;
export const kWh = (energyWh: number): string =>
  `${decimal(energyWh / 1000, Math.abs(energyWh) < 100_000 ? 1 : 0)}${nb}kWh`;
export const pct = (value: number): string => `${Math.round(value)}${nb}%`;
export const hours = (value: number): string => `${value < 10 ? decimal(value, 1) : Math.round(value)}${nb}h`;

/** A duration in the largest units that say enough: "24 ms", "38 s", "11 min", "2 h 4 min", "12 days". */
export function duration(ms: number): string {
  const s = Math.max(0, ms) / 1000;
  if (s < 1) return `${Math.round(s * 1000)}${nb}ms`;
  if (s < 100) return `${Math.round(s)}${nb}s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min}${nb}min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 ? `${h}${nb}h ${min % 60}${nb}min` : `${h}${nb}h`;
  const days = Math.floor(h / 24);
  return t`${days}${nb}days`;
}

/** Minutes and seconds that are left: "3:06". */
export function minutesSeconds(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

const smallNumbers = [
  label("No"),
  label("One"),
  label("Two"),
  label("Three"),
  label("Four"),
  label("Five"),
  label("Six"),
  label("Seven"),
  label("Eight"),
  label("Nine"),
  label("Ten"),
  label("Eleven"),
  label("Twelve"),
];
/** A count at the start of a sentence: "Seven". */
export const countWord = (count: number): string => String(smallNumbers[count] ?? count);

/** "3", "3 and 7", "3, 7 and 9"; bounded so that a depot does not fill a line. */
export function listOf(items: readonly string[], most = 4): string {
  const shown = items.length > most ? [...items.slice(0, most - 1), t`${items.length - most + 1} more`] : [...items];
  const last = shown.pop();
  return last === undefined ? "" : shown.length === 0 ? last : t`${shown.join(", ")} and ${last}`;
}

/** The direction of a vehicle's power in words. */
export const directionOfVehicle = (powerW: number): string =>
  powerW > idleW ? t`Charging` : powerW < -idleW ? t`Discharging` : t`Idle`;

/** The direction of the site's power at the PCC in words. */
export const directionOfGrid = (powerW: number): string => (powerW < -idleW ? t`Exporting` : t`Importing`);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
export const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
/** A noun within a sentence: small, except in German. */
export const nounWithin = (text: string): string => (spoken() === "de" ? text : lower(text));

/** What every part of the view needs to write words: the site's clock. */
export interface Words {
  readonly clock: Clock;
  /** "Tue 14 July". */
  date(atMs: number): string;
  /** "14 April 2026". */
  longDate(atMs: number): string;
  /** "16:42:07". */
  time(atMs: number): string;
  /** "06:00", with the day when it is not today: "06:00 tomorrow". */
  moment(atMs: number, nowMs: number): string;
  /** Hours and minutes only. */
  hm(atMs: number): string;
  say(key: SentenceKey, values?: WordValues): string;
  sentence(sentence: Sentence): string;
  event(
    key: EventKey,
    values?: WordValues,
  ): { readonly sentence: string; readonly cause: string; readonly todo: string; readonly ends: string };
}

const made = new Map<string, Words>();
/** Zones and languages. */
const madeMax = 24;

/** The words of a time zone in the reader's language; an unknown zone falls back to UTC. Made once and kept. */
export function wordsFor(timeZone: string): Words {
  const key = `${spoken()} ${timeZone}`;
  const kept = made.get(key);
  if (kept) return kept;
  if (made.size >= madeMax) made.clear();
  const words = createWords(isZone(timeZone) ? timeZone : "UTC");
  made.set(key, words);
  return words;
}

export const wordsOf = (state: SiteState): Words => wordsFor(state.site.timeZone);

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-GB", { timeZone });
    return true;
  } catch {
    return false;
  }
}

function createWords(timeZone: string): Words {
  const locale = locales[spoken()];
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { ...options, timeZone });
  const hms = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const hm = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const date = format({ weekday: "short", day: "numeric", month: "long" });
  const longDate = format({ day: "numeric", month: "long", year: "numeric" });
  const dayKey = format({ year: "numeric", month: "2-digit", day: "2-digit" });
  const finite = (atMs: number): boolean => Math.abs(atMs) < 8e15;
  const clock: Clock = (atMs, minutes) => {
    if (!finite(atMs)) return "–";
    const seconds = Math.floor(atMs / 1000);
    return (minutes || seconds % 60 === 0 ? hm : hms).format(seconds * 1000);
  };
  const say = (key: SentenceKey, values?: WordValues): string => fill(sentenceHere(key), values, clock, writing);
  const words: Words = {
    clock,
    date: (atMs) => (finite(atMs) ? date.format(atMs).replace(",", "") : "–"),
    longDate: (atMs) => (finite(atMs) ? longDate.format(atMs) : "–"),
    time: (atMs) => (finite(atMs) ? hms.format(atMs) : "–"),
    hm: (atMs) => clock(atMs, true),
    moment: (atMs, nowMs) => {
      if (!finite(atMs)) return "–";
      const at = hm.format(atMs);
      if (dayKey.format(atMs) === dayKey.format(nowMs)) return at;
      const ahead = (atMs - nowMs) / 86_400_000;
      if (ahead > 0 && dayKey.format(nowMs + 86_400_000) === dayKey.format(atMs)) return t`${at} tomorrow`;
      return ahead > 0 ? t`${at} in ${Math.floor(ahead)}${nb}days` : `${at}, ${date.format(atMs)}`;
    },
    say,
    sentence: (sentence) => say(sentence.key, sentence.values),
    event: (key, values) => {
      const { sentence = "", cause = "", todo = "", ends = "" } = eventHere(key);
      const filled = (template: string): string => fill(template, values, clock, writing);
      return { sentence: filled(sentence), cause: filled(cause), todo: filled(todo), ends: filled(ends) };
    },
  };
  return words;
}

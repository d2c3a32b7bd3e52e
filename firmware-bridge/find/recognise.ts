/** Which maps of a library fit what a unit says: marks that name a device, and numbers that only such a device would say. */
import { numberAt, registersOf } from "../device/register-number.ts";
import type { Mark, ReadFunction } from "../maps/device-map.ts";
import type { Identity } from "../maps/sunspec-binding.ts";
import type { AskedUnit } from "./asked-unit.ts";
import type { LibraryMap } from "./library.ts";

/** A map is given up after so many marks that are not as they should be. */
const missesMax = 2;
/**
 * A device without a mark that names it is recognised by its numbers: all fit, so many of them say something (are not just
 * zero), and so many are in a range that no counter or setting is in by chance, such as that of a frequency.
 */
const fitsMin = 3;
const tellingMin = 2;
/** A range is narrow when its upper end is at most so many times its lower one; of floats most numbers are far away. */
const narrowRatio = 20;
const narrowFloatRatio = 2_000;

/** How well a map fits. */
export interface Fit {
  readonly library: LibraryMap;
  /** `named`: by a mark with its name; `fits`: by its numbers alone; `partly`: some marks are as they should be. */
  readonly how: "named" | "fits" | "partly";
  /** Marks that are as they should be; `telling` of them say more than nothing or zero. */
  readonly matched: number;
  readonly telling: number;
  readonly of: number;
  /** What it said that spoke for or against the map, for people. */
  readonly saw: readonly string[];
}

/** What is already known of the unit when maps are tried. */
export interface KnownOfUnit {
  /** From its SunSpec common model; undefined where it does not speak SunSpec. */
  readonly sunspec: Identity | undefined;
}

/** The maps that fit at least partly, the best one first. Stops early where a mark with a name was found. */
export async function fittingMaps(
  unit: AskedUnit,
  library: readonly LibraryMap[],
  known: KnownOfUnit,
): Promise<readonly Fit[]> {
  const fits: Fit[] = [];
  const namesFirst = [...library].sort((a, b) => namesOf(b) - namesOf(a));
  for (const one of namesFirst) {
    const fit = await fitOf(unit, one, known);
    if (fit === undefined) continue;
    fits.push(fit);
    if (fit.how === "named") break;
  }
  const rank = { named: 2, fits: 1, partly: 0 } as const;
  return fits.sort((a, b) => rank[b.how] - rank[a.how] || b.telling - a.telling || b.matched / b.of - a.matched / a.of);
}

const marksOf = ({ map }: LibraryMap): readonly Mark[] => map.recognise?.marks ?? [];
const namesOf = (one: LibraryMap): number => (marksOf(one).some(isName) ? 1 : 0);
const isName = (mark: Mark): boolean => "text" in mark || ("is" in mark && mark.is !== undefined);

async function fitOf(unit: AskedUnit, library: LibraryMap, known: KnownOfUnit): Promise<Fit | undefined> {
  const marks = marksOf(library);
  // Names first: the cheapest way to know that it is another device.
  const ordered = [...marks].sort((a, b) => Number(isName(b)) - Number(isName(a)));
  const seen = { named: 0, fitted: 0, telling: 0, missed: 0, otherName: false };
  const saw: string[] = [];
  for (const mark of ordered) {
    const { matches, answered, said, says } = await look(unit, mark, library.map.readFunction, known);
    saw.push(said);
    if (isName(mark)) {
      if (matches) seen.named += 1;
      else seen.otherName ||= answered;
    } else if (!matches) seen.missed += 1;
    else if (says) {
      seen.fitted += 1;
      if (isNarrow(mark)) seen.telling += 1;
    }
    if (seen.missed >= missesMax) break;
  }
  const matched = seen.named + seen.fitted;
  if (matched === 0) return undefined;
  const numbers = marks.filter((mark) => !isName(mark)).length;
  // A name alone must not be contradicted by everything else: a register can hold any number for a moment.
  const isNamed = seen.named > 0 && !seen.otherName && seen.missed * 2 <= numbers;
  // A device that does not tell its name is taken by its numbers; one that tells another name is another device.
  const isFitting = !seen.otherName && seen.missed === 0 && seen.fitted >= fitsMin && seen.telling >= tellingMin;
  const how = isNamed ? "named" : isFitting ? "fits" : "partly";
  // Zeros and absences don't contradict a map, but nothing looks like it by them alone.
  const agreed = marks.filter(isName).length - Number(seen.otherName) + numbers - seen.missed;
  if (how === "partly" && (agreed * 2 < marks.length || seen.missed >= missesMax)) return undefined;
  return { library, how, matched: seen.missed === 0 ? agreed : matched, telling: matched, of: marks.length, saw };
}

function isNarrow(mark: Mark): boolean {
  const [min, max] = "between" in mark && mark.between !== undefined ? mark.between : [0, 1];
  const isFloat = "type" in mark && mark.type.startsWith("float");
  return min > 0 && max <= (isFloat ? narrowFloatRatio : narrowRatio) * min;
}

interface Look {
  readonly matches: boolean;
  /** It said something there. */
  readonly answered: boolean;
  readonly said: string;
  /** What it said is something, not just nothing or zero. */
  readonly says?: boolean;
}

async function look(unit: AskedUnit, mark: Mark, readFunction: ReadFunction, { sunspec }: KnownOfUnit): Promise<Look> {
  if ("sunspec" in mark) {
    const text = sunspec?.[mark.sunspec] ?? "";
    const answered = sunspec !== undefined;
    return { matches: has(text, mark.text), answered, said: `SunSpec ${mark.sunspec} "${text}"` };
  }
  const own = mark.readFunction ?? readFunction;
  const count = "registers" in mark ? mark.registers : registersOf(mark.type);
  const answer = await unit.ask(own, mark.address, count);
  const where = `${registerWords[own]} ${mark.address}`;
  const isAbsence = "absent" in mark && mark.absent === true;
  if (answer.kind === "silent") return { matches: false, answered: false, said: `${where}: no answer` };
  if (answer.kind === "refused")
    return { matches: isAbsence, answered: false, said: `${where}: exception ${answer.code}` };
  if ("registers" in mark) {
    const bytes = Buffer.from(answer.bytes);
    if (mark.swapped) bytes.swap16();
    // Some makers put one letter into each register.
    const text = bytes.toString("latin1").replaceAll("\0", "").trim();
    return { matches: has(text, mark.text), answered: text !== "", said: `${where}: "${printable(text)}"` };
  }
  const raw = numberAt(mark, answer.bytes, 0);
  const number = mark.bit === undefined ? raw : Math.floor(raw / 2 ** mark.bit) % 2;
  const value = number * mark.scale + (mark.offset ?? 0);
  const said = `${where}: ${Number(value.toPrecision(7))}`;
  if ("answers" in mark) return { matches: true, answered: true, said, says: unit.hasRefused };
  if (isAbsence) return { matches: !(Math.abs(value) > 0), answered: true, said };
  if (mark.is !== undefined) return { matches: mark.is.includes(value), answered: value !== 0, said };
  const [min, max] = mark.between!;
  return { matches: value >= min && value <= max, answered: true, said, says: raw !== 0 };
}

const registerWords: Readonly<Record<ReadFunction, string>> = {
  1: "coil",
  2: "input",
  3: "register",
  4: "input register",
};
const has = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?");

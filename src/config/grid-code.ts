/**
 * A grid code as data: what a code asks of a site, with the range, name, clause, source and certainty of each value. It comes
 * from a file of at most 200 lines (`grid-codes/`, or one beside the site's configuration) and holds no code:
 *
 *     code: Example code 2025
 *     name: example-2025
 *     nominalFrequencyHz: 50
 *     sources: { manual: { title: "Maker's manual, page 7", certainty: secondary } }
 *     settings:
 *       ov1Pu: { value: 1.1, range: [1.1, 1.2], name: "U>", source: manual }
 *       enterRampS: { value: null }
 *
 * A setting that the file leaves out is not part of the code: its function stays off and nobody can switch it on. A value of
 * `null` is unknown: a person must enter it before power may go to the grid, if its function is in force. A range that the
 * file leaves out is what is plausible at all.
 */
import { clamp } from "../domain/units.ts";
import {
  type AbnormalCategory,
  choiceRows,
  flagRows,
  type GridFunctionName,
  type GridSettingKey,
  type GridSettings,
  type NormalCategory,
  type NumberRow,
  numberRows,
} from "./grid-profiles.table.ts";

import { type CodeRideThrough, readRideThrough } from "./ride-through.ts";

/** A grid setting's value, in the unit of its row. */
export type GridSettingValue = number | boolean | string;
/** Bounds within which a setting may be adjusted, both included, in the unit of its row. */
export type GridSettingRange = readonly [min: number, max: number];

/**
 * How sure a value is: read in the code itself, read in what somebody made of it (a maker's manual, a test script), not
 * confirmed by any text that was read, or not known at all.
 */
const certainties = ["read", "secondary", "unconfirmed", "unknown"] as const;
type Certainty = (typeof certainties)[number];

/** Where a setting's value and range come from, and what the code calls it. */
export interface SettingOrigin {
  /** The code's own name, or that of its exchange format; "" where none is known. */
  readonly name: string;
  /** Clause or table; "" unless it has been read. */
  readonly clause: string;
  readonly source: string;
  readonly certainty: Certainty;
  readonly rangeSource: string;
  readonly rangeCertainty: Certainty;
  readonly note: string;
}

/** One code, for one of its regions or categories, complete: what is not known has a stand-in and its key in `blank`. */
export interface GridCode {
  readonly name: string;
  /** What people call the code. */
  readonly code: string;
  /** Where its values come from and how sure that is, in a sentence for people. */
  readonly source: string;
  readonly settings: Readonly<GridSettings>;
  readonly ranges: Readonly<Record<string, GridSettingRange>>;
  /** Words that the code allows for each choice. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
  readonly origins: Readonly<Record<string, SettingOrigin>>;
  /** Settings whose value no source tells. */
  readonly blank: readonly GridSettingKey[];
  /** Settings that are not part of the code. */
  readonly absent: readonly GridSettingKey[];
  /** What has to be ridden through. */
  readonly rideThrough: CodeRideThrough;
}

/** Told of each mistake in a file: where, what was found, what is allowed. */
type Complain = (path: readonly string[], found: unknown, complaint: string) => void;
type Raw = Record<string, unknown>;

interface Variant {
  readonly name: string;
  readonly tags: readonly string[];
  readonly normalCategory: NormalCategory;
  readonly abnormalCategory: AbnormalCategory;
}

const documentKeys = [
  ...["code", "name", "source", "note", "nominalFrequencyHz", "normalCategory", "abnormalCategory"],
  ...["variants", "scaled", "sources", "settings", "rideThrough"],
];
const entryKeys = ["value", "range", "values", "name", "clause", "source", "rangeSource", "note"];
const ratedHz = 60;
/** Digits that a scaled frequency keeps, so that 61.2 Hz at 60 is 51 Hz at 50 and not 50.99999999999999. */
const scaledDecimals = 6;
const unknownOrigin: SettingOrigin = {
  ...{ name: "", clause: "", source: "", rangeSource: "", note: "" },
  ...{ certainty: "unknown", rangeCertainty: "unknown" },
};

const isRecord = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const rounded = (value: number): number => Number(value.toFixed(scaledDecimals));

/** Value of a row at a nominal frequency: frequencies are stated for 60 Hz. */
const atNominal = ({ unit }: Pick<NumberRow, "unit">, value: number, nominalHz: number): number =>
  unit === "Hz" && nominalHz !== ratedHz ? rounded((value * nominalHz) / ratedHz) : value;

const plausible = (row: NumberRow, nominalHz: number): GridSettingRange => {
  const [min, max] = row.plausible;
  // A dead band is not a frequency on the grid's own scale.
  if (row.key.endsWith("BandHz")) return row.plausible;
  return [atNominal(row, min, nominalHz), atNominal(row, max, nominalHz)];
};

/** Whether a function is in force with these settings: what is unknown of one that is not, nobody has to enter. */
const inForce: Readonly<Record<GridFunctionName, (s: Readonly<GridSettings>) => boolean>> = {
  "enter-service": () => true,
  start: (s) => s.startSeparate,
  trip: () => true,
  rocof: (s) => s.rocofHzPerS > 0,
  own: () => true,
  cessation: (s) => s.momentaryCessation,
  "active-power-limit": (s) => s.activePowerLimitEnabled,
  "constant-power-factor": (s) => s.reactiveMode === "constant-power-factor",
  "constant-var": (s) => s.reactiveMode === "constant-var",
  "volt-var": (s) => s.reactiveMode === "volt-var",
  "watt-var": (s) => s.reactiveMode === "watt-var",
  "power-factor-watt": (s) => s.reactiveMode === "power-factor-watt",
  "volt-watt": (s) => s.voltWattEnabled,
  droop: (s) => s.droopEnabled,
};

const functionOf = new Map<string, GridFunctionName>(numberRows.map((row) => [row.key, row.function]));

/** Of the settings that nobody has stated those that matter: a person must enter them before power may go to the grid. */
export const openSettings = (
  blank: readonly GridSettingKey[],
  settings: Readonly<GridSettings>,
): readonly GridSettingKey[] =>
  blank.filter((key) => {
    const name = functionOf.get(key);
    // Whether a function is on at all is open whatever else is.
    return name === undefined || inForce[name](settings);
  });

/** Reads a code's document into its variants, each complete; complaints go to `complain`, and the result is then not to be used. */
export function readGridCode(document: unknown, complain: Complain): readonly GridCode[] {
  if (!isRecord(document)) {
    complain([], document, "must name a code and its settings");
    return [];
  }
  for (const key of Object.keys(document)) {
    if (!documentKeys.includes(key))
      complain([key], document[key], `is not known here; known are ${documentKeys.join(", ")}`);
  }
  if (text(document["code"]) === "") complain(["code"], document["code"], "must be the code's title");
  const nominalHz = document["nominalFrequencyHz"];
  if (nominalHz !== 50 && nominalHz !== 60) {
    complain(["nominalFrequencyHz"], nominalHz, "must be 50 or 60");
    return [];
  }
  if (!isRecord(document["settings"])) {
    complain(["settings"], document["settings"], "must be settings by name");
    return [];
  }
  checkEntries(document, complain);
  const codes = variantsOf(document, complain).map((variant) => buildCode(document, variant, nominalHz, complain));
  const { scaled } = document;
  if (!isRecord(scaled)) return codes;
  return [...codes, ...codes.map((code) => scaledCode(code, scaled))];
}

function variantsOf(document: Raw, complain: Complain): readonly Variant[] {
  const listed = Array.isArray(document["variants"]) ? (document["variants"] as Raw[]) : [document];
  return listed.map((raw) => {
    const name = text(raw["name"]);
    if (!/^[a-z0-9][\w.-]{1,79}$/i.test(name))
      complain(["name"], raw["name"], "must be a name of letters, digits, dots and dashes");
    const normal = raw["normalCategory"] ?? document["normalCategory"] ?? "B";
    const abnormal = raw["abnormalCategory"] ?? document["abnormalCategory"] ?? "III";
    if (normal !== "A" && normal !== "B") complain(["normalCategory"], normal, "must be A or B");
    if (abnormal !== "I" && abnormal !== "II" && abnormal !== "III")
      complain(["abnormalCategory"], abnormal, "must be I, II or III");
    return {
      name,
      tags: Array.isArray(raw["tags"]) ? raw["tags"].map(String) : [],
      normalCategory: normal as NormalCategory,
      abnormalCategory: abnormal as AbnormalCategory,
    };
  });
}

/** Names, sources and words of all entries, before any of them is used. */
function checkEntries(document: Raw, complain: Complain): void {
  const settings = document["settings"] as Raw;
  const sources = isRecord(document["sources"]) ? document["sources"] : {};
  for (const [key, source] of Object.entries(sources)) {
    const certainty = isRecord(source) ? source["certainty"] : undefined;
    if (!isRecord(source) || text(source["title"]) === "") complain(["sources", key], source, "must have a title");
    if (!certainties.includes(certainty as Certainty)) {
      complain(["sources", key], certainty, `must say how sure it is: ${certainties.join(", ")}`);
    }
  }
  const known = new Set<string>([...numberRows, ...flagRows, ...choiceRows].map(({ key }) => key));
  for (const [key, entry] of Object.entries(settings)) {
    if (!known.has(key)) complain(["settings", key], entry, "is not a grid setting; check its spelling");
    else if (!isRecord(entry) || !("value" in entry))
      complain(["settings", key], entry, "must have a value, or null where it is unknown");
    else {
      for (const part of Object.keys(entry)) {
        if (!entryKeys.includes(part))
          complain(["settings", key, part], entry[part], `is not known here; known are ${entryKeys.join(", ")}`);
      }
      for (const part of ["source", "rangeSource"]) {
        const name = entry[part];
        if (name !== undefined && !(text(name) in sources))
          complain(["settings", key, part], name, "must be one of the file's sources");
      }
      if (entry["value"] !== null && entry["source"] === undefined) {
        complain(["settings", key], entry["value"], "must name its source; a value that no source tells is null");
      }
    }
  }
}

/** The part of an entry for this variant: as it stands, or by the variant's tags. */
function forVariant(value: unknown, tags: readonly string[]): unknown {
  if (!isRecord(value)) return value;
  const tag = tags.find((one) => one in value);
  return tag === undefined ? value["*"] : value[tag];
}

function originOf(document: Raw, entry: Raw, isBlank: boolean): SettingOrigin {
  const sources = (document["sources"] ?? {}) as Record<string, { title: string; certainty: Certainty }>;
  const source = sources[text(entry["source"])];
  const rangeSource = sources[text(entry["rangeSource"] ?? entry["source"])];
  const hasRange = entry["range"] !== undefined;
  return {
    name: text(entry["name"]),
    clause: text(entry["clause"]),
    source: source?.title ?? "",
    certainty: isBlank ? "unknown" : (source?.certainty ?? "unknown"),
    rangeSource: hasRange ? (rangeSource?.title ?? "") : "",
    rangeCertainty: hasRange ? (rangeSource?.certainty ?? "unknown") : "unknown",
    note: text(entry["note"]),
  };
}

function buildCode(document: Raw, variant: Variant, nominalHz: number, complain: Complain): GridCode {
  const entries = document["settings"] as Record<string, Raw | undefined>;
  const { name, tags, normalCategory, abnormalCategory } = variant;
  const settings: Record<string, GridSettingValue> = {
    nominalFrequencyHz: nominalHz,
    normalCategory,
    abnormalCategory,
  };
  const ranges: Record<string, GridSettingRange> = {};
  const choices: Record<string, readonly string[]> = {};
  const origins: Record<string, SettingOrigin> = {};
  const blank: GridSettingKey[] = [];
  const absent: GridSettingKey[] = [];
  for (const row of numberRows as readonly NumberRow[]) {
    const key = row.key as GridSettingKey;
    const entry = entries[key];
    const neutral = atNominal(row, row.neutral, nominalHz);
    const range = forVariant(entry?.["range"], tags);
    ranges[key] = isRange(range) ? range : plausible(row, nominalHz);
    if (range !== undefined && !isRange(range))
      complain(["settings", key], range, "must have a range of two numbers, the lower first");
    const value = forVariant(entry?.["value"], tags);
    origins[key] = entry === undefined ? unknownOrigin : originOf(document, entry, value === null);
    settings[key] = typeof value === "number" ? value : clamp(neutral, ...ranges[key]);
    if (entry === undefined && row.function !== "own" && !row.required) {
      absent.push(key);
      settings[key] = row.unused ?? neutral;
      ranges[key] = [settings[key], settings[key]];
    } else if (value === null || (entry === undefined && row.required)) blank.push(key);
    else if (entry !== undefined && typeof value !== "number")
      complain(["settings", key], value, "must be a number, or null where it is unknown");
  }
  for (const { key, silent, function: name } of flagRows) {
    const entry = entries[key];
    const value = forVariant(entry?.["value"], tags);
    origins[key] = entry === undefined ? unknownOrigin : originOf(document, entry, value === null);
    settings[key] = typeof value === "boolean" ? value : silent;
    if (entry === undefined && name !== "own") absent.push(key);
    else if (value === null) blank.push(key);
    else if (entry !== undefined && typeof value !== "boolean")
      complain(["settings", key], value, "must be true or false, or null where it is unknown");
  }
  for (const { key, values, silent } of choiceRows) {
    const entry = entries[key];
    const value = forVariant(entry?.["value"], tags);
    const allowed = entry?.["values"];
    origins[key] = entry === undefined ? unknownOrigin : originOf(document, entry, value === null);
    // What the code does not have keeps the word that stands for it.
    choices[key] =
      entry === undefined
        ? [silent]
        : Array.isArray(allowed)
          ? values.filter((word) => allowed.includes(word))
          : values;
    settings[key] = typeof value === "string" ? value : silent;
    if (value === null) blank.push(key);
    else if (entry !== undefined && !choices[key].includes(String(value)))
      complain(["settings", key], value, `must be one of ${choices[key].join(", ")}`);
  }
  return {
    ...{ name, code: text(document["code"]), source: text(document["source"]) || text(document["code"]) },
    settings: settings as unknown as GridSettings,
    ...{ ranges, choices, origins, blank, absent },
    rideThrough: readRideThrough(document["rideThrough"], (document["sources"] ?? {}) as Raw, nominalHz, complain),
  };
}

const isRange = (value: unknown): value is GridSettingRange =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1];

/**
 * The same values at another nominal frequency. That is a rule of this project's own and no code: its ranges are only what is
 * plausible, and a utility's file may switch on what any code has.
 */
function scaledCode(code: GridCode, scaled: Raw): GridCode {
  const nominalHz = Number(scaled["nominalFrequencyHz"]);
  const settings: Record<string, GridSettingValue> = { ...code.settings, nominalFrequencyHz: nominalHz };
  const ranges: Record<string, GridSettingRange> = {};
  for (const row of numberRows as readonly NumberRow[]) {
    settings[row.key] = atNominal(row, settings[row.key] as number, nominalHz);
    const given = code.ranges[row.key]!.map((bound) => atNominal(row, bound, nominalHz));
    const [min, max] = plausible(row, nominalHz);
    ranges[row.key] = [Math.min(min, given[0]!), Math.max(max, given[1]!)];
  }
  return {
    ...code,
    name: `${code.name}${text(scaled["suffix"])}`,
    code: `${code.code} at ${nominalHz} Hz`,
    source: text(scaled["source"]),
    settings: settings as unknown as GridSettings,
    ranges,
    choices: Object.fromEntries(choiceRows.map(({ key, values }) => [key, values])),
    absent: [],
  };
}

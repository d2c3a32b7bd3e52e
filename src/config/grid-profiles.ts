/**
 * Grid profiles: complete, validated sets of the grid functions' settings under a name, with the ranges that hold for them
 * and the history of their changes. Built in are IEEE 1547-2018 for each category at 60 Hz, the same scaled to 50 Hz,
 * California Rule 21 and VDE-AR-N 4105; a utility's own file (`grid-profiles-file.ts`) starts from one of them.
 */
import { err, invariant, ok, type Result } from "../domain/result.ts";
import {
  ieee1547At50Source,
  ieee1547Source,
  plausibleRange,
  rule21Source,
  vde4105,
  vde4105Source,
} from "./grid-codes.table.ts";
import {
  type AbnormalCategory,
  type ByCategory,
  choiceRows,
  flagRows,
  type GridSettingKey,
  type GridSettings,
  type NormalCategory,
  type NumberRow,
  numberRows,
  rule21Differences,
  rule21Ranges,
} from "./grid-profiles.table.ts";

export type { AbnormalCategory, GridSettings } from "./grid-profiles.table.ts";

/** A grid setting's value, in the unit of its row. */
export type GridSettingValue = number | boolean | string;
/** Bounds within which a setting may be adjusted, both included, in the unit of its row. */
export type GridSettingRange = readonly [min: number, max: number];

/** One accepted change of a profile, kept with it. */
export interface GridProfileRevision {
  readonly version: number;
  readonly by: string;
  /** UTC, ms, as given by whoever made the change. */
  readonly atMs: number;
  readonly note: string;
  readonly changes: readonly {
    readonly setting: GridSettingKey;
    readonly from: GridSettingValue;
    readonly to: GridSettingValue;
  }[];
}

/**
 * What a utility asks of a site at its grid connection: every grid setting, where it comes from, and which version it is.
 */
export interface GridProfile {
  readonly name: string;
  /** Where its settings come from and how sure that is, for people. */
  readonly source: string;
  /** The built-in profile that its ranges and unchanged settings come from. */
  readonly base: string;
  readonly version: number;
  readonly settings: Readonly<GridSettings>;
  readonly ranges: Readonly<Record<string, GridSettingRange>>;
  /** Oldest first, at most `revisionsMax`; older ones live in the audit log. */
  readonly revisions: readonly GridProfileRevision[];
}

export const revisionsMax = 100;

/** What is wrong with one setting: its name, the value found, and what is allowed. */
export interface GridSettingComplaint {
  readonly setting: string;
  readonly found: string;
  readonly complaint: string;
}

const rated60Hz = 60;
const normalCategories = ["A", "B"] as const;
const abnormalCategories = ["I", "II", "III"] as const;

/** All rows by key, for help, forms and the exchange names. */
export const gridSettingRows = { numbers: numberRows as readonly NumberRow[], flags: flagRows, choices: choiceRows };

function choose<T>(value: ByCategory<T>, normal: NormalCategory, abnormal: AbnormalCategory): T {
  if ("all" in value) return value.all;
  if ("A" in value) return value[normal];
  return value[abnormal];
}

/** Digits that a scaled frequency keeps, so that 61.2 Hz at 60 is 51 Hz at 50 and not 50.99999999999999. */
const scaledDecimals = 6;

function build(
  name: string,
  normalCategory: NormalCategory,
  abnormalCategory: AbnormalCategory,
  nominalFrequencyHz: number,
  source: string,
  differences: Partial<GridSettings> = {},
  otherRanges: { readonly [key in GridSettingKey]?: GridSettingRange } = {},
): GridProfile {
  const scale = nominalFrequencyHz / rated60Hz;
  const settings: Record<string, GridSettingValue> = { nominalFrequencyHz, normalCategory, abnormalCategory };
  const ranges: Record<string, GridSettingRange> = {};
  for (const row of numberRows as readonly NumberRow[]) {
    const factor = row.unit === "Hz" ? scale : 1;
    const scaled = (value: number): number => (factor === 1 ? value : Number((value * factor).toFixed(scaledDecimals)));
    const [min, max] = otherRanges[row.key as GridSettingKey] ?? choose(row.range, normalCategory, abnormalCategory);
    settings[row.key] = scaled(choose(row.standard, normalCategory, abnormalCategory));
    // The standard's ranges hold for the standard: at another frequency no code has stated any, so a utility's may be its own.
    ranges[row.key] =
      scale === 1 ? [scaled(min), scaled(max)] : plausibleRange(row, [scaled(min), scaled(max)], nominalFrequencyHz);
  }
  for (const row of flagRows) settings[row.key] = choose<boolean>(row.standard, normalCategory, abnormalCategory);
  for (const row of choiceRows) settings[row.key] = row.standard;
  const profile = {
    name,
    source,
    base: name,
    version: 1,
    settings: { ...(settings as unknown as GridSettings), ...differences },
    ranges,
    revisions: [],
  };
  const complaints = checkGridSettings(profile.settings, ranges);
  invariant(complaints.length === 0, `built-in profile ${name}: ${complaints.map(gridComplaintText).join("; ")}`);
  return profile;
}

/** One line for a person: `ov1S is 20: must be from 1 to 13 s`. */
const gridComplaintText = ({ setting, found, complaint }: GridSettingComplaint): string =>
  `${setting} is ${found}: ${complaint}`;

/**
 * Everything that is wrong with a complete set of settings: ranges first, then what one setting demands of another. Empty
 * when it may be used.
 */
export function checkGridSettings(
  settings: Readonly<GridSettings>,
  ranges: Readonly<Record<string, GridSettingRange>>,
): readonly GridSettingComplaint[] {
  const complaints: GridSettingComplaint[] = [];
  const complain = (setting: string, complaint: string): void => {
    const value = (settings as unknown as Record<string, unknown>)[setting];
    const found = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "missing");
    complaints.push({ setting, found, complaint });
  };
  for (const { key, unit } of numberRows as readonly NumberRow[]) {
    const value: unknown = settings[key as GridSettingKey];
    const [min, max] = ranges[key]!;
    if (typeof value !== "number" || !(value >= min && value <= max)) {
      complain(key, min === max ? `must be ${min} ${unit}`.trim() : `must be from ${min} to ${max} ${unit}`.trim());
    }
  }
  for (const { key } of flagRows) if (typeof settings[key] !== "boolean") complain(key, "must be true or false");
  for (const { key, values } of choiceRows) {
    if (!(values as readonly string[]).includes(settings[key])) complain(key, `must be one of ${values.join(", ")}`);
  }
  if (complaints.length === 0) for (const rule of orderRules) rule(settings, complain);
  return complaints;
}

type Complain = (setting: GridSettingKey, complaint: string) => void;

/** Two settings of which the first must not be above the second, by at least a gap. */
const order =
  (low: NumericKey, high: NumericKey, gap = 0) =>
  (s: Readonly<GridSettings>, complain: Complain) => {
    if (s[low] > s[high] - gap + 1e-9) {
      complain(
        high,
        gap > 0 ? `must be at least ${gap} above ${low}, ${s[low]}` : `must not be below ${low}, ${s[low]}`,
      );
    }
  };
type NumericKey = (typeof numberRows)[number]["key"];

/** What settings demand of each other: trips in order, curves that rise or fall in one direction only. */
const orderRules: readonly ((settings: Readonly<GridSettings>, complain: Complain) => void)[] = [
  order("enterVoltageMinPu", "enterVoltageMaxPu"),
  order("enterFrequencyMinHz", "enterFrequencyMaxHz"),
  order("ov1Pu", "ov2Pu"),
  order("ov2S", "ov1S"),
  order("uv2Pu", "uv1Pu"),
  order("uv2S", "uv1S"),
  order("uv3Pu", "uv2Pu"),
  order("of1Hz", "of2Hz"),
  order("of2S", "of1S"),
  order("uf2Hz", "uf1Hz"),
  order("uf2S", "uf1S"),
  order("cessationLowPu", "uv1Pu"),
  order("voltVarV1Pu", "voltVarV2Pu", 0.02),
  order("voltVarV2Pu", "voltVarV3Pu"),
  order("voltVarV3Pu", "voltVarV4Pu", 0.02),
  order("voltVarQ2Pu", "voltVarQ1Pu"),
  order("voltVarQ3Pu", "voltVarQ2Pu"),
  order("voltVarQ4Pu", "voltVarQ3Pu"),
  order("wattVarP1Pu", "wattVarP2Pu", 0.1),
  order("wattVarP2Pu", "wattVarP3Pu", 0.1),
  order("wattVarLoadP2Pu", "wattVarLoadP1Pu", 0.1),
  order("wattVarLoadP3Pu", "wattVarLoadP2Pu", 0.1),
  order("voltWattV1Pu", "voltWattV2Pu", 0.01),
  order("voltWattP2Pu", "voltWattP1Pu"),
  (s, complain) => {
    if (s.enterRandomDelayS === 0 && s.enterRampS < 1) {
      complain("enterRampS", "must be from 1 to 1000 s unless a random delay is set");
    }
    if (s.enterRandomDelayS > 0 && s.enterRampS > 0) {
      complain("enterRampS", "must be 0 s with a random delay: one or the other");
    }
  },
];

const builtIn = new Map<string, GridProfile>();
for (const frequencyHz of [60, 50]) {
  for (const normal of normalCategories) {
    for (const abnormal of abnormalCategories) {
      const name = `ieee1547-cat${normal}-${abnormal}${frequencyHz === 50 ? "-50hz" : ""}`;
      builtIn.set(
        name,
        build(name, normal, abnormal, frequencyHz, frequencyHz === 50 ? ieee1547At50Source : ieee1547Source),
      );
    }
  }
}
builtIn.set("ca-rule21", build("ca-rule21", "B", "III", 60, rule21Source, rule21Differences, rule21Ranges));
builtIn.set("vde-ar-n-4105-2018", build("vde-ar-n-4105-2018", "B", "III", 50, vde4105Source, vde4105));

/** Names of the built-in profiles: `ieee1547-catB-III`, `ieee1547-catB-III-50hz`, …, `ca-rule21`, `vde-ar-n-4105-2018`. */
export const gridProfileNames: readonly string[] = [...builtIn.keys()];

/** A built-in profile, or undefined. */
export const builtInGridProfile = (name: string): GridProfile | undefined => builtIn.get(name);

/** The default of a new site: IEEE 1547-2018, Category B, III, 60 Hz. */
export const standardGridProfile: GridProfile = builtIn.get("ieee1547-catB-III")!;

/**
 * A profile with some settings changed: a new version with the change in its history, or every complaint. The profile that
 * was given stays as it is.
 */
export function changeGridProfile(
  profile: GridProfile,
  changes: Readonly<Record<string, unknown>>,
  { by, atMs, note }: { readonly by: string; readonly atMs: number; readonly note: string },
): Result<GridProfile, readonly GridSettingComplaint[]> {
  const known = new Set<string>([...numberRows, ...flagRows, ...choiceRows].map(({ key }) => key));
  const unknown = Object.keys(changes).filter((key) => !known.has(key));
  if (unknown.length > 0) {
    return err(
      unknown.map((setting) => ({
        setting,
        found: JSON.stringify(changes[setting]) ?? "missing",
        complaint: fixedSettings.has(setting)
          ? "belongs to the base profile and cannot be changed; choose another base"
          : "is not a grid setting; check its spelling",
      })),
    );
  }
  const settings = { ...profile.settings, ...(changes as Partial<GridSettings>) };
  const complaints = checkGridSettings(settings, profile.ranges);
  if (complaints.length > 0) return err(complaints);
  const changed = (Object.keys(changes) as GridSettingKey[]).filter((key) => settings[key] !== profile.settings[key]);
  if (changed.length === 0) return ok(profile);
  const revision: GridProfileRevision = {
    version: profile.version + 1,
    by,
    atMs,
    note,
    changes: changed.map((setting) => ({ setting, from: profile.settings[setting], to: settings[setting] })),
  };
  return ok({
    ...profile,
    version: revision.version,
    settings,
    revisions: [...profile.revisions, revision].slice(-revisionsMax),
  });
}

const fixedSettings = new Set(["nominalFrequencyHz", "normalCategory", "abnormalCategory"]);

const profilesFor = (frequencyHz: number): readonly string[] =>
  gridProfileNames.filter((name) => builtIn.get(name)!.settings.nominalFrequencyHz === frequencyHz);

/** Whether a profile fits the site: a 50 Hz profile on a 60 Hz service would trip at once, or never. */
export function checkGridProfileFits(profile: GridProfile, siteFrequencyHz: number): readonly GridSettingComplaint[] {
  const { nominalFrequencyHz } = profile.settings;
  if (nominalFrequencyHz === siteFrequencyHz) return [];
  return [
    {
      setting: "gridProfile",
      found: `"${profile.name}", for ${nominalFrequencyHz} Hz`,
      complaint: `must be a profile for the site's ${siteFrequencyHz} Hz: ${profilesFor(siteFrequencyHz).join(", ")}, or the path of a file`,
    },
  ];
}

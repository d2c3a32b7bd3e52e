/**
 * Grid profiles: complete, validated sets of the grid functions' settings under a name, with the ranges that hold for them
 * and the history of their changes. Each starts from a grid code (`grid-code.ts`): one that comes with the product, or a
 * file beside the site's configuration; a utility's own file (`grid-profiles-file.ts`) changes some of its settings.
 */
import { err, invariant, ok, type Result } from "../domain/result.ts";
import { type GridCode, type GridSettingRange, type GridSettingValue, openSettings } from "./grid-code.ts";
import { codesWith, gridCodes } from "./grid-codes.ts";
import {
  choiceRows,
  flagRows,
  type GridSettingKey,
  type GridSettings,
  type NumberRow,
  numberRows,
} from "./grid-profiles.table.ts";

export type { AbnormalCategory, GridSettings } from "./grid-profiles.table.ts";

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
export interface GridProfile extends GridCode {
  /** The code's own name, of which ranges and unchanged settings come. */
  readonly base: string;
  readonly version: number;
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

/** All rows by key, for help, forms and the exchange names. */
export const gridSettingRows = { numbers: numberRows as readonly NumberRow[], flags: flagRows, choices: choiceRows };

/** A code as it stands, as a profile; or every complaint about its values. */
export function profileOfCode(code: GridCode): Result<GridProfile, readonly GridSettingComplaint[]> {
  const complaints = checkGridSettings(code.settings, code.ranges, code);
  return complaints.length > 0 ? err(complaints) : ok({ ...code, base: code.name, version: 1, revisions: [] });
}

/** Settings that a person must enter before power may go to the grid, because no source that was read tells them. */
export const missingSettings = ({ blank, settings }: GridProfile): readonly GridSettingKey[] =>
  openSettings(blank, settings);

/**
 * Everything that is wrong with a complete set of settings: ranges first, then what one setting demands of another. Empty
 * when it may be used.
 */
export function checkGridSettings(
  settings: Readonly<GridSettings>,
  ranges: Readonly<Record<string, GridSettingRange>>,
  { code, choices, origins }: Partial<Pick<GridCode, "code" | "choices" | "origins">> = {},
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
      const allowed = (min === max ? `must be ${min} ${unit}` : `must be from ${min} to ${max} ${unit}`).trim();
      const stated = origins === undefined || origins[key]?.rangeSource !== "";
      const whose = stated ? code : `what is plausible at all; no range of ${code} is known`;
      complain(key, code === undefined ? allowed : `${allowed} (${whose})`);
    }
  }
  for (const { key } of flagRows) if (typeof settings[key] !== "boolean") complain(key, "must be true or false");
  for (const { key, values } of choiceRows) {
    const allowed: readonly string[] = choices?.[key] ?? values;
    if (!allowed.includes(settings[key])) complain(key, `must be one of ${allowed.join(", ")}`);
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

/** The same for a threshold that 0 switches off. */
const orderUsed = (low: NumericKey, high: NumericKey) => (s: Readonly<GridSettings>, complain: Complain) => {
  if (s[high] > 0) order(low, high)(s, complain);
};

/** Smallest power factor of a characteristic. */
const factorMin = 0.8;

/** What settings demand of each other: trips in order, curves that rise or fall in one direction only. */
const orderRules: readonly ((settings: Readonly<GridSettings>, complain: Complain) => void)[] = [
  order("enterVoltageMinPu", "enterVoltageMaxPu"),
  order("enterFrequencyMinHz", "enterFrequencyMaxHz"),
  orderUsed("ov1Pu", "ov2Pu"),
  (s, complain) => {
    if (s.ov2Pu > 0) order("ov2S", "ov1S")(s, complain);
  },
  order("uv2Pu", "uv1Pu"),
  (s, complain) => {
    if (s.uv2Pu > 0) order("uv2S", "uv1S")(s, complain);
  },
  order("uv3Pu", "uv2Pu"),
  orderUsed("of1Hz", "of2Hz"),
  (s, complain) => {
    if (s.of2Hz > 0) order("of2S", "of1S")(s, complain);
  },
  order("uf2Hz", "uf1Hz"),
  (s, complain) => {
    if (s.uf2Hz > 0) order("uf2S", "uf1S")(s, complain);
  },
  order("cessationLowPu", "uv1Pu"),
  order("voltVarV1Pu", "voltVarV2Pu", 0.02),
  order("voltVarV2Pu", "voltVarV3Pu"),
  order("voltVarV3Pu", "voltVarV4Pu", 0.02),
  order("voltVarQ2Pu", "voltVarQ1Pu"),
  order("voltVarQ3Pu", "voltVarQ2Pu"),
  order("voltVarQ4Pu", "voltVarQ3Pu"),
  order("startVoltageMinPu", "startVoltageMaxPu"),
  order("startFrequencyMinHz", "startFrequencyMaxHz"),
  order("voltVarLockOutPu", "voltVarLockInPu"),
  order("factorWattLockOutPu", "factorWattLockInPu"),
  order("factorWattP1Pu", "factorWattP2Pu"),
  order("factorWattP2Pu", "factorWattP3Pu"),
  (s, complain) => {
    for (const key of ["factorWattF1", "factorWattF2", "factorWattF3"] as const) {
      if (Math.abs(s[key]) < factorMin) complain(key, `must be from ${factorMin} to 1, or from -1 to -${factorMin}`);
    }
  },
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

const builtIn = new Map<string, GridProfile>(
  gridCodes.map((code) => {
    const profile = profileOfCode(code);
    invariant(profile.ok, `built-in grid code ${code.name}`);
    return [code.name, profile.value];
  }),
);

/** Names of the built-in profiles: `ieee1547-catB-III`, `ieee1547-catB-III-50hz`, …, `ca-rule21`, `vde-ar-n-4105-2018`, …. */
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
  const foreign = profile.absent.filter((key) => key in changes && changes[key] !== profile.settings[key]);
  if (foreign.length > 0) {
    return err(
      foreign.map((setting) => {
        const others = codesWith(setting);
        const belongs = others === "" ? "" : ` but of ${others}; two codes are not mixed`;
        const complaint = `is not part of ${profile.code}${belongs}`;
        return { setting, found: JSON.stringify(changes[setting]) ?? "missing", complaint };
      }),
    );
  }
  const settings = { ...profile.settings, ...(changes as Partial<GridSettings>) };
  const complaints = checkGridSettings(settings, profile.ranges, profile);
  if (complaints.length > 0) return err(complaints);
  // What a person has entered is no longer unknown, also where it is what stood in for it.
  const blank = profile.blank.filter((key) => !(key in changes));
  const changed = (Object.keys(changes) as GridSettingKey[]).filter((key) => settings[key] !== profile.settings[key]);
  if (changed.length === 0) return ok(blank.length === profile.blank.length ? profile : { ...profile, blank });
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
    blank,
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

/** Which code a certification is about: a built-in profile or a utility's file of settings, within the code's ranges. */
import { createHash } from "node:crypto";
import type { CodeFacts, SettingFact } from "../../certify/report.ts";
import type { GridSettingKey } from "../../config/grid-profiles.table.ts";
import {
  builtInGridProfile,
  type GridProfile,
  gridProfileNames,
  gridSettingRows,
  missingSettings,
} from "../../config/grid-profiles.ts";
import { gridProfileComplaintText, parseGridProfile } from "../../config/grid-profiles-file.ts";
import { unsourcedRideThrough } from "../../config/ride-through.ts";
import { AskedWrongly } from "../asked.ts";
import { textOf } from "./text-of.ts";

/** Throws with every setting that is outside the code, or that nobody has told yet. */
export function readProfile(name: string): GridProfile {
  const profile = namedProfile(name);
  const missing = missingSettings(profile);
  if (missing.length === 0) return profile;
  throw new Error(
    `${profile.code} can't be tried: no source tells ${missing.join(", ")}; enter them in a file with \`base: ${profile.base}\``,
  );
}

function namedProfile(name: string): GridProfile {
  const builtIn = builtInGridProfile(name);
  if (builtIn) return builtIn;
  if (!/[./\\]/.test(name))
    throw new AskedWrongly(`there is no profile ${name}: one of ${gridProfileNames.join(", ")}, or the path of a file`);
  const parsed = parseGridProfile(textOf(name), name);
  if (!parsed.ok)
    throw new Error(`settings outside the code:\n${parsed.error.map(gridProfileComplaintText).join("\n")}`);
  return parsed.value;
}

export function codeFacts(profile: GridProfile): CodeFacts {
  const { name, base, source, version, settings } = profile;
  const settingsSha256 = createHash("sha256").update(JSON.stringify(settings)).digest("hex");
  const unsourced = unsourcedRideThrough(profile.code, profile.rideThrough);
  return { profile: name, base, source, version, settingsSha256, unsourced, settings: settingFacts(profile) };
}

/** Every setting that belongs to the code, in the order of the table. */
function settingFacts(profile: GridProfile): readonly SettingFact[] {
  const { settings, ranges, origins, absent } = profile;
  const { numbers, flags, choices } = gridSettingRows;
  const units = new Map<string, string>(numbers.map(({ key, unit }) => [key, unit]));
  return [...numbers, ...flags, ...choices].flatMap(({ key }): readonly SettingFact[] => {
    const setting = key as GridSettingKey;
    if (absent.includes(setting)) return [];
    const origin = origins[setting];
    const range = ranges[setting];
    return [
      {
        key,
        value: settings[setting],
        unit: units.get(key) ?? "",
        range: range && (origin?.rangeCertainty ?? "unknown") !== "unknown" ? `${range[0]} to ${range[1]}` : "",
        name: origin?.name ?? "",
        clause: origin?.clause ?? "",
        certainty: origin?.certainty ?? "unknown",
      },
    ];
  });
}

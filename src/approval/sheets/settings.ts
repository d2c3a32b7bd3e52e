/** The settings of the grid code: default, range and the site's value of each, as a sheet and as a file. */

import type { GridSettingKey } from "../../config/grid-profiles.table.ts";
import { builtInGridProfile, gridSettingRows, missingSettings } from "../../config/grid-profiles.ts";
import { unsourcedRideThrough } from "../../config/ride-through.ts";
import type { Evidence } from "../evidence.ts";
import { placeText } from "../evidence.ts";
import { SheetMaker } from "../sheet.ts";

/** One setting as a utility compares it. */
export interface SettingLine {
  readonly key: string;
  readonly name: string;
  readonly clause: string;
  readonly standard: string;
  readonly min: string;
  readonly max: string;
  readonly value: string;
  readonly unit: string;
  readonly certainty: string;
  readonly source: string;
  readonly origin: string;
}

const text = (value: unknown): string => (value === undefined ? "" : String(value));

/** Every setting that belongs to the site's code, in the order of the table. */
function settingLines(evidence: Evidence): readonly SettingLine[] {
  const { profile } = evidence.site;
  const { settings, ranges, origins, absent, blank, choices } = profile;
  const { numbers, flags, choices: words } = gridSettingRows;
  const base = builtInGridProfile(profile.base);
  const units = new Map<string, string>(numbers.map(({ key, unit }) => [key, unit]));
  return [...numbers, ...flags, ...words].flatMap(({ key }): readonly SettingLine[] => {
    const setting = key as GridSettingKey;
    if (absent.includes(setting)) return [];
    const from = origins[setting];
    const isSaid = (from?.rangeCertainty ?? "unknown") !== "unknown";
    const [min, max] = ranges[setting] ?? [];
    const unknown = blank.includes(setting);
    const standard = base?.blank.includes(setting) ? "" : text((base ?? profile).settings[setting]);
    const changed = base !== undefined && standard !== text(settings[setting]);
    return [
      {
        key,
        name: from?.name ?? "",
        clause: from?.clause ?? "",
        standard,
        min: isSaid ? text(min) : "",
        max: isSaid ? text(max) : (choices[setting] ?? []).join(" | "),
        value: unknown ? "unknown" : text(settings[setting]),
        unit: units.get(key) ?? "",
        certainty: from?.certainty ?? "unknown",
        source: from?.source ?? "",
        origin: changed ? evidence.site.config.site.gridProfile : `grid code ${profile.base}`,
      },
    ];
  });
}

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** The same as a file that a spreadsheet and a program read (RFC 4180). */
export function settingsCsv(evidence: Evidence): string {
  const head = ["setting", "name", "clause", "default", "min", "max", "value", "unit", "certainty", "source", "origin"];
  const rows = settingLines(evidence).map((line) => [
    line.key,
    line.name,
    line.clause,
    line.standard,
    line.min,
    line.max,
    line.value,
    line.unit,
    line.certainty,
    line.source,
    line.origin,
  ]);
  return `${[head, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
}

export function settingsSheet(evidence: Evidence): SheetMaker {
  const { profile, config } = evidence.site;
  const missing = missingSettings(profile);
  const sheet = new SheetMaker(evidence, "settings", `Settings: ${profile.code}`)
    .note(
      "Certainty: read in the code itself, secondary (in what a maker or a test script made of it), unconfirmed, unknown. An empty range is stated by no source that was read.",
    )
    .setting(
      "Grid profile",
      ["site", "gridProfile"],
      `${profile.name}, version ${profile.version}, based on ${profile.base}`,
    )
    .fact("Source", profile.source, placeText(evidence, ["site", "gridProfile"]))
    .fact("Fingerprint of the settings", evidence.settingsSha256, "SHA-256, as reports of islet certify carry it")
    .fact("Who runs the functions", functionsBy(evidence), `${evidence.file}: evses[].stage.gridFunctions`);
  if (missing.length > 0)
    sheet.miss(
      `settings of ${profile.code} that no source tells: ${missing.join(", ")}`,
      "utility",
      `a file with base: ${profile.base} that site.gridProfile names${config.site.serviceMode.startsWith("parallel") ? "; until then nothing is given back" : ""}`,
    );
  const unsourced = unsourcedRideThrough(profile.code, profile.rideThrough);
  if (unsourced !== "")
    sheet.miss(unsourced, "utility", "regions `rideThrough` in a code's file that site.gridProfile names");
  const lines = settingLines(evidence);
  const range = ({ min, max }: SettingLine): string => (min === "" ? max : `${min} to ${max}`);
  const withUnit = (value: string, unit: string): string => (value === "" || unit === "" ? value : `${value} ${unit}`);
  // Only where somebody has changed the code's settings there are two origins.
  const own = lines.some(({ origin }) => !origin.startsWith("grid code "));
  return sheet.table(
    "Settings",
    ["site", "gridProfile"],
    [
      "Setting",
      "Name in the code",
      "Clause",
      "Default",
      "Range",
      "Site",
      ...(own ? ["Site's value from"] : []),
      "Certainty",
    ],
    lines.map((line) => [
      ...[line.key, line.name, line.clause, line.standard, range(line), withUnit(line.value, line.unit)],
      ...(own ? [line.origin] : []),
      line.certainty,
    ]),
  );
}

function functionsBy({ site }: Evidence): string {
  const { evses } = site.config;
  const own = evses.filter(({ stage }) => stage.gridFunctions === "stage").length;
  const certified = `${own} of ${evses.length} in the power stage's own firmware, configured, read back and watched`;
  return own === evses.length ? certified : `${certified}; the others by the controller`;
}

/**
 * Reads a site's configuration and what it refers to (grid profile, Limited Generation Profile) from disk; every complaint
 * of all files comes at once. Nothing is energized before all of this has passed.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DeviceKind, DeviceMap } from "../../../firmware-bridge/maps/device-map.ts";
import { parseMapFile } from "../../../firmware-bridge/maps/map-file.ts";
import { type Agreement, parseAgreements } from "../../config/agreements-file.ts";
import { parseGenerationProfile } from "../../config/generation-profile-file.ts";
import {
  builtInGridProfile,
  checkGridProfileFits,
  type GridProfile,
  gridProfileNames,
} from "../../config/grid-profiles.ts";
import { parseGridProfile } from "../../config/grid-profiles-file.ts";
import { type ConfigComplaint, complaintText, examineSiteConfig, lineOfSetting } from "../../config/parse.ts";
import { pccMeteringOf } from "../../config/pcc-metering.ts";
import type { SiteConfig } from "../../config/site.ts";
import {
  createLimitedGenerationProfile,
  type LimitedGenerationProfile,
} from "../../core/pcc/limited-generation-profile.ts";
import { err, ok, type Result } from "../../domain/result.ts";
import { tariffMistakes } from "../../tariff/tariff.ts";
import { besideFile } from "./beside-file.ts";
import type { DeviceMaps } from "./bridge-settings.ts";
import { checkMapsFit } from "./map-checks.ts";
import { withHabitsOfMaps } from "./map-links.ts";
import { brokenPromise } from "./site-promises.ts";
import { tlsMistakes } from "./tls-checks.ts";

/** Everything that the files say. No key is optional, so that none can be forgotten on the way (`composition.ts`). */
export interface LoadedSite {
  readonly config: SiteConfig;
  readonly profile: GridProfile;
  /** Null where the site has none. */
  readonly generationProfile: LimitedGenerationProfile | null;
  /** Register maps of devices that do not speak SunSpec, by the names in the configuration. */
  readonly maps: DeviceMaps;
  /** Mutual-aid agreements; none where no file is named. */
  readonly agreements: readonly Agreement[];
}

type Checked<T> = Result<T, readonly ConfigComplaint[]>;

/** All files, or every complaint about them. */
export function checkSite(file: string): Checked<LoadedSite> {
  const source = readText(file);
  if (!source.ok)
    return err([{ file, line: 1, setting: "", found: "", complaint: `${file} can't be read (${source.error})` }]);
  return checkSiteText(source.value, file);
}

/** The same for a site whose text is at hand; `file` is where it would lie, and what it refers to is looked for beside it. */
export function checkSiteText(text: string, file: string): Checked<LoadedSite> {
  const { config, complaints, isMended, asWritten } = examineSiteConfig(text, file);
  if (config === null) return err(complaints);
  const at = (...settingPath: (string | number)[]): ConfigComplaint => {
    const path = asWritten(settingPath);
    const setting = path
      .map((step, i) => (typeof step === "number" ? `[${step}]` : `${i > 0 ? "." : ""}${String(step)}`))
      .join("");
    return { file, line: lineOfSetting(text, path), setting, found: "", complaint: "" };
  };
  const maps = readMaps(config, file, at);
  const careful = maps.ok ? withHabitsOfMaps(config, maps.value) : config;
  const promise = at("pcc", "inadvertentExport", "responseBoundMs");
  const broken = brokenPromise(careful);
  const promised: Checked<null> =
    broken === ""
      ? ok(null)
      : err([{ ...promise, found: String(config.pcc.inadvertentExport.responseBoundMs), complaint: broken }]);
  const mistakes = (config.tariff ? tariffMistakes(config.tariff) : []).map(
    ({ path, complaint }): ConfigComplaint => ({ ...at("tariff", ...path), complaint }),
  );
  const tariff: Checked<null> = mistakes.length === 0 ? ok(null) : err(mistakes);
  const tls = tlsMistakes(besideFile(careful, file)).map(
    ({ path, found, complaint }): ConfigComplaint => ({ ...at(...path), found, complaint }),
  );
  const secured: Checked<null> = tls.length === 0 ? ok(null) : err(tls);
  const profile = readGridProfile(config, file, at("site", "gridProfile"));
  const generation = readGenerationProfile(config, file, at("pcc", "generationProfile"));
  const agreements = readAgreements(config, file, at("account", "agreementsFile"));
  const all = [promised, tariff, secured, profile, generation, maps, agreements];
  if (complaints.length === 0 && all.every(({ ok }) => ok) && profile.ok && generation.ok && maps.ok && agreements.ok)
    return ok({
      config: besideFile(careful, file),
      agreements: agreements.value,
      maps: maps.value,
      profile: profile.value,
      generationProfile: generation.value,
    });
  // What was put in for a mistake is nobody's mistake.
  const further = all
    .flatMap((checked) => (checked.ok ? [] : checked.error))
    .filter(({ file: where, setting }) => where !== file || !isMended(setting.split(/[.[\]]+/).filter(Boolean)));
  return err([...complaints, ...further]);
}

/** The same, or an `Error` whose message names each line to mend. */
export function loadSite(file: string): LoadedSite {
  const checked = checkSite(file);
  if (checked.ok) return checked.value;
  const [first] = checked.error;
  // A file that is not there has no lines to mend.
  if (first?.setting === "" && first.complaint.startsWith(file)) throw new Error(first.complaint);
  throw new Error(
    `the configuration has ${checked.error.length} to mend:\n${checked.error.map(complaintText).join("\n")}`,
  );
}

/** A document that people take for a grid code and that is none. */
const aboutG100 =
  "G100 is about limits of export and import, which are pcc.exportLimitW and pcc.importLimitW; the code beside it is g98 or g99";

/** A built-in profile or a utility's file beside the configuration, and only if it is for the site's frequency. */
function readGridProfile({ site }: SiteConfig, siteFile: string, here: ConfigComplaint): Checked<GridProfile> {
  const name = site.gridProfile;
  let profile = builtInGridProfile(name);
  if (profile === undefined) {
    const elsewhere = /^g100\b/i.test(name) ? ` (${aboutG100})` : "";
    const expected = `must be one of ${gridProfileNames.join(", ")}, or the path of a file${elsewhere}`;
    if (!/[./\\]/.test(name)) return err([{ ...here, found: JSON.stringify(name), complaint: expected }]);
    const file = resolve(dirname(siteFile), name);
    const source = readText(file);
    if (!source.ok)
      return err([{ ...here, found: JSON.stringify(name), complaint: `can't be read (${source.error})` }]);
    const parsed = parseGridProfile(source.value, file);
    if (!parsed.ok) return parsed;
    profile = parsed.value;
  }
  const misfits = checkGridProfileFits(profile, Number(site.nominalFrequencyHz));
  if (misfits.length === 0) return ok(profile);
  return err(misfits.map(({ found, complaint }) => ({ ...here, found, complaint })));
}

function readGenerationProfile(
  { pcc, site }: SiteConfig,
  siteFile: string,
  here: ConfigComplaint,
): Checked<LimitedGenerationProfile | null> {
  if (pcc.generationProfile === undefined) return ok(null);
  const file = resolve(dirname(siteFile), pcc.generationProfile);
  const source = readText(file);
  if (!source.ok) {
    const found = JSON.stringify(pcc.generationProfile);
    return err([{ ...here, found, complaint: `can't be read (${source.error})` }]);
  }
  const parsed = parseGenerationProfile(source.value, file);
  if (!parsed.ok) return parsed;
  const made = createLimitedGenerationProfile(parsed.value.exportLimitW, site.timeZone);
  return made.ok ? made : err([{ ...here, complaint: made.error }]);
}

function readAgreements(
  { account }: SiteConfig,
  siteFile: string,
  here: ConfigComplaint,
): Checked<readonly Agreement[]> {
  if (account.agreementsFile === undefined) return ok([]);
  const file = resolve(dirname(siteFile), account.agreementsFile);
  const source = readText(file);
  if (source.ok) return parseAgreements(source.value, file);
  return err([
    { ...here, found: JSON.stringify(account.agreementsFile), complaint: `can't be read (${source.error})` },
  ]);
}

/** Name in the configuration of a device that is discovered. */
const sunspec = "sunspec";

function readMaps(
  config: SiteConfig,
  siteFile: string,
  at: (...path: (string | number)[]) => ConfigComplaint,
): Checked<DeviceMaps> {
  const { pcc, devices, transferDevice, loadPanel, pv, evses } = config;
  const maps = new Map<string, DeviceMap>();
  const refused = new Set<string>();
  const complaints: ConfigComplaint[] = [];
  const read = (kind: DeviceKind, device: { readonly map: string } | undefined, ...path: (string | number)[]): void => {
    if (device === undefined || device.map === sunspec) return;
    const here = { ...at(...path, "map"), found: JSON.stringify(device.map) };
    let map = maps.get(device.map);
    // A file that several devices name is complained about once.
    if (refused.has(device.map)) return;
    if (map === undefined) {
      refused.add(device.map);
      const file = resolve(dirname(siteFile), device.map);
      const source = readText(file);
      if (!source.ok) {
        complaints.push({ ...here, complaint: `can't be read (${source.error})` });
        return;
      }
      const parsed = parseMapFile(source.value, file);
      if (!parsed.ok) {
        complaints.push(
          ...parsed.error.map(({ sentence, ...mistake }) => ({ ...mistake, found: "", complaint: sentence })),
        );
        return;
      }
      map = parsed.value;
      maps.set(device.map, map);
      refused.delete(device.map);
    }
    if (map.kind !== kind)
      complaints.push({ ...here, complaint: `must be the map of a ${kind}, not of a ${map.kind}` });
  };
  if (pccMeteringOf(config) === "meter") read("meter", pcc.meter, "pcc", "meter");
  devices.forEach((device, i) => {
    if (device.kind === "meter") read("meter", device, "devices", i);
  });
  read("transfer-device", transferDevice, "transferDevice");
  read("load-panel", loadPanel, "loadPanel");
  pv.forEach((one, i) => {
    read("pv", one, "pv", i);
  });
  evses.forEach(({ stage }, i) => {
    read("stage", stage, "evses", i, "stage");
  });
  // What a map lacks for its place is told once all of them can be read.
  for (const { path, found, complaint } of complaints.length > 0 ? [] : checkMapsFit(config, maps)) {
    complaints.push({ ...at(...path), found, complaint });
  }
  return complaints.length > 0 ? err(complaints) : ok(maps);
}

function readText(file: string): Result<string> {
  try {
    return ok(readFileSync(file, "utf8"));
  } catch (failure) {
    return err((failure as NodeJS.ErrnoException).code ?? String(failure));
  }
}

/** Reads a site's configuration and its grid profile from disk; complaints become one error that lists them all. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { builtInGridProfile, type GridProfile, gridProfileNames } from "../config/grid-profiles.ts";
import { gridProfileComplaintText, parseGridProfile } from "../config/grid-profiles-file.ts";
import { complaintText, parseSiteConfig } from "../config/parse.ts";
import type { SiteConfig } from "../config/site.ts";

export interface LoadedSite {
  readonly config: SiteConfig;
  readonly profile: GridProfile;
}

/** Both files, or an `Error` whose message names each line to mend. Nothing is energized before this has passed. */
export function loadSite(file: string): LoadedSite {
  const parsed = parseSiteConfig(readText(file), file);
  if (!parsed.ok)
    throw new Error(
      `the configuration has ${parsed.error.length} to mend:\n${parsed.error.map(complaintText).join("\n")}`,
    );
  return { config: parsed.value, profile: loadProfile(parsed.value.site.gridProfile, file) };
}

function loadProfile(name: string, siteFile: string): GridProfile {
  const builtIn = builtInGridProfile(name);
  if (builtIn) return builtIn;
  if (!/[./\\]/.test(name)) {
    throw new Error(
      `${siteFile}: site.gridProfile is ${name}: must be one of ${gridProfileNames.join(", ")}, or the path of a file`,
    );
  }
  const file = resolve(dirname(siteFile), name);
  const parsed = parseGridProfile(readText(file), file);
  if (!parsed.ok)
    throw new Error(
      `the grid profile has ${parsed.error.length} to mend:\n${parsed.error.map(gridProfileComplaintText).join("\n")}`,
    );
  return parsed.value;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (failure) {
    throw new Error(`${file} can't be read (${(failure as NodeJS.ErrnoException).code ?? failure})`);
  }
}

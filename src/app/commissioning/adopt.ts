/**
 * Writes measured settings into the site file, on a person's word: its comments and order stay, the file as it was is kept
 * beside it, and nothing is written that the controller would refuse at its next start or that would change anything else.
 */
import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { type MeasuredSettings, measuredSettings } from "../../commissioning/measured-settings.ts";
import { complaintText } from "../../config/parse.ts";
import { changedSettings } from "../site/config-changes.ts";
import { checkSite, type LoadedSite } from "../site/load-config.ts";
import { syncFolder, whyOf } from "../store/files.ts";
import { configHash, type Progress, writeProgress } from "./progress.ts";

/** Steps that have to be taken again with the settings that were measured: the limit's promise is another one now. */
const takenAgain: readonly string[] = ["nudges", "limit"];
const complaintsMax = 3;

/** What the steps so far have measured to be something else than configured. */
export const measuredBy = ({ results }: Progress): MeasuredSettings =>
  measuredSettings(results.flatMap(({ comparisons }) => comparisons));

export interface Adopted {
  readonly ok: boolean;
  /** What was done, or why nothing was. */
  readonly sentence: string;
}

const no = (sentence: string): Adopted => ({ ok: false, sentence });

/** `site`: as it was when the steps were taken. `at`: for the name of the backup. */
export function adoptMeasured(file: string, site: LoadedSite, progress: Progress, at: Date): Adopted {
  const { settings } = measuredBy(progress);
  if (settings.length === 0) return no("nothing was measured that the site file says otherwise");
  const present = checkSite(file);
  if (!present.ok || configHash(present.value.config) !== configHash(site.config))
    return no(`${file} has changed since the steps were taken: start the controller with it, and measure again`);
  const text = readFileSync(file, "utf8");
  const document = parseDocument(text, { keepSourceTokens: true });
  for (const { setting, to } of settings) {
    try {
      document.setIn(pathOf(setting), to);
    } catch {
      return no(`${setting} is shared with other parts of ${file}: set it to ${to} by hand`);
    }
  }
  const fresh = join(dirname(file), `.${basename(file)}.measured`);
  try {
    writeFileSync(fresh, document.toString({ lineWidth: 0 }));
    chmodSync(fresh, statSync(file).mode);
    const checked = checkSite(fresh);
    if (!checked.ok) {
      const why = checked.error.slice(0, complaintsMax).map((one) => complaintText({ ...one, file: basename(file) }));
      return no(`with it the site file would be refused: ${why.join("; ")}`);
    }
    const changed = changedSettings(site.config, checked.value.config);
    const meant = new Set(settings.map(({ setting }) => setting));
    const other = changed.find((path) => !meant.has(path));
    if (other !== undefined) return no(`${other} would change with it: set ${[...meant].join(", ")} by hand`);
    const kept = `${file}.before-${at.toISOString().slice(0, 19).replaceAll(":", "")}Z`;
    copyFileSync(file, kept);
    renameSync(fresh, file);
    syncFolder(dirname(file));
    const results = progress.results.filter(({ step }) => !takenAgain.includes(step));
    writeProgress(checked.value.config, { ...progress, configSha256: configHash(checked.value.config), results });
    return { ok: true, sentence: `${settingsText(settings)}. The file as it was: ${kept}` };
  } catch (failure) {
    return no(`${file} can't be written (${whyOf(failure)}). By hand: ${settingsText(settings)}`);
  } finally {
    rmSync(fresh, { force: true });
  }
}

const settingsText = (settings: MeasuredSettings["settings"]): string =>
  settings.map(({ setting, to }) => `${setting}: ${to}`).join(", ");

/** `evses[0].stage.deadTimeMs` as steps of a path. */
const pathOf = (setting: string): (string | number)[] =>
  setting
    .split(/[.[\]]+/)
    .filter(Boolean)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));

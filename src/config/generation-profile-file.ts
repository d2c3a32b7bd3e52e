/**
 * The file of a Limited Generation Profile, YAML or JSON: an export limit in W for each hour of each month, in the local
 * time of the site.
 *
 *     name: PG&E 2026-0417
 *     exportLimitW:
 *       - [40000, 40000, …]   # January, hours 0 to 23
 *       - …                   # to December
 *
 * All complaints come at once, each with file, line, month, hour, value and what is allowed.
 */
import { err, ok, type Result } from "../domain/result.ts";
import type { ConfigComplaint } from "./parse.ts";
import { readYaml } from "./yaml-text.ts";

/** Largest profile text accepted, characters: 288 values take about 3 kB. */
const generationProfileCharactersMax = 100_000;
/** Largest limit, W. */
const limitMaxW = 100_000_000;
const months = 12;
const hours = 24;
const nameLengthMax = 80;

/** A site's Limited Generation Profile as its file says it: for each month its hours' export limits, W. */
export interface GenerationProfileFile {
  readonly name: string;
  /** Twelve months of 24 hours, W. */
  readonly exportLimitW: readonly (readonly number[])[];
}

/** From the text of a file to the profile, or to every complaint. `file` is only for the complaints. */
export function parseGenerationProfile(
  text: string,
  file: string,
): Result<GenerationProfileFile, readonly ConfigComplaint[]> {
  const complain = (line: number, setting: string, value: unknown, complaint: string): ConfigComplaint => {
    const found = value === undefined ? "" : (JSON.stringify(value) ?? String(value));
    return { file, line, setting, found: found.length > 60 ? `${found.slice(0, 57)}…` : found, complaint };
  };
  if (text.length > generationProfileCharactersMax) {
    return err([complain(1, "", undefined, `must be at most ${generationProfileCharactersMax} characters long`)]);
  }
  const read = readYaml(text);
  if (!read.ok) return err(read.error.map(({ line, message }) => complain(line, "", undefined, message)));
  const lineOf = (...path: (string | number)[]): number => read.value.lineOf(path);
  const raw = read.value.value;
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    return err([complain(1, "", undefined, "must have a name and exportLimitW")]);
  }
  const { name, exportLimitW, ...others } = raw as Record<string, unknown>;
  const complaints = Object.keys(others).map((key) =>
    complain(lineOf(key), key, others[key], "is not known here; known are name and exportLimitW"),
  );
  if (typeof name !== "string" || name.length === 0 || name.length > nameLengthMax) {
    complaints.push(complain(lineOf("name"), "name", name, `must be text of 1 to ${nameLengthMax} characters`));
  }
  if (!Array.isArray(exportLimitW) || exportLimitW.length !== months) {
    const count = Array.isArray(exportLimitW) ? `, not ${exportLimitW.length}` : "";
    complaints.push(
      complain(lineOf("exportLimitW"), "exportLimitW", undefined, `must be a list of ${months} months${count}`),
    );
    return err(complaints);
  }
  exportLimitW.forEach((row: unknown, month) => {
    const setting = `exportLimitW[${month}]`;
    if (!Array.isArray(row) || row.length !== hours) {
      const count = Array.isArray(row) ? `, not ${row.length}` : "";
      complaints.push(
        complain(lineOf("exportLimitW", month), setting, undefined, `must be a list of ${hours} hours${count}`),
      );
      return;
    }
    row.forEach((value: unknown, hour) => {
      if (typeof value === "number" && value >= 0 && value <= limitMaxW) return;
      complaints.push(
        complain(
          lineOf("exportLimitW", month, hour),
          `${setting}[${hour}]`,
          value,
          `must be a number from 0 to ${limitMaxW} W`,
        ),
      );
    });
  });
  if (complaints.length > 0) return err(complaints);
  return ok({ name: name as string, exportLimitW: exportLimitW as number[][] });
}

/**
 * A grid code of somebody's own (`grid-code.ts`), or a utility's own changes of one, YAML or JSON:
 *
 *     name: example-utility-2025
 *     base: ieee1547-catB-III
 *     version: 3
 *     settings:
 *       enterDelayS: 15
 *       voltWattEnabled: true
 *
 * Everything not named keeps the base's value; the ranges of the base's code hold, and what belongs to another code is refused.
 * All complaints come at once, each with file, line, setting, value and what is allowed.
 */
import { err, ok, type Result } from "../domain/result.ts";
import { type GridCode, readGridCode } from "./grid-code.ts";
import {
  builtInGridProfile,
  changeGridProfile,
  checkGridProfileFits,
  type GridProfile,
  type GridSettingComplaint,
  gridProfileNames,
  profileOfCode,
} from "./grid-profiles.ts";
import { readYaml } from "./yaml-text.ts";

/** Largest profile text accepted, characters. */
export const gridProfileBytesMax = 100_000;

/** What is wrong with one setting of a grid profile's file, and where it stands. */
export interface GridProfileComplaint extends GridSettingComplaint {
  readonly file: string;
  readonly line: number;
}

/** One line for a person: `utility.yaml:5: enterDelayS is 900: must be from 0 to 600 s`. */
export const gridProfileComplaintText = (complaint: GridProfileComplaint): string =>
  `${complaint.file}:${complaint.line}: ${complaint.setting}${complaint.found === "" ? "" : ` is ${complaint.found}`}: ${complaint.complaint}`;

const fileKeys = ["name", "base", "version", "settings", "note"];
const nameLengthMax = 80;

/** From the text of a profile file to a profile, or to every complaint. `file` is only for the complaints. */
export function parseGridProfile(text: string, file: string): Result<GridProfile, readonly GridProfileComplaint[]> {
  const complain = (setting: string, found: string, complaint: string, line = 1): GridProfileComplaint => ({
    file,
    line,
    setting,
    found,
    complaint,
  });
  if (text.length > gridProfileBytesMax) {
    return err([complain("the file", "", `must be at most ${gridProfileBytesMax} characters long`)]);
  }
  const read = readYaml(text);
  if (!read.ok) return err(read.error.map(({ line, message }) => complain("the file", "", message, line)));
  const lineOf = (...path: string[]): number => read.value.lineOf(path);
  const raw = read.value.value;
  if (!isRecord(raw)) return err([complain("the file", "", "must name a base and settings")]);
  if ("code" in raw) {
    if ("base" in raw) {
      const complaint = "is a code of its own or the changes of one (`base`): two codes are not mixed";
      return err([complain("code", short(raw["code"]), complaint, lineOf("code"))]);
    }
    return parseCode(raw, text, (path, found, complaint) =>
      complain(path.at(-1) ?? "the file", short(found), complaint, lineOf(...path)),
    );
  }
  const complaints = Object.keys(raw)
    .filter((key) => !fileKeys.includes(key))
    .map((key) => complain(key, short(raw[key]), `is not known here; known are ${fileKeys.join(", ")}`, lineOf(key)));
  const base = typeof raw["base"] === "string" ? builtInGridProfile(raw["base"]) : undefined;
  const name = raw["name"];
  const version = raw["version"] ?? 1;
  const settings = raw["settings"] ?? {};
  if (!base) {
    const mixed = Array.isArray(raw["base"]) ? "two codes are not mixed: " : "";
    const expected = `${mixed}must be one of ${gridProfileNames.join(", ")}`;
    complaints.push(complain("base", short(raw["base"]), expected, lineOf("base")));
  }
  if (typeof name !== "string" || name.length === 0 || name.length > nameLengthMax) {
    complaints.push(complain("name", short(name), `must be text of 1 to ${nameLengthMax} characters`, lineOf("name")));
  }
  if (!Number.isInteger(version) || (version as number) < 1) {
    complaints.push(complain("version", short(version), "must be a whole number from 1", lineOf("version")));
  }
  if (!isRecord(settings)) {
    complaints.push(complain("settings", short(settings), "must be settings by name", lineOf("settings")));
  }
  if (base && isRecord(settings)) {
    const note = typeof raw["note"] === "string" ? raw["note"] : "";
    const changed = changeGridProfile(base, settings, { by: file, atMs: 0, note });
    if (changed.ok && complaints.length === 0) {
      return ok({
        ...changed.value,
        name: String(name),
        source: `${file}, from ${base.name}`,
        base: base.name,
        version: Number(version),
        revisions: [],
      });
    }
    if (!changed.ok) {
      for (const { setting, found, complaint } of changed.error) {
        complaints.push(complain(setting, found, complaint, lineOf("settings", setting)));
      }
    }
  }
  return err(complaints);
}

/** Longest file of a code, lines: longer, and nobody looks it over. */
export const codeLinesMax = 200;

type ComplainAt = (path: readonly string[], found: unknown, complaint: string) => GridProfileComplaint;

/** A code's own file; exactly one region or category, because a site names a file and not a part of it. */
function parseCode(
  raw: Record<string, unknown>,
  text: string,
  complain: ComplainAt,
): Result<GridProfile, readonly GridProfileComplaint[]> {
  const complaints: GridProfileComplaint[] = [];
  const lines = text.trimEnd().split("\n").length;
  if (lines > codeLinesMax) complaints.push(complain([], `${lines} lines`, `must have at most ${codeLinesMax} lines`));
  let codes: readonly GridCode[] = [];
  if ("variants" in raw || "scaled" in raw) {
    complaints.push(complain(["variants"], raw["variants"], "belongs to built-in codes; write one file for each"));
  } else codes = readGridCode(raw, (...what) => complaints.push(complain(...what)));
  const [code] = codes;
  if (code === undefined || complaints.length > 0) return err(complaints);
  const profile = profileOfCode(code);
  if (profile.ok) return profile;
  return err(
    profile.error.map(({ setting, found, complaint }) => ({
      ...complain(["settings", setting], "", complaint),
      found,
    })),
  );
}

/**
 * The profile that a site names: a built-in one, or a utility's file read with `readText`, and only if it fits the site's
 * frequency. `setting` names where the site says so, for the complaint.
 */
export function resolveGridProfile(
  nameOrPath: string,
  siteFrequencyHz: number,
  readText: (path: string) => string,
): Result<GridProfile, readonly GridProfileComplaint[]> {
  const atSite = { file: nameOrPath, line: 1 };
  let profile = builtInGridProfile(nameOrPath);
  if (!profile) {
    let text: string;
    try {
      text = readText(nameOrPath);
    } catch {
      const complaint = `must be a file that can be read, or one of ${gridProfileNames.join(", ")}`;
      return err([{ ...atSite, setting: "gridProfile", found: JSON.stringify(nameOrPath), complaint }]);
    }
    const parsed = parseGridProfile(text, nameOrPath);
    if (!parsed.ok) return parsed;
    profile = parsed.value;
  }
  const misfits = checkGridProfileFits(profile, siteFrequencyHz);
  return misfits.length === 0 ? ok(profile) : err(misfits.map((misfit) => ({ ...misfit, ...atSite })));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const shortMax = 60;
function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > shortMax ? `${text.slice(0, shortMax)}…` : text;
}

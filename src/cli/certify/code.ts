/** Which code a certification is about: a built-in profile or a utility's file of settings, within the code's ranges. */
import { createHash } from "node:crypto";
import type { CodeFacts } from "../../certify/report.ts";
import { builtInGridProfile, type GridProfile, gridProfileNames } from "../../config/grid-profiles.ts";
import { gridProfileComplaintText, parseGridProfile } from "../../config/grid-profiles-file.ts";
import { AskedWrongly } from "../asked.ts";
import { textOf } from "./text-of.ts";

/** Throws with every setting that is outside the code. */
export function readProfile(name: string): GridProfile {
  const builtIn = builtInGridProfile(name);
  if (builtIn) return builtIn;
  if (!/[./\\]/.test(name))
    throw new AskedWrongly(`there is no profile ${name}: one of ${gridProfileNames.join(", ")}, or the path of a file`);
  const parsed = parseGridProfile(textOf(name), name);
  if (!parsed.ok)
    throw new Error(`settings outside the code:\n${parsed.error.map(gridProfileComplaintText).join("\n")}`);
  return parsed.value;
}

export function codeFacts({ name, base, source, version, settings }: GridProfile): CodeFacts {
  const settingsSha256 = createHash("sha256").update(JSON.stringify(settings)).digest("hex");
  return { profile: name, base, source, version, settingsSha256 };
}

/** What is done of a certification, kept after each procedure so that a run that was stopped goes on where it stood. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../../app/store/files.ts";
import type { ProcedureResult } from "../../certify/procedure.ts";
import type { CodeFacts } from "../../certify/report.ts";
import type { RigFacts } from "../../certify/rig.ts";

/** What must be the same for two parts to make one report. */
interface RunKey {
  readonly version: string;
  readonly quick: boolean;
  readonly code: CodeFacts;
  readonly rig: RigFacts;
}

export interface Progress extends RunKey {
  readonly startedAt: string;
  readonly results: readonly ProcedureResult[];
}

const fileOf = (folder: string): string => join(folder, "certify-progress.json");

export const writeProgress = (folder: string, progress: Progress): void =>
  writeWhole(fileOf(folder), JSON.stringify(progress));

export const clearProgress = (folder: string): void => rmSync(fileOf(folder), { force: true });

/** What was done before; null where nothing was. Throws where it was another run: its figures can't be mixed with this one's. */
export function readProgress(folder: string, key: RunKey): Progress | null {
  let text: string;
  try {
    text = readFileSync(fileOf(folder), "utf8");
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw failure;
  }
  const before = parsed(text);
  if (!before) throw new Error(`${fileOf(folder)} is damaged: remove it and begin anew`);
  if (before.code.base !== key.code.base || before.code.settingsSha256 !== key.code.settingsSha256)
    throw new Error(
      `${folder} holds a run against ${before.code.profile}: two codes can't be mixed; give another --out`,
    );
  const others: readonly (readonly [string, boolean])[] = [
    ["version of Islet", before.version !== key.version],
    ["kind of run (--quick)", before.quick !== key.quick],
    ["rig, seed or instruments", JSON.stringify(before.rig) !== JSON.stringify(key.rig)],
  ];
  const other = others.find(([, differs]) => differs);
  if (other)
    throw new Error(
      `${folder} holds a run with another ${other[0]}: begin anew without --resume, or give another --out`,
    );
  return before;
}

function parsed(text: string): Progress | null {
  try {
    const raw = JSON.parse(text) as Partial<Progress> | null;
    return raw?.code && raw.rig && Array.isArray(raw.results) ? (raw as Progress) : null;
  } catch {
    return null;
  }
}

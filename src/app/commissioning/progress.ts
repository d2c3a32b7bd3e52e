/** What has been done already, in the state folder: a commissioning that was interrupted goes on where it stood. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SiteConfig } from "../../config/site.ts";
import { writeWhole } from "../store/files.ts";
import type { StepResult } from "./step.ts";

const fileName = "commissioning.json";

export interface Progress {
  /** Of the configuration that the steps were tried with. */
  readonly configSha256: string;
  readonly startedAtMs: number;
  readonly results: readonly StepResult[];
}

/** Of everything that the controller runs by: what stands on paper only (`approval`) changes nothing that was tried. */
export function configHash({ approval: _, ...config }: SiteConfig): string {
  return createHash("sha256").update(JSON.stringify(config)).digest("hex");
}

/** What is kept for this configuration; nothing where it has changed since, or where the file is none. */
export function readProgress(config: SiteConfig): Progress {
  const fresh = { configSha256: configHash(config), startedAtMs: Date.now(), results: [] };
  try {
    const kept = JSON.parse(readFileSync(join(config.stateDir, fileName), "utf8")) as Progress;
    return kept.configSha256 === fresh.configSha256 && Array.isArray(kept.results) ? kept : fresh;
  } catch {
    return fresh;
  }
}

/** Keeps what is done. Numbers that are none are kept as such. */
export function writeProgress(config: SiteConfig, progress: Progress): void {
  writeWhole(join(config.stateDir, fileName), JSON.stringify(progress));
}

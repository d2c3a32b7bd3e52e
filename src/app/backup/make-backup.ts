/** Gathers what a backup holds, beside a running controller: configuration with all it names, and the state folder. */
import { lstatSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parse } from "yaml";
import { auditFileName, openAudit } from "../audit/audit.ts";
import { witnessFile } from "../permits/witness.ts";
import type { LoadedSite } from "../site/load-config.ts";
import { isletVersion } from "../version.ts";
import type { Backup, BackupFile } from "./backup-format.ts";

/** A file that a configuration names is at most this long, bytes; longer ones are told as left out. */
const namedBytesMax = 4_000_000;
/** Deeper settings than this are none. */
const depthMax = 20;

/** In the state folder: whole files, and databases that a controller may be writing to. The mode's record is not kept: it is of a moment. */
const stateFiles = ["people.json", "permit.json", "permit-history.json", "accounts.json", "api-tokens.json"] as const;
const databases = ["islet.db", auditFileName] as const;
/** The memory beside the state folder, under this name in a backup. */
export const witnessInBackup = "witness.json";

export interface Gathered extends Backup {
  /** Named in the configuration and not in the backup: absolute paths, files that are too long. */
  readonly leftOut: readonly string[];
}

/** Reads everything; nothing is changed. Throws a sentence where something that must be there can't be read. */
export function gatherBackup(siteFile: string, { config }: LoadedSite, nowMs: number): Gathered {
  const files: BackupFile[] = [];
  const leftOut: string[] = [];
  const configFolder = dirname(resolve(siteFile));
  files.push({ place: "config", path: basename(siteFile), bytes: readFileSync(siteFile) });
  for (const name of namedFiles(parse(readFileSync(siteFile, "utf8")), configFolder)) {
    const path = relative(configFolder, resolve(configFolder, name));
    if (config.permit.file !== undefined && resolve(configFolder, name) === resolve(config.permit.file)) {
      leftOut.push(`${name} (the permit: install it again after a restore)`);
      continue;
    }
    if (isAbsolute(name) || path.startsWith("..")) leftOut.push(`${name} (not beside the configuration)`);
    else if (lstatSync(join(configFolder, path)).size > namedBytesMax) leftOut.push(`${name} (too long)`);
    else files.push({ place: "config", path, bytes: readFileSync(join(configFolder, path)) });
  }
  const state = (path: string, bytes: Buffer): void => void files.push({ place: "state", path, bytes });
  for (const name of stateFiles) {
    const bytes = readIfThere(join(config.stateDir, name));
    if (bytes !== null) state(name, bytes);
  }
  for (const name of databases) {
    const bytes = copyOfDatabase(join(config.stateDir, name));
    if (bytes !== null) state(name, bytes);
  }
  const witness = readIfThere(witnessFile(config.stateDir));
  if (witness !== null) state(witnessInBackup, witness);
  const meta = {
    site: config.site.name,
    version: isletVersion(),
    madeAtMs: nowMs,
    siteFile: basename(siteFile),
    auditHead: headOf(join(config.stateDir, auditFileName)),
  };
  return { meta, files, leftOut };
}

/** Texts of the configuration that are names of files that exist. */
function namedFiles(settings: unknown, folder: string): string[] {
  const found = new Set<string>();
  const walk = (node: unknown, depth: number): void => {
    if (depth > depthMax) return;
    if (typeof node === "string") {
      if (node.length < 300 && /[./]/.test(node) && isFile(resolve(folder, node))) found.add(node);
    } else if (typeof node === "object" && node !== null)
      for (const inner of Object.values(node)) walk(inner, depth + 1);
  };
  walk(settings, 0);
  return [...found];
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw failure;
  }
}

/** One moment of a database that somebody else may be writing to. */
function copyOfDatabase(path: string): Buffer | null {
  if (!isFile(path)) return null;
  const folder = mkdtempSync(join(dirname(path), ".backup-"));
  try {
    const copy = join(folder, basename(path));
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      database.exec(`PRAGMA busy_timeout = 5000; VACUUM INTO '${copy.replaceAll("'", "''")}'`);
    } finally {
      database.close();
    }
    return readFileSync(copy);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function headOf(path: string): { records: number; hash: string } {
  if (!isFile(path)) return { records: 0, hash: "" };
  const log = openAudit({ path, now: Date.now, readOnly: true });
  try {
    return log.head();
  } finally {
    log.close();
  }
}

/** What several durable files need: folders, damaged files moved aside, and the reason of a failure in a person's words. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";

/** Makes a folder that only its owner can read. */
export const makeFolder = (folder: string): void => void mkdirSync(folder, { recursive: true, mode: 0o700 });

/** Makes renamed and new names in a folder durable. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Writes a file whole or not at all, durably. */
export function writeWhole(file: string, text: string): void {
  makeFolder(dirname(file));
  const fresh = `${file}.new`;
  const handle = openSync(fresh, "w", 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
  syncFolder(dirname(file));
}

const asideMax = 100;

/**
 * Moves a damaged file away, to be kept as evidence: `name.damaged-1`, `-2`, … Returns what was done for a sentence:
 * ` (kept as name.damaged-1)`, or "" when it could not be moved.
 */
export function setAside(file: string, others: readonly string[] = []): string {
  for (let number = 1; number <= asideMax; number++) {
    const ending = `.damaged-${number}`;
    if (existsSync(`${file}${ending}`)) continue;
    try {
      renameSync(file, `${file}${ending}`);
      for (const other of others) if (existsSync(other)) renameSync(other, `${other}${ending}`);
      return ` (kept as ${basename(file)}${ending})`;
    } catch {
      return "";
    }
  }
  return "";
}

const words: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the disk is read-only",
  EACCES: "the rights forbid it",
  EPERM: "the rights forbid it",
  EIO: "the disk reports an error",
};

/** SQLite's own numbers for the same. */
const sqliteWords: Readonly<Record<number, string>> = {
  8: "the database is read-only",
  10: "the disk reports an error",
  11: "the database is damaged",
  13: "the disk is full",
  26: "the file is no database",
};

/** Why a file could not be written or read, in words that a person can act on; the system's own where there are none. */
export function whyOf(failure: unknown): string {
  const { code, errcode, message } = failure as { code?: string; errcode?: number; message?: string };
  const known = words[code ?? ""] ?? sqliteWords[(errcode ?? 0) & 0xff];
  return known ?? message ?? String(failure);
}

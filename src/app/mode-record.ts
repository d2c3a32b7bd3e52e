/**
 * What the mode machine was about, on disk, so that a restart knows: a running island is adopted, a lockout stays one.
 * Written whole or not at all (a new file, flushed, then renamed over the old one). What can't be read claims nothing.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { emptyRecord, intentNames, type ModeRecord, startsMax } from "../core/mode-state.ts";

const schema = z.strictObject({
  intent: z.enum(intentNames),
  startsLeft: z.int().min(0).max(startsMax),
  returnBlocked: z.boolean(),
});

/** The record from disk, or `emptyRecord` with a sentence why. */
export function readModeRecord(file: string): { readonly record: ModeRecord; readonly sentence: string } {
  try {
    const stored = schema.parse(JSON.parse(readFileSync(file, "utf8")));
    return { record: { ...stored, generation: 0 }, sentence: `Stored intent: ${stored.intent}.` };
  } catch (failure) {
    const missing = (failure as NodeJS.ErrnoException).code === "ENOENT";
    const sentence = missing
      ? "No stored intent: first start."
      : `The stored intent in ${file} can't be read, so nothing is claimed.`;
    return { record: { ...emptyRecord }, sentence };
  }
}

/** Durable when it returns. Throws where the disk refuses: then the command that waits for it is not given. */
export function writeModeRecord(file: string, { intent, startsLeft, returnBlocked }: Readonly<ModeRecord>): void {
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.new`;
  const handle = openSync(fresh, "w", 0o600);
  try {
    writeSync(handle, JSON.stringify({ intent, startsLeft, returnBlocked }));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
  const folder = openSync(dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

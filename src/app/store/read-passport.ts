/** The response-time passport of a site from its state folder, by reading alone: the site may run meanwhile. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { PassportReport } from "../../core/pcc/response-passport.ts";
import { passportOfSummary, summaryPlace } from "./pcc-archive.ts";

/** Where a site's records lie. */
export const recordsFile = (stateDir: string): string => join(stateDir, "islet.db");

/** Null where the site has not run, or its records can't be read. `boundMs`: the recovery that it promises. */
export function readPassport(stateDir: string, boundMs: number): PassportReport | null {
  const file = recordsFile(stateDir);
  if (!existsSync(file)) return null;
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      const row = database.prepare("SELECT value FROM document WHERE collection = ? AND key = ?").get(...summaryPlace);
      return row === undefined ? null : passportOfSummary(String(row["value"]), boundMs);
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

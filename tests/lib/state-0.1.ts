/** A copy of the site that Islet 0.1 left behind (`tests/golden/state-0.1/README.md`), in a folder of its own. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const origin = join(import.meta.dirname, "../golden/state-0.1");

/** Makes the copy, its databases in the state of a controller that was stopped; the caller removes it. */
export function siteOf01(): string {
  const folder = mkdtempSync(join(tmpdir(), "islet-0.1-"));
  cpSync(origin, folder, { recursive: true });
  for (const name of ["islet", "audit"]) {
    const statements = join(folder, "state", `${name}.sql`);
    const database = new DatabaseSync(join(folder, "state", `${name}.db`));
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(readFileSync(statements, "utf8"));
    database.close();
    rmSync(statements);
  }
  return folder;
}

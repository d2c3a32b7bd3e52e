/**
 * One step of an update as a process: `step.ts install|rollback|confirm ROOT BUNDLE CUT`. The power goes before the CUT-th change
 * of a file: it kills its whole group. Prints how many changes there were.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [what = "", root = "", bundle = "", cutText = ""] = process.argv.slice(2);
const cut = Number(cutText);
/** Calls of `node:fs` that change what is on disk, or make a change durable. */
const changing = [
  ...["renameSync", "symlinkSync", "rmSync", "mkdirSync", "writeFileSync", "fsyncSync", "copyFileSync", "openSync"],
  ...["chmodSync", "fchmodSync", "linkSync", "unlinkSync"],
];
let changes = 0;
const calls = fs as unknown as Record<string, (...given: unknown[]) => unknown>;
for (const name of changing) {
  const call = calls[name];
  if (call === undefined) continue;
  calls[name] = (...given) => {
    if (++changes === cut) process.kill(0, "SIGKILL");
    return call(...given);
  };
}
syncBuiltinESMExports();

const { installVersion } = await import("../../../src/app/update/install.ts");
const { openVersions } = await import("../../../src/app/update/versions.ts");
changes = 0;
if (what === "install") {
  const order = { bundle, root, siteFile: null, olderToo: false, unwell: [], nowMs: 0 };
  const installed = await installVersion(order);
  if (!installed.ok) process.stdout.write(`${installed.error}\n`);
} else if (what === "rollback") openVersions(root).rollBack();
else openVersions(root).confirm();
process.stdout.write(`changes ${changes}\n`);

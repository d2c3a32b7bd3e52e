/**
 * Plants faults that no test saw once, one at a time, in a copy of this tree: a test must fail each time.
 *
 *     node tests/replant/main.ts [id…]
 *
 * Prints a line for each and ends with 1 when one was not seen. A few seconds for each; those of the bridge take half a minute.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyProject } from "../lib/project-copy.ts";
import { planted } from "./faults.table.ts";

const copy = copyProject("replant");
const timeoutMs = 240_000;

/** Titles of the tests that fail. */
function failing(tests: readonly string[]): string[] {
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  const vitest = join(copy, "node_modules/vitest/vitest.mjs");
  spawnSync(process.execPath, [vitest, "run", ...tests, "--bail=1", "--reporter=json", `--outputFile=${report}`], {
    cwd: copy,
    timeout: timeoutMs,
    stdio: "ignore",
  });
  const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
    testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
  };
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
  );
}

const wanted = process.argv.slice(2);
let unseen = 0;
for (const { id, says, file, from, to, tests } of planted) {
  if (wanted.length > 0 && !wanted.includes(id)) continue;
  const path = join(copy, file);
  const sound = readFileSync(path, "utf8");
  writeFileSync(
    path,
    sound.replace(from, () => to),
  );
  const seenBy = failing(tests);
  writeFileSync(path, sound);
  if (seenBy.length === 0) unseen += 1;
  process.stdout.write(`${seenBy.length > 0 ? "seen  " : "UNSEEN"} ${id}: ${says}; ${seenBy[0] ?? tests.join(", ")}\n`);
}
rmSync(copy, { recursive: true, force: true });
process.exitCode = unseen === 0 ? 0 : 1;

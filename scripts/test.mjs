// `npm test`: everything that must hold before a change lands, one step after the other, each named with its time.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const report = join(tmpdir(), `islet-test-${process.pid}.json`);
const extra = process.argv.slice(2);
const steps = [
  ["types", "tsc", ["--noEmit"]],
  ["types of the page", "tsc", ["--noEmit", "-p", "src/dashboard/page"]],
  ["lint and format", "biome", ["check", "."]],
  ["tests", "vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...extra]],
];

let failed = 0;
for (const [name, command, args] of steps) {
  const startedAt = Date.now();
  process.stdout.write(`\n── ${name}: ${command} ${args.slice(0, 2).join(" ")}\n`);
  const result = spawnSync(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  const ok = result.status === 0;
  process.stdout.write(`── ${name}: ${ok ? "ok" : "FAILED"} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`);
  if (!ok) failed++;
}

/** Tests that are named at the end, the slowest first: whoever adds a slow one sees it. */
const slowestMax = 10;

/** "tests/app/store.test.ts › group › title" of the report's slowest, with their seconds. */
function slowest({ testResults }) {
  return testResults
    .flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, duration }) => ({
        seconds: (duration ?? 0) / 1000,
        test: [relative(process.cwd(), name), ...ancestorTitles, title].join(" › "),
      })),
    )
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, slowestMax)
    .map(({ seconds, test }) => `${seconds.toFixed(1).padStart(7)} s  ${test}`);
}

try {
  const results = JSON.parse(readFileSync(report, "utf8"));
  const { numPassedTests, numFailedTests, numPendingTests } = results;
  process.stdout.write(`\nThe ${slowestMax} slowest tests:\n${slowest(results).join("\n")}\n`);
  process.stdout.write(
    `\n${numPassedTests} passed, ${numFailedTests + (failed && !numFailedTests ? failed : 0)} failed, ${numPendingTests} skipped\n`,
  );
} catch {
  process.stdout.write("\nThe tests left no report.\n");
  failed++;
} finally {
  rmSync(report, { force: true });
}
process.exit(failed ? 1 : 0);

// `npm test`: everything that must hold before a change lands, each step named with its time. What waits in real time, one file
// after the other, runs beside the product suite, which waits most of its time for its sites.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

const extra = process.argv.slice(2);
/** Names of the projects of `vitest.config.ts` whose reports are read at the end. */
const projects = ["logic", "real", "product"];
const reportOf = (project) => join(tmpdir(), `islet-test-${process.pid}-${project}.json`);
const testsOf = (project) => [
  `tests: ${project}`,
  "vitest",
  [
    "run",
    "--project",
    project,
    "--passWithNoTests",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportOf(project)}`,
    ...extra,
  ],
];

/** Steps one after the other; those of one line at the same time. The words of all but the first of a line come when it is over. */
const lines = [
  [["types", "tsc", ["--noEmit"]]],
  [["types of the page", "tsc", ["--noEmit", "-p", "src/dashboard/page"]]],
  [["lint and format", "biome", ["check", "."]]],
  [testsOf("logic")],
  [testsOf("product"), testsOf("real")],
];

/** Runs a step; resolves with whether it went well. */
function run([name, command, args], speaks) {
  const startedAt = Date.now();
  process.stdout.write(`\n── ${name}: ${command} ${args.slice(0, 2).join(" ")}\n`);
  const child = spawn(command, args, {
    stdio: ["ignore", speaks ? "inherit" : "pipe", speaks ? "inherit" : "pipe"],
    shell: process.platform === "win32",
  });
  const said = [];
  child.stdout?.on("data", (piece) => said.push(piece));
  child.stderr?.on("data", (piece) => said.push(piece));
  return new Promise((resolve) => {
    const over = (ok) => {
      for (const piece of said) process.stdout.write(piece);
      process.stdout.write(`── ${name}: ${ok ? "ok" : "FAILED"} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`);
      resolve(ok);
    };
    child.once("error", () => over(false));
    child.once("close", (code) => over(code === 0));
  });
}

let failed = 0;
for (const line of lines) {
  const oks = await Promise.all(line.map((step, i) => run(step, i === 0)));
  failed += oks.filter((ok) => !ok).length;
}

/** Tests that are named at the end, the slowest first: whoever adds a slow one sees it. */
const slowestMax = 10;

/** "tests/app/store.test.ts › group › title" of the reports' slowest, with their seconds. */
function slowest(results) {
  return results
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

/** "tests/app/store.test.ts › group › title" of what failed. */
const failures = (results) =>
  results.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ ancestorTitles, title }) => [relative(process.cwd(), name), ...ancestorTitles, title].join(" › ")),
  );

try {
  const reports = projects.map((project) => JSON.parse(readFileSync(reportOf(project), "utf8")));
  const sum = (key) => reports.reduce((all, report) => all + report[key], 0);
  const results = reports.flatMap(({ testResults }) => testResults);
  process.stdout.write(`\nThe ${slowestMax} slowest tests:\n${slowest(results).join("\n")}\n`);
  const broken = failures(results);
  if (broken.length > 0) process.stdout.write(`\nFailed:\n${broken.map((test) => `  ${test}\n`).join("")}`);
  const numFailed = sum("numFailedTests");
  process.stdout.write(
    `\n${sum("numPassedTests")} passed, ${numFailed + (failed && !numFailed ? failed : 0)} failed, ${sum("numPendingTests")} skipped\n`,
  );
} catch {
  process.stdout.write("\nThe tests left no report.\n");
  failed++;
} finally {
  for (const project of projects) rmSync(reportOf(project), { force: true });
}
process.exit(failed ? 1 : 0);

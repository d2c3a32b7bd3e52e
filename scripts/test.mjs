// `npm test`: everything that must hold before a change lands, each step named with its time. What waits in real time, one file
// after the other, runs beside the product suite, which waits most of its time for its sites. A file of these two that failed
// runs once more, alone: a site that is real in time can't be judged on a machine that stood still meanwhile. Both runs are told.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { watchMachine } from "./machine-watch.mjs";

const extra = process.argv.slice(2);
/** Names of the projects of `vitest.config.ts` whose reports are read at the end. */
const projects = ["logic", "real", "product"];
/** Of these, what failed runs again alone, unless it is more than so many files: then it is not the machine. */
const waiting = ["real", "product"];
const againMax = 8;
const reportOf = (name) => join(tmpdir(), `islet-test-${process.pid}-${name}.json`);
const vitest = (title, project, report, ...args) => [
  title,
  "vitest",
  [
    "run",
    "--project",
    project,
    "--passWithNoTests",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${reportOf(report)}`,
    ...args,
  ],
];
const testsOf = (project) => vitest(`tests: ${project}`, project, project, ...extra);

/** Tests start the program as a package brings it, when it could be made. */
const program = join(import.meta.dirname, "../node_modules/.cache/islet-program/bin/islet.mjs");
rmSync(program, { force: true });
process.env.ISLET_PROGRAM = program;

/** Steps one after the other; those of one line at the same time. The words of all but the first of a line come when it is over. */
const lines = [
  [["types", "tsc", ["--noEmit"]]],
  [["types of the page", "tsc", ["--noEmit", "-p", "src/dashboard/page"]]],
  [["program of the package, for the tests", "node", ["scripts/test-program.ts"]]],
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

const testOf = (name, { ancestorTitles, title }) =>
  [relative(process.cwd(), name), ...ancestorTitles, title].join(" › ");

/** Tests that are named at the end, the slowest first: whoever adds a slow one sees it. */
const slowestMax = 10;

/** "tests/app/store.test.ts › group › title" of the reports' slowest, with their seconds. */
function slowest(results) {
  return results
    .flatMap(({ name, assertionResults }) =>
      assertionResults.map((result) => ({ seconds: (result.duration ?? 0) / 1000, test: testOf(name, result) })),
    )
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, slowestMax)
    .map(({ seconds, test }) => `${seconds.toFixed(1).padStart(7)} s  ${test}`);
}

/** Where each test file says what it took of the processor; started programs find it by the variable. */
const processorTimes = join(tmpdir(), `islet-test-${process.pid}-processor.jsonl`);
process.env.ISLET_PROCESSOR_TIMES = processorTimes;

/** The files that took most of the processor, the dearest first, and the sum of all: what the suite costs where it only waits. */
function dearest() {
  let files = [];
  try {
    files = readFileSync(processorTimes, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  } catch {
    return ["unknown: the machine has no /proc"];
  } finally {
    rmSync(processorTimes, { force: true });
  }
  const seconds = (ms) => `${(ms / 1000).toFixed(1).padStart(7)} s`;
  const sum = (key) => files.reduce((total, file) => total + file[key], 0);
  return [
    ...files
      .sort((a, b) => b.own + b.started - a.own - a.started)
      .slice(0, slowestMax)
      .map(({ file, own, started }) => `${seconds(own + started)}  ${file}`),
    `${seconds(sum("own") + sum("started"))}  all, ${seconds(sum("started")).trim()} of it in started programs`,
  ];
}

/** "tests/app/store.test.ts › group › title" of what failed. */
const failures = (results) =>
  results.flatMap(({ name, assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map((result) => testOf(name, result)),
  );

/** Results of a run by its report; null when it left none. */
function resultsOf(report) {
  try {
    return JSON.parse(readFileSync(reportOf(report), "utf8")).testResults;
  } catch {
    return null;
  } finally {
    rmSync(reportOf(report), { force: true });
  }
}

let failed = 0;
for (const line of lines) {
  const watch = line.length > 1 ? watchMachine() : null;
  const oks = await Promise.all(line.map((step, i) => run(step, i === 0)));
  failed += oks.filter((ok) => !ok).length;
  if (watch !== null) process.stdout.write(`\n${watch.stop().join("\n")}\n`);
}

const reports = Object.fromEntries(projects.map((project) => [project, resultsOf(project)]));
/** What failed beside others and held alone. */
const heldAlone = [];
const again = waiting.flatMap((project) =>
  (reports[project] ?? []).filter(({ status }) => status === "failed").map(({ name }) => ({ project, name })),
);
if (again.length > 0 && again.length <= againMax) {
  process.stdout.write(`\n${again.length} files failed beside others; each runs once more, alone.\n`);
  for (const { project, name } of again) {
    const file = relative(process.cwd(), name);
    await run(vitest(`alone: ${file}`, project, "again", file), true);
    const second = resultsOf("again")?.find((result) => result.name === name);
    if (second === undefined) continue;
    const results = reports[project];
    const first = results.findIndex((result) => result.name === name);
    const broken = new Set(failures([second]));
    heldAlone.push(...failures([results[first]]).filter((test) => !broken.has(test)));
    results[first] = second;
  }
  // A step counts as failed while one of its files does.
  for (const project of waiting) {
    const asked = again.filter((file) => file.project === project);
    if (asked.length > 0 && reports[project].every(({ status }) => status !== "failed")) failed--;
  }
}

if (Object.values(reports).includes(null)) {
  process.stdout.write("\nThe tests left no report.\n");
  process.exit(1);
}
const results = Object.values(reports).flat();
const count = (...statuses) =>
  results.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => statuses.includes(status)).length;
process.stdout.write(`\nThe ${slowestMax} slowest tests:\n${slowest(results).join("\n")}\n`);
process.stdout.write(`\nProcessor time of the ${slowestMax} dearest test files:\n${dearest().join("\n")}\n`);
const named = (title, tests) =>
  tests.length > 0 && process.stdout.write(`\n${title}\n${tests.map((test) => `  ${test}\n`).join("")}`);
named("Failed beside others, held alone (look at them):", heldAlone);
named("Failed:", failures(results));
const numFailed = count("failed");
process.stdout.write(
  `\n${count("passed")} passed, ${numFailed + (failed && !numFailed ? failed : 0)} failed, ${count("pending", "skipped", "todo", "disabled")} skipped\n`,
);
process.exit(failed ? 1 : 0);

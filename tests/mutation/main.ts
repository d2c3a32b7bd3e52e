/**
 * `npm run -s mutate [-- --folders LIST --per-folder N --seed N --minutes N --workers N --json]`: makes one small mistake at a time
 * in a copy of this tree and runs the tests that import the spoilt file, the nearest first. A mistake that no test sees is shown
 * with its place. The score of a folder is the share that was seen; some mistakes change nothing that anybody could see, so it
 * is a lower bound.
 */
import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../../sim/random.ts";
import { copyProject } from "../lib/project-copy.ts";
import { type Mutant, mutantsOf, spoilt } from "./mutants.ts";
import { testsBySource } from "./related.ts";

const usual = [
  ...["src/core/cycle", "src/core/grid", "src/core/island", "src/core/modes", "src/core/pcc", "src/core/setpoints"],
  ...["src/domain", "src/protocols/modbus", "src/protocols/exi", "src/protocols/iso15118", "src/protocols/ocpp"],
  ...["firmware-bridge/device", "firmware-bridge/stage", "src/planning", "src/settlement", "src/config"],
];
const { values } = parseArgs({
  options: {
    folders: { type: "string", default: usual.join(",") },
    "per-folder": { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "60" },
    workers: { type: "string", default: "2" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(`npm run -s mutate -- [options]

  --folders a,b   which folders (${usual.join(", ")})
  --per-folder N  mistakes in each, drawn by the seed (20)
  --seed N        another draw (1)
  --minutes N     ends by then; what was not tried is not counted (60)
  --workers N     at a time (2)
  --json          a line for each mistake instead of the table
`);
  process.exit(0);
}

const root = join(import.meta.dirname, "../..");
/** The nearest tests see most mistakes; what they miss is shown to so many more. */
const nearMax = 6;
const farMax = 14;
/**
 * A mistake that makes the tests run for so much longer is seen, too. By processor time of each process, which a busy machine
 * does not change; what waits for ever without using any is found by the wall, which leaves a busy machine room.
 */
const processorMaxS = 60;
const nearTimeoutMs = 300_000;
const farTimeoutMs = 420_000;

type Verdict = "seen" | "hangs" | "unseen" | "no test";
interface Tried {
  readonly folder: string;
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

const related = testsBySource(root);
const untilMs = performance.now() + 60_000 * Number(values.minutes);

function drawn(folder: string): { readonly folder: string; readonly mutant: Mutant }[] {
  const random = new Random(Number(values.seed));
  const paths = globSync(`${folder}/**/*.ts`, { cwd: root })
    .filter((path) => !path.includes(".generated."))
    .sort();
  const all = paths.flatMap((path) => mutantsOf(path, readFileSync(join(root, path), "utf8")));
  const chosen: Mutant[] = [];
  for (let left = Number(values["per-folder"]); left > 0 && all.length > 0; left -= 1)
    chosen.push(...all.splice(random.below(all.length), 1));
  return chosen.map((mutant) => ({ folder, mutant }));
}

/** The test file that fails first in the copy; null when all pass, `hangs` when they come to no end in time. */
function failing(copy: string, tests: readonly string[], timeoutMs: number): Promise<string | null> {
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  const vitest = join(copy, "node_modules/vitest/vitest.mjs");
  const args = ["run", ...tests, "--bail=1", "--no-file-parallelism"];
  const told = ["--reporter=json", `--outputFile=${report}`];
  return new Promise((resolve, reject) => {
    execFile(
      "sh",
      ["-c", `ulimit -t ${processorMaxS}; exec "$@"`, "tests", process.execPath, vitest, ...args, ...told],
      { cwd: copy, timeout: timeoutMs },
      (error, said, trouble) => {
        if (error === null) return resolve(null);
        if (error.killed === true) return resolve(hangs);
        // Nothing was run: that is no verdict on any test.
        if (!existsSync(report))
          return reject(new Error(`the tests do not start in the copy: ${(trouble || said).slice(0, 2_000)}`));
        const { testResults } = JSON.parse(readFileSync(report, "utf8")) as {
          testResults: { name: string; status: string }[];
        };
        const failed = testResults.find(({ status }) => status === "failed");
        resolve(failed === undefined ? hangs : relative(copy, failed.name));
      },
    );
  });
}
const hangs = "hangs";

/** Tests that fail without any mistake say nothing. */
const failsAnyway = new Set<string>();
const passes = new Set<string>();

async function tried(copy: string, mutant: Mutant): Promise<Verdict> {
  const file = join(copy, mutant.path);
  const sound = readFileSync(file, "utf8");
  const all = related.get(mutant.path) ?? [];
  if (all.length === 0) return "no test";
  for (let from = 0; from < Math.min(all.length, nearMax + farMax); ) {
    const until = from === 0 ? nearMax : nearMax + farMax;
    const tests = all.slice(from, until).filter((test) => !failsAnyway.has(test));
    writeFileSync(file, spoilt(sound, mutant));
    const failed = tests.length === 0 ? null : await failing(copy, tests, from === 0 ? nearTimeoutMs : farTimeoutMs);
    writeFileSync(file, sound);
    if (failed === hangs) return hangs;
    if (failed === null) {
      from = until;
      continue;
    }
    if (!passes.has(failed) && (await failing(copy, [failed], farTimeoutMs)) !== null) {
      failsAnyway.add(failed);
      process.stderr.write(`${failed} fails without a mistake, and is left out\n`);
      continue;
    }
    passes.add(failed);
    return "seen";
  }
  return "unseen";
}

const perFolder = values.folders.split(",").map(drawn);
// One of each folder in turn: a run that ends early has something to say of all.
const waiting = Array.from({ length: Math.max(...perFolder.map(({ length }) => length)) }, (_, k) =>
  perFolder.flatMap((list) => list.slice(k, k + 1)),
).flat();
const total = waiting.length;
const done: Tried[] = [];

async function worker(index: number): Promise<void> {
  const copy = copyProject(`mutation-${index}`);
  try {
    for (let next = waiting.shift(); next !== undefined && performance.now() < untilMs; next = waiting.shift()) {
      const { folder, mutant } = next;
      const verdict = await tried(copy, mutant);
      done.push({ folder, mutant, verdict });
      const { path, line, operator, was, is } = mutant;
      if (values.json) process.stdout.write(`${JSON.stringify({ folder, verdict, path, line, operator, was, is })}\n`);
      else if (verdict === "unseen" || verdict === "no test")
        process.stdout.write(`${verdict}  ${path}:${line}  ${operator}\n    ${was}\n    ${is}\n`);
      process.stderr.write(`${done.length} of ${total}: ${mutant.path}:${line} ${verdict}\n`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
await Promise.all(Array.from({ length: Number(values.workers) }, (_, index) => worker(index)));

if (!values.json) {
  process.stdout.write("\n| folder | mistakes tried | seen | score |\n| --- | --- | --- | --- |\n");
  for (const folder of values.folders.split(",")) {
    const here = done.filter((one) => one.folder === folder);
    const seen = here.filter(({ verdict }) => verdict === "seen" || verdict === "hangs").length;
    const score = here.length === 0 ? "–" : `${Math.round((100 * seen) / here.length)} %`;
    process.stdout.write(`| ${folder} | ${here.length} | ${seen} | ${score} |\n`);
  }
}

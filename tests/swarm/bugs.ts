/**
 * Shows that the swarm finds bugs: each of `bugs.table.ts` is planted in a copy of this tree, and seeds are played until one
 * breaks a promise.
 *
 *     node tests/swarm/bugs.ts [--seeds 200] [--hours 8] [--evses-max 4] [name …]
 *
 * Prints a line for each bug: the seed that found it, and the promise; or that none of the seeds did, and ends with 1.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Bug, bugs } from "./bugs.table.ts";

const root = join(import.meta.dirname, "../..");
const copy = join(tmpdir(), `islet-bugs-${process.pid}`);
/** Seeds of one call: as soon as one of them fails the bug is found. */
const seedsAtOnce = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "200" },
    hours: { type: "string", default: "8" },
    "evses-max": { type: "string", default: "4" },
  },
});

interface Row {
  readonly seed: number;
  readonly ok: boolean;
  readonly broken: readonly { readonly promise: string }[];
}

function play(from: number, to: number): Row[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      "bin/islet.mjs",
      "swarm",
      "--json",
      "--no-shrink",
      "--seeds",
      `${from}..${to}`,
      "--hours",
      values.hours,
      "--evses-max",
      values["evses-max"],
    ],
    { cwd: copy, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
  );
  const rows = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
  if (rows.length === 0) throw new Error(`nothing was played: ${stderr.slice(0, 400)}`);
  return rows;
}

/** The first seed that breaks a promise, and which. */
function look(): Row | undefined {
  for (let from = 1; from <= Number(values.seeds); from += seedsAtOnce) {
    const failed = play(from, Math.min(Number(values.seeds), from + seedsAtOnce - 1)).find(({ ok }) => !ok);
    if (failed !== undefined) return failed;
  }
  return undefined;
}

function planted({ file, find, plant }: Bug): () => void {
  const path = join(copy, file);
  const text = readFileSync(path, "utf8");
  if (text.split(find).length !== 2) throw new Error(`${file}: stands ${text.split(find).length - 1} times: ${find}`);
  writeFileSync(
    path,
    text.replace(find, () => plant),
  );
  return () => writeFileSync(path, text);
}

mkdirSync(copy, { recursive: true });
for (const name of ["bin", "config", "firmware-bridge", "sim", "src", "package.json"])
  cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
let missed = 0;
try {
  for (const bug of bugs.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  )) {
    const beganMs = performance.now();
    const restore = planted(bug);
    const found = look();
    restore();
    if (found === undefined) missed++;
    const tookS = ((performance.now() - beganMs) / 1_000).toFixed(0);
    const said =
      found === undefined ? `not found in ${values.seeds} seeds` : `seed ${found.seed}: ${found.broken[0]?.promise}`;
    process.stdout.write(`${found === undefined ? "MISSED" : "found "} ${bug.name}: ${said} (${tookS} s)\n`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;

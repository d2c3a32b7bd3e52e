/**
 * `npm run -s power-cuts [-- --cuts N --seed N]`: the power goes in the middle of updates, of ways back and of the starter's own
 * way back, before each change of a file in turn and at random moments; what was not synchronized is lost. After each cut one
 * whole version must run, never a foreign one, a new one only on trial, and the step must succeed when it is done again.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDisk } from "./disk.ts";
import { makeVersions } from "./versions.ts";

const { values } = parseArgs({
  options: { cuts: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
const cuts = Math.min(Number(values.cuts), 10_000);
const worker = join(import.meta.dirname, "workers/step.ts");
const stepMaxMs = 60_000;
const work = mkdtempSync(join(tmpdir(), "islet-power-cuts-"));
const versions = makeVersions(work);
const disk = openDisk(work);
const root = join(disk.folder, "root");
let state = Number(values.seed) >>> 0 || 1;
/** In [0, 1), by the seed. */
function random(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
}

interface Step {
  readonly name: string;
  /** What is kept on the disk before it. */
  readonly from: "none" | "one" | "trial" | "bad";
  readonly begin: (cut: number) => { readonly command: string; readonly args: string[]; readonly path?: string };
  /** Versions that may run after a cut, and the one after the step was done again. */
  readonly may: readonly string[];
  readonly ends: string;
}

const node = (what: string, bundle: string) => (cut: number) => ({
  command: process.execPath,
  args: [worker, what, root, bundle, String(cut)],
});
const steps: readonly Step[] = [
  {
    name: "install the first",
    from: "none",
    begin: node("install", versions.former),
    may: ["", "1.0.0"],
    ends: "1.0.0",
  },
  { name: "install", from: "one", begin: node("install", versions.newer), may: ["1.0.0", "1.1.0"], ends: "1.1.0" },
  {
    name: "install a foreign one",
    from: "one",
    begin: node("install", versions.foreign),
    may: ["1.0.0"],
    ends: "1.0.0",
  },
  { name: "go back", from: "trial", begin: node("rollback", ""), may: ["1.0.0", "1.1.0"], ends: "1.0.0" },
  { name: "confirm", from: "trial", begin: node("confirm", ""), may: ["1.1.0"], ends: "1.1.0" },
  { name: "the starter's way back", from: "bad", begin: starter, may: ["1.0.0", "1.2.0"], ends: "1.0.0" },
];

/** The starter with commands before each of which the power can go. */
function starter(cut: number) {
  const path = join(work, "commands");
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "count"), "0");
  for (const name of ["ln", "mv", "rm", "wc", "readlink", "grep"]) {
    const counts = `n=$(($(cat ${path}/count) + 1)); echo $n > ${path}/count; [ $n = ${cut} ] && kill -9 0`;
    writeFileSync(join(path, name), `#!/bin/sh\n${counts}\nPATH=/usr/bin:/bin exec ${name} "$@"\n`);
    chmodSync(join(path, name), 0o755);
  }
  return { command: "sh", args: [join(root, "islet"), "run"], path };
}

/** Runs a step to its end, or until the power goes: before a change, or after so many ms. What it said, and how long it took. */
async function play({ begin }: Step, cut: number, afterMs = stepMaxMs): Promise<{ said: string; tookMs: number }> {
  const { command, args, path } = begin(cut);
  const began = performance.now();
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...(path && { PATH: `${path}:${process.env["PATH"]}` }) },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
  const timer = setTimeout(() => {
    try {
      process.kill(-child.pid!, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }, afterMs);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { said, tookMs: performance.now() - began };
}

const runs = (): string => spawnSync(join(root, "islet"), ["--version"], { encoding: "utf8" }).stdout?.trim() ?? "";
const startedBy = (): number | null => spawnSync(join(root, "islet"), ["run"]).status;

/** What is wrong after a cut; "" for nothing. */
function judge({ may, from }: Step): string {
  const version = runs();
  if (!may.includes(version)) return `runs ${JSON.stringify(version)}`;
  if (from === "none" && !existsSync(join(root, "versions"))) return "";
  for (const name of readdirSync(join(root, "versions"))) {
    if (name.startsWith(".")) continue;
    const { stdout } = spawnSync(join(root, "versions", name, "islet"), ["--version"], { encoding: "utf8" });
    if (stdout?.trim() !== name.split("-")[0]) return `${name} is not whole`;
  }
  const trial = join(root, "trial.json");
  if ((from === "one" || from === "bad") && version !== "1.0.0") {
    if (!existsSync(trial)) return `${version} is not on trial`;
    if (!readFileSync(trial, "utf8").includes(`"name":"${version}-`)) return "the trial is of another version";
  }
  return "";
}

/** Whether the step succeeds on what the cut left. */
async function again(step: Step): Promise<string> {
  if (step.from === "bad") for (let n = 0; n < 5 && startedBy() !== 0; n++);
  else if (runs() !== step.ends || step.name === "confirm") await play(step, 0);
  const version = runs();
  return version === step.ends ? "" : `afterwards runs ${JSON.stringify(version)}`;
}

async function prepare(): Promise<void> {
  mkdirSync(join(root, "anchors"), { recursive: true });
  writeFileSync(join(root, "anchors/maker.pem"), versions.anchor);
  disk.keep("none");
  const installs = (bundle: string) => play({ ...steps[0]!, begin: node("install", bundle) }, 0);
  await installs(versions.former);
  disk.keep("one");
  await installs(versions.newer);
  disk.keep("trial");
  disk.begin("one");
  await installs(versions.bad);
  for (let n = 0; n < 3; n++) startedBy();
  disk.keep("bad");
}

async function main(): Promise<void> {
  await prepare();
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  say(disk.losesMemory ? "Cuts lose what is not synchronized." : "No loop device here: cuts only end processes.");
  const measured: { step: Step; changes: number; tookMs: number }[] = [];
  for (const step of steps) {
    disk.begin(step.from);
    const { said, tookMs } = await play(step, 0);
    const counted =
      step.from === "bad" ? readFileSync(join(work, "commands/count"), "utf8") : /changes (\d+)/.exec(said)?.[1];
    measured.push({ step, changes: Number(counted ?? 0), tookMs });
    say(`${step.name}: ${Number(counted)} changes, ${Math.round(tookMs)} ms; runs ${runs()}`);
  }
  const seen = new Map<string, number>();
  let wrong = 0;
  for (let n = 0; n < cuts; n++) {
    const { step, changes, tookMs } = measured[n % measured.length]!;
    const round = Math.floor(n / measured.length);
    // Before each change in turn, then at any moment.
    const cut = round < changes ? round + 1 : 0;
    disk.begin(step.from);
    await play(step, cut, cut === 0 ? random() * tookMs : stepMaxMs);
    disk.cut();
    const version = runs();
    const fault = judge(step) || (await again(step));
    const key = `${step.name}: ${version}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    if (fault !== "") {
      wrong++;
      say(`cut ${n} (${step.name}, ${cut === 0 ? "at a moment" : `before change ${cut}`}): ${fault}`);
    }
  }
  for (const [key, count] of [...seen].sort()) say(`${key} after ${count} cuts`);
  say(`${cuts} cuts, ${wrong} wrong`);
  process.exitCode = wrong === 0 ? 0 : 1;
}

try {
  await main();
} finally {
  disk.remove();
}

/**
 * `npm run -s bench -- capacity`: how many power stages the control process can serve at 10, 20 and 50 ms over Modbus TCP until
 * something breaks, and what. One connection for each stage, the simulator of all of them on the other core: where that is what
 * can't keep up, the verdict says so. `--periods 10,20,50` and `--stages 10,25,…` (a site has 100 at most) choose, `--seconds N` is how long each is
 * measured (10).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startControlHost } from "../src/app/control/control-host.ts";
import { plainSite } from "../src/app/site/composition.ts";
import { depot, quickProfile, sleep, startSimulatorProcess } from "./lib/socket-site.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const warmUpMs = 5_000;
/** More than this late, in one of a hundred cycles, and the loop does not keep its time, ms. */
const lateMaxMs = 5;
const skippedMaxPct = 0.1;
/** From here on a process has no core left for itself, percent of one core. */
const fullPct = 95;
const ticksPerS = 100;

interface Measured {
  readonly lateMs: number;
  readonly cycleMs: number;
  readonly skippedPct: number;
  readonly ownMB: number;
  readonly controlPct: number;
  readonly simulatorPct: number;
}

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: "string" }, periods: { type: "string" }, stages: { type: "string" } },
    strict: false,
  });
  const list = (name: string, usual: string): number[] =>
    String(values[name] ?? usual)
      .split(",")
      .map(Number);
  const measureMs = 1_000 * Number(values["seconds"] ?? 10);
  const figures: Figure[] = [];
  for (const periodMs of list("periods", "10,20,50"))
    for (const stages of list("stages", "10,25,50,75,100")) {
      const seen = await measure(stages, periodMs, measureMs);
      const broken = whatBroke(seen, periodMs);
      say(`${stages} stages at ${periodMs} ms: ${broken ?? "kept"}`);
      figures.push(...shown(`${stages} stages at ${periodMs} ms`, seen, broken));
      if (broken !== null) break;
    }
  return { name: "capacity", figures };
}

function whatBroke(
  { lateMs, cycleMs, skippedPct, controlPct, simulatorPct }: Measured,
  periodMs: number,
): string | null {
  const broken =
    skippedPct > skippedMaxPct
      ? `${skippedPct.toFixed(1)} % of the cycles were skipped`
      : lateMs > lateMaxMs
        ? `one cycle of a hundred began ${lateMs.toFixed(1)} ms late`
        : cycleMs > periodMs
          ? `one cycle of a hundred took ${cycleMs.toFixed(1)} ms until everything was acknowledged`
          : null;
  if (broken === null) return null;
  const full = controlPct > fullPct ? "the control process" : simulatorPct > fullPct ? "the simulator" : "nobody";
  return `${broken}; ${full} had a whole core`;
}

const shown = (name: string, seen: Measured, broken: string | null): Figure[] => [
  { name: `${name}: late p99`, value: seen.lateMs, unit: "ms" },
  { name: `${name}: deadline → write acknowledged p99`, value: seen.cycleMs, unit: "ms" },
  { name: `${name}: cycles skipped`, value: seen.skippedPct, unit: "%" },
  { name: `${name}: control process, of a core`, value: seen.controlPct, unit: "%" },
  { name: `${name}: simulator, of a core`, value: seen.simulatorPct, unit: "%" },
  { name: `${name}: control process, memory of its own`, value: seen.ownMB, unit: "MB" },
  ...(broken === null ? [] : [{ name: `${name}: ${broken}`, value: 1, unit: "" }]),
];

async function measure(stages: number, periodMs: number, measureMs: number): Promise<Measured> {
  const config = depot(stages, periodMs, 16_000);
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  const simulator = await startSimulatorProcess(config);
  const host = startControlHost({
    site: plainSite({ ...config, loop: { ...config.loop, realTimePriority: true } }, quickProfile()),
    pccMemory: null,
    recordFile: join(folder, "intent.json"),
    clockFloorMs: Number.NEGATIVE_INFINITY,
    exactPeriod: true,
    lateFromMs: lateMaxMs,
    onMessage: () => undefined,
    onEnd: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  try {
    await sleep(warmUpMs);
    const control = childWith("control-process");
    const before = [cpuMsOf(control), cpuMsOf(simulator.process.pid!)];
    host.resetFigures();
    await sleep(measureMs);
    const after = [cpuMsOf(control), cpuMsOf(simulator.process.pid!)];
    const { site } = host.report()!;
    const share = (k: number): number => (100 * (after[k]! - before[k]!)) / measureMs;
    return {
      lateMs: site.lateP99Ms,
      cycleMs: site.cycleP99Ms,
      skippedPct: (100 * site.skipped) / (site.ticks + site.skipped),
      ownMB: ownMBOf(control),
      controlPct: share(0),
      simulatorPct: share(1),
    };
  } finally {
    await host.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** This process's child whose command line has the text. */
function childWith(text: string): number {
  const tasks = readdirSync("/proc/self/task");
  const children = tasks.flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, "utf8").trim().split(" "));
  const found = children.find((pid) => pid !== "" && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text));
  return Number(found);
}

/** Processor time of a process, its threads included, ms. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerS;
}

/** Memory that a process shares with nobody, MB. */
function ownMBOf(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kB = [...rollup.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB/gm)].reduce(
    (sum, [, own]) => sum + Number(own),
    0,
  );
  return kB / 1_024;
}

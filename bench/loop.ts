/**
 * `npm run -s bench -- loop`: how punctual the control loop is over real sockets, in its process with and without SCHED_FIFO
 * and on the thread of this bench for comparison; on an idle machine, with the service busy (JSON, SQLite, garbage) and with
 * every processor busy with others. A canary runs beside each case: of every lateness above 5 ms it says whether the machine
 * or the loop stood still. `--seconds N` sets how long each case is measured, `--case TEXT` picks cases by their title.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { startControl } from "../src/app/control/control.ts";
import { startControlHost } from "../src/app/control/control-host.ts";
import type { Lateness } from "../src/app/control/control-loop.ts";
import { quantileMs } from "../src/app/control/histogram.ts";
import { inputsLength } from "../src/app/control/shared/inputs.ts";
import { createLatest } from "../src/app/control/shared/latest.ts";
import { reportLength } from "../src/app/control/shared/report.ts";
import { intentsLength } from "../src/app/control/shared/vehicle-intents.ts";
import { noMemory, plainSite } from "../src/app/site/composition.ts";
import type { SiteConfig } from "../src/config/site.ts";
import { depot, quickProfile, sleep, startSimulatorProcess } from "./lib/socket-site.ts";
import { type Canary, isMachines, startCanaries } from "./loop/canary.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

type Where = "process with FIFO" | "process without FIFO" | "same thread";
type Load = "idle" | "service busy" | "every core busy";
interface Case {
  readonly where: Where;
  readonly stages: number;
  readonly periodMs: number;
  readonly load: Load;
}

const cases: readonly Case[] = [
  ...(["idle", "service busy", "every core busy"] as const).map((load) => four("process with FIFO", load)),
  ...(["idle", "service busy"] as const).map((load) => four("process without FIFO", load)),
  ...(["idle", "service busy"] as const).map((load) => four("same thread", load)),
  { where: "process with FIFO", stages: 32, periodMs: 20, load: "idle" },
  { where: "process with FIFO", stages: 32, periodMs: 20, load: "service busy" },
];
/** A lateness from here on is an outlier, ms. */
const outlierMs = 5;
const warmUpMs = 5_000;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: { type: "string" }, case: { type: "string" } },
    strict: false,
  });
  const wanted = String(values["case"] ?? "");
  const measureMs = 1_000 * Number(values["seconds"] ?? 20);
  const figures: Figure[] = [];
  for (const one of cases.filter((each) => title(each).includes(wanted))) {
    say(`${title(one)} …`);
    figures.push(...(await measure(one, measureMs)));
  }
  return { name: "loop", figures };
}

function four(where: Where, load: Load): Case {
  return { where, stages: 4, periodMs: 10, load };
}

const title = ({ where, stages, periodMs, load }: Case): string =>
  `${where}, ${stages} stages at ${periodMs} ms, ${load}`;

interface Punctuality {
  readonly late: readonly number[];
  readonly cycle: readonly number[];
  readonly ticks: number;
  readonly skipped: number;
  readonly fifo: boolean;
  readonly outliers: readonly Lateness[];
}

async function measure(one: Case, measureMs: number): Promise<Figure[]> {
  const config = depot(one.stages, one.periodMs, 16_000);
  const fifo = one.where === "process with FIFO";
  const running: SiteConfig = { ...config, loop: { ...config.loop, realTimePriority: fifo } };
  const simulator = await startSimulatorProcess(config);
  const endLoad = startLoad(one.load);
  try {
    const canaries = sleep(warmUpMs).then(() => startCanaries(measureMs / 1_000));
    const seen =
      one.where === "same thread" ? await onSameThread(running, measureMs) : await inProcess(running, measureMs);
    const canary = await canaries;
    const name = title(one) + (fifo && !seen.fifo ? " (FIFO not granted)" : "");
    const quantiles = ["p50", "p99", "p99.9", "max"];
    return [
      ...quantiles.map((q, i) => ({ name: `${name}: late ${q}`, value: seen.late[i]!, unit: "ms" })),
      ...quantiles.map((q, i) => ({
        name: `${name}: deadline → write acknowledged ${q}`,
        value: seen.cycle[i]!,
        unit: "ms",
      })),
      { name: `${name}: cycles skipped`, value: (100 * seen.skipped) / (seen.ticks + seen.skipped), unit: "%" },
      ...outlierFigures(name, seen, canary),
    ];
  } finally {
    endLoad();
    await simulator.stop();
  }
}

function outlierFigures(name: string, { late, outliers }: Punctuality, canary: Canary | null): Figure[] {
  const count = { name: `${name}: later than ${outlierMs} ms`, value: outliers.length, unit: "times" };
  if (canary === null) return [{ ...count, name: `${count.name} (no C compiler: whose is not known)` }];
  const machines = outliers.filter((outlier) => isMachines(outlier, canary)).length;
  const canaryName = `${name}: canary late max`;
  return [
    count,
    { name: `${name}: of these with the canary, so the machine's`, value: machines, unit: "times" },
    { name: canaryName, value: canary.maxMs, unit: "ms" },
    {
      name: `${name}: late max beside the canary`,
      value: late[3]!,
      unit: "ms",
      comparedWith: canaryName,
      ratio: late[3]! / canary.maxMs,
    },
  ];
}

async function inProcess(config: SiteConfig, measureMs: number): Promise<Punctuality> {
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  let fifo = false;
  let outliers: Lateness[] = [];
  const host = startControlHost({
    site: plainSite(config, quickProfile()),
    pccMemory: null,
    recordFile: join(folder, "intent.json"),
    clockFloorMs: Number.NEGATIVE_INFINITY,
    exactPeriod: true,
    lateFromMs: outlierMs,
    onMessage: (message) => {
      if (message.kind === "started") fifo = message.realTime;
      if (message.kind === "late") outliers.push(message);
    },
    onEnd: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  await sleep(warmUpMs);
  host.resetFigures();
  outliers = [];
  await sleep(measureMs);
  const { site } = host.report()!;
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
  return {
    late: [site.lateP50Ms, site.lateP99Ms, site.lateP999Ms, site.lateMaxMs],
    cycle: [site.cycleP50Ms, site.cycleP99Ms, site.cycleP999Ms, site.cycleMaxMs],
    ticks: site.ticks,
    skipped: site.skipped,
    fifo,
    outliers,
  };
}

async function onSameThread(config: SiteConfig, measureMs: number): Promise<Punctuality> {
  const { evses, tiers } = config;
  let outliers: Lateness[] = [];
  const control = startControl(
    {
      site: plainSite(config, quickProfile()),
      memory: noMemory,
      randomFraction: 0,
      ringFd: null,
      exactPeriod: true,
      lateFromMs: outlierMs,
      inputs: createLatest(inputsLength(evses.length)),
      report: createLatest(reportLength(evses.length, tiers.length)),
      vehicles: createLatest(intentsLength(evses.length)),
    },
    (message) => {
      if (message.kind === "late") outliers.push(message);
    },
  );
  await sleep(warmUpMs);
  control.resetFigures();
  outliers = [];
  await sleep(measureMs);
  const { lateness, cycle, ticks, skipped } = control.figures;
  const quantiles = (histogram: typeof lateness) => [
    quantileMs(histogram, 0.5),
    quantileMs(histogram, 0.99),
    quantileMs(histogram, 0.999),
    histogram.maxMs,
  ];
  const seen = { late: quantiles(lateness), cycle: quantiles(cycle), ticks, skipped, fifo: false, outliers };
  await control.stop();
  return seen;
}

function startLoad(load: Load): () => void {
  return load === "service busy" ? busyService() : load === "every core busy" ? busyCores() : () => undefined;
}

/** Three busy processes for each processor. */
function busyCores(): () => void {
  const count = 3 * availableParallelism();
  const children: ChildProcess[] = Array.from({ length: count }, () =>
    spawn(process.execPath, ["-e", "const end = Date.now() + 600000; while (Date.now() < end);"], { stdio: "ignore" }),
  );
  return () => {
    for (const child of children) child.kill("SIGKILL");
  };
}

/** What a service does on a bad day: large JSON, SQLite transactions, garbage; about nine tenths of one core. */
function busyService(): () => void {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE line (id INTEGER PRIMARY KEY, text TEXT)");
  const insert = database.prepare("INSERT INTO line (text) VALUES (?)");
  const record = {
    list: Array.from({ length: 2_000 }, (_, i) => ({ id: i, name: `name ${i}`, values: [i, i * 2, i * 3] })),
  };
  let running = true;
  const work = (): void => {
    if (!running) return;
    const copy = JSON.parse(JSON.stringify(record)) as typeof record;
    database.exec("BEGIN");
    for (const { name } of copy.list.slice(0, 500)) insert.run(name);
    database.exec("COMMIT");
    database.exec("DELETE FROM line");
    const garbage = Array.from({ length: 50_000 }, (_, i) => ({ i, text: `${i}` }));
    if (garbage.length === 0) return;
    setTimeout(work, 1);
  };
  work();
  return () => {
    running = false;
    database.close();
  };
}

/**
 * `npm run -s bench -- loop`: how punctual the control loop is over real sockets, in a thread of its own with and without
 * SCHED_FIFO and on the main thread for comparison, idle and with the main thread busy (JSON, SQLite, garbage).
 * `--seconds N` sets how long each case is measured.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { noMemory, plainSite } from "../src/app/composition.ts";
import { startControl } from "../src/app/control.ts";
import { startControlHost } from "../src/app/control-host.ts";
import { quantileMs } from "../src/app/histogram.ts";
import { inputsLength } from "../src/app/shared/inputs.ts";
import { createLatest } from "../src/app/shared/latest.ts";
import { reportLength } from "../src/app/shared/report.ts";
import type { SiteConfig } from "../src/config/site.ts";
import { depot, quickProfile, sleep, startSimulatorProcess } from "./lib/socket-site.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

type Where = "worker with FIFO" | "worker without FIFO" | "main thread";
interface Case {
  readonly where: Where;
  readonly stages: number;
  readonly periodMs: number;
  readonly busy: boolean;
}

const cases: readonly Case[] = [
  ...(["worker with FIFO", "worker without FIFO", "main thread"] as const).flatMap((where) =>
    [false, true].map((busy): Case => ({ where, stages: 4, periodMs: 10, busy })),
  ),
  { where: "worker with FIFO", stages: 32, periodMs: 20, busy: false },
  { where: "worker with FIFO", stages: 32, periodMs: 20, busy: true },
];
const warmUpMs = 5_000;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({ args: [...args], options: { seconds: { type: "string" } }, strict: false });
  const measureMs = 1_000 * Number(values["seconds"] ?? 20);
  const figures: Figure[] = [];
  for (const one of cases) {
    say(`${title(one)} …`);
    figures.push(...(await measure(one, measureMs)));
  }
  return { name: "loop", figures };
}

const title = ({ where, stages, periodMs, busy }: Case): string =>
  `${where}, ${stages} stages at ${periodMs} ms, ${busy ? "busy" : "idle"}`;

interface Punctuality {
  readonly late: readonly number[];
  readonly cycle: readonly number[];
  readonly ticks: number;
  readonly skipped: number;
  readonly fifo: boolean;
}

async function measure(one: Case, measureMs: number): Promise<Figure[]> {
  const config = depot(one.stages, one.periodMs, 16_000);
  const fifo = one.where === "worker with FIFO";
  const running: SiteConfig = { ...config, loop: { ...config.loop, realTimePriority: fifo } };
  const simulator = await startSimulatorProcess(config);
  const load = one.busy ? startLoad() : undefined;
  try {
    const seen =
      one.where === "main thread" ? await onMainThread(running, measureMs) : await inWorker(running, measureMs);
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
    ];
  } finally {
    load?.();
    await simulator.stop();
  }
}

async function inWorker(config: SiteConfig, measureMs: number): Promise<Punctuality> {
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  let fifo = false;
  const host = startControlHost({
    site: plainSite(config, quickProfile()),
    pccMemory: null,
    recordFile: join(folder, "intent.json"),
    clockFloorMs: Number.NEGATIVE_INFINITY,
    exactPeriod: true,
    onMessage: (message) => {
      if (message.kind === "started") fifo = message.realTime;
    },
    onEnd: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  await sleep(warmUpMs);
  host.resetFigures();
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
  };
}

async function onMainThread(config: SiteConfig, measureMs: number): Promise<Punctuality> {
  const { evses, tiers } = config;
  const control = startControl(
    {
      site: plainSite(config, quickProfile()),
      memory: noMemory,
      randomFraction: 0,
      exactPeriod: true,
      inputs: createLatest(inputsLength(evses.length)),
      report: createLatest(reportLength(evses.length, tiers.length)),
    },
    () => undefined,
  );
  await sleep(warmUpMs);
  control.resetFigures();
  await sleep(measureMs);
  const { lateness, cycle, ticks, skipped } = control.figures;
  const quantiles = (histogram: typeof lateness) => [
    quantileMs(histogram, 0.5),
    quantileMs(histogram, 0.99),
    quantileMs(histogram, 0.999),
    histogram.maxMs,
  ];
  const seen = { late: quantiles(lateness), cycle: quantiles(cycle), ticks, skipped, fifo: false };
  await control.stop();
  return seen;
}

/** What a main thread does on a bad day: large JSON, SQLite transactions, garbage; about nine tenths of one core. */
function startLoad(): () => void {
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

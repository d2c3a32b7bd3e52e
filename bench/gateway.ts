/**
 * `npm run -s bench -- gateway`: what a site costs the gateway that it runs on. `islet run` as a process, before the simulator
 * and a backend, every charger charging and reporting: bytes that it writes, memory, time from start to the armed loop.
 * `--chargers N`, `--every S` (readings of a charger, otherwise each minute) and `--seconds S` set the site and how long is counted;
 * `--state DIR` puts the state folder elsewhere, and where that is a loop device of its own `--device loop0` counts what reaches
 * it, the file system's own writing included.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { startCsms } from "../sim/peers/csms.ts";
import { gatewaySite } from "./lib/gateway-site.ts";
import { sleep, startSimulatorProcess, until } from "./lib/socket-site.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const root = join(import.meta.dirname, "..");
/** A charger reports its readings this often, s, where nothing else is set. */
const usualEveryS = 60;
/** Intervals after which the readings of all fall on the same moments. */
const settlingReports = 11;
const daySeconds = 86_400;
const sectorBytes = 512;
const startMaxMs = 60_000;
/** As the packages start it (`packaging/islet.sh`). */
const packagedFlags = ["--max-semi-space-size=2", "--optimize-for-size"];
const packagedEnv = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "524288" };

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      chargers: { type: "string" },
      every: { type: "string" },
      seconds: { type: "string" },
      state: { type: "string" },
      device: { type: "string" },
      port: { type: "string" },
      program: { type: "string" },
    },
    strict: false,
  });
  const chargers = Number(values["chargers"] ?? 20);
  const everyS = Number(values["every"] ?? usualEveryS);
  const seconds = Number(values["seconds"] ?? everyS);
  const folder = mkdtempSync(join(tmpdir(), "islet-gateway-"));
  const stateDir = join(String(values["state"] ?? folder), "state");
  mkdirSync(stateDir, { recursive: true });
  let messages = 0;
  const csms = await startCsms({
    strict: false,
    onMessage(_identity, _direction, message) {
      if (String(message).includes('"TransactionEvent"')) messages++;
    },
  });
  const site = gatewaySite({
    chargers,
    basePort: Number(values["port"] ?? 17_000),
    stateDir,
    backendUrl: csms.url,
    everyS,
  });
  const simulator = await startSimulatorProcess(site);
  const configFile = join(folder, "site.yaml");
  writeFileSync(configFile, stringify(site));
  const load = loadavg()[0]!;
  const product = startProduct(String(values["program"] ?? join(root, "bin/islet.mjs")), configFile);
  try {
    await until("the armed loop", () => product.armedMs() > 0, startMaxMs);
    await until("the station", () => csms.connected().length > 0, startMaxMs);
    say(`armed after ${Math.round(product.armedMs())} ms; process ${product.child.pid}`);
    // Evenly over the time between two reports: on a site vehicles don't come at the same moment.
    for (let evse = 1; evse <= chargers; evse++) {
      const body = JSON.stringify({ evse, mode: "iso-dc", ev: { capacityWh: 1_000_000, socPct: 20 } });
      const answer = await fetch(`${simulator.controlUrl}/plug`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      if (!answer.ok) throw new Error(`charger ${evse} got no vehicle: ${await answer.text()}`);
      await sleep((1_000 * everyS) / chargers);
    }
    await sleep(1_000 * settlingReports * everyS);
    messages = 0;
    const before = { written: writtenBytes(product.pids()), device: deviceBytes(values["device"]) };
    await sleep(1_000 * seconds);
    const written = writtenBytes(product.pids()) - before.written;
    const perDay = (bytes: number): number => (bytes / seconds / 1e6) * daySeconds;
    const figures: Figure[] = [
      { name: "load of the machine at the start", value: load, unit: "" },
      { name: "start to armed loop", value: product.armedMs(), unit: "ms" },
      { name: "messages of transactions", value: messages, unit: "" },
      { name: "written by the product, as here", value: perDay(written), unit: "MB/day" },
      { name: "written per message", value: written / 1e3 / messages, unit: "kB" },
      {
        name: "a day of one message a minute from each",
        value: ((written / messages) * chargers * daySeconds) / usualEveryS / 1e6,
        unit: "MB/day",
      },
    ];
    if (values["device"] !== undefined)
      figures.push({
        name: "written to the device, as here",
        value: perDay(deviceBytes(values["device"]) - before.device),
        unit: "MB/day",
      });
    figures.push(...memoryFigures(product.pids()));
    return { name: "gateway", figures };
  } finally {
    await product.stop();
    await simulator.stop();
    await csms.close();
    rmSync(folder, { recursive: true, force: true });
    rmSync(stateDir, { recursive: true, force: true });
  }
}

interface Product {
  readonly child: ChildProcess;
  /** The service and what it has started. */
  pids(): number[];
  /** From the start to the armed loop, ms; NaN before. */
  armedMs(): number;
  stop(): Promise<void>;
}

function startProduct(program: string, configFile: string): Product {
  const folder = join(configFile, "..");
  const startedMs = performance.now();
  let armedMs = Number.NaN;
  const child = spawn(process.execPath, [...packagedFlags, program, "run", "--config", configFile, "--log-json"], {
    stdio: ["ignore", "ignore", "pipe"],
    cwd: folder,
    env: { ...process.env, ...packagedEnv },
  });
  child.stderr!.on("data", (chunk: Buffer) => {
    if (Number.isNaN(armedMs) && /→ loadOnly/.test(String(chunk))) armedMs = performance.now() - startedMs;
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    pids: () => [child.pid!, ...childrenOf(child.pid!)],
    armedMs: () => armedMs,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function childrenOf(pid: number): number[] {
  const lists = readdirSync(`/proc/${pid}/task`).map((task) => {
    const file = `/proc/${pid}/task/${task}/children`;
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  });
  return lists.join(" ").split(/\s+/).filter(Boolean).map(Number);
}

const numberIn = (file: string, key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(readFileSync(file, "utf8"))?.[1] ?? Number.NaN);

/** Pages that the processes have dirtied, proc(5): what the file system writes on their behalf. */
const writtenBytes = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => sum + numberIn(`/proc/${pid}/io`, "write_bytes"), 0);

/** Sectors that have reached a block device: the seventh field of its stat. */
function deviceBytes(device: unknown): number {
  if (device === undefined) return Number.NaN;
  return sectorBytes * Number(readFileSync(`/sys/block/${device}/stat`, "utf8").trim().split(/\s+/)[6]);
}

function memoryFigures(pids: readonly number[]): Figure[] {
  const kB = (pid: number, key: string): number => numberIn(`/proc/${pid}/smaps_rollup`, key);
  const mb = (sum: (pid: number) => number): number => pids.reduce((all, pid) => all + sum(pid), 0) / 1_000;
  return [
    {
      name: "memory of the product (its share of what is shared)",
      value: mb((pid) => kB(pid, "Pss")) * 1.024,
      unit: "MB",
    },
    ...pids.map((pid, index) => ({
      name: index === 0 ? "resident, service" : `resident, child ${index}`,
      value: (kB(pid, "Rss") * 1.024) / 1_000,
      unit: "MB",
    })),
    {
      name: "of which private, all",
      value: mb((pid) => kB(pid, "Private_Dirty") + kB(pid, "Private_Clean")) * 1.024,
      unit: "MB",
    },
  ];
}

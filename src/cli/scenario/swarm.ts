/** `islet swarm`: random sites live through random days in virtual time, and whatever breaks a promise is narrowed down. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { SwarmResult } from "../../../sim/swarm/run.ts";
import { runJobs } from "./job-pool.ts";
import { numberIn, seedRange, workersMax } from "./seeds.ts";

const workerFile = fileURLToPath(new URL("./swarm-worker.ts", import.meta.url));
const hoursMax = 24 * 31;

interface SwarmCommandOptions {
  readonly seed?: string;
  readonly seeds: string;
  readonly hours: string;
  readonly workers?: string;
  readonly evses?: string;
  readonly evsesMax?: string;
  readonly tick?: string;
  readonly shrink: boolean;
  readonly json?: boolean;
}

export interface SwarmJob {
  readonly seed: number;
  readonly hours: number;
  readonly evsesMax: number | undefined;
  readonly evses: number | undefined;
  readonly tickMs: number | undefined;
  readonly shrinks: boolean;
}

/** A seed's result, and the story that its failure was narrowed down to, in lines. */
export interface SwarmRow extends SwarmResult {
  readonly story: readonly string[];
}

/** A run that ended without a result. */
export const brokenSwarm = ({ seed }: SwarmJob): SwarmRow => ({
  seed,
  ok: false,
  site: "",
  simulatedS: 0,
  ticks: 0,
  wallS: 0,
  broken: [{ promise: "the run comes to its end", atMs: 0, detail: "its process ended" }],
  modes: [],
  reasons: [],
  story: [],
});

export function swarmCommand(program: Command): void {
  program
    .command("swarm")
    .description("let random sites live through random days of faults, and narrow down what breaks a promise")
    .option("--seeds <a..b>", "which sites and days", "1..20")
    .option("--seed <n>", "one of them")
    .option("--hours <n>", "length of each day", "24")
    .option("--evses-max <n>", "at most so many EVSEs at a site (50)")
    .option("--evses <n>", "exactly so many")
    .option("--tick <ms>", "period of the control loop; without it each site has its own")
    .option("--workers <n>", "processes; as many as there are cores")
    .option("--no-shrink", "do not narrow failures down")
    .option("--json", "one JSON object for each seed")
    .action(async (options: SwarmCommandOptions) => {
      process.exitCode = (await swarm(options)) > 0 ? 1 : 0;
    });
}

/** Returns how many seeds broke a promise. */
async function swarm(options: SwarmCommandOptions): Promise<number> {
  const { seed, seeds, json } = options;
  const number = (option: string, text: string | undefined, min: number, max: number): number | undefined =>
    text === undefined ? undefined : numberIn(option, text, min, max);
  const hours = numberIn("--hours", options.hours, 0.1, hoursMax);
  const evsesMax = number("--evses-max", options.evsesMax, 1, 50);
  const evses = number("--evses", options.evses, 1, 50);
  const tickMs = number("--tick", options.tick, 1, 100);
  const workers = number("--workers", options.workers, 1, workersMax) ?? availableParallelism();
  const wanted = seed === undefined ? seedRange(seeds) : [numberIn("--seed", seed, 0, 2 ** 31)];
  const jobs = wanted.map((one): SwarmJob => ({ seed: one, hours, evsesMax, evses, tickMs, shrinks: options.shrink }));
  const beganMs = performance.now();
  const sums = { failed: 0, simulatedS: 0, wallS: 0, ticks: 0, done: 0 };
  const onResult = (row: SwarmRow): void => {
    sums.done++;
    if (!row.ok) sums.failed++;
    sums.simulatedS += row.simulatedS;
    sums.wallS += row.wallS;
    sums.ticks += row.ticks;
    process.stdout.write(json ? `${JSON.stringify(row)}\n` : textOf(row));
    if (process.stderr.isTTY) process.stderr.write(`\r${sums.done} of ${jobs.length} sites, ${sums.failed} failed \r`);
  };
  await runJobs(jobs, { workers, file: workerFile, broken: brokenSwarm, onResult });
  if (!json) process.stdout.write(summaryOf(jobs.length, sums, (performance.now() - beganMs) / 1_000));
  return sums.failed;
}

function textOf({ seed, ok, site, broken, story }: SwarmRow): string {
  if (ok) return `seed ${seed}: ok. ${site}\n`;
  const lines = story.length > 0 ? story : broken.map(({ promise, detail }) => `BROKEN: ${promise}: ${detail}`);
  return `seed ${seed}: FAILED. ${site}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function summaryOf(
  count: number,
  { failed, simulatedS, wallS, ticks }: { failed: number; simulatedS: number; wallS: number; ticks: number },
  tookS: number,
): string {
  const hours = simulatedS / 3_600;
  return (
    `${count - failed} of ${count} sites kept every promise: ${hours.toFixed(0)} site-hours in ${tookS.toFixed(0)} s, ` +
    `${((hours / wallS) * 3_600).toFixed(0)} site-hours per hour and process, ${(ticks / wallS / 1_000).toFixed(0)},000 ticks a second.\n`
  );
}

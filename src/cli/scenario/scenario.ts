/** `islet scenario`: plays stories in virtual time with the real core and checks their numbers. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { scenarioNamed, scenarios } from "../../../sim/scenarios/index.ts";
import { recordedIslet, startIslet } from "../../../sim/story/islet-controller.ts";
import { type CheckResult, runScenario, type Scenario, type ScenarioResult } from "../../../sim/story/scenario.ts";
import type { Site } from "../../../sim/story/site.ts";
import { tuneForSteadyTick } from "../../app/control/v8-tuning.ts";
import { AskedWrongly } from "../asked.ts";
import { runJobs } from "./job-pool.ts";
import { recordInto } from "./record-into.ts";
import { numberIn, seedRange, workersMax } from "./seeds.ts";

const workerFile = fileURLToPath(new URL("./scenario-worker.ts", import.meta.url));

export interface ScenarioJob {
  readonly name: string;
  readonly seed: number;
  readonly tickMs?: number | undefined;
}

/** A run that ended without a result. */
export const brokenRun = ({ name, seed }: ScenarioJob): ScenarioResult => ({
  name,
  seed,
  ok: false,
  simulatedS: 0,
  wallS: 0,
  checks: [{ name: "the run came to its end", ok: false, value: 0, compare: "=", limit: 1, unit: "yes" }],
});

interface ScenarioCommandOptions {
  readonly list?: boolean;
  readonly seed: string;
  readonly seeds?: string;
  readonly workers?: string;
  readonly tick?: string;
  readonly trace?: boolean;
  readonly record?: string;
  readonly json?: boolean;
}

export function scenarioCommand(program: Command): void {
  program
    .command("scenario")
    .description("play a story in virtual time and check its numbers")
    .argument("[names...]", "which ones, or `all`; without a name they are listed")
    .option("--list", "list all with their sentence")
    .option("--seed <n>", "seed of everything that is random", "1")
    .option("--seeds <a-b>", "several seeds such as 1-50, in as many processes as there are cores")
    .option("--workers <n>", "processes for several seeds or scenarios")
    .option("--tick <ms>", "period of the control loop")
    .option("--record <folder>", "record one run for `islet replay`")
    .option("--trace", "print mode and powers each simulated minute")
    .option("--json", "one JSON object for each scenario and seed")
    .action(async (names: readonly string[], options: ScenarioCommandOptions) => {
      if (names.length === 0 || options.list) {
        list(options);
        return;
      }
      const chosen = chosenScenarios(names);
      const seeds = seedsOf(options);
      const tickMs = options.tick === undefined ? undefined : numberIn("--tick", options.tick, 1, 100);
      const isOne = chosen.length * seeds.length === 1;
      if (options.record !== undefined && !isOne) throw new AskedWrongly("--record takes one scenario and one seed");
      const failed = isOne
        ? watchOne(chosen[0]!, seeds[0]!, tickMs, options)
        : await runMany(chosen, seeds, tickMs, options);
      process.exitCode = failed > 0 ? 1 : 0;
    });
}

function list({ json }: ScenarioCommandOptions): void {
  const width = Math.max(...scenarios.map(({ name }) => name.length)) + 2;
  for (const { name, sentence } of scenarios)
    process.stdout.write(json ? `${JSON.stringify({ name, sentence })}\n` : `${name.padEnd(width)}${sentence}\n`);
}

function chosenScenarios(names: readonly string[]): readonly Scenario[] {
  if (names.includes("all")) return scenarios;
  return names.map((name) => {
    const scenario = scenarioNamed(name);
    if (scenario) return scenario;
    throw new AskedWrongly(
      `there is no scenario ${name}; there are: ${scenarios.map((one) => one.name).join(", ")}, or all`,
    );
  });
}

/** One run, told as it goes; 1 when it failed. */
function watchOne(
  scenario: Scenario,
  seed: number,
  tickMs: number | undefined,
  options: ScenarioCommandOptions,
): number {
  tuneForSteadyTick();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const kept = options.record === undefined ? null : recordInto(options.record);
  const recorded = kept && recordedIslet(kept);
  const result = runScenario(scenario, recorded?.start ?? startIslet, {
    seed,
    ...(tickMs !== undefined && { tickMs }),
    ...((options.trace || !options.json) && {
      onEvent: (at: string, sentence: string) => say(`  ${at.padEnd(9)} ${sentence}`),
      ...(!options.trace && { onHour: (site: Site) => say(progressOf(site)) }),
    }),
    ...(options.trace && { onMinute: (site: Site) => say(progressOf(site)) }),
  });
  recorded?.flush();
  kept?.end();
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else printTable(result);
  return result.ok ? 0 : 1;
}

/** Where a run is: time since its start, mode, powers, the emptiest vehicle, how long the first tier lasts. */
function progressOf(site: Site): string {
  const { network, transferDevice, vehicles, tiers } = site.world;
  const minutes = Math.round(site.elapsedMs / 60_000);
  const clock = `+${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
  const charges = vehicles.filter(({ connected }) => connected).map(({ socPct }) => socPct);
  const lowest = charges.length > 0 ? `  lowest charge ${Math.min(...charges).toFixed(1)} %` : "";
  const lastsH = site.controller?.island?.runway.fedH[0] ?? Number.NaN;
  const runway = !transferDevice.closed && tiers.length > 0 && lastsH >= 0 ? `  lasts ${lastsH.toFixed(1)} h` : "";
  const mode = (site.controller?.mode ?? "dead").padEnd(14);
  return `  ${clock.padEnd(9)} ${mode} PCC ${kW(network.pccW)}  stages ${kW(network.stagesW)}  tiers ${kW(network.tiersW)}${lowest}${runway}`;
}

const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(1).padStart(7)} kW`;

/** Many runs in several processes: a line for each that failed, and one for each scenario. Returns how many failed. */
async function runMany(
  chosen: readonly Scenario[],
  seeds: readonly number[],
  tickMs: number | undefined,
  { json, workers }: ScenarioCommandOptions,
): Promise<number> {
  const jobs: ScenarioJob[] = chosen.flatMap(({ name }) => seeds.map((seed) => ({ name, seed, tickMs })));
  const count = workers === undefined ? availableParallelism() : numberIn("--workers", workers, 1, workersMax);
  const beganMs = performance.now();
  let failed = 0;
  let okOfScenario = 0;
  let seenOfScenario = 0;
  const onResult = (result: ScenarioResult): void => {
    if (!result.ok) failed++;
    if (json) {
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    if (result.ok) okOfScenario++;
    else process.stdout.write(`${result.name}, seed ${result.seed}: FAILED. ${failures(result)}\n`);
    seenOfScenario++;
    if (seenOfScenario < seeds.length) return;
    process.stdout.write(`${result.name}: ${okOfScenario} of ${seeds.length} seeds ok.\n`);
    okOfScenario = 0;
    seenOfScenario = 0;
  };
  await runJobs(jobs, { workers: count, file: workerFile, broken: brokenRun, onResult });
  if (!json) process.stdout.write(`${jobs.length} runs in ${((performance.now() - beganMs) / 1000).toFixed(0)} s.\n`);
  return failed;
}

const failures = ({ checks }: ScenarioResult): string =>
  checks
    .filter(({ ok }) => !ok)
    .map((check) => `${check.name}: ${valueText(check)}, not ${check.compare} ${check.limit} ${check.unit}`.trimEnd())
    .join("; ");

const valueText = ({ value }: CheckResult): string => (value === null ? "nothing" : String(value));

function printTable({ name, seed, ok, simulatedS, wallS, checks }: ScenarioResult): void {
  const nameWidth = Math.max(...checks.map((check) => check.name.length)) + 2;
  const valueWidth = Math.max(...checks.map((check) => valueText(check).length));
  for (const check of checks) {
    const limit = `${check.compare} ${check.limit} ${check.unit}`.trimEnd();
    process.stdout.write(
      `${check.ok ? "ok    " : "FAILED"} ${check.name.padEnd(nameWidth)}${valueText(check).padStart(valueWidth)}  ${limit}\n`,
    );
  }
  const speed = simulatedS / wallS;
  process.stdout.write(
    `${name}, seed ${seed}: ${ok ? "ok" : "FAILED"}. ${(simulatedS / 3_600).toFixed(1)} h in ${wallS.toFixed(1)} s, ${speed.toFixed(0)} times faster than real time.\n`,
  );
}

/** `--seed N` or `--seeds A-B` (`A..B` as well). */
const seedsOf = ({ seed, seeds }: ScenarioCommandOptions): number[] =>
  seeds === undefined ? [numberIn("--seed", seed, 0, 2 ** 31)] : seedRange(seeds);

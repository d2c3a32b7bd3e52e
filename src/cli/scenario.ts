/** `islet scenario`: plays a story in virtual time with the real core and checks its numbers. */
import type { Command } from "commander";
import { startIslet } from "../../sim/islet-controller.ts";
import { type CheckResult, runScenario, type Scenario, type ScenarioResult } from "../../sim/scenario.ts";
import { scenarioNamed, scenarios } from "../../sim/scenarios/index.ts";
import { tuneForSteadyTick } from "../app/v8-tuning.ts";

export function scenarioCommand(program: Command): void {
  program
    .command("scenario")
    .description("play a story in virtual time and check its numbers")
    .argument("[name]", "which one; without a name they are listed")
    .option("--seed <n>", "seed of everything that is random", "1")
    .option("--seeds <a..b>", "several seeds, one after the other")
    .option("--tick <ms>", "period of the control loop")
    .option("--trace", "print mode and powers each simulated minute")
    .option("--json", "one JSON object for each seed")
    .action((name: string | undefined, options: ScenarioCommandOptions) => {
      if (name === undefined) {
        for (const { name, sentence } of scenarios) process.stdout.write(`${name.padEnd(16)} ${sentence}\n`);
        return;
      }
      const scenario = scenarioNamed(name);
      if (!scenario)
        throw new Error(`there is no scenario ${name}; there are: ${scenarios.map((one) => one.name).join(", ")}`);
      const tickMs = options.tick === undefined ? undefined : numberIn("--tick", options.tick, 1, 100);
      tuneForSteadyTick();
      let failed = 0;
      for (const seed of seedsOf(options)) {
        const result = play(scenario, seed, tickMs, options);
        if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
        else print(result);
        if (!result.ok) failed++;
      }
      process.exitCode = failed > 0 ? 1 : 0;
    });
}

interface ScenarioCommandOptions {
  readonly seed: string;
  readonly seeds?: string;
  readonly tick?: string;
  readonly trace?: boolean;
  readonly json?: boolean;
}

function play(
  scenario: Scenario,
  seed: number,
  tickMs: number | undefined,
  options: ScenarioCommandOptions,
): ScenarioResult {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  return runScenario(scenario, startIslet, {
    seed,
    ...(tickMs !== undefined && { tickMs }),
    ...((options.trace || !options.json) && {
      onEvent: (at: string, sentence: string) => say(`  ${at.padEnd(9)} ${sentence}`),
    }),
    ...(options.trace && {
      onMinute: (site) => {
        const { meter } = site.snapshot;
        const stagesW = site.world.stages.reduce((sum, stage) => sum + stage.truePowerW, 0);
        const soc = site.snapshot.stages.map((stage) => stage.socPct).filter(Number.isFinite);
        const minute = Math.round(site.elapsedMs / 60_000);
        say(
          `  +${String(minute).padStart(4)} min  ${(site.controller?.mode ?? "dead").padEnd(14)} PCC ${kW(meter.powerW)}  stages ${kW(stagesW)}  lowest SoC ${Math.min(...soc).toFixed(1)} %  ${site.controller?.explain?.(5)?.join(" ") ?? ""}`,
        );
      },
    }),
  });
}

const kW = (powerW: number): string => `${(powerW / 1_000).toFixed(1).padStart(7)} kW`;

function print({ name, seed, ok, simulatedS, wallS, checks }: ScenarioResult): void {
  for (const check of checks) process.stdout.write(`${check.ok ? "ok    " : "FAILED"} ${checkText(check)}\n`);
  const speed = simulatedS / wallS;
  process.stdout.write(
    `${name}, seed ${seed}: ${ok ? "ok" : "FAILED"}. ${(simulatedS / 3_600).toFixed(1)} h in ${wallS.toFixed(1)} s, ${speed.toFixed(0)} times faster than real time.\n`,
  );
}

const checkText = ({ name, value, compare, limit, unit }: CheckResult): string =>
  `${name.padEnd(52)} ${value === null ? "nothing" : value} ${compare} ${limit} ${unit}`;

/** `--seed N` or `--seeds A..B`. */
function seedsOf({ seed, seeds }: ScenarioCommandOptions): number[] {
  if (seeds === undefined) return [numberIn("--seed", seed, 0, 2 ** 31)];
  const match = /^(\d+)\.\.(\d+)$/.exec(seeds);
  if (!match || Number(match[2]) < Number(match[1]) || Number(match[2]) - Number(match[1]) >= 10_000) {
    throw new Error(`--seeds is ${seeds}: must be like 1..20, at most 10000 of them`);
  }
  const first = Number(match[1]);
  return Array.from({ length: Number(match[2]) - first + 1 }, (_, k) => first + k);
}

function numberIn(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(value >= min && value <= max)) throw new Error(`${option} is ${text}: must be a number from ${min} to ${max}`);
  return value;
}

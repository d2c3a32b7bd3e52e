/**
 * `npm run -s bench -- sim`: the cost of the simulated plant for a tick of 20 ms with 1, 20 and 100 stages, quiet and with every
 * setpoint moving; what it allocates; and how much faster than real time the depot's day runs with the product's own control
 * cycle. `--hours N` plays only the first N hours of it (default 2), `--ticks N` sets the length of the plant's own runs.
 */
import { parseArgs } from "node:util";
import { utcToLocal } from "../sim/calendar.ts";
import { scenarioNamed } from "../sim/scenarios/index.ts";
import { officeLoad, pvShare } from "../sim/site-data.ts";
import { startIslet } from "../sim/story/islet-controller.ts";
import { runScenario } from "../sim/story/scenario.ts";
import { World } from "../sim/world.ts";
import { schoolBus, worldFor } from "../sim/world-config.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const tickMs = 20;
const realTime = "real time";

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { ticks: { type: "string" }, hours: { type: "string" } },
    strict: false,
  });
  const ticks = Number(values["ticks"] ?? 100_000);
  const hours = Number(values["hours"] ?? 2);
  const figures: Figure[] = [];
  for (const stages of [1, 20, 100]) {
    say(`${stages} stages …`);
    figures.push(...plant(stages, ticks, false), ...plant(stages, ticks, true));
  }
  say(`${hours} hours of depot-day …`);
  figures.push(depot(hours));
  return { name: "sim", figures };
}

/** The plant alone. CPU time is taken, not wall time: other programs on the machine do not count. */
function plant(stageCount: number, ticks: number, moving: boolean): Figure[] {
  const world = new World(
    worldFor({
      seed: 1,
      startsAt: "2006-06-14 12:00",
      stageW: new Array<number>(stageCount).fill(60_000),
      nominalVoltageV: 480,
      phases: 3,
      building: { demand: officeLoad(), motorW: 4_000, motorStartsPerHour: 20 },
      pvs: [{ ratedW: 40_000, sun: pvShare() }],
      tiers: [{ name: "Critical", loadW: 20_000 }],
      vehicles: new Array(stageCount).fill({ ...schoolBus, capacityWh: 5_000_000 }),
    }),
  );
  const command = {
    role: "charge" as const,
    powerW: 0,
    reactiveVar: 0,
    formVoltagePu: 1,
    formFrequencyHz: 60,
    sequence: 0,
  };
  let tick = 0;
  const runTicks = (count: number): void => {
    for (let n = 0; n < count; n++) {
      tick++;
      for (let i = 0; i < stageCount; i++) {
        const stage = world.stages[i]!;
        stage.controllerHeartbeat(tick);
        command.sequence = tick & 0xffff;
        command.powerW = moving ? 20_000 + (((tick * 37 + i * 101) % 400) - 200) * 50 : 20_000;
        stage.command(command);
      }
      world.advance(tickMs);
    }
  };
  runTicks(Math.min(20_000, ticks));
  const before = process.cpuUsage();
  runTicks(ticks);
  const { user, system } = process.cpuUsage(before);
  const perTickUs = (user + system) / ticks;
  const name = `plant alone, ${stageCount} stages, ${moving ? "all setpoints moving" : "quiet"}`;
  return [
    { name, value: round(perTickUs), unit: "µs per 20 ms tick" },
    {
      name: `${name}, speed`,
      value: Math.round((tickMs * 1000) / perTickUs),
      unit: "simulated s per CPU s",
      comparedWith: realTime,
      ratio: Math.round((tickMs * 1000) / perTickUs),
    },
  ];
}

/** The depot's day from its start, with the control cycle, at its own tick. */
function depot(hours: number): Figure {
  const scenario = scenarioNamed("depot-day")!;
  const firstMs = Date.UTC(2006, 5, 14, 15, 30);
  const end = utcToLocal(firstMs + hours * 3_600_000, 0);
  const day = Number(end.slice(8, 10)) - 14;
  const to = `${day > 0 ? `+${day} ` : ""}${end.slice(11)}`;
  const before = process.cpuUsage();
  const { simulatedS } = runScenario({ ...scenario, to, checks: () => [] }, startIslet, { seed: 1 });
  const { user, system } = process.cpuUsage(before);
  const speed = Math.round(simulatedS / ((user + system) / 1e6));
  return {
    name: `depot-day with the control cycle, first ${hours} h, 20 stages, tick ${scenario.tickMs} ms`,
    value: speed,
    unit: "simulated s per CPU s",
    comparedWith: realTime,
    ratio: speed,
  };
}

const round = (value: number): number => Number(value.toPrecision(3));

/**
 * `npm run -s bench -- planner`: the planner on twelve site-days with a known optimum beside what sites do without one, its processor
 * time on invented depots, and its memory after many re-plans. `--days N` depots of each size (default 6), `--replans N` for the
 * memory (default 1000), `--sizes 5,20,50,100` of the depots. Processor time, not wall time: the engine has one thread.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../sim/random.ts";
import { greedyPowers } from "../src/planning/greedy.ts";
import type { LpSolver } from "../src/planning/lp/linear-programme.ts";
import { leastCurtailment, outcomeOf } from "../src/planning/outcome.ts";
import { greedyPlan, Planner } from "../src/planning/planner.ts";
import type { PlanningProblem } from "../src/planning/problem.ts";
import { createHighsSolver } from "../src/planning/solver/highs.ts";
import { warmUpProblem } from "../src/planning/thread/warm-up.ts";
import { chargeAtOnce, perVehicle } from "./lib/planner-baselines.ts";
import { depotDay, news } from "./lib/planner-depot.ts";
import type { BenchOptions, BenchResult, Figure } from "./main.ts";

const replansOfADay = 5;

interface SiteDay extends PlanningProblem {
  readonly reference: {
    readonly optimumCost: number;
    readonly atOnceCost: number;
    readonly unmetWh: Readonly<Record<"1" | "2" | "3", number>>;
    readonly reserveShortWhh: number;
    readonly drShortWh: number;
  };
}

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { days: { type: "string" }, replans: { type: "string" }, sizes: { type: "string" } },
    strict: false,
  });
  const days = Number(values["days"] ?? 6);
  const replans = Number(values["replans"] ?? 1_000);
  const loadFrom = cpuMs();
  const solver = await createHighsSolver();
  // As the planner's thread does before anybody waits for a plan.
  new Planner(solver).plan(warmUpProblem);
  const figures: Figure[] = [{ name: "loading the solver", value: cpuMs() - loadFrom, unit: "ms CPU" }];
  say("site-days with a known optimum …");
  figures.push(...quality(solver));
  for (const vehicles of String(values["sizes"] ?? "5,20,50,100")
    .split(",")
    .map(Number)) {
    say(`${vehicles} vehicles × 96 slots …`);
    figures.push(...times(solver, vehicles, days));
  }
  say(`${replans} re-plans …`);
  figures.push(...memory(solver, replans));
  return { name: "planner", figures };
}

type Powers = Readonly<Record<string, readonly number[]>>;

/** Each way of charging on the same days: how often it is as good as possible level by level, and what it costs where it is. */
function quality(solver: LpSolver): Figure[] {
  const file = join(import.meta.dirname, "../tests/golden/planner/examples.json");
  const siteDays = JSON.parse(readFileSync(file, "utf8")) as readonly SiteDay[];
  const ways: readonly (readonly [string, (day: SiteDay) => Powers])[] = [
    ["planner", (day) => new Planner(solver).plan(day).powerW],
    ["without a solver", greedyPowers],
    ["price-greedy", (day) => greedyPowers({ ...day, tariff: { ...day.tariff, demand: [] } })],
    ["plan per vehicle", perVehicle],
    ["all at once", chargeAtOnce],
  ];
  return ways.flatMap(([name, way]) => {
    const counts = { needs: 0, reserve: 0, commitment: 0 };
    const over: number[] = [];
    for (const day of siteDays) {
      const powers = way(day);
      const { reference } = day;
      const outcome = outcomeOf(day, powers, leastCurtailment(day, powers));
      const unit = 3 + day.stays.length;
      const needs = ([1, 2, 3] as const).every((p) => outcome.unmetWh[p] <= reference.unmetWh[p] * 1.001 + unit);
      const reserve = needs && outcome.reserveShortWhh <= reference.reserveShortWhh * 1.001 + 20 * day.stays.length;
      const commitment = reserve && outcome.commitmentShortWh <= reference.drShortWh * 1.001 + 50;
      counts.needs += Number(needs);
      counts.reserve += Number(reserve);
      counts.commitment += Number(commitment);
      if (commitment)
        over.push((outcome.bill.total - reference.optimumCost) / Math.max(1, Math.abs(reference.optimumCost)));
    }
    const of = ` of ${siteDays.length}`;
    return [
      { name: `${name}: needs as well as possible`, value: counts.needs, unit: `days${of}` },
      { name: `${name}: and reserves`, value: counts.reserve, unit: `days${of}` },
      { name: `${name}: and commitments`, value: counts.commitment, unit: `days${of}` },
      {
        name: `${name}: cost above the optimum there, mean`,
        value: (100 * sum(over)) / Math.max(1, over.length),
        unit: "%",
      },
      { name: `${name}: cost above the optimum there, highest`, value: 100 * Math.max(0, ...over), unit: "%" },
    ];
  });
}

function times(solver: LpSolver, vehicles: number, days: number): Figure[] {
  const first: number[] = [];
  const again: number[] = [];
  const simple: number[] = [];
  let greedy = 0;
  for (let seed = 0; seed < days; seed++) {
    const random = new Random(1_000 * vehicles + seed);
    const day = depotDay(random, vehicles, seed % 2 === 1);
    const planner = new Planner(solver);
    let [ms, plan] = timed(() => planner.plan(day));
    first.push(ms);
    // The term for peace adds columns: the first re-plan builds the programme that the following keep.
    plan = planner.plan(news(day, plan.powerW, random));
    for (let k = 0; k < replansOfADay; k++) {
      [ms, plan] = timed(() => planner.plan(news(day, plan.powerW, random)));
      again.push(ms);
      greedy += Number(plan.method === "greedy");
    }
    planner.dispose();
    simple.push(timed(() => greedyPlan(day, [], "asked for"))[0]);
  }
  const name = `${vehicles} vehicles × 96 slots`;
  return [
    ...spread(`${name}, first plan with all levels`, first),
    ...spread(`${name}, re-plan on the kept programme`, again),
    ...spread(`${name}, without a solver`, simple),
    { name: `${name}, plans that became greedy`, value: greedy, unit: "plans" },
  ];
}

function memory(solver: LpSolver, replans: number): Figure[] {
  const random = new Random(7);
  const day = depotDay(random, 20, true);
  const planner = new Planner(solver);
  let plan = planner.plan(day);
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => undefined);
  const residentMB = (): number => {
    collect();
    return process.memoryUsage().rss / 2 ** 20;
  };
  const before = residentMB();
  for (let k = 0; k < replans; k++) plan = planner.plan(news(day, plan.powerW, random));
  const after = residentMB();
  planner.dispose();
  return [
    { name: `process before ${replans} re-plans (20 × 96)`, value: before, unit: "MB" },
    { name: "grown by", value: after - before, unit: "MB" },
    { name: "solver's own memory", value: solver.memoryBytes() / 2 ** 20, unit: "MB" },
  ];
}

function timed<T>(work: () => T): [number, T] {
  const from = cpuMs();
  const result = work();
  return [cpuMs() - from, result];
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function spread(name: string, values: number[]): Figure[] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return [
    { name: `${name}, p50`, value: at(0.5), unit: "ms CPU" },
    { name: `${name}, p99`, value: at(0.99), unit: "ms CPU" },
  ];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

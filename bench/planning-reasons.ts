/**
 * `npm run -s bench -- planning-reasons`: random slots of the twelve site-days with a known optimum; each reason that is said of one is
 * taken away, the day is planned again from nothing, and the slot must change. `--slots N` (default 1000, about ten minutes),
 * `--seed N` (default 11) for other slots, `--days 1,2` for some of the days.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Random } from "../sim/random.ts";
import { without } from "../src/planning/counterfactual.ts";
import { explainSlot } from "../src/planning/explain.ts";
import { Planner, plan } from "../src/planning/planner.ts";
import type { PlanningProblem } from "../src/planning/problem.ts";
import { createHighsSolver } from "../src/planning/solver/highs.ts";
import type { BenchOptions, BenchResult } from "./main.ts";

/** A slot that moves by less has not changed, W. */
const unchangedW = 1;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: { slots: { type: "string" }, seed: { type: "string" }, days: { type: "string" } },
    strict: false,
  });
  const count = Number(values["slots"] ?? 1_000);
  const file = join(import.meta.dirname, "../tests/golden/planner/examples.json");
  const all = JSON.parse(readFileSync(file, "utf8")) as readonly PlanningProblem[];
  const numbers = String(values["days"] ?? all.map((_, i) => i + 1).join(",")).split(",");
  const days = numbers.flatMap((text) => all[Number(text) - 1] ?? []);
  const solver = await createHighsSolver();
  const random = new Random(Number(values["seed"] ?? 11));
  let proven = 0;
  let again = 0;
  let likely = 0;
  let alone = 0;
  for (const [d, day] of days.entries()) {
    const own = Math.floor(((d + 1) * count) / days.length) - Math.floor((d * count) / days.length);
    const planner = new Planner(solver);
    const first = plan(day, solver);
    for (let n = 0; n < own; n++) {
      const stay = day.stays[Math.floor(random.uniform() * day.stays.length)]!;
      const slot = stay.arrivalSlot + Math.floor(random.uniform() * (stay.departureSlot - stay.arrivalSlot));
      const explained = explainSlot(planner, day, first, stay.evseId, slot);
      if (!explained.proven) continue;
      proven++;
      alone += Number(explained.reasons.length === 1);
      likely += Number(explained.reasons.length === 1 && explained.reasons[0] === first.reasons[stay.evseId]?.[slot]);
      const powerW = first.powerW[stay.evseId]?.[slot] ?? 0;
      let other: PlanningProblem = { ...day, previous: { powerW: first.powerW } };
      for (const reason of explained.reasons)
        other = without(other, { evseId: stay.evseId, slot, reason, powerW }) ?? other;
      again += Number(Math.abs((plan(other, solver).powerW[stay.evseId]?.[slot] ?? 0) - powerW) > unchangedW);
    }
    planner.dispose();
    say(`site-day ${numbers[d]}: ${proven} proven so far`);
  }
  return {
    name: "planning-reasons",
    figures: [
      { name: "slots", value: count, unit: "" },
      { name: "proven by taking the reason away", value: proven, unit: `of ${count}` },
      { name: "proven again from nothing", value: again, unit: `of ${count}` },
      { name: "one reason alone is enough", value: alone, unit: `of ${count}` },
      { name: "likely reason of the plan was right", value: likely, unit: `of ${count}` },
    ],
  };
}

/** `islet plan-case FILE…`: plans site-days from files, one line of JSON for each: `{id, plan, pvCurtailW, method, ms}`. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { LpSolver } from "../planning/lp/linear-programme.ts";
import { Planner } from "../planning/planner.ts";

/** Most cases of one file. */
const casesMax = 10_000;

export function planCaseCommand(program: Command): void {
  program
    .command("plan-case")
    .description(
      "plan site-days (format islet-planner-case/1), one line of JSON each; the planner stands on its own so far",
    )
    .argument("<files...>", "case files, JSON: one case or a list of them")
    .option("--json", "JSON lines (always so)")
    .option("--greedy", "without the solver, as when it fails")
    .option("--full", "the whole plan: outcome, reasons, grid cap, faults")
    .action(async (files: readonly string[], { greedy, full }: { greedy?: boolean; full?: boolean }) => {
      const solver = greedy ? null : await loadSolver();
      for (const file of files) {
        try {
          for (const planCase of readCases(file))
            process.stdout.write(`${JSON.stringify(planLine(planCase, solver, full === true))}\n`);
        } catch (failure) {
          process.exitCode = 1;
          process.stderr.write(`${file}: ${failure instanceof Error ? failure.message : String(failure)}\n`);
        }
      }
    });
}

async function loadSolver(): Promise<LpSolver | null> {
  try {
    return await (await import("../planning/solver/highs.ts")).createHighsSolver();
  } catch (failure) {
    process.stderr.write(`no solver, the plans are greedy: ${failure instanceof Error ? failure.message : failure}\n`);
    return null;
  }
}

function readCases(file: string): readonly unknown[] {
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  const cases = Array.isArray(parsed) ? parsed : [parsed];
  if (cases.length > casesMax) throw new Error(`${cases.length} cases: at most ${casesMax}`);
  return cases;
}

function planLine(planCase: unknown, solver: LpSolver | null, full: boolean): Record<string, unknown> {
  const planner = new Planner(solver, solver ? undefined : "asked for without a solver");
  const startedAt = performance.now();
  const plan = planner.plan(planCase);
  const ms = Math.round((performance.now() - startedAt) * 10) / 10;
  planner.dispose();
  const id = (planCase as { id?: unknown } | null)?.id ?? null;
  const faults = plan.faults.length > 0 ? { faults: plan.faults } : {};
  const brief = { id, plan: plan.powerW, pvCurtailW: plan.pvCurtailW, method: plan.method, ms, ...faults };
  return full ? { ...brief, ...plan } : brief;
}

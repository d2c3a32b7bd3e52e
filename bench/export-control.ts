/**
 * The acceptance table of export control, in virtual time on a plant of 1 ms steps: but for the cost of a tick the figures
 * are the same on every machine for the same seed. `--seed N` (default 1) and `--steps N` (default 1000 for each cell)
 * choose the runs, `--only ID,ID` some rows, `--plot FILE.svg` draws them. A person gets the table, `--json` the figures
 * with their bounds.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  cloudMax,
  columns,
  type Four,
  frozenMax,
  type StepRow,
  silentMax,
  stepRows,
} from "./export-control/cells.table.ts";
import { measureClouds } from "./export-control/clouds.ts";
import { measureDoubts } from "./export-control/doubts.ts";
import { hostileRows } from "./export-control/hostile.table.ts";
import { measureHostile } from "./export-control/hostile.ts";
import { measureLedger } from "./export-control/ledger.ts";
import { plotSteps } from "./export-control/plot.ts";
import { measureProfileYear } from "./export-control/profile-year.ts";
import { measureTickNs } from "./export-control/speed.ts";
import { largest, measureSteps, percentile, usualSteps } from "./export-control/steps.ts";
import { type BoundFigure, wholeNumber } from "./lib/bounds.ts";
import type { BenchOptions, BenchResult } from "./main.ts";

/** 1 January 2027, 00:00 in Los Angeles. */
const yearFromMs = 1_798_790_400_000;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      steps: { type: "string" },
      only: { type: "string" },
      plot: { type: "string" },
    },
    strict: true,
  });
  const seed = wholeNumber("--seed", values.seed, 1);
  const steps = wholeNumber("--steps", values.steps, 1_000);
  const only = values.only?.split(",");
  const wanted = (id: string) => only === undefined || only.includes(id);
  const figures: BoundFigure[] = [];
  const add = (name: string, value: number, unit: string, limit?: number) => {
    figures.push(limit === undefined ? { name, value, unit } : { name, value, unit, limit, ok: value <= limit });
  };

  say(`seed ${seed}, ${steps} steps in each cell; meter/tick in ms; time above the limit in ms: p50/p99/max`);
  for (const row of stepRows) if (wanted(row.id)) measureRow(row, seed, steps, add, say);
  columns.forEach(({ meterMs, tickMs }, k) => {
    const at = `${meterMs}/${tickMs}`;
    for (const fault of ["frozen", "silent"] as const) {
      if (!wanted(fault)) continue;
      const { zeroMs, wrongVerdicts } = measureDoubts(fault, meterMs, tickMs, seed, Math.ceil(steps / 5));
      const limit = (fault === "frozen" ? frozenMax : silentMax)[k]!;
      add(`${fault} ${at} to zero, max`, largest(zeroMs), "ms", limit);
      add(`${fault} ${at} wrong verdicts before`, wrongVerdicts, "", 0);
      say(`${fault.padEnd(14)} ${at.padEnd(7)} to zero ${percentile(zeroMs, 0.5)}/${largest(zeroMs)}`);
    }
    if (wanted("clouds")) {
      const clouds = measureClouds(meterMs, tickMs, seed, Math.ceil(steps / 10));
      add(`clouds ${at} longest above, max`, largest(clouds.longestMs), "ms", cloudMax[k]!);
      add(`clouds ${at} peak above`, 100 * clouds.peakShare, "% S");
      add(`clouds ${at} above`, clouds.aboveMsPerS, "ms/s");
      add(`clouds ${at} room used`, 100 * clouds.usedShare, "%");
      say(
        `clouds         ${at.padEnd(7)} longest ${largest(clouds.longestMs)}, peak ${(100 * clouds.peakShare).toFixed(1)} % S`,
      );
    }
    if (wanted("ledger")) {
      const ledger = measureLedger(meterMs, tickMs, seed, Math.ceil(steps / 2));
      add(`ledger ${at} true events`, ledger.trueEvents, "");
      add(`ledger ${at} missed`, ledger.missed, "", 0);
      add(`ledger ${at} invented`, ledger.invented, "", 0);
      add(`ledger ${at} wrong cause`, ledger.wrongCause, "", 0);
      add(`ledger ${at} peak error, p99`, 100 * percentile(ledger.peakErrors.map(Math.abs), 0.99), "% S");
      add(`ledger ${at} duration error, p99`, percentile(ledger.durationErrorsMs.map(Math.abs), 0.99), "ms");
      add(`ledger ${at} energy error, p50`, 100 * percentile(ledger.energyErrors.map(Math.abs), 0.5), "%");
      say(
        `ledger         ${at.padEnd(7)} ${ledger.trueEvents} events, ${ledger.missed} missed, ${ledger.invented} invented`,
      );
    }
  });
  if (wanted("hostile")) {
    for (const row of hostileRows) {
      const result = measureHostile(row.spec, seed, 4, 5);
      const { backMs, swingShare, steadyMsPerS, usedShare, causes, foundAtMs } = result;
      add(`hostile ${row.id} back, max`, largest(backMs), "ms");
      add(`hostile ${row.id} above in the steady state`, steadyMsPerS, "ms/s", row.steadyMsPerS ?? 0);
      add(`hostile ${row.id} room used`, 100 * usedShare, "%");
      add(`hostile ${row.id} swing, max`, 100 * largest(swingShare), "% S");
      say(
        `${row.id.padEnd(14)} back ${percentile(backMs, 0.5)}/${percentile(backMs, 0.99)}/${largest(backMs)}, swing ${(100 * largest(swingShare)).toFixed(1)} % S, used ${(100 * usedShare).toFixed(1)} %, found ${causes.join(",") || "nothing"} after ${foundAtMs.map((ms) => Math.round(ms)).join(",")} ms   ${row.says}`,
      );
    }
  }
  if (wanted("profile")) {
    const year = measureProfileYear(seed, "America/Los_Angeles", yearFromMs, 8_760);
    add("profile: hours", year.hours, "h");
    add("profile: clock changes seen", year.clockChanges, "");
    add("profile: minutes above", year.minutesAbove, "min", 0);
    add("profile: above by 0.5 % S", year.aboveMs, "ms", 0);
    add("profile: limit used", 100 * year.usedShare, "%");
    say(`profile        ${year.hours} hours, ${year.minutesAbove} minutes above`);
  }
  if (wanted("speed")) {
    for (const stages of [1, 20, 100]) {
      add(`tick with ${stages} stages`, measureTickNs(stages, false), "ns");
      add(`tick with ${stages} stages and limits per phase`, measureTickNs(stages, true), "ns");
    }
  }
  if (values.plot !== undefined) {
    writeFileSync(values.plot, plotSteps(figures, `Export control, seed ${seed}, ${steps} steps in each cell`));
    say(`drawn in ${values.plot}`);
  }
  const failed = figures.filter(({ ok }) => ok === false);
  say(failed.length === 0 ? "every bound holds" : `NOT held: ${failed.map(({ name }) => name).join("; ")}`);
  return { name: "export-control", figures };
}

type Add = (name: string, value: number, unit: string, limit?: number) => void;

function measureRow(row: StepRow, seed: number, steps: number, add: Add, say: (line: string) => void): void {
  columns.forEach((column, k) => {
    const at = `${column.meterMs}/${column.tickMs}`;
    const result = measureSteps({ ...usualSteps, ...row.spec, ...column }, seed, steps);
    const bound = (bounds: Four | undefined) => bounds?.[k];
    const p50 = percentile(result.backMs, 0.5);
    const p99 = percentile(result.backMs, 0.99);
    const max = largest(result.backMs);
    add(`${row.id} ${at} p50`, p50, "ms", bound(row.p50));
    add(`${row.id} ${at} p99`, p99, "ms", bound(row.p99));
    add(`${row.id} ${at} max`, max, "ms", bound(row.max));
    add(`${row.id} ${at} energy / step, p50`, percentile(result.energyMs, 0.5), "ms");
    add(`${row.id} ${at} above after the load returns, p99`, percentile(result.returnMs, 0.99), "ms", 0);
    add(`${row.id} ${at} above in the steady state`, result.steadyMs, "ms", 0);
    add(
      `${row.id} ${at} margin`,
      100 * result.marginShare,
      "% S",
      row.margin === undefined ? undefined : 100 * row.margin[k]!,
    );
    say(
      `${row.id.padEnd(14)} ${at.padEnd(7)} ${`${p50}/${p99}/${max}`.padEnd(13)} margin ${(100 * result.marginShare).toFixed(2)} % S   ${row.says}`,
    );
  });
}

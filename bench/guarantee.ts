/**
 * The promises of limits at the PCC against the truth, in virtual time: `--seed N` (default 1), `--steps N` of the load for
 * each site and side (default 1000), `--only ID,ID` some sites, `--minutes N` a budget of real time (default 30): sites that
 * have not begun by then are named as not run. A person gets a line for each, `--json` the figures with their bounds. Ends
 * with 1 where a bound does not hold.
 */
import { parseArgs } from "node:util";
import { minuteMs } from "../src/domain/units.ts";
import { guaranteeRows } from "./export-control/guarantee.table.ts";
import { type GuaranteeResult, measureGuarantee } from "./export-control/guarantee.ts";
import { type BoundFigure, wholeNumber } from "./lib/bounds.ts";
import type { BenchOptions, BenchResult } from "./main.ts";

/** Room under the limit that is used where nothing moves, at least, %; how often power may fall and rise again by itself. */
const usedLeastPct = 90;
const swingsMost = 2;

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      steps: { type: "string" },
      only: { type: "string" },
      minutes: { type: "string" },
    },
    strict: true,
  });
  const seed = wholeNumber("--seed", values.seed, 1);
  const steps = wholeNumber("--steps", values.steps, 1_000);
  const untilMs = performance.now() + minuteMs * wholeNumber("--minutes", values.minutes, 30);
  const only = values.only?.split(",");
  const rows = guaranteeRows.filter(({ id }) => only === undefined || only.includes(id));
  for (const id of only ?? [])
    if (!rows.some((row) => row.id === id))
      throw new Error(`--only ${id}: one of ${guaranteeRows.map((row) => row.id).join(", ")}`);
  const figures: BoundFigure[] = [];
  const notRun: string[] = [];
  say(`seed ${seed}, ${steps} steps of the load for each site and side; worst of all steps, and what is promised`);
  for (const { id, says, spec } of rows) {
    for (const side of ["export", "import"] as const) {
      if (performance.now() > untilMs) {
        notRun.push(`${id} ${side}`);
        continue;
      }
      const result = measureGuarantee(spec, side, seed, steps);
      figures.push(...figuresOf(`${id} ${side}`, result));
      say(`${id.padEnd(12)} ${side} ${lineOf(result)}   ${says}`);
    }
  }
  const failed = figures.filter(({ ok }) => ok === false).map(({ name }) => name);
  if (notRun.length > 0) say(`not run in the time: ${notRun.join(", ")}`);
  say(failed.length === 0 ? "every bound holds" : `NOT held: ${failed.join("; ")}`);
  return { name: "guarantee", figures, failed: failed.length > 0 || notRun.length > 0 };
}

function figuresOf(name: string, r: GuaranteeResult): BoundFigure[] {
  const most = (what: string, value: number, unit: string, limit: number): BoundFigure => ({
    name: `${name} ${what}`,
    value,
    unit,
    limit,
    ok: value <= limit,
  });
  const usedPct = (100 * r.usedWms) / r.roomWms;
  return [
    most("back, worst", r.worstMs, "ms", r.promisedMs),
    most("beyond, worst", r.worstW, "W", r.promisedW),
    most("energy, worst", r.worstWh, "Wh", r.promisedWh),
    most("promises broken", r.broken, "", 0),
    most("above while the load stays", r.quietAboveMs, "ms", 0),
    most("falls and rises by itself, most in 20 s", r.swings, "", swingsMost),
    { name: `${name} room used`, value: usedPct, unit: "%", least: usedLeastPct, ok: usedPct >= usedLeastPct },
    most("found something", r.cause === "" ? 0 : 1, "", 0),
  ];
}

function lineOf(r: GuaranteeResult): string {
  const kW = (powerW: number) => (powerW / 1_000).toFixed(0);
  const found = r.cause === "" ? "" : `, found ${r.cause}`;
  return `back ${r.worstMs} of ${r.promisedMs} ms, ${kW(r.worstW)} of ${kW(r.promisedW)} kW, ${r.worstWh.toFixed(1)} of ${r.promisedWh.toFixed(1)} Wh, used ${((100 * r.usedWms) / r.roomWms).toFixed(1)} %, ${r.swings} swings${found}`;
}

/**
 * `npm run -s bench -- forecast`: how wrong the forecasts of load and PV are on the shared series: an office over 335 days (30
 * before the first forecast), PV over 22 days of June. Each forecast knows only what was measured before its moment. Error: sum of
 * the errors over the sum of what came.
 */
import { loadTrials, pvTrials } from "./lib/forecast-trials.ts";
import type { BenchOptions, BenchResult } from "./main.ts";

export async function run({ say }: BenchOptions): Promise<BenchResult> {
  say("load over the year …");
  const load = loadTrials(334, 1);
  say("PV over the month …");
  const pv = pvTrials();
  return {
    name: "forecast",
    figures: [
      { name: "load, a day ahead", value: load.dayAhead.weightedPct, unit: "%" },
      { name: "load, an hour ahead", value: load.hourAhead.weightedPct, unit: "%" },
      { name: "PV, a day ahead", value: pv.dayAhead.weightedPct, unit: "%" },
      { name: "PV, an hour ahead", value: pv.hourAhead.weightedPct, unit: "%" },
    ],
  };
}

/**
 * Meters and stages that are otherwise than the site file says, and healthy ones, in closed loop in virtual time while loads and
 * requests step every few seconds, half of the time together. For each kind of wrong hardware: how often it is named, after how
 * long, and what flowed above the limit until then. And how many healthy meters were condemned, which may be none.
 *
 * `--seed N` (default 1), `--seeds N` plants of each kind and meter (default 4), `--hours N` of healthy sites (default 8; 0 for
 * none), `--only ID,ID` some kinds ("healthy" for the healthy ones alone), `--minutes N` a budget of real time (default 30):
 * what has not begun by then is named as not run. Ends with 1 where a healthy meter is condemned or a dangerous kind is not found.
 */
import { parseArgs } from "node:util";
import { hourMs, minuteMs } from "../src/domain/units.ts";
import { healthyWorlds, type WrongRow, wrongRows } from "./export-control/meters.table.ts";
import { measureWrong, type WrongResult } from "./export-control/wrong.ts";
import { type BoundFigure, wholeNumber } from "./lib/bounds.ts";
import type { BenchOptions, BenchResult } from "./main.ts";

const healthyRunMs = 5 * minuteMs;
const wrongRunMs = 45_000;
/** Times between two samples of the meters of the table, ms. */
const meterUpdatesMs = [20, 200, 1_000] as const;
const condemned = ["meter-implausible", "meter-reversed"];

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      hours: { type: "string" },
      only: { type: "string" },
      minutes: { type: "string" },
    },
    strict: true,
  });
  const seed = wholeNumber("--seed", values.seed, 1);
  const seeds = wholeNumber("--seeds", values.seeds, 4);
  const hours = values.hours === "0" ? 0 : wholeNumber("--hours", values.hours, 8);
  const untilMs = performance.now() + minuteMs * wholeNumber("--minutes", values.minutes, 30);
  const only = values.only?.split(",");
  for (const id of only ?? [])
    if (id !== "healthy" && !wrongRows.some((row) => row.id === id))
      throw new Error(`--only ${id}: one of healthy, ${wrongRows.map((row) => row.id).join(", ")}`);
  const figures: BoundFigure[] = [];
  const notRun: string[] = [];
  if (only === undefined || only.includes("healthy")) runHealthy(seed, hours, untilMs, say, figures, notRun);
  for (const row of wrongRows) {
    if (only !== undefined && !only.includes(row.id)) continue;
    for (const updateMs of meterUpdatesMs) {
      for (const asks of ["limit", "moves"] as const) {
        const name = `${row.id} ${updateMs} ms ${asks}`;
        if (performance.now() > untilMs) notRun.push(name);
        else figures.push(...wrongFigures(row, name, updateMs, asks, seed, seeds, say));
      }
    }
  }
  const failed = figures.filter(({ ok }) => ok === false).map(({ name }) => name);
  if (notRun.length > 0) say(`not run in the time: ${notRun.join(", ")}`);
  say(failed.length === 0 ? "every bound holds" : `NOT held: ${failed.join("; ")}`);
  return { name: "meters", figures, failed: failed.length > 0 || notRun.length > 0 };
}

/** Healthy sites, `hours` of them, one run after the other through all worlds. */
function runHealthy(
  seed: number,
  hours: number,
  untilMs: number,
  say: (line: string) => void,
  figures: BoundFigure[],
  notRun: string[],
): void {
  const runs = Math.ceil((hours * hourMs) / healthyRunMs);
  let done = 0;
  let lost = 0;
  let named = 0;
  let doubtShare = 0;
  for (; done < runs && performance.now() < untilMs; done++) {
    const world = healthyWorlds[done % healthyWorlds.length]!;
    const plantSeed = seed * 100_003 + done;
    const result = measureWrong(world, plantSeed, healthyRunMs);
    doubtShare += result.doubtShare;
    const what = [...result.said].map(([cause, atMs]) => `${cause} after ${(atMs / 1_000).toFixed(0)} s`).join(", ");
    if (condemned.some((cause) => result.said.has(cause))) lost++;
    else if (what !== "") named++;
    if (what !== "")
      say(
        `healthy, ${world.meter.updateMs} ms, dead time ${world.stage.deadTimeMs} ms, ${world.asks}, seed ${plantSeed}: ${what}`,
      );
  }
  if (done < runs) notRun.push(`${(((runs - done) * healthyRunMs) / hourMs).toFixed(1)} h of healthy sites`);
  if (done === 0) return;
  const ranHours = (done * healthyRunMs) / hourMs;
  figures.push(
    { name: "healthy sites", value: ranHours, unit: "h" },
    { name: "healthy meters condemned", value: lost, unit: "", limit: 0, ok: lost === 0 },
    { name: "healthy meters or stages called slower", value: named, unit: "" },
    { name: "healthy meters not believed", value: (100 * doubtShare) / done, unit: "% of the time" },
  );
  say(`healthy: ${ranHours.toFixed(1)} site-hours, ${lost} condemned, ${named} called slower`);
}

function wrongFigures(
  row: WrongRow,
  name: string,
  updateMs: number,
  asks: "limit" | "moves",
  seed: number,
  seeds: number,
  say: (line: string) => void,
): BoundFigure[] {
  const results: WrongResult[] = [];
  for (let k = 0; k < seeds; k++) {
    const meter = { updateMs, ...row.spec.meter };
    const spec = { stage: {}, told: {}, asks, ...row.spec, meter };
    // Told as it updates, where it averages over longer.
    const told = row.spec.meter?.windowMs === undefined ? spec.told : { meter: { windowMs: updateMs } };
    results.push(
      measureWrong(
        { ...spec, told, slowIsFound: row.isSlow === true, stageCount: k % 2 === 0 ? 4 : 1 },
        seed * 100_003 + k,
        wrongRunMs,
      ),
    );
  }
  const found = results.map(({ foundMs }) => foundMs).filter((foundMs) => !Number.isNaN(foundMs));
  found.sort((a, b) => a - b);
  const worst = (of: (result: WrongResult) => number): number => Math.max(...results.map(of));
  // Not found is no danger while the limit is kept all the same.
  const lost = results.filter((r) => Number.isNaN(r.foundMs) && r.endAboveShare > 0.1).length;
  const p50Ms = found[Math.floor(found.length / 2)] ?? Number.NaN;
  const lastMs = found.at(-1) ?? Number.NaN;
  const causes = new Set(results.flatMap(({ said }) => [...said.keys()]));
  const aboveMs = worst((r) => r.aboveUntilFoundMs);
  const mostPct = 100 * worst((r) => r.mostAboveShare);
  say(
    `${name.padEnd(28)} found ${found.length}/${seeds}, p50 ${(p50Ms / 1_000).toFixed(1)} s, last ${(lastMs / 1_000).toFixed(1)} s, ` +
      `above meanwhile ${(aboveMs / 1_000).toFixed(1)} s, ${mostPct.toFixed(0)} % of the sum at most` +
      `${lost > 0 ? `, ${lost} NOT FOUND AND ABOVE` : ""}   ${[...causes].join(", ")}   ${row.says}`,
  );
  return [
    { name: `${name} found`, value: found.length, unit: `of ${seeds}` },
    { name: `${name} not found while above the limit`, value: lost, unit: `of ${seeds}`, limit: 0, ok: lost === 0 },
    { name: `${name} found p50`, value: p50Ms, unit: "ms" },
    { name: `${name} found last`, value: lastMs, unit: "ms" },
    { name: `${name} above the limit until found`, value: aboveMs, unit: "ms" },
    { name: `${name} most above the limit`, value: mostPct, unit: "% of the stages' sum" },
  ];
}

/**
 * `npm run -s model`: explores every reachable state of the mode machine's own rows in a nondeterministic world, then leaves
 * out each guard in turn and says what goes wrong. `--quick`: the runs of the test suite. `--no-guards`, `--guards-only`: one half only.
 * `--json`: one JSON document. Exit code 1 when an invariant broke that must hold, or a run did not end.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { modeRows } from "../../src/core/mode-rows.table.ts";
import { islandsLost } from "./adoption.ts";
import { explore } from "./explore.ts";
import { faultNames } from "./faults.table.ts";
import { F, type World } from "./fields.table.ts";
import { invariants } from "./invariants.ts";
import { livenessTroubles, type Trouble } from "./liveness.ts";
import { judgeRemoval, type Removal, variants } from "./removals.ts";
import { fullRuns, quickRuns, type Run } from "./runs.table.ts";
import { watchdogTicks } from "./timings.ts";
import { createModel, describe } from "./world.ts";

interface RunResult {
  readonly name: string;
  readonly ok: boolean;
  readonly states: number;
  readonly transitions: number;
  readonly wallS: number;
  readonly complete: boolean;
  readonly broken: string;
  readonly expected: string;
  readonly trace: readonly string[];
  readonly troubles: readonly Trouble[];
  readonly rowsTaken: readonly string[];
}

export function perform(run: Run): RunResult {
  const model = createModel(run.options);
  const result = explore(model, run.statesMax);
  const broken = result.broken?.invariant ?? "";
  const troubles = broken === "" && result.complete ? livenessTroubles(model, result.store) : [];
  const expected = run.breaks ?? "";
  return {
    name: run.name,
    ok: broken === expected && (result.complete || expected !== "") && troubles.length === 0,
    states: result.states,
    transitions: result.transitions,
    wallS: result.wallS,
    complete: result.complete,
    broken,
    expected,
    trace: result.broken ? result.broken.trace.map(line).filter((text, i, all) => text !== all[i - 1]) : [],
    troubles,
    rowsTaken: [...model.rowsTaken],
  };
}

const line = (w: World): string => `${describe(w)}${w[F.faultOn] === 1 ? `, fault: ${faultNames[w[F.fault]!]}` : ""}`;

/** States that one removal may cost before it counts as a second line. */
const removalStatesMax = 400_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      "no-guards": { type: "boolean", default: false },
      "guards-only": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write("npm run -s model -- [--quick] [--no-guards | --guards-only] [--json]\n");
    return 0;
  }
  const say = (text: string): void => {
    if (!values.json) process.stdout.write(`${text}\n`);
  };

  say(`${modeRows.length} rows, ${Object.keys(invariants).length} invariants:`);
  for (const [name, sentence] of Object.entries(invariants)) say(`  ${name.padEnd(4)}${sentence}`);
  say("");
  const results: RunResult[] = [];
  for (const run of values["guards-only"] ? [] : values.quick ? quickRuns : fullRuns) {
    const result = perform(run);
    results.push(result);
    say(verdict(result));
  }
  if (!values["guards-only"]) summarise(results, say);
  const adoptions = values["guards-only"] ? [] : restarts();
  for (const { stages, downTicks, islands, lost } of adoptions)
    say(
      `restart of a running island, ${stages} stage${stages > 1 ? "s" : ""}, ${downTicks} T dead (watchdog ${watchdogTicks} T): ${count(lost)} of ${count(islands)} lost`,
    );
  const ok = results.every((result) => result.ok) && adoptions.every(({ ok: good }) => good);

  let removals: readonly Removal[] = [];
  if (!values["no-guards"] && !values.quick) {
    say("\nWhat goes wrong when a guard is left out:");
    removals = await judgeAll(({ row, guard, consequence }) =>
      say(`  ${row.padEnd(5)}${guard}: ${consequence || "second line"}`),
    );
    const seen = removals.filter(({ consequence }) => consequence !== "").length;
    say(`\n${seen} of ${removals.length} are needed, ${removals.length - seen} are a second line.`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ ok, runs: results, adoptions, removals })}\n`);
  return ok ? 0 : 1;
}

/** A restart within the watchdog loses no island, a longer one loses all. */
const restarts = () =>
  ([1, 2] as const).flatMap((stages) =>
    [0, 1, 2, 3].map((downTicks) => {
      const adoption = islandsLost(modeRows, downTicks, stages);
      return { stages, ...adoption, ok: adoption.lost === (downTicks < watchdogTicks ? 0 : adoption.islands) };
    }),
  );

function summarise(results: readonly RunResult[], say: (text: string) => void): void {
  const taken = new Set(results.flatMap(({ rowsTaken }) => rowsTaken));
  const idle = modeRows.filter(({ id }) => !taken.has(id)).map(({ id }) => id);
  const sum = (of: (result: RunResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  const violations = results.filter((result) => !result.ok).length;
  say(
    `\n${count(sum(({ states }) => states))} states, ${count(sum(({ transitions }) => transitions))} transitions, ${sum(({ wallS }) => wallS).toFixed(0)} s, ${violations} violations`,
  );
  say(
    `rows taken: ${modeRows.length - idle.length} of ${modeRows.length}${idle.length ? `; not taken: ${idle.join(" ")}` : ""}`,
  );
}

function verdict(result: RunResult): string {
  const { name, ok, states, transitions, wallS, complete, broken, expected, trace, troubles } = result;
  const what =
    broken !== ""
      ? `${expected === broken ? "as expected without the hardware, breaks" : "BREAKS"} ${broken}`
      : complete
        ? "all hold"
        : "NOT EXHAUSTIVE";
  const lines = [
    `${ok ? "ok " : "NOT"} ${name}: ${count(states)} states, ${count(transitions)} transitions, ${wallS.toFixed(1)} s, ${what}`,
  ];
  for (const step of trace) lines.push(`      ${step}`);
  for (const { what: trouble, states: hit, example } of troubles)
    lines.push(`      ${count(hit)} states ${trouble}, for example ${example}`);
  return lines.join("\n");
}

const count = (value: number): string => value.toLocaleString("en-US");

type Judged = readonly [index: number, removal: Removal];

/** All removals, spread over the cores; `say` hears of each as soon as those before it are known. */
async function judgeAll(say: (removal: Removal) => void): Promise<Removal[]> {
  const shares = Math.max(1, Math.min(4, availableParallelism()));
  const removals: (Removal | undefined)[] = [...variants()].map(() => undefined);
  let said = 0;
  const hear = ([index, removal]: Judged): void => {
    removals[index] = removal;
    for (let next = removals[said]; next !== undefined; next = removals[++said]) say(next);
  };
  await Promise.all(
    Array.from(
      { length: shares },
      (_, share) =>
        new Promise<void>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: { share, shares } });
          worker.on("message", hear);
          worker.once("error", reject);
          worker.once("exit", () => resolve());
        }),
    ),
  );
  return removals.filter((removal) => removal !== undefined);
}

function judgeShare({ share, shares }: { share: number; shares: number }, tell: (judged: Judged) => void): void {
  let index = 0;
  for (const variant of variants()) {
    if (index % shares === share) tell([index, judgeRemoval(variant, removalStatesMax)]);
    index++;
  }
}

if (!isMainThread && parentPort && workerData) judgeShare(workerData, (judged) => parentPort?.postMessage(judged));
else if (process.argv[1] === import.meta.filename) process.exitCode = await main();

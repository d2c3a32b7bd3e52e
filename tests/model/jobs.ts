/** The pieces of the exploration, each done as a whole by one core, and the cores that do them. */
import { availableParallelism } from "node:os";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { type Adoption, islandsLost } from "./adoption.ts";
import { type DoubleFault, doubleFaults } from "./double-faults.table.ts";
import { type Broken, explore } from "./explore.ts";
import type { InvariantName } from "./invariants.ts";
import { LeaveOut } from "./leave-out.ts";
import { livenessTroubles, type Trouble, ticksOf } from "./liveness.ts";
import { type Run, runLists } from "./runs.table.ts";
import { tell, tellEnd } from "./story.ts";
import { type Variant, variants } from "./variants.ts";
import { createModel, describe, type FaultPair, type WorldOptions } from "./world.ts";

export type Job =
  /** `open`: the variants to judge there as well, by number. */
  | {
      readonly kind: "run";
      readonly list: keyof typeof runLists;
      readonly index: number;
      readonly open: readonly number[];
    }
  | { readonly kind: "double"; readonly index: number }
  | { readonly kind: "restart"; readonly stages: 1 | 2; readonly downTicks: number }
  | { readonly kind: "adoption"; readonly open: readonly number[] };

/** What a run came to. */
export interface RunResult {
  readonly name: string;
  readonly states: number;
  readonly transitions: number;
  readonly cpuS: number;
  readonly complete: boolean;
  readonly broken: Story | undefined;
  readonly expected: string;
  readonly troubles: readonly Trouble[];
  /** Ids of the rows that were taken. */
  readonly rowsTaken: readonly string[];
  readonly ok: boolean;
}

export interface Story {
  readonly invariant: InvariantName;
  /** The last steps in words, all of them, and every state. */
  readonly end: string;
  readonly steps: readonly string[];
  readonly states: readonly string[];
}

/** What one row or guard left out came to in one run. */
export interface Finding {
  readonly variant: number;
  /** States with their inputs in which it decided. */
  readonly decided: number;
  /** What goes wrong; undefined: nothing. */
  readonly wrong: { readonly what: string; readonly story: Story | undefined } | undefined;
}

export interface DoubleResult {
  readonly faults: FaultPair | readonly [string];
  readonly broken: Story | undefined;
  readonly statesWithout: number;
  /** With the interlock: nothing must break. */
  readonly brokenWith: Story | undefined;
  readonly statesWith: number;
  readonly cpuS: number;
  readonly ok: boolean;
}

export type Outcome =
  | { readonly kind: "run"; readonly result: RunResult; readonly findings: readonly Finding[] }
  | { readonly kind: "double"; readonly entry: number; readonly results: readonly DoubleResult[] }
  | { readonly kind: "restart"; readonly stages: number; readonly adoption: Adoption }
  | { readonly kind: "adoption"; readonly findings: readonly Finding[] };

const storyOf = ({ invariant, trace }: Broken): Story => ({
  invariant,
  end: tellEnd(trace),
  steps: tell(trace),
  states: trace.map(describe).filter((text, i, all) => text !== all[i - 1]),
});

/** Explores `run`, judges where the site rests, and leaves out each of `open` in turn. */
export function performRun(run: Run, open: readonly Variant[] = []): { result: RunResult; findings: Finding[] } {
  const startedUs = process.threadCpuUsage();
  const model = createModel(run.options);
  const exploration = explore(model, run.statesMax, run.breaks === undefined);
  const { states, transitions, complete, broken, store, graph } = exploration;
  const read = store.read.bind(store);
  const troubles =
    graph && complete && broken === undefined
      ? livenessTroubles(model, { count: store.count, ticks: ticksOf(graph.ticks, model.inputs.count), read })
      : [];
  const findings: Finding[] = [];
  const rowsTaken: string[] = [];
  if (graph && complete && broken === undefined) {
    const all = variants();
    const leaveOut = new LeaveOut(model, exploration, all.length);
    for (const { number, row, guard } of all)
      if (guard === "the row" && leaveOut.countDecided(number) > 0) rowsTaken.push(row.id);
    for (const variant of open) findings.push(finding(leaveOut, variant, run.judgesRest !== false));
  }
  const { user, system } = process.threadCpuUsage(startedUs);
  const expected = run.breaks ?? "";
  return {
    result: {
      name: run.name,
      states,
      transitions,
      cpuS: (user + system) / 1e6,
      complete,
      broken: broken && storyOf(broken),
      expected,
      troubles,
      rowsTaken,
      ok: (broken?.invariant ?? "") === expected && (complete || expected !== "") && troubles.length === 0,
    },
    findings,
  };
}

function finding(leaveOut: LeaveOut, variant: Variant, judgesRest: boolean): Finding {
  const { decided, broken, trouble } = leaveOut.judge(variant, judgesRest);
  const story = broken && storyOf(broken);
  const what = story?.invariant ?? (trouble && `${trouble.what}, for example: ${trouble.example}`);
  return { variant: variant.number, decided, wrong: what === undefined ? undefined : { what, story } };
}

/** The pair defeats the software, and does not where the interlock is. A nuisance breaks nothing else. */
export function performDouble({ pairs, breaks, interlocks, options }: DoubleFault): DoubleResult[] {
  return pairs.map((pair) => {
    const faults = pair.length === 2 ? [pair] : pair;
    const shared: Partial<WorldOptions> = { free: ["grid"], ...options, faults };
    const without = explore(createModel(shared), statesOfDoubleMax);
    const spared = interlocks === undefined ? { nuisance: true } : { interlocks };
    const withIt = explore(createModel({ ...shared, ...spared }), statesOfDoubleMax);
    return {
      faults: pair,
      broken: without.broken && storyOf(without.broken),
      statesWithout: without.states,
      brokenWith: withIt.broken && storyOf(withIt.broken),
      statesWith: withIt.states,
      cpuS: without.cpuS + withIt.cpuS,
      ok: without.broken?.invariant === breaks && withIt.complete && withIt.broken === undefined,
    };
  });
}
const statesOfDoubleMax = 4_000_000;

/** Running islands that are lost at a restart when one row or guard of adoption is left out. */
function leaveOutOfAdoption(open: readonly Variant[]): Finding[] {
  return open
    .filter(({ row }) => row.to === "islandRunning" && row.from.includes("unknown"))
    .map((variant) => {
      const { lost, islands } = islandsLost(variant.rows);
      const what = `${lost} of ${islands} running islands are lost at a restart`;
      return { variant: variant.number, decided: lost, wrong: lost > 0 ? { what, story: undefined } : undefined };
    });
}

function perform(job: Job): Outcome {
  const all = variants();
  const chosen = (numbers: readonly number[]): Variant[] => numbers.map((number) => all[number]!);
  switch (job.kind) {
    case "run":
      return { kind: "run", ...performRun(runLists[job.list][job.index]!, chosen(job.open)) };
    case "double":
      return { kind: "double", entry: job.index, results: performDouble(doubleFaults[job.index]!) };
    case "restart":
      return { kind: "restart", stages: job.stages, adoption: islandsLost(undefined, job.downTicks, job.stages) };
    case "adoption":
      return { kind: "adoption", findings: leaveOutOfAdoption(chosen(job.open)) };
  }
}

const coresMax = 4;

/**
 * Does `jobs` in order on all cores; a job is made when a core is free for it. `hear` gets each outcome when it is there.
 */
export async function performAll(
  jobs: readonly (() => Job)[],
  hear: (index: number, outcome: Outcome) => void,
): Promise<void> {
  let next = 0;
  const cores = Math.max(1, Math.min(coresMax, availableParallelism(), jobs.length));
  await Promise.all(
    Array.from(
      { length: cores },
      () =>
        new Promise<void>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: "explores" });
          let doing = -1;
          const give = (): void => {
            if (next === jobs.length) {
              void worker.terminate();
              return;
            }
            doing = next++;
            worker.postMessage(jobs[doing]!());
          };
          worker.on("message", (outcome: Outcome) => {
            hear(doing, outcome);
            give();
          });
          worker.once("error", reject);
          worker.once("exit", () => resolve());
          give();
        }),
    ),
  );
}

if (parentPort !== null && workerData === "explores") {
  const port = parentPort;
  port.on("message", (job: Job) => port.postMessage(perform(job)));
}

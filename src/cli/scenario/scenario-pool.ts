/** Plays many scenarios and seeds in a few processes, and hands the results over in the order of the jobs. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ScenarioResult } from "../../../sim/story/scenario.ts";

export interface ScenarioJob {
  readonly name: string;
  readonly seed: number;
  readonly tickMs?: number | undefined;
}

const workerFile = fileURLToPath(new URL("./scenario-worker.ts", import.meta.url));

/** A run that ended without a result. */
const broken = ({ name, seed }: ScenarioJob): ScenarioResult => ({
  name,
  seed,
  ok: false,
  simulatedS: 0,
  wallS: 0,
  checks: [{ name: "the run came to its end", ok: false, value: 0, compare: "=", limit: 1, unit: "yes" }],
});

/**
 * Resolves when every job is done. `onResult` is called in the order of the jobs, as early as possible. A worker that dies
 * fails its job and is replaced.
 */
export function runJobs(
  jobs: readonly ScenarioJob[],
  workers: number,
  onResult: (result: ScenarioResult) => void,
  file: string = workerFile,
): Promise<void> {
  const results: (ScenarioResult | undefined)[] = jobs.map(() => undefined);
  let next = 0;
  let told = 0;
  let busy = 0;
  return new Promise((resolve) => {
    const settle = (index: number, result: ScenarioResult): void => {
      results[index] = result;
      while (told < jobs.length && results[told] !== undefined) onResult(results[told++]!);
      busy--;
      if (told === jobs.length && busy === 0) resolve();
    };
    const give = (child: ChildProcess): void => {
      if (next >= jobs.length) {
        child.disconnect();
        return;
      }
      const index = next++;
      busy++;
      const job = jobs[index]!;
      const onExit = (): void => {
        settle(index, broken(job));
        if (next < jobs.length) start();
      };
      child.once("exit", onExit);
      child.once("message", (result: ScenarioResult) => {
        child.off("exit", onExit);
        settle(index, result);
        give(child);
      });
      child.send(job);
    };
    const start = (): void => give(fork(file, { stdio: ["ignore", "ignore", "inherit", "ipc"] }));
    for (let i = 0; i < Math.min(workers, jobs.length); i++) start();
    if (jobs.length === 0) resolve();
  });
}

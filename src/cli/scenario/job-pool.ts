/** Plays many jobs in a few processes, and hands the results over in the order of the jobs. */
import { type ChildProcess, fork } from "node:child_process";

export interface JobPool<Job, Result> {
  /** Processes at the same time. */
  readonly workers: number;
  /** What each process runs: it answers each message, a job, with one, its result. */
  readonly file: string;
  /** The result of a job whose process ended without one. */
  readonly broken: (job: Job) => Result;
  /** Called in the order of the jobs, as early as possible. */
  readonly onResult: (result: Result) => void;
}

/** Resolves when every job is done. A process that dies fails its job and is replaced. */
export function runJobs<Job extends object, Result extends object>(
  jobs: readonly Job[],
  { workers, file, broken, onResult }: JobPool<Job, Result>,
): Promise<void> {
  const results: (Result | undefined)[] = jobs.map(() => undefined);
  let next = 0;
  let told = 0;
  let busy = 0;
  return new Promise((resolve) => {
    const settle = (index: number, result: Result): void => {
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
      child.once("message", (result: Result) => {
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

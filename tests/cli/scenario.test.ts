/** `islet scenario` as a person types it, and the pool of processes behind `--seeds`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scenarios } from "../../sim/scenarios/index.ts";
import type { ScenarioResult } from "../../sim/story/scenario.ts";
import { runJobs } from "../../src/cli/scenario/job-pool.ts";
import { brokenRun } from "../../src/cli/scenario/scenario.ts";
import { isletFile } from "../lib/islet-file.ts";

const root = join(import.meta.dirname, "../..");
const islet = (...args: string[]) =>
  spawnSync(process.execPath, [isletFile, "scenario", ...args], { cwd: root, encoding: "utf8" });

describe("islet scenario", () => {
  test("lists every scenario with its sentence", () => {
    const { status, stdout } = islet("--list");
    expect(status).toBe(0);
    for (const { name, sentence } of scenarios) expect(stdout).toMatch(new RegExp(`^${name} +${sentence}$`, "m"));
  });

  const mistakes: readonly (readonly [name: string, args: string[], said: RegExp])[] = [
    ["a scenario that is not there", ["outage-hob"], /no scenario outage-hob; there are: .*outage-hub/],
    ["seeds backwards", ["outage-hub", "--seeds", "5-1"], /--seeds is 5-1: must be like 1-50/],
    ["seeds in words", ["outage-hub", "--seeds", "all"], /must be like 1-50/],
    ["a tick that no loop has", ["outage-hub", "--tick", "0"], /--tick is 0: must be a number from 1 to 100/],
  ];
  test.each(mistakes)("%s: says what to do", (_, args, said) => {
    const { status, stderr } = islet(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(said);
  });
});

describe("the pool", () => {
  const play = async (seeds: readonly number[], workers: number): Promise<ScenarioResult[]> => {
    const seen: ScenarioResult[] = [];
    const jobs = seeds.map((seed) => ({ name: "any", seed }));
    const file = join(import.meta.dirname, "patient-worker.mjs");
    await runJobs(jobs, { workers, file, broken: brokenRun, onResult: (result: ScenarioResult) => seen.push(result) });
    return seen;
  };

  test("results come in the order of the jobs, whoever is quicker", async () => {
    const seen = await play([1, 2, 3, 4, 5, 6], 3);
    expect(seen.map(({ seed }) => seed)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(seen.filter(({ ok }) => !ok).map(({ seed }) => seed)).toEqual([4]);
  });

  test("a worker that dies fails its own job, and the others are played", async () => {
    const seen = await play([12, 13, 14, 16], 1);
    expect(seen.map(({ seed, ok }) => [seed, ok])).toEqual([
      [12, true],
      [13, false],
      [14, true],
      [16, true],
    ]);
    expect(seen[1]!.checks[0]).toMatchObject({ name: "the run came to its end", ok: false });
  });

  test("nothing to do is done at once", async () => {
    expect(await play([], 2)).toEqual([]);
  });
});

/** Real-time priority for all threads of a process: the engine's helpers too, where the right is given. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const script = `
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { requestRealTime } from ${JSON.stringify(join(import.meta.dirname, "../../src/app/control/real-time.ts"))};
const policies = () => readdirSync("/proc/self/task").flatMap((id) => {
  const file = "/proc/self/task/" + id + "/stat";
  // A thread may have ended meanwhile.
  if (!existsSync(file)) return [];
  const stat = readFileSync(file, "utf8");
  return [Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38])];
});
const one = requestRealTime(30, "It");
const ofOne = policies();
const all = requestRealTime(30, "It", "all");
console.log(JSON.stringify({ one, all, ofOne, ofAll: policies() }));
`;
/** SCHED_FIFO as sched(7) numbers the policies. */
const fifo = 1;

it("for one thread it leaves the helpers alone, for all it takes them along; without the right it says what to grant", () => {
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const { one, all, ofOne, ofAll } = JSON.parse(stdout) as {
    one: { granted: boolean };
    all: { granted: boolean; sentence: string };
    ofOne: number[];
    ofAll: number[];
  };
  expect(all.granted).toBe(one.granted);
  if (!all.granted) return expect(all.sentence).toContain("CAP_SYS_NICE");
  expect(ofOne.length).toBeGreaterThan(1);
  expect(ofOne.filter((policy) => policy === fifo)).toHaveLength(1);
  expect(ofAll.every((policy) => policy === fifo)).toBe(true);
});

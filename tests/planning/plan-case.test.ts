/** `islet plan-case` as a user runs it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isletFile } from "../lib/islet-file.ts";
import { judge, siteDay } from "./judge.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "islet-plan-case-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface CaseLine {
  readonly id: string | null;
  readonly method: string;
  readonly plan: Readonly<Record<string, readonly number[]>>;
  readonly pvCurtailW: readonly number[];
  readonly ms: number;
  readonly faults?: readonly { readonly code: string }[];
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function planCase(...args: string[]): {
  readonly lines: readonly CaseLine[];
  readonly status: number | null;
  readonly stderr: string;
} {
  const { stdout, status, stderr } = spawnSync(process.execPath, [isletFile, "plan-case", ...args], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
  });
  return {
    lines: stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    status,
    stderr,
  };
}

test("one line for each case, whatever is wrong with some", () => {
  const days = [siteDay(3), { id: "empty" }, null];
  const { lines, status } = planCase(file("days.json", days), "--json");
  expect(status).toBe(0);
  expect(lines.map(({ id, method }) => [id, method])).toEqual([
    ["public-03", "linear-programme"],
    ["empty", "greedy"],
    [null, "greedy"],
  ]);
  const { plan, pvCurtailW, ms } = lines[0]!;
  expect(ms).toBeGreaterThan(0);
  expect(judge(siteDay(3), plan, pvCurtailW).problems).toEqual([]);
  expect(lines[1]!.faults![0]!.code).toBe("not-a-problem");
});

test("--full says all of the plan, --greedy does without the solver", () => {
  const { lines } = planCase(file("day.json", siteDay(3)), "--full", "--greedy");
  expect(Object.keys(lines[0]!)).toEqual(expect.arrayContaining(["outcome", "gridCapW", "reasons", "fallback"]));
});

test("a file that is no JSON, or not there, is told; the others are planned", () => {
  const { lines, status, stderr } = planCase(
    file("broken.json", "{"),
    join(folder, "gone.json"),
    file("day.json", siteDay(3)),
  );
  expect(status).toBe(1);
  expect(lines).toHaveLength(1);
  expect(stderr).toMatch(/broken\.json: .*JSON/);
  expect(stderr).toMatch(/gone\.json: ENOENT/);
});

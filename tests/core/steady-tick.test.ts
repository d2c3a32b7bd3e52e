/**
 * The tick allocates nothing in steady state. `npm run -s bench -- core` says how much it is; this sees the first list or object
 * that is made in every tick. A single number that the engine boxes now and then (16 B) it does not see.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** Seen on sound code: 2 to 18 B. A list of four is 48 B and more. */
const bytesMax = 32;

test("a tick of a busy site of 20 EVSEs makes no list and no object", () => {
  const worker = join(import.meta.dirname, "workers/steady-tick.ts");
  const { stdout, stderr } = spawnSync(process.execPath, [worker], { encoding: "utf8" });
  expect(stderr).not.toMatch(/Error/);
  expect(stdout).toMatch(/^\d/);
  expect(Number(stdout)).toBeLessThan(bytesMax);
});

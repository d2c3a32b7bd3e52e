/**
 * Sites whose meter or stages are otherwise than configured, in closed loop through the product's own settings. Field
 * problems: OpenDTU#571 (a limit that takes 18 to 25 s), HoymilesZeroExport#28 and esphome-soyosource#73 (hunting with slow
 * stages and averaging meters).
 */
import { describe, expect, test } from "vitest";
import { hostileRows } from "../../../bench/export-control/hostile.table.ts";
import { measureHostile } from "../../../bench/export-control/hostile.ts";
import { largest } from "../../../bench/export-control/steps.ts";

const sessions = 2;
/**
 * Beside noise only a rise that is still under way may move power in the quiet seconds: the fastest that a stage of 3 s
 * allows is a tenth of its rating in each time constant. Nothing may fall by more than noise and rounding.
 */
const swingMax = 0.17;
const fallMax = 0.05;

describe("no limit cycle, the cause is found, and nothing is found where all is as configured", () => {
  test.each(hostileRows.map((row) => [row.says, row] as const))("%s", (_, row) => {
    const result = measureHostile(row.spec, 7, sessions, 4);
    expect(result.steadyMsPerS).toBeLessThanOrEqual(row.steadyMsPerS ?? 0);
    expect(largest(result.swingShare)).toBeLessThan(swingMax);
    expect(largest(result.fallShare)).toBeLessThan(fallMax);
    expect(result.usedShare).toBeGreaterThan(0.9);
    expect(result.doubtShare).toBeLessThan(0.01);
    if (row.cause === "") expect(result.causes).toEqual([]);
    else if (row.foundMs !== undefined) {
      expect(result.causes).toEqual(Array.from({ length: sessions }, () => row.cause));
      expect(largest(result.foundAtMs)).toBeLessThanOrEqual(row.foundMs);
    } else for (const cause of result.causes) expect(cause).toBe(row.cause);
  });
});

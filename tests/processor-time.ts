/**
 * Runs before each test file: when its tests are over, a line with the processor time that they and the programs that they
 * started took is appended to the file named by `ISLET_PROCESSOR_TIMES`. `npm test` reads it and names the dearest: wall time
 * says little where a suite waits for its sites.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { afterAll, expect } from "vitest";

/** Linux counts processor time in hundredths of a second. */
const msPerTick = 10;

/** Processor time of this process and of what it started and saw ending, ms; zeros where there is no /proc. */
function processorMs(): { own: number; started: number } {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const sumMs = (...places: number[]) => places.reduce((sum, place) => sum + Number(fields[place]) * msPerTick, 0);
    return { own: sumMs(11, 12), started: sumMs(13, 14) };
  } catch {
    return { own: 0, started: 0 };
  }
}

const report = process.env["ISLET_PROCESSOR_TIMES"];
if (report !== undefined)
  // Registered first, so it runs after every other one.
  afterAll(() => {
    const file = relative(process.cwd(), expect.getState().testPath ?? "");
    appendFileSync(report, `${JSON.stringify({ file, ...processorMs() })}\n`);
  });

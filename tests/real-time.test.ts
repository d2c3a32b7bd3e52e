/**
 * Whoever waits in real time runs one file after the other, or is made for a busy machine as the product suite: such tests are in
 * projects of their own (`vitest.config.ts`). Everything else has its own clock, or fake timers.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { realTimeTests } from "../vitest.config.ts";

const root = join(import.meta.dirname, "..");
/** Timers, clocks and sleeps of the machine. */
const realTime =
  /\bset(?:Timeout|Interval)\(|\btimers\/promises\b|\bperformance\.now\(|\bcontrol\/monotonic\b|\bAtomics\.wait\(|\bexpect\.poll\(/;
const ownTime = /\buseFakeTimers\(/;

const testFiles = readdirSync(join(root, "tests"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => join(root, "tests", path));

/** A test and the helpers of the tests that it imports. */
function withHelpers(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file) || !existsSync(file)) return seen;
  seen.add(file);
  for (const [, target] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
    const path = resolve(dirname(file), target!);
    if (path.startsWith(join(root, "tests"))) withHelpers(path, seen);
  }
  return seen;
}

test("a test with real time in it is in a project for it", () => {
  const known = new Set(realTimeTests());
  const loose = testFiles.filter((file) => {
    if (known.has(file)) return false;
    const texts = [...withHelpers(file)].map((path) => readFileSync(path, "utf8"));
    return texts.some((text) => realTime.test(text)) && !texts.some((text) => ownTime.test(text));
  });
  expect(loose.map((file) => file.slice(root.length + 1))).toEqual([]);
});

/** Shorter bounds of a wait are verdicts on the machine, ms. */
const patienceMinMs = 30_000;

test("what waits for something waits long; what searches is bounded by runs and not by time", () => {
  const impatient: string[] = [];
  for (const file of testFiles) {
    const text = readFileSync(file, "utf8");
    const name = file.slice(root.length + 1);
    for (const [call, ms] of text.matchAll(/(?:\.poll|waitFor)\([^;]*?timeout: ([\d_]+)/g))
      if (Number(ms!.replaceAll("_", "")) < patienceMinMs) impatient.push(`${name}: ${call.slice(0, 40)}… ${ms} ms`);
    if (/\b(?:interruptAfterTimeLimit|skipAllAfterTimeLimit)\b/.test(text) && file !== import.meta.filename)
      impatient.push(`${name}: a property test with a time limit`);
  }
  expect(impatient).toEqual([]);
});

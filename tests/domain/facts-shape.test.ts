/** The facts of a device are written many times a second: a number that is stored must not become an object on the heap. */
import { getHeapStatistics } from "node:v8";
import { expect, test } from "vitest";
import { meterFacts, stageFacts, transferDeviceFacts } from "../../src/domain/facts.table.ts";
import { createFacts } from "../../src/domain/facts.ts";

const rounds = 200_000;

test.each([
  ["stage", createFacts(stageFacts), "powerW"],
  ["meter", createFacts(meterFacts), "powerW"],
  ["K1", createFacts(transferDeviceFacts), "phaseDeg"],
] as const)("a number stored into the facts of a %s allocates nothing", (_name, facts, name) => {
  const values = Float64Array.from({ length: 256 }, (_, i) => 0.37 + i * 1.01);
  const write = new Function(
    "facts",
    "values",
    "rounds",
    `for (let i = 0; i < rounds; i += 1) facts.${name} = values[i & 255];`,
  );
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 60; attempt += 1) {
    const before = getHeapStatistics().total_allocated_bytes;
    write(facts, values, rounds);
    least = Math.min(least, getHeapStatistics().total_allocated_bytes - before);
  }
  expect(least / rounds).toBeLessThan(4);
});

import { expect, test } from "vitest";
import { Attempts } from "../../../src/protocols/modbus/attempts.ts";
import type { ModbusFault } from "../../../src/protocols/modbus/faults.table.ts";
import { createLinkCounters } from "../../../src/protocols/modbus/link.ts";

/** Pauses before each of twelve attempts, each ended by `fault` after `livedMs`. */
function pausesOf(fault: ModbusFault, livedMs: number, answered: boolean): number[] {
  const attempts = new Attempts();
  const counters = createLinkCounters();
  let nowMs = 0;
  return Array.from({ length: 12 }, () => {
    attempts.begins();
    attempts.opened(nowMs);
    attempts.answered = answered;
    nowMs += livedMs;
    attempts.ended(counters, fault, nowMs);
    const endedMs = nowMs;
    while (!attempts.isDue(nowMs)) nowMs += 1;
    return nowMs - endedMs;
  });
}

test.each([
  ["closed without an answer", "reset", 10, false, 2_000],
  ["misunderstood soon after an answer", "wrong-transaction", 10, true, 2_000],
  ["closed by the far end after each answer", "reset", 10, true, 100],
  ["closed by the far end after a while", "reset", 500, true, 0],
] as const)("a connection %s → the longest pause", (_name, fault, livedMs, answered, mostMs) => {
  const pauses = pausesOf(fault, livedMs, answered);
  expect(pauses[0]).toBe(0);
  expect(Math.max(...pauses)).toBe(mostMs);
});

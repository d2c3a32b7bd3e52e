/** What is owed to the disk stays owed until it is there. */
import { describe, expect, test } from "vitest";
import {
  askToStore,
  createRecordKeeper,
  isOwed,
  notStored,
  retryMaxMs,
  retryMinMs,
  stored,
  storeIsDue,
} from "../../src/app/store/record-keeper.ts";
import { emptyRecord } from "../../src/core/modes/state.ts";

const lockout = { ...emptyRecord, intent: "locked", generation: 3 } as const;

describe("a record that can't be stored", () => {
  test("is tried for ever, at growing distance up to a bound, and stays owed", () => {
    const keeper = createRecordKeeper();
    askToStore(keeper, lockout, 0);
    const triedAt: number[] = [];
    for (let nowMs = 0; nowMs < 60_000; nowMs += 20) {
      if (!storeIsDue(keeper, nowMs)) continue;
      triedAt.push(nowMs);
      notStored(keeper, "the disk is full", nowMs);
    }
    expect(triedAt.slice(0, 4)).toEqual([0, retryMinMs, 3 * retryMinMs, 7 * retryMinMs]);
    expect(Math.max(...triedAt.slice(1).map((at, i) => at - triedAt[i]!))).toBeLessThanOrEqual(retryMaxMs);
    expect(triedAt.length).toBeGreaterThan(25);
    expect(keeper).toMatchObject({ owedSinceMs: 0, reason: "the disk is full" });
    expect(isOwed(keeper)).toBe(true);
  });

  test("is stored at the first try that succeeds", () => {
    const keeper = createRecordKeeper();
    askToStore(keeper, lockout, 0);
    notStored(keeper, "the disk is full", 0);
    stored(keeper, 3);
    expect(keeper).toMatchObject({ owedSinceMs: Number.NaN, failures: 0, reason: "" });
    expect(storeIsDue(keeper, 1e9)).toBe(false);
  });

  test("gives way to a newer one; what was stored of the older one does not count for it", () => {
    const keeper = createRecordKeeper();
    askToStore(keeper, lockout, 0);
    askToStore(keeper, { ...emptyRecord, generation: 4 }, 5);
    stored(keeper, 3);
    expect(isOwed(keeper)).toBe(true);
    expect(keeper).toMatchObject({ owedSinceMs: 0, record: { intent: "none", generation: 4 } });
  });
});

test("the same record asked for twice is one", () => {
  const keeper = createRecordKeeper();
  expect(askToStore(keeper, lockout, 0)).toBe(true);
  expect(askToStore(keeper, lockout, 20)).toBe(false);
});

import { expect, test } from "vitest";
import { openStore } from "../../src/app/store/store.ts";
import { openWriteWatch, readWrittenDay, writtenSentence } from "../../src/app/store/write-watch.ts";

const hourMs = 3_600_000;
const startMs = Date.parse("2026-03-01T00:00:00Z");
const MB = 1_000_000;

/** Hours of a site that writes so much in each, MB. */
function live(hours: readonly (readonly [total: number, recorder: number])[], dayMB = 100, recorderMB = 50) {
  const store = openStore({ path: ":memory:" });
  const told: string[] = [];
  const watch = openWriteWatch(store, { dayMB, recorderMB }, (sentence) => told.push(sentence));
  let [total, recorder] = [0, 0];
  let nowMs = startMs;
  for (const [all, its] of hours) {
    for (let minute = 0; minute < 60; minute++) {
      total += (all * MB) / 60;
      recorder += (its * MB) / 60;
      watch.look({ total, recorder }, nowMs);
      nowMs += 60_000;
    }
  }
  return { store, told, watch, nowMs: nowMs - 60_000 };
}
const busy = (hours: number, total: number, recorder: number) =>
  Array.from({ length: hours }, () => [total, recorder] as const);

test("the recorder gets what the others leave of the day: all of its own while they are modest, less beside busy ones", () => {
  const modest = live(busy(24, 3, 2));
  expect(modest.watch.recorderDayBytes(modest.nowMs)).toBe(50 * MB);
  const heavy = live(busy(24, 5, 2));
  expect(heavy.watch.recorderDayBytes(heavy.nowMs)).toBeCloseTo(28 * MB, -5);
  const beyond = live(busy(24, 8, 2));
  expect(beyond.watch.recorderDayBytes(beyond.nowMs)).toBe(5 * MB);
  const soon = live(busy(1, 60, 1));
  expect(soon.watch.recorderDayBytes(soon.nowMs)).toBe(50 * MB);
});

test("more than a day may cost is told, once a day", () => {
  expect(live(busy(24, 4, 2)).told).toEqual([]);
  const { told } = live(busy(40, 6, 2));
  expect(told).toHaveLength(1);
  expect(told[0]).toMatch(/MB were written in the last 24 h; 100 MB is what diskDayMB allows/);
});

test("a day goes on over restarts, and forgets what is older; a clock set back adds to the latest hour", () => {
  const { store, watch, nowMs } = live(busy(30, 4, 2));
  watch.stop();
  expect(readWrittenDay(store, nowMs)!.total / MB).toBeCloseTo(96, 0);
  const again = openWriteWatch(store, { dayMB: 100, recorderMB: 50 }, () => undefined);
  again.look({ total: 2 * MB, recorder: MB }, nowMs + 60_000);
  again.look({ total: 3 * MB, recorder: MB }, nowMs - 5 * hourMs);
  again.stop();
  const day = readWrittenDay(store, nowMs)!;
  expect(day.total / MB).toBeCloseTo(99, 0);
  expect(writtenSentence(day, 100)).toMatch(/^The controller has written 9\d MB in the last 24 h, 4\d MB of it/);
  expect(readWrittenDay(store, nowMs + 30 * hourMs)).toBeNull();
});

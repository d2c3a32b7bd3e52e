/** A wall clock that was set is told once for each step; what a time server corrects is not. */
import { expect, test } from "vitest";
import { createClockNotes } from "../../src/app/notes/clock-notes.ts";

const hourMs = 3_600_000;

test.each([
  ["forward by an hour", hourMs, "set forward by 1 h."],
  ["back by ninety minutes and a second", -1.5 * hourMs - 1_000, "set back by 1 h 30 min."],
  ["forward by six seconds", 6_000, "set forward by 6 s."],
  ["forward from 1970 by an empty battery", 56 * 365 * 24 * hourMs, "set forward by 490560 h."],
])("%s", (_, byMs, words) => {
  const told: string[] = [];
  const look = createClockNotes((sentence) => void told.push(sentence));
  look(1_000_000, 0);
  look(1_001_000 + byMs, 1_000);
  look(1_002_000 + byMs, 2_000);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(words);
});

test("a correction of two seconds and a slow drift are not told", () => {
  const told: string[] = [];
  const look = createClockNotes((sentence) => void told.push(sentence));
  for (let s = 0; s < 600; s++) look(1_000_000 + s * 1_010 + (s > 300 ? 2_000 : 0), s * 1_000);
  expect(told).toEqual([]);
});

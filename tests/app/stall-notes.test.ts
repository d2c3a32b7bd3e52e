import { expect, test } from "vitest";
import { createStallNotes } from "../../src/app/control/stall-notes.ts";

test("the first stall is told at once, those that follow within ten seconds together, none lost", () => {
  const lines: string[] = [];
  let nowMs = 0;
  const notes = createStallNotes(
    (_, message) => void lines.push(message),
    () => nowMs,
    () => false,
  );
  const stall = (lateMs: number) => notes.take({ atMs: nowMs, lateMs, where: "wake-up" });
  stall(120.4);
  for (nowMs = 1_000; nowMs < 10_000; nowMs += 1_000) stall(60);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^The controller itself stood still for 120 ms: its machine was too busy\. No device is to blame\./,
  );
  nowMs = 10_500;
  stall(80);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatch(/stood still 10 times, for 80 ms at most/);
});

test("real-time priority is advised where it is missing, and not where it was granted", () => {
  const lines = [false, true].map((granted) => {
    let line = "";
    const notes = createStallNotes(
      (_, message) => {
        line = message;
      },
      () => 0,
      () => granted,
    );
    notes.take({ atMs: 0, lateMs: 60, where: "wake-up" });
    return line;
  });
  expect(lines[0]).toContain("give the controller CAP_SYS_NICE");
  expect(lines[1]).not.toContain("CAP_SYS_NICE");
  expect(lines[1]).toContain("It has real-time priority already");
});

import { expect, test } from "vitest";
import type { ReportedFault } from "../../firmware-bridge/device/fault-words.ts";
import { createDeviceNotes } from "../../src/app/notes/device-notes.ts";

const silent: ReportedFault = { code: "timeout", sentence: "Bay 1 (tcp h:502, unit 1): No reply.", clears: "itself" };

test("a fault is told once, its end once, and one that comes and goes is counted", () => {
  let nowMs = 0;
  const lines: string[] = [];
  const notes = createDeviceNotes(
    (level, message) => lines.push(`${level}: ${message}`),
    () => nowMs,
  );
  const told = (fault: ReportedFault | null): void => notes([{ name: "Bay 1", fault }]);
  told(null);
  told(silent);
  told(silent);
  told(null);
  told(null);
  expect(lines).toEqual([
    "warn: Bay 1 (tcp h:502, unit 1): No reply. It is over as soon as the cause is gone.",
    "info: Bay 1 works again.",
  ]);
  for (let i = 0; i < 5; i += 1) {
    nowMs += 1_000;
    told(silent);
    told(null);
  }
  expect(lines).toHaveLength(2);
  nowMs += 30_000;
  told(silent);
  expect(lines.at(-1)).toContain("Since the last line 5 times.");
});

test("another fault of the same device is told at once", () => {
  const lines: string[] = [];
  const notes = createDeviceNotes(
    (_level, message) => lines.push(message),
    () => 0,
  );
  notes([{ name: "K1", fault: silent }]);
  notes([{ name: "K1", fault: { ...silent, code: "clock-stands", sentence: "Its clock stands." } }]);
  expect(lines).toHaveLength(2);
});

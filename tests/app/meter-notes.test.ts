import { expect, test } from "vitest";
import { createMeterNotes } from "../../src/app/notes/meter-notes.ts";
import { Quality } from "../../src/domain/quality.ts";

test("a meter that answers and is not believed is told once, with what to look at, and its end too", () => {
  const lines: string[] = [];
  const note = createMeterNotes((level, message) => void lines.push(`${level} ${message}`));
  for (const [quality, isCondemned] of [
    [Quality.good, false],
    [Quality.frozen, false],
    [Quality.frozen, false],
    [Quality.good, false],
    [Quality.stale, false],
    [Quality.implausible, false],
    [Quality.implausible, true],
    [Quality.stale, true],
    [Quality.good, false],
  ] as const)
    note(quality, isCondemned);
  expect(lines.map((line) => line.slice(0, 60))).toEqual([
    "warn PCC meter: it answers, but its values stand still. Noth",
    "info PCC meter: its values can be believed again.",
    "warn PCC meter: a value is missing or out of its range, or i",
    "warn PCC meter: it does not follow the power stages. Nothing",
    "info PCC meter: its values can be believed again.",
  ]);
  expect(lines[2]).toMatch(/over five seconds after/);
  expect(lines[3]).toMatch(/A person on site resets it/);
});

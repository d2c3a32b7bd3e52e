import { expect, test } from "vitest";
import { createMeterNotes } from "../../src/app/notes/meter-notes.ts";
import { Quality } from "../../src/domain/quality.ts";

test("a meter that answers and is not believed is told once, with what to look at, and its end too", () => {
  const lines: string[] = [];
  const note = createMeterNotes((level, message) => void lines.push(`${level} ${message}`));
  for (const quality of [
    Quality.good,
    Quality.frozen,
    Quality.frozen,
    Quality.good,
    Quality.stale,
    Quality.implausible,
  ])
    note(quality);
  expect(lines.map((line) => line.slice(0, 60))).toEqual([
    "warn PCC meter: it answers, but its values stand still. Noth",
    "info PCC meter: its values can be believed again.",
    "warn PCC meter: its values can't be true: they do not follow",
  ]);
});

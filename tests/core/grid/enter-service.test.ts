/** The window for entering service: what is not known is not inside it, whatever the numbers say. */
import { expect, test } from "vitest";
import { standardGridProfile } from "../../../src/config/grid-profiles.ts";
import { isInEnterServiceWindow } from "../../../src/core/grid/enter-service.ts";
import { type ApplicableGrid, createApplicableGrid } from "../../../src/core/grid/measurement.ts";
import { Quality } from "../../../src/domain/quality.ts";

const cases: readonly (readonly [string, Partial<ApplicableGrid>, boolean])[] = [
  ["a good grid", {}, true],
  ["the last good voltage, which is old", { voltageQuality: Quality.stale }, false],
  ["the last good frequency, which is old", { frequencyQuality: Quality.stale }, false],
  ["voltage that is not trusted", { voltageQuality: Quality.implausible }, false],
  ["a low phase", { lowPu: 0.9 }, false],
  ["a high phase", { highPu: 1.06 }, false],
  ["a high frequency", { frequencyHz: 60.2 }, false],
  ["a low frequency", { frequencyHz: 59.4 }, false],
];
test.each(cases)("%s", (_, change, inside) => {
  const good = { averagePu: 1, lowPu: 1, highPu: 1, frequencyHz: 60 };
  const grid = Object.assign(
    createApplicableGrid(),
    good,
    { voltageQuality: Quality.good, frequencyQuality: Quality.good },
    change,
  );
  expect(isInEnterServiceWindow(standardGridProfile.settings, grid)).toBe(inside);
});

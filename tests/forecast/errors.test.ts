/** The errors of the forecasts on the shared series, by the same trials as `npm run bench -- forecast`, fewer of them. */
import { expect, test } from "vitest";
import { loadTrials, pvTrials } from "../../bench/lib/forecast-trials.ts";

test("load: at most 7.5 % a day ahead and 5 % an hour ahead, over the year", () => {
  const { dayAhead, hourAhead } = loadTrials(334, 6);
  expect(dayAhead.weightedPct).toBeLessThanOrEqual(7.5);
  expect(hourAhead.weightedPct).toBeLessThanOrEqual(5);
  expect(dayAhead.count).toBe(334 * 96);
  // The band is told with the error: eight of ten lie in it.
  expect(dayAhead.lowRatio).toBeLessThan(1);
  expect(dayAhead.highRatio).toBeGreaterThan(1);
});

test("PV: at most 25 % a day ahead and 14 % an hour ahead, over the month", () => {
  const { dayAhead, hourAhead } = pvTrials();
  expect(dayAhead.weightedPct).toBeLessThanOrEqual(25);
  expect(hourAhead.weightedPct).toBeLessThanOrEqual(14);
});

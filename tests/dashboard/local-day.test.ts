import { describe, expect, test } from "vitest";
import { createLocalDay } from "../../src/dashboard/archive/local-day.ts";

describe("the local day begins at midnight", () => {
  test.each([
    ["an ordinary day", "Europe/Berlin", "2026-07-14T10:30:15.250Z", "2026-07-13T22:00:00Z"],
    ["the instant of midnight", "Europe/Berlin", "2026-07-13T22:00:00Z", "2026-07-13T22:00:00Z"],
    ["the instant before", "Europe/Berlin", "2026-07-13T21:59:59.999Z", "2026-07-12T22:00:00Z"],
    [
      "a day of 23 hours, after the clock went forward",
      "Europe/Berlin",
      "2026-03-29T18:00:00Z",
      "2026-03-28T23:00:00Z",
    ],
    ["a day of 25 hours, after the clock went back", "Europe/Berlin", "2026-10-25T18:00:00Z", "2026-10-24T22:00:00Z"],
    [
      "the same, just before the clock goes back",
      "America/Los_Angeles",
      "2026-11-01T08:59:00Z",
      "2026-11-01T07:00:00Z",
    ],
    ["the same in its last hour", "America/Los_Angeles", "2026-11-02T07:30:00Z", "2026-11-01T07:00:00Z"],
    ["a zone of half an hour", "Asia/Kolkata", "2026-07-14T00:00:00Z", "2026-07-13T18:30:00Z"],
    ["before 1970", "UTC", "1969-12-31T23:59:59.500Z", "1969-12-31T00:00:00Z"],
  ])("%s", (_name, timeZone, now, start) => {
    const day = createLocalDay(timeZone);
    expect(new Date(day.startMs(Date.parse(now))).toISOString()).toBe(new Date(start).toISOString());
  });
  test("it turns with the minute of midnight, also after many looks", () => {
    const day = createLocalDay("Europe/Berlin");
    const midnightMs = Date.parse("2026-07-13T22:00:00Z");
    for (let atMs = midnightMs - 120_000; atMs < midnightMs; atMs += 7_001)
      expect(day.startMs(atMs)).toBe(midnightMs - 86_400_000);
    expect(day.startMs(midnightMs)).toBe(midnightMs);
  });
});

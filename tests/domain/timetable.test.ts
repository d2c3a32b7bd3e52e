/** From weekly patterns and exceptions to departures, over clock changes. */
import { describe, expect, test } from "vitest";
import { departuresOf } from "../../src/domain/fleet/timetable.ts";
import type { ExceptionDay, WeeklyDeparture } from "../../src/domain/fleet/vehicles.ts";
import { tableZone, utcOfLocal } from "../../src/domain/time-zone.ts";

const zoneOf = (name: string) => {
  const zone = tableZone(name);
  if (!zone.ok) throw new Error(zone.error);
  return zone.value;
};
const berlin = zoneOf("Europe/Berlin");
const every: WeeklyDeparture["days"] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const leaving = (
  weekly: WeeklyDeparture[],
  exceptions: ExceptionDay[],
  from: string,
  until: string,
  off: string[] = [],
) =>
  departuresOf({ id: "b", weekly, exceptions }, berlin, Date.parse(from), Date.parse(until), new Set(off)).map(
    ({ leavesAtMs, backAtMs, clock }) => [
      new Date(leavesAtMs).toISOString().slice(0, 16),
      Number.isNaN(backAtMs) ? "" : new Date(backAtMs).toISOString().slice(0, 16),
      clock,
    ],
  );

describe("departures", () => {
  test("a weekly pattern, the same local time in winter and in summer", () => {
    const weekly: WeeklyDeparture[] = [{ days: ["fri", "mon"], leavesAt: "05:30", backAt: "17:10" }];
    expect(leaving(weekly, [], "2026-03-26T00:00Z", "2026-03-31T00:00Z")).toEqual([
      ["2026-03-27T04:30", "2026-03-27T16:10", ""],
      ["2026-03-30T03:30", "2026-03-30T15:10", ""],
    ]);
  });
  test("back on the next day where that is not later", () => {
    expect(
      leaving([{ days: ["mon"], leavesAt: "22:00", backAt: "06:00" }], [], "2026-01-04T00:00Z", "2026-01-07T00:00Z"),
    ).toEqual([["2026-01-05T21:00", "2026-01-06T05:00", ""]]);
  });
  test("the day of 23 hours: a time that the clock skips is the moment at which it skips", () => {
    expect(leaving([{ days: every, leavesAt: "02:30" }], [], "2026-03-29T00:00Z", "2026-03-29T22:00Z")).toEqual([
      ["2026-03-29T01:00", "", "skipped"],
    ]);
  });
  test("the day of 25 hours: a time that comes twice counts once, at its first", () => {
    expect(leaving([{ days: every, leavesAt: "02:30" }], [], "2026-10-24T22:00Z", "2026-10-25T22:00Z")).toEqual([
      ["2026-10-25T00:30", "", "twice"],
    ]);
  });
  test("an exception replaces the day, or keeps the vehicle in; a day off has no weekly departures", () => {
    const weekly: WeeklyDeparture[] = [{ days: every, leavesAt: "06:00" }];
    const exceptions: ExceptionDay[] = [
      { date: "2026-07-02", leavesAt: "09:15" },
      { date: "2026-07-03", leavesAt: null },
    ];
    expect(leaving(weekly, exceptions, "2026-07-01T00:00Z", "2026-07-06T00:00Z", ["2026-07-05"])).toEqual([
      ["2026-07-01T04:00", "", ""],
      ["2026-07-02T07:15", "", ""],
      ["2026-07-04T04:00", "", ""],
    ]);
  });
  test("every local time leads back to itself, but those that are skipped", () => {
    for (const name of ["America/Los_Angeles", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]) {
      const zone = zoneOf(name);
      const format = new Intl.DateTimeFormat("sv-SE", { timeZone: name, dateStyle: "short", timeStyle: "short" });
      for (let local = Date.UTC(2026, 0, 1); local < Date.UTC(2027, 0, 1); local += 13 * 60 * 60_000 + 30 * 60_000) {
        const { utcMs, clock } = utcOfLocal(zone, local);
        const shown = format.format(utcMs).replace(" ", "T");
        if (clock !== "skipped")
          expect(`${name} ${shown}`).toBe(`${name} ${new Date(local).toISOString().slice(0, 16)}`);
      }
    }
  });
});

import { describe, expect, test } from "vitest";
import {
  createLimitedGenerationProfile,
  profileLimitW,
  profileValueW,
} from "../../../src/core/pcc/limited-generation-profile.ts";
import { localMs, monthOfDay, tableZone } from "../../../src/domain/time-zone.ts";

const rows = Array.from({ length: 12 }, (_, month) =>
  Array.from({ length: 24 }, (_, hour) => 1_000 * (month * 24 + hour + 1)),
);
const profileOf = (timeZone: string) => {
  const made = createLimitedGenerationProfile(rows, timeZone);
  if (!made.ok) throw new Error(made.error);
  return made.value;
};
/** The value that belongs to a local month (from 1) and hour. */
const valueW = (month: number, hour: number) => 1_000 * ((month - 1) * 24 + hour + 1);

describe("the value belongs to the local month and hour", () => {
  const losAngeles = profileOf("America/Los_Angeles");
  test.each([
    ["winter", "2027-01-15T20:30:00Z", valueW(1, 12)],
    ["summer", "2027-07-15T19:30:00Z", valueW(7, 12)],
    ["last hour of a month", "2027-04-01T06:59:59Z", valueW(3, 23)],
    ["first hour of a month", "2027-04-01T07:00:00Z", valueW(4, 0)],
    ["29 February", "2028-02-29T20:00:00Z", valueW(2, 12)],
    ["last hour of a year", "2028-01-01T07:59:59Z", valueW(12, 23)],
    ["the hour before clocks go forward", "2027-03-14T09:59:59Z", valueW(3, 1)],
    ["clocks go forward: hour 2 does not exist", "2027-03-14T10:00:00Z", valueW(3, 3)],
    ["clocks go back: hour 1 the first time", "2027-11-07T08:30:00Z", valueW(11, 1)],
    ["clocks go back: hour 1 the second time", "2027-11-07T09:30:00Z", valueW(11, 1)],
    ["clocks have gone back", "2027-11-07T10:00:00Z", valueW(11, 2)],
  ])("%s", (_, at, expected) => {
    expect(profileValueW(losAngeles, Date.parse(at))).toBe(expected);
  });

  test.each(["Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "Europe/Berlin", "America/Santiago", "UTC"])(
    "the tabled offsets of %s agree with the platform's calendar in every hour of two years",
    (timeZone) => {
      const made = tableZone(timeZone);
      if (!made.ok) throw new Error(made.error);
      const format = new Intl.DateTimeFormat("en-US", {
        timeZone,
        hourCycle: "h23",
        month: "numeric",
        hour: "numeric",
      });
      for (let atMs = Date.UTC(2026, 0, 1); atMs < Date.UTC(2028, 0, 1); atMs += 3_600_000 * 5 + 1_800_000) {
        const parts = format.formatToParts(atMs);
        const local = localMs(made.value, atMs);
        expect(Math.floor(local / 3_600_000) % 24).toBe(Number(parts.find(({ type }) => type === "hour")!.value));
        expect(monthOfDay(Math.floor(local / 86_400_000))).toBe(
          Number(parts.find(({ type }) => type === "month")!.value),
        );
      }
    },
  );
});

describe("what the limit is in doubt", () => {
  const profile = profileOf("America/Los_Angeles");
  test("a clock that is not trusted → the smallest value of all", () => {
    expect(profileValueW(profile, Number.NaN)).toBe(1_000);
    expect(profileLimitW(profile, Number.NaN)).toBe(1_000);
  });
  test("a lower value counts three seconds early, a higher one not before its hour", () => {
    const midnight = Date.parse("2027-04-02T07:00:00Z");
    expect(profileLimitW(profile, midnight - 3_001)).toBe(valueW(4, 23));
    expect(profileLimitW(profile, midnight - 2_999)).toBe(valueW(4, 0));
    const one = midnight + 3_600_000;
    expect(profileLimitW(profile, one - 1)).toBe(valueW(4, 0));
    expect(profileLimitW(profile, one)).toBe(valueW(4, 1));
  });
});

describe("a profile that cannot be held is refused and named", () => {
  const broken = (month: number, hour: number, value: number) =>
    rows.map((row, m) => row.map((w, h) => (m === month && h === hour ? value : w)));
  test.each([
    ["eleven months", rows.slice(1), "UTC", "12 months, this one has 11"],
    [
      "a month of 23 hours",
      rows.map((row, m) => (m === 4 ? row.slice(1) : row)),
      "UTC",
      "month 5 of the profile has 23 hours",
    ],
    ["a negative value", broken(1, 7, -5), "UTC", "month 2, hour 7 of the profile is -5"],
    ["no number", broken(0, 0, Number.NaN), "UTC", "month 1, hour 0 of the profile is NaN"],
    ["an unknown zone", rows, "Mars/Olympus", '"Mars/Olympus" is no IANA time zone'],
  ] as const)("%s", (_, values, timeZone, sentence) => {
    const made = createLimitedGenerationProfile(values, timeZone);
    expect(made.ok ? "" : made.error).toContain(sentence);
  });
});

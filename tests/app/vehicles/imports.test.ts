/** Vehicles and departures from files: what each line would change, and what is told of a broken one. */
import { describe, expect, test } from "vitest";
import { openStore } from "../../../src/app/store/store.ts";
import { createImports, type ImportKind } from "../../../src/app/vehicles/imports.ts";
import { openVehicles } from "../../../src/app/vehicles/vehicles.ts";
import { vehicleSettings } from "../../../src/config/site/fleet.ts";
import { tableZone } from "../../../src/domain/time-zone.ts";

const tabled = tableZone("Europe/Berlin");
if (!tabled.ok) throw new Error(tabled.error);
const zone = tabled.value;
const nowMs = Date.parse("2026-11-29T12:00:00Z");

function open() {
  const configured = {
    vehicles: [
      vehicleSettings.parse({
        id: "bus-10",
        name: "Bus 10",
        rfids: ["AA01"],
        capacityWh: 350_000,
        weekly: [{ days: ["mon"], leavesAt: "05:30", route: "7" }],
      }),
      vehicleSettings.parse({ id: "bus-104", name: "Bus 104", capacityWh: 200_000 }),
    ],
    routes: [{ id: "7", name: "Route 7, Harbour", energyWh: 120_000 }],
    daysOff: [],
  };
  const vehicles = openVehicles(configured, openStore({ path: ":memory:" }), zone);
  return { vehicles, imports: createImports(vehicles, zone, () => nowMs) };
}
const preview = (kind: ImportKind, lines: readonly string[]) => {
  const { vehicles, imports } = open();
  const made = imports.preview(kind, lines.join("\r\n"));
  if (!made.ok) throw new Error(made.error);
  const rows = made.value.rows.map(({ n, state, sentence }) => [n, state, sentence] as const);
  return { vehicles, imports, made: made.value, rows };
};

describe("vehicles from CSV", () => {
  test("new, changed, same and broken lines, each with its line and what to write", () => {
    const { rows, imports, made, vehicles } = preview("vehicles-csv", [
      "\uFEFFName;Card;Capacity kWh;V2G;Colour",
      "Bus 20;BB02;420,5;yes;red",
      "Bus 10;AA01;300;;",
      '"Bus 104";;200;;',
      "Bus 21;AA01;200;;",
      "Bus 22;;much;;",
      "Bus 23;;200;perhaps;",
      "Bus 20;;1;;",
      "",
      "Bus 24;;99999999;;",
    ]);
    expect(rows).toEqual([
      [2, "new", ""],
      [3, "changed", ""],
      [4, "same", ""],
      [5, "broken", expect.stringContaining("has the card AA01, which bus-10 has too")],
      [6, "broken", "Capacity kWh is much: write a number, for example 12.5"],
      [7, "broken", "V2G is perhaps: write yes or no"],
      [8, "broken", "Bus 20 stands twice in this file"],
      [10, "broken", "capacityWh must be a number from 100 to 10000000 Wh"],
    ]);
    expect(made.notes).toEqual(["Not understood and left out: Colour."]);
    const taken = imports.take(made.previewId);
    expect(taken.ok && taken.value.sentence).toBe("2 rows taken, 5 broken ones left out.");
    if (taken.ok) vehicles.change(taken.value.change, { by: "ann", atMs: 1, reason: "x" });
    expect(vehicles.get("bus-20")?.entry).toMatchObject({
      name: "Bus 20",
      rfids: ["BB02"],
      capacityWh: 420_500,
      bidirectional: true,
    });
    // What the file does not speak of stays.
    expect(vehicles.get("bus-10")?.entry).toMatchObject({ capacityWh: 300_000, weekly: [{ leavesAt: "05:30" }] });
    expect(imports.take(made.previewId)).toMatchObject({ ok: false });
  });
  test.each([
    ["an empty file", "", "The file is empty."],
    ["no column for the name", "a,b\n1,2", 'The heading needs a column "name"; it has a, b.'],
    ["a quote that stays open", 'name,card\n"Bus 1,2\n3', "The quote that opens in line 2 is never closed."],
  ])("%s is no file", (_, text, sentence) => {
    expect(open().imports.preview("vehicles-csv", text)).toEqual({ ok: false, error: sentence });
  });
});

describe("departures from CSV", () => {
  test("weekly and on dates", () => {
    const { rows, imports, made, vehicles } = preview("timetable-csv", [
      "vehicle,days,date,leaves,back,route,need kWh,priority",
      "Bus 10,Mo,,05:30,,7,,",
      "Bus 104,mon-fri,,05:40,17:10,7,,1",
      "bus-104,,2026-12-24,,,,,",
      "Bus 104,,2026-11-28,06:00,,,,",
      "Bus 104,,2026-02-30,06:00,,,,",
      "Bus 104,mon,,25:00,,,,",
      "Bus 104,mon,,06:00,,,210,",
      "Bus 104,someday,,06:00,,,,",
      "Bus 99,mon,,06:00,,,,",
      "Bus 104,sat,,06:00,,8,,",
    ]);
    expect(rows).toEqual([
      [2, "same", ""],
      [3, "new", ""],
      [4, "new", ""],
      [5, "broken", "2026-11-28 lies in the past"],
      [6, "broken", "date must be a date that exists, for example 2026-12-24"],
      [7, "broken", "leavesAt must be a time of day from 00:00 to 23:59, for example 05:30"],
      [8, "broken", "needs 210.0 kWh, and the battery takes 200.0 kWh"],
      [9, "broken", "days are someday: write for example mon-fri, or sat sun"],
      [10, "broken", "there is no vehicle Bus 99: enter it first"],
      [11, "broken", "names the route 8, which is not known"],
    ]);
    const taken = imports.take(made.previewId, [3]);
    if (taken.ok) vehicles.change(taken.value.change, { by: "ann", atMs: 1, reason: "x" });
    expect(vehicles.get("bus-104")?.entry.weekly).toMatchObject([
      { days: ["mon", "tue", "wed", "thu", "fri"], leavesAt: "05:40", priority: 1 },
    ]);
    expect(vehicles.get("bus-104")?.entry.exceptions).toEqual([]);
  });
});

describe("departures and days off from a calendar", () => {
  const calendar = (...events: string[][]) => [
    "BEGIN:VCALENDAR",
    ...events.flatMap((lines) => ["BEGIN:VEVENT", ...lines, "END:VEVENT"]),
    "END:VCALENDAR",
  ];
  test("weekly, single, in another zone, folded, whole days; and what can't be used", () => {
    const { rows, imports, made, vehicles } = preview(
      "calendar",
      calendar(
        [
          "SUMMARY:Bus 104: Route 7\\, Harbour",
          "DTSTART;TZID=Europe/Berlin:20261130T054000",
          "DTEND;TZID=Europe/Berlin:20261130T171000",
          "RRULE:FREQ=WEEKLY;BYDAY=MO,WE",
          "EXDATE;TZID=Europe/Berlin:20261207T054000",
        ],
        ["SUMMARY:Bus 10 9", " 0 %", "DTSTART:20261201T050000Z", "DURATION:PT10H"],
        ["SUMMARY:Christmas", "DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227"],
        ["SUMMARY:Bus 104", "DTSTART:20260101T050000"],
        ["SUMMARY:Tram 3", "DTSTART:20261201T050000"],
        ["SUMMARY:Bus 10", "DTSTART;TZID=Mars/X:20261201T050000"],
        ["SUMMARY:Bus 10", "DTSTART:20261201T050000", "RRULE:FREQ=MONTHLY"],
        ["SUMMARY:Bus 10: Route 9", "DTSTART:20261201T050000"],
      ),
    );
    expect(rows.map(([, state, sentence]) => [state, sentence])).toEqual([
      ["new", ""],
      ["new", ""],
      ["new", ""],
      ["new", ""],
      ["broken", expect.stringContaining("names no vehicle that is known")],
      ["broken", "names the time zone Mars/X, which is not known"],
      ["broken", expect.stringContaining("repeats in a way that is not understood")],
      ["broken", "says Route 9, which is no route, per cent or kWh"],
    ]);
    expect(made.notes).toEqual(["1 events lie in the past and were left out."]);
    const taken = imports.take(made.previewId);
    if (taken.ok) expect(vehicles.change(taken.value.change, { by: "ann", atMs: 1, reason: "x" }).ok).toBe(true);
    expect(vehicles.get("bus-104")?.entry).toMatchObject({
      weekly: [{ days: ["mon", "wed"], leavesAt: "05:40", backAt: "17:10", route: "7" }],
      exceptions: [{ date: "2026-12-07", leavesAt: null }],
    });
    expect(vehicles.get("bus-10")?.entry.exceptions).toMatchObject([
      { date: "2026-12-01", leavesAt: "06:00", backAt: "16:00", needPct: 90 },
    ]);
    expect(vehicles.daysOff.map(({ date }) => date)).toEqual(["2026-12-25", "2026-12-26"]);
  });
  test.each([
    ["no calendar", "hello", "This is no iCalendar file: it does not begin with BEGIN:VCALENDAR."],
    [
      "one that is cut off",
      "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x",
      "The event that begins in line 2 has no end: the file is cut off.",
    ],
    ["one without events", "BEGIN:VCALENDAR\nEND:VCALENDAR", "The calendar has no events."],
  ])("%s", (_, text, sentence) => {
    expect(open().imports.preview("calendar", text)).toEqual({ ok: false, error: sentence });
  });
});

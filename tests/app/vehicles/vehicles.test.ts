/** The site's vehicles: entered, learned, kept; who is plugged in where, and what counts of what is said of a departure. */
import { describe, expect, test } from "vitest";
import type { ControlReport } from "../../../src/app/control/shared/report.ts";
import { openStore } from "../../../src/app/store/store.ts";
import { createPresence } from "../../../src/app/vehicles/presence.ts";
import { openVehicles } from "../../../src/app/vehicles/vehicles.ts";
import { vehicleSettings } from "../../../src/config/site/fleet.ts";
import type { Identifier, VehicleEntry } from "../../../src/domain/fleet/vehicles.ts";
import { tableZone } from "../../../src/domain/time-zone.ts";

const zone = tableZone("UTC");
if (!zone.ok) throw new Error(zone.error);
const entry = (id: string, more: object = {}): VehicleEntry =>
  vehicleSettings.parse({ id, name: id.toUpperCase(), ...more });
const by = { by: "ann", atMs: 5, reason: "a test" };
const open = (vehicles: VehicleEntry[], store = openStore({ path: ":memory:" })) => ({
  store,
  vehicles: openVehicles(
    { vehicles: vehicles as never, routes: [{ id: "7", name: "Route 7", energyWh: 90_000 }], daysOff: [] },
    store,
    zone.value,
  ),
});

describe("vehicles", () => {
  test("those of the configuration, changed, added and removed by people; a restart forgets nothing", () => {
    const first = open([entry("a"), entry("b")]);
    expect(first.vehicles.change({ put: [entry("a", { capacityWh: 1_000 }), entry("c")], remove: ["b"] }, by).ok).toBe(
      true,
    );
    const again = open([entry("a"), entry("b")], first.store);
    for (const { vehicles } of [first, again])
      expect(vehicles.list().map((one) => [one.entry.id, one.entry.capacityWh, one.enteredBy?.by])).toEqual([
        ["a", 1_000, "ann"],
        ["c", undefined, "ann"],
      ]);
  });
  test.each([
    [
      "two with one card",
      [entry("a", { rfids: ["04:A2"] }), entry("b", { idTokens: ["04a2"] })],
      /B has the card 04:A2, which a has too/,
    ],
    [
      "more energy than the battery takes",
      [
        entry("a", {
          capacityWh: 200_000,
          maxPct: 90,
          weekly: [{ days: ["mon"], leavesAt: "05:30", needWh: 190_000 }],
        }),
      ],
      /A, departure at 05:30: needs 190\.0 kWh, and the battery takes 180\.0 kWh/,
    ],
    [
      "a route that is not known",
      [entry("a", { weekly: [{ days: ["mon"], leavesAt: "05:30", route: "9" }] })],
      /names the route 9, which is not known/,
    ],
    [
      "two needs at once",
      [entry("a", { weekly: [{ days: ["mon"], leavesAt: "05:30", needPct: 80, needWh: 5 }] })],
      /more than one of route, needPct and needWh/,
    ],
  ] as const)("%s are refused, and nothing is changed", (_, put, sentence) => {
    const { vehicles } = open([]);
    const changed = vehicles.change({ put }, by);
    expect(changed.ok ? "" : changed.error.join(" ")).toMatch(sentence);
    expect(vehicles.list()).toEqual([]);
  });
  test("what was entered stands, what was learned fills gaps with its source and age", () => {
    const { vehicles, store } = open([entry("a", { capacityWh: 300_000 })]);
    vehicles.learn("a", "capacityWh", 280_000, "iso15118", 77);
    vehicles.learn("a", "maxChargeW", 120_000, "iso15118", 78);
    vehicles.learn("nobody", "maxChargeW", 1, "iso15118", 78);
    const again = open([entry("a", { capacityWh: 300_000 })], store).vehicles.get("a")!;
    expect(again.entry.capacityWh).toBe(300_000);
    expect(again.learned).toEqual({
      capacityWh: { value: 280_000, from: "iso15118", atMs: 77 },
      maxChargeW: { value: 120_000, from: "iso15118", atMs: 78 },
    });
  });
});

const report = (...socs: (number | null)[]): ControlReport =>
  ({
    stages: socs.map((socPct) => ({
      atMs: 1,
      vehicleConnected: socPct !== null,
      socPct: socPct ?? Number.NaN,
      capacityWh: 100_000,
    })),
  }) as unknown as ControlReport;
const card = (value: string): ReadonlyMap<number, Identifier> => new Map([[1, { kind: "rfid", value }]]);
const none: ReadonlyMap<number, Identifier> = new Map();
const at = (text: string): number => Date.parse(`2026-06-01T${text}Z`);

function presenceOf(asked: { departsAtMs: number; targetPct: number; atMs: number } | null = null) {
  const { vehicles, store } = open([
    entry("a", { rfids: ["04A2"], weekly: [{ days: ["mon", "tue"], leavesAt: "06:00", needPct: 80, priority: 1 }] }),
    entry("b", { evccIds: ["0A1B"] }),
  ]);
  const make = () => createPresence({ vehicles, store, places: ["A", undefined], asked: () => asked });
  return { make, presence: make(), vehicles };
}

describe("who is plugged in", () => {
  test("the place, a card, the vehicle itself, a person: the more certain wins, and a vehicle is at one place", () => {
    const { presence } = presenceOf();
    const who = () => presence.present.map(({ evse, vehicle, knownBy }) => [evse, vehicle?.entry.id ?? null, knownBy]);
    presence.look(report(50, 50), none, at("01:00"));
    expect(who()).toEqual([
      [1, "a", "place"],
      [2, null, null],
    ]);
    presence.identify(2, { kind: "rfid", value: "04-a2" }, "card", at("01:01"));
    presence.look(report(50, 50), none, at("01:01"));
    expect(who()).toEqual([
      [1, null, null],
      [2, "a", "card"],
    ]);
    presence.identify(1, { kind: "mac", value: "0a:1b" }, "iso15118", at("01:02"));
    presence.look(report(50, 50), card("04A2"), at("01:02"));
    expect(who()).toEqual([
      [1, "b", "iso15118"],
      [2, "a", "card"],
    ]);
    presence.assign(1, "a");
    presence.look(report(50, 50), none, at("01:03"));
    expect(who()).toEqual([
      [1, "a", "person"],
      [2, null, null],
    ]);
  });
  test("an identifier that nobody knows is shown to people; a vehicle that leaves is forgotten, a moved plug is not", () => {
    const { presence } = presenceOf();
    presence.look(report(null, 50), none, at("01:00"));
    presence.identify(2, { kind: "rfid", value: "FFFF" }, "card", at("01:00"));
    expect(presence.strangers.map(({ identifier }) => identifier.value)).toEqual(["FFFF"]);
    presence.assign(2, "b");
    presence.look(report(null, null), none, at("01:01"));
    expect(presence.present).toEqual([]);
    presence.look(report(null, 50), none, at("01:01") + 5_000);
    expect(presence.present[0]?.vehicle?.entry.id).toBe("b");
    presence.look(report(null, null), none, at("01:02"));
    presence.look(report(null, null), none, at("01:03"));
    presence.look(report(null, 50), none, at("01:04"));
    expect(presence.present[0]?.vehicle).toBeNull();
  });
  test("a restart keeps who was there and since when", () => {
    const { presence, make } = presenceOf();
    presence.look(report(null, 50), none, at("01:00"));
    presence.assign(2, "b");
    const again = make();
    again.look(report(null, 50), none, at("03:00"));
    expect(again.present.map(({ vehicle, sinceMs }) => [vehicle?.entry.id, sinceMs])).toEqual([["b", at("01:00")]]);
  });
});

describe("what a departure needs", () => {
  const needs = ({ presence }: ReturnType<typeof presenceOf>) => {
    const need = presence.at(1)?.need;
    return need && [new Date(need.departsAtMs).toISOString().slice(5, 16), need.neededWh, need.from, need.priority];
  };
  test("by the timetable", () => {
    const one = presenceOf();
    one.presence.look(report(50, null), none, at("01:00"));
    expect(needs(one)).toEqual(["06-01T06:00", 80_000, "timetable", 1]);
  });
  test("a person's word, and a newer one of the vehicle", () => {
    const one = presenceOf({ departsAtMs: at("07:00"), targetPct: 60, atMs: at("00:30") });
    one.presence.look(report(50, null), none, at("01:00"));
    expect(needs(one)).toEqual(["06-01T07:00", 60_000, "person", 1]);
    one.presence.state(1, { departsAtMs: at("05:00"), neededWh: 70_000 }, "iso15118", at("01:30"));
    one.presence.look(report(50, null), none, at("01:31"));
    expect(needs(one)).toEqual(["06-01T05:00", 70_000, "iso15118", 1]);
  });
  test("a vehicle that tells energy only leaves the time to the timetable", () => {
    const one = presenceOf();
    one.presence.look(report(50, null), none, at("01:00"));
    one.presence.state(1, { departsAtMs: Number.NaN, neededWh: 70_000 }, "ocpp", at("01:30"));
    one.presence.look(report(50, null), none, at("01:31"));
    expect(needs(one)).toEqual(["06-01T06:00", 70_000, "ocpp", 1]);
  });
  test("a missed departure stays until the vehicle has what it needs or a person dismisses it", () => {
    const one = presenceOf();
    one.presence.look(report(50, null), none, at("01:00"));
    one.presence.look(report(60, null), none, at("07:00"));
    expect(needs(one)?.[0]).toBe("06-01T06:00");
    one.presence.look(report(80, null), none, at("08:00"));
    expect(needs(one)?.[0]).toBe("06-02T06:00");
    one.presence.look(report(60, null), none, at("08:01"));
    one.presence.dismiss(1);
    one.presence.look(report(60, null), none, at("08:02"));
    expect(needs(one)?.[0]).toBe("06-02T06:00");
  });
});

/** From what is known of a site to the planner's problem: every limit counts, and nothing is guessed. */
import { describe, expect, test } from "vitest";
import { buildProblem } from "../../../src/app/planning/build-problem.ts";
import type { SituatedEvse, Situation } from "../../../src/app/planning/situation.ts";
import { vehicleSettings } from "../../../src/config/site/fleet.ts";
import { departuresOf } from "../../../src/domain/fleet/timetable.ts";
import { tableZone } from "../../../src/domain/time-zone.ts";
import { greedyPlan, plan } from "../../../src/planning/planner.ts";
import { createHighsSolver } from "../../../src/planning/solver/highs.ts";
import { evse, hourMs, noVehicles, situation, startMs } from "./situations.ts";

const built = (one: Partial<SituatedEvse>, more: Partial<Situation> = {}) =>
  buildProblem(situation([evse(1, one)], more), noVehicles, null);
const need = (departsAtMs: number, neededWh = 80_000, priority: 1 | 2 | 3 = 2) =>
  ({ departsAtMs, neededWh, priority, from: "timetable", atMs: 0, label: "" }) as const;

describe("the stay of a vehicle that is here", () => {
  test.each([
    [
      "the charger's and the vehicle's rating",
      {},
      { maxChargeW: 50_000, maxDischargeW: 0, departureSlot: 32, neededWh: 80_000 },
    ],
    ["what the vehicle says now", { nowChargeW: 20_000 }, { maxChargeW: 20_000 }],
    ["a cap of the backend", { backendMaxW: 15_000 }, { maxChargeW: 15_000 }],
    ["a cap below zero leaves no charging", { backendMaxW: -5_000 }, { maxChargeW: 0 }],
    ["a person's stop", { held: 2 }, { maxChargeW: 0, maxDischargeW: 0 }],
    [
      "discharging with permission, down to the reserve",
      { mayDischarge: true },
      { maxDischargeW: 50_000, reserveWh: 30_000, minWh: 30_000 },
    ],
    ["… not beyond the backend's cap", { mayDischarge: true, backendMinW: -8_000 }, { maxDischargeW: 8_000 }],
    ["… not while it is paused", { mayDischarge: true, held: 1 }, { maxDischargeW: 0, maxChargeW: 50_000 }],
    ["a departure within the slot: the slot that has begun", { need: need(startMs + 60_000) }, { departureSlot: 1 }],
    [
      "one that should have left: as fast as it can, before all others",
      { need: need(startMs - hourMs) },
      { departureSlot: 4, priority: 1 },
    ],
    ["a person who wants it charged now: before all others", { chargeNow: true }, { priority: 1, departureSlot: 32 }],
    [
      "beyond the horizon: what is left to charge afterwards is counted on",
      { need: need(startMs + 26 * hourMs) },
      { departureSlot: 96, neededWh: 40_000 },
    ],
  ] as const)("%s", (_, one, expected) => {
    expect(built(one as Partial<SituatedEvse>).problem.stays[0]).toMatchObject(expected);
  });

  test.each([
    ["no departure", { need: null }, "It has no departure: it charges at once."],
    [
      "an unknown battery",
      { capacityWh: Number.NaN },
      "The capacity of its battery is not known: it charges as it likes.",
    ],
    ["an unknown charge", { socPct: Number.NaN }, "Its state of charge is not known: it charges as it likes."],
    ["a backend that asks for its power", { askedW: -8_000 }, "The backend asks for its power."],
  ] as const)("%s is not planned, and what it draws counts as load", (_, one, why) => {
    const { problem, unplanned } = built(one as Partial<SituatedEvse>);
    expect(problem.stays).toEqual([]);
    expect(unplanned).toEqual([{ evse: 1, name: "Bus 1", why }]);
    expect(problem.site.loadW[0]).toBe("askedW" in one ? 2_000 : 60_000);
  });

  test("a site without an export limit is none that may not export", () => {
    const { problem } = built({}, { exportLimitW: new Array<number>(96).fill(Number.POSITIVE_INFINITY) });
    expect(plan(problem, null).faults).toEqual([]);
    expect(problem.site.exportLimitW[0]).toBe(1e9);
  });
  test("without prices nobody discharges", () => {
    expect(built({ mayDischarge: true }, { tariff: null }).problem.stays[0]!.maxDischargeW).toBe(0);
  });
  test("a site's backup counts vehicles that may feed an island only", () => {
    const { problem } = built({ mayBackUp: true }, { backupWh: 20_000, tariff: null });
    expect(problem.site.backup?.requiredWh[0]).toBe(20_000);
    expect(problem.stays[0]).toMatchObject({ backsUp: true, maxDischargeW: 0, minWh: 30_000 });
  });
});

test("vehicles that are away are planned from when they are back", () => {
  const zone = tableZone("UTC");
  if (!zone.ok) throw new Error(zone.error);
  const entry = vehicleSettings.parse({
    id: "b",
    name: "Bus 1",
    capacityWh: 100_000,
    weekly: [{ days: ["sun", "mon", "tue"], leavesAt: "06:00", backAt: "16:00", route: "7" }],
  });
  const routes = new Map([["7", { id: "7", name: "Seven", energyWh: 60_000 }]]);
  const vehicles = {
    routes,
    departures: (one: typeof entry, fromMs: number, untilMs: number) => departuresOf(one, zone.value, fromMs, untilMs),
  };
  const vehicle = { entry, enteredBy: null, learned: {} };
  const from = (more: Partial<SituatedEvse>, nowMs = startMs) =>
    buildProblem(situation([evse(1, more)], { nowMs, startsAtMs: nowMs }), vehicles as never, null).stays.map(
      ({ arrivesAtMs, departsAtMs, stay }) => [
        arrivesAtMs === null ? "here" : (arrivesAtMs - startMs) / hourMs,
        (departsAtMs - startMs) / hourMs,
        stay.arrivalWh,
        stay.neededWh,
      ],
    );
  // It is here, leaves, and comes back with what the route leaves.
  expect(from({ vehicle, need: need(startMs + 6 * hourMs, 60_000) })).toEqual([
    ["here", 6, 40_000, 60_000],
    [16, 30, 0, 0],
  ]);
  // On the road since yesterday morning and late by an hour: expected from the next slot on.
  expect(from({ connected: false, vehicle: null, awaited: vehicle, need: null }, startMs - 7 * hourMs)[0]).toEqual([
    -6.75, 6, 0, 60_000,
  ]);
  // Its timetable does not say when it is back: it usually comes at 17:30 with 55 kWh less, and who never came is not planned.
  const silent = {
    ...vehicle,
    entry: {
      ...entry,
      weekly: entry.weekly.map(({ backAt: _, ...day }) => ({ ...day, route: undefined, needPct: 80 })),
    },
  };
  const leaves = { vehicle: silent, need: need(startMs + 6 * hourMs, 80_000) } as Partial<SituatedEvse>;
  const usualArrivals = [{ atMs: startMs + 17.5 * hourMs, usedWh: 55_000 }];
  expect(from({ ...leaves, usualArrivals })[1]).toEqual([17.5, 30, 25_000, 25_000]);
  expect(from(leaves)).toHaveLength(1);
});

test("a higher peak is weighed by the days on which it is of use, and billed whole", async () => {
  const solver = await createHighsSolver();
  // Two cheap hours beside eight dear ones: 20 kW above the load through all of them, or more in the cheap ones.
  const slots = 96;
  const peakOf = (spreadDays: number): number => {
    const tariff = {
      importPerKWh: Array.from({ length: slots }, (_, t) => (t < 8 ? 0.1 : 0.4)),
      exportPerKWh: new Array<number>(slots).fill(0),
      demand: [
        { id: "peak", perKW: 3, slots: Array.from({ length: slots }, (_, t) => t), peakSoFarW: 10_000, spreadDays },
      ],
      knownSlots: slots,
    };
    const { problem } = buildProblem(situation([evse(1)], { tariff }), noVehicles, null);
    const { outcome } = plan(problem, solver);
    const peakKW = Math.max(...outcome.netW) / 1_000;
    expect(outcome.bill.demand).toBeCloseTo(3 * (peakKW - 10), 2);
    return peakKW;
  };
  expect(peakOf(1)).toBeLessThan(20);
  expect(peakOf(7)).toBeGreaterThan(30);
});

describe("groups of chargers", () => {
  const two = [evse(1), evse(2)];
  const group = { groups: [{ id: "Feeder B", evses: [1, 2], maxChargeW: 12_000, maxDischargeW: 0 }] };
  test("share their limit in every plan, and the reason is said", async () => {
    const { problem } = buildProblem(situation(two, group), noVehicles, null);
    const solver = await createHighsSolver();
    for (const made of [plan(problem, solver), greedyPlan(problem, [], "")]) {
      const sums = problem.site.loadW.map((_, t) => made.powerW["1"]![t]! + made.powerW["2"]![t]!);
      expect(Math.max(...sums)).toBeLessThanOrEqual(12_001);
      expect(made.outcome.broken).toEqual([]);
      expect(made.outcome.unmetWh[2]).toBeLessThan(10);
    }
    const reasons = plan(problem, solver).reasons;
    expect([...reasons["1"]!, ...reasons["2"]!]).toContain("group-limit");
  });
  test("a plan that breaks it is seen", () => {
    const { problem } = buildProblem(situation(two), noVehicles, null);
    const free = plan(problem, null);
    const limited = buildProblem(
      situation(two, { groups: [{ ...group.groups[0]!, maxChargeW: 1_000 }] }),
      noVehicles,
      null,
    ).problem;
    expect(plan(limited, null).outcome.broken).toEqual([]);
    expect(Math.max(...free.powerW["1"]!)).toBeGreaterThan(1_000);
  });
});

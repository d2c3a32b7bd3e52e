/** Problems with something wrong in them: named, mended, and a plan that keeps every limit all the same. */
import { describe, expect, test } from "vitest";
import { plan } from "../../src/planning/planner.ts";
import { checkProblem } from "../../src/planning/problem-check.ts";
import { createHighsSolver } from "../../src/planning/solver/highs.ts";
import { type SiteDay, siteDay } from "./judge.ts";

const solver = await createHighsSolver();
const day = siteDay(3);

const withStay = (change: Record<string, unknown>): unknown => ({
  ...day,
  stays: [{ ...day.stays[0], ...change }, ...day.stays.slice(1)],
});
const withSite = (change: Record<string, unknown>): unknown => ({ ...day, site: { ...day.site, ...change } });
const withTariff = (change: Record<string, unknown>): unknown => ({ ...day, tariff: { ...day.tariff, ...change } });
const holed = (values: readonly number[], value: unknown): unknown[] =>
  values.map((kept, t) => (t === 7 ? value : kept));

const cases: readonly (readonly [name: string, problem: unknown, code: string, stays: number])[] = [
  ["a departure that has passed", withStay({ departureSlot: 0, arrivalSlot: -9 }), "departure-past", 5],
  ["a departure before the arrival", withStay({ departureSlot: 3, arrivalSlot: 11 }), "departure-before-arrival", 5],
  ["more energy needed than the battery may hold", withStay({ neededWh: 900_000 }), "need-above-maximum", 6],
  ["more energy at arrival than the battery holds", withStay({ arrivalWh: 900_000 }), "energy-impossible", 5],
  ["energy at arrival not a number", withStay({ arrivalWh: Number.NaN }), "energy-unknown", 5],
  ["energy at arrival missing", withStay({ arrivalWh: undefined }), "energy-unknown", 5],
  ["a capacity of zero", withStay({ capacityWh: 0 }), "energy-unknown", 5],
  ["an efficiency above 1", withStay({ chargeEfficiency: 9 }), "out-of-range", 6],
  ["a minimum above the maximum", withStay({ minChargeW: 99_000 }), "out-of-range", 6],
  ["two stays at one EVSE at one time", { ...day, stays: [...day.stays, day.stays[0]] }, "stays-overlap", 6],
  ["a price not a number", withTariff({ importPerKWh: holed(day.tariff.importPerKWh, Number.NaN) }), "not-a-number", 6],
  ["a price of a million", withTariff({ importPerKWh: holed(day.tariff.importPerKWh, 1e6) }), "price-implausible", 6],
  [
    "export pays more than import costs",
    withTariff({ exportPerKWh: holed(day.tariff.exportPerKWh, 0.9) }),
    "export-above-import",
    6,
  ],
  ["too few prices", withTariff({ importPerKWh: [0.2] }), "wrong-length", 6],
  ["an unknown import limit", withSite({ importLimitW: undefined }), "not-a-number", 6],
  ["a load above the import limit", withSite({ loadW: holed(day.site.loadW, 1e6) }), "load-above-import-limit", 6],
  ["an unknown load", withSite({ loadW: holed(day.site.loadW, null) }), "not-a-number", 6],
  ["negative PV", withSite({ pvW: holed(day.site.pvW, -5) }), "out-of-range", 6],
  ["a plan in force that is none", { ...day, previous: { powerW: { "evse-01": ["x"] } } }, "not-a-number", 6],
  ["a value of peace below zero", { ...day, preferences: { peacePerKWh: -1 } }, "out-of-range", 6],
  ["an event without slots", { ...day, events: [{ id: "e", committedW: 5 }] }, "not-a-number", 6],
];

describe("bad input", () => {
  test.each(cases)("%s: told, and a plan", (_, raw, code, stays) => {
    const { problem, faults } = checkProblem(raw);
    expect(faults.map((fault) => fault.code)).toContain(code);
    expect(problem?.stays).toHaveLength(stays);
    for (const engine of [solver, null]) {
      const { outcome, powerW, faults: told } = plan(raw, engine);
      expect(told).toEqual(faults);
      expect(outcome.broken).toEqual([]);
      expect(Object.values(powerW).flat().every(Number.isFinite)).toBe(true);
    }
  });

  test.each([
    ["nothing", undefined],
    ["a text", "plan me"],
    ["a list", []],
    ["no slots", { ...day, slots: 0 }],
    ["a million slots", { ...day, slots: 1e6 }],
    ["slots of no length", { ...day, slotMinutes: 0 }],
  ])("%s: an empty plan that says why", (_, raw) => {
    const { faults, powerW, fallback } = plan(raw, solver);
    expect(faults).toHaveLength(1);
    expect(powerW).toEqual({});
    expect(fallback).toBe("the problem can't be planned");
  });

  test("a sound problem has no faults and is left as it is", () => {
    const { problem, faults } = checkProblem(day);
    expect(faults).toEqual([]);
    expect(problem?.stays).toEqual(day.stays);
    expect(problem?.tariff).toEqual(day.tariff);
  });

  test("no stays, no events: the site alone", () => {
    const alone: SiteDay = { ...day, stays: [], events: [] };
    const { outcome, method } = plan(alone, solver);
    expect(method).toBe("linear-programme");
    expect(outcome.netW).toHaveLength(day.slots);
  });
});

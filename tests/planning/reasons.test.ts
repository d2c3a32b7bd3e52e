/** A reason is true when the slot changes once what it names is gone. */
import { describe, expect, test } from "vitest";
import { without } from "../../src/planning/counterfactual.ts";
import { explainSlot } from "../../src/planning/explain.ts";
import { Planner, plan } from "../../src/planning/planner.ts";
import type { PlanReason } from "../../src/planning/reasons.table.ts";
import { createHighsSolver } from "../../src/planning/solver/highs.ts";
import { type SiteDay, siteDay } from "./judge.ts";

const solver = await createHighsSolver();

/** Slots with a vehicle, spread over the day: every so many of them, from a different one for each day. */
function sample(day: SiteDay, count: number): (readonly [evseId: string, slot: number])[] {
  const places = day.stays.flatMap(({ evseId, arrivalSlot, departureSlot }) =>
    Array.from({ length: departureSlot - arrivalSlot }, (_, i) => [evseId, arrivalSlot + i] as const),
  );
  const stride = places.length / count;
  return Array.from({ length: count }, (_, i) => places[Math.floor((i + 0.37) * stride)]!);
}

describe("reasons", () => {
  /** Of all slots that were tried: those whose reason from the duals alone was the proven one. */
  const tried = { slots: 0, rightAtOnce: 0 };

  test.each([1, 3, 9, 10, 11, 12])("site-day %i: each is proven by taking away what it names", (number) => {
    const day = siteDay(number);
    const planner = new Planner(solver);
    const first = plan(day, solver);
    // A plan of day 11, with minimum powers under a scarce import, takes as long as ten of another day.
    const places = sample(day, number === 11 ? 3 : 6);
    for (const [evseId, slot] of places) {
      const { reasons, proven } = explainSlot(planner, day, first, evseId, slot);
      expect(proven, `${evseId} slot ${slot}`).toBe(true);
      if (reasons.length === 1 && reasons[0] === first.reasons[evseId]![slot]) tried.rightAtOnce++;
      // The proof again, from nothing.
      const powerW = first.powerW[evseId]![slot]!;
      let other = { ...day, previous: { powerW: first.powerW } } as Parameters<typeof without>[0];
      for (const reason of reasons) other = without(other, { evseId, slot, reason, powerW })!;
      expect(Math.abs(plan(other, solver).powerW[evseId]![slot]! - powerW)).toBeGreaterThan(1);
    }
    tried.slots += places.length;
    planner.dispose();
  });

  test("four of five are right at once: what every plan says of every slot, without a proof", () => {
    expect(tried.slots).toBeGreaterThan(30);
    expect(tried.rightAtOnce / tried.slots).toBeGreaterThanOrEqual(0.8);
  });

  const reasonsIn = (day: SiteDay): Set<PlanReason> => new Set(Object.values(plan(day, solver).reasons).flat());

  test("a day of scarce import names the import limit and departures", () => {
    expect([...reasonsIn(siteDay(11))]).toEqual(expect.arrayContaining(["import-limit", "absent"]));
  });

  test("a demand charge is named", () => expect(reasonsIn(siteDay(6))).toContain("demand-peak"));

  test("a vehicle that cannot make it charges because of its departure", () => {
    const day = siteDay(12);
    const { outcome, reasons, powerW } = plan(day, solver);
    const late = outcome.stays.find(({ shortWh }) => shortWh > 1_000)!;
    const own = reasons[late.evseId]!.slice(late.arrivalSlot, late.departureSlot);
    const charging = own.filter((_, i) => powerW[late.evseId]![late.arrivalSlot + i]! > 1);
    expect(new Set(charging)).toEqual(new Set(["need"]));
  });

  test("a plan without a solver says so in every slot", () => {
    const { reasons } = plan(siteDay(3), null);
    expect(new Set(Object.values(reasons).flat())).toEqual(new Set(["absent", "fallback"]));
  });
});

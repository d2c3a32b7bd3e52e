/** Whatever a plan asks, nonsense included: every limit holds as it does without a plan, and the limits are the same. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { TestSite } from "../core/cycle/site.ts";

const anyW = fc.oneof(
  fc.integer({ min: -80_000, max: 80_000 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e12, -1e12, 0),
);
const cap = (none: number, min: number, max: number) => fc.oneof(fc.constant(none), fc.integer({ min, max }));

const situation = fc.record({
  loadW: fc.integer({ min: 0, max: 60_000 }),
  importLimitW: cap(Number.POSITIVE_INFINITY, 0, 120_000),
  exportLimitW: cap(Number.POSITIVE_INFINITY, 0, 60_000),
  groupMaxW: cap(Number.POSITIVE_INFINITY, 0, 90_000),
  planImportW: fc.oneof(anyW, fc.constant(-5)),
  evses: fc.array(
    fc.record({
      planW: anyW,
      planShort: fc.boolean(),
      socPct: fc.constantFrom(5, 19, 21, 60, 100, Number.NaN),
      backendMaxW: cap(Number.POSITIVE_INFINITY, 0, 60_000),
      backendMinW: cap(Number.NEGATIVE_INFINITY, -60_000, 0),
      operatorMaxW: fc.constantFrom(Number.POSITIVE_INFINITY, 0),
      operatorMinW: fc.constantFrom(Number.NEGATIVE_INFINITY, 0),
      bidirectional: fc.boolean(),
      authorized: fc.constantFrom(true, true, false),
    }),
    { minLength: 2, maxLength: 2 },
  ),
});

function siteOf(
  {
    loadW,
    importLimitW,
    exportLimitW,
    groupMaxW,
    planImportW,
    evses,
  }: typeof situation extends fc.Arbitrary<infer T> ? T : never,
  planned: boolean,
): TestSite {
  const site = new TestSite();
  site.loadW = loadW;
  Object.assign(site.snapshot.site, { importLimitW, exportLimitW, backendMaxW: groupMaxW });
  Object.assign(site.snapshot.site, planned ? { planImportW, planImportUntilMs: 1e12 } : {});
  evses.forEach(({ planW, planShort, socPct, ...more }, i) => {
    const evse = site.snapshot.evses[i]!;
    Object.assign(evse, more, { socPct, requestSource: "none", targetPct: 80 });
    site.snapshot.stages[i]!.socPct = socPct;
    if (planned) Object.assign(evse, { planW, planShort, planUntilMs: 1e12 });
  });
  return site;
}

const ownReasons = [
  "backend-limit",
  "operator-limit",
  "reserve",
  "battery-full",
  "not-authorized",
  "not-bidirectional",
  "vehicle-limit",
  "stage-rating",
  "permit-discharge",
  "mode",
] as const;

test("limits are the same with a plan, and every setpoint lies within them", () => {
  fc.assert(
    fc.property(situation, (given) => {
      const [free, planned] = [siteOf(given, false), siteOf(given, true)];
      free.run(2_000);
      let importedW = Number.NEGATIVE_INFINITY;
      planned.run(2_000, () => {
        importedW = Math.max(importedW, planned.snapshot.meter.powerW);
      });
      for (let i = 0; i < 2; i++) {
        // What is shared among the chargers stands behind these, and only where it binds.
        const bounds = (site: TestSite): string[] => {
          const first = new Map<string, ReturnType<TestSite["limits"]>[number]>();
          for (const one of site.limits(i)) if (!first.has(one.reason)) first.set(one.reason, one);
          return ownReasons.flatMap((reason) => {
            const one = first.get(reason);
            return one === undefined ? [] : [`${reason} ${one.minW} ${one.maxW}`];
          });
        };
        expect(bounds(planned)).toEqual(bounds(free));
        const setpointW = planned.setpointW(i);
        expect(Number.isFinite(setpointW)).toBe(true);
        for (const { reason, minW, maxW } of planned.limits(i)) {
          expect(setpointW, `${reason} of EVSE ${i + 1}`).toBeLessThanOrEqual(Math.max(0, maxW) + 1e-6);
          expect(setpointW, `${reason} of EVSE ${i + 1}`).toBeGreaterThanOrEqual(Math.min(0, minW) - 1e-6);
        }
      }
      expect(planned.sumW).toBeLessThanOrEqual(given.groupMaxW + 1);
      // Never more than the load alone where that is beyond the limit already.
      expect(importedW).toBeLessThanOrEqual(Math.max(given.importLimitW, given.loadW) + 1_000);
    }),
    { numRuns: 60, seed: 7 },
  );
});

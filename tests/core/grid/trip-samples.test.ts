/**
 * Trips against a voltage whose course is known, seen through a meter that samples at its own times: late samples, lost ones,
 * a meter that falls silent, cycles that come late. What is judged is the truth: how long the voltage was beyond the
 * threshold, never what the controller counted.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { simulatedRig } from "../../../sim/certify/simulated-rig.ts";
import { standardGridProfile } from "../../../src/config/grid-profiles.ts";
import { createGridFunctions, stepGridFunctions } from "../../../src/core/grid/der.ts";
import { createGridMeasurement } from "../../../src/core/grid/measurement.ts";
import { Quality } from "../../../src/domain/quality.ts";
import { ratings } from "./fixture.ts";

const settings = {
  ...standardGridProfile.settings,
  droopEnabled: false,
  islandingBackupEnabled: false,
  reactiveMode: "none",
} as const;
/** As the standard's accuracy of a time has it, here from the public scripts and not from the code under test. */
const toleranceS = (clearingS: number): number => (clearingS < 5 ? 2 / 60 : 0.01 * clearingS);

interface Course {
  /** The voltage is so from `fromMs` until `untilMs`, and 1 pu otherwise. */
  readonly voltagePu: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly endMs: number;
  readonly loopMs: number;
  readonly everyMs: number;
  /** Time by which sample k arrives late, or NaN where it is lost. */
  readonly lateMs: (k: number) => number;
  /** Cycles that come this much later than they should, by their number. */
  readonly stallMs?: (cycle: number) => number;
}

/** When service was left, ms; Infinity if it never was. */
function tripAtMs(course: Course): number {
  const { voltagePu, fromMs, untilMs, endMs, loopMs, everyMs, lateMs, stallMs = () => 0 } = course;
  const der = createGridFunctions({ settings }, { ...ratings, openingS: 0 }, "single", { inService: true });
  const measurement = createGridMeasurement();
  measurement.frequencyHz = 60;
  measurement.quality = Quality.good;
  measurement.everyMs = everyMs;
  let next = 0;
  let nowMs = 0;
  for (let cycle = 0; nowMs < endMs; cycle++) {
    nowMs += loopMs + stallMs(cycle);
    for (; next * everyMs <= nowMs; next++) {
      const late = lateMs(next);
      if (Number.isNaN(late)) continue;
      if (next * everyMs + late > nowMs) break;
      const atMs = next * everyMs;
      measurement.phaseVoltagePu[0] = atMs >= fromMs && atMs < untilMs ? voltagePu : 1;
      measurement.sampleAtMs = atMs + late;
    }
    if (stepGridFunctions(der, measurement, nowMs).status === "trip") return nowMs;
  }
  return Number.POSITIVE_INFINITY;
}

const rows = [
  ["OV2", 1.25, settings.ov2S],
  ["UV2", 0.3, settings.uv2S],
  ["OV1", 1.15, settings.ov1S],
] as const;
const row = fc.constantFrom(...rows);
const phases = fc.double({ min: 0, max: 200, noNaN: true });
const runs = { numRuns: 150, seed: 17 };
/** For each sample by its number: on time, up to `mostMs` late, or lost; never two lost in a row. */
const arrivals = (mostMs: number) =>
  fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: mostMs, noNaN: true }), fc.constant(Number.NaN)), {
    minLength: 7,
    maxLength: 31,
  });
const lateOf =
  (list: readonly number[]) =>
  (k: number): number => {
    const late = list[k % list.length]!;
    return Number.isNaN(late) && k % 2 === 1 ? 0 : late;
  };

describe("whatever arrives late or is lost", () => {
  test("a condition that lasts trips within the tolerance of its clearing time", () => {
    fc.assert(
      fc.property(
        row,
        phases,
        arrivals(5),
        fc.constantFrom([5, 10], [10, 10], [10, 20]),
        (one, fromMs, late, times) => {
          const [, voltagePu, clearingS] = one;
          const endMs = fromMs + 1_000 * clearingS + 500;
          const [loopMs, everyMs] = times as [number, number];
          const course = { voltagePu, fromMs, untilMs: endMs, endMs, loopMs, everyMs, lateMs: lateOf(late) };
          const tookS = (tripAtMs(course) - fromMs) / 1_000;
          expect(tookS).toBeLessThanOrEqual(clearingS + toleranceS(clearingS));
          expect(tookS).toBeGreaterThanOrEqual(clearingS - toleranceS(clearingS) - 1e-9);
        },
      ),
      runs,
    );
  });

  test("one that ends within the clearing time, less the tolerance, trips nothing", () => {
    fc.assert(
      fc.property(
        ...[row, phases, arrivals(5), fc.constantFrom(10, 20, 100, 200), fc.double({ min: 0, max: 1, noNaN: true })],
        (one, fromMs, late, everyMs, share) => {
          const [, voltagePu, clearingS] = one;
          const untilMs = fromMs + 1_000 * share * (clearingS - toleranceS(clearingS)) - 1e-6;
          const endMs = fromMs + 1_000 * clearingS + 1_000;
          // The end is told by a sample that comes; one that is lost is in the test above.
          const lateMs = (k: number): number => (everyMs > 20 ? 0 : lateOf(late)(k));
          expect(tripAtMs({ voltagePu, fromMs, untilMs, endMs, loopMs: 10, everyMs, lateMs })).toBe(
            Number.POSITIVE_INFINITY,
          );
        },
      ),
      runs,
    );
  });

  test("a meter that falls silent while the condition stands delays no trip beyond the tolerance", () => {
    fc.assert(
      fc.property(row, phases, fc.double({ min: 0, max: 1, noNaN: true }), (one, fromMs, share) => {
        const [, voltagePu, clearingS] = one;
        const silentMs = fromMs + 20 + share * 1_000 * clearingS;
        const endMs = fromMs + 1_000 * clearingS + 500;
        const lateMs = (k: number): number => (10 * k > silentMs ? Number.NaN : 0);
        const tookS =
          (tripAtMs({ voltagePu, fromMs, untilMs: endMs, endMs, loopMs: 10, everyMs: 10, lateMs }) - fromMs) / 1_000;
        expect(tookS).toBeLessThanOrEqual(clearingS + toleranceS(clearingS));
        expect(tookS).toBeGreaterThanOrEqual(clearingS - toleranceS(clearingS) - 1e-9);
      }),
      runs,
    );
  });

  test("cycles that stand still make no dip longer, and one that lasts no shorter", () => {
    fc.assert(
      fc.property(phases, fc.integer({ min: 5, max: 40 }), fc.constantFrom(100, 700, 3_000), (fromMs, at, stallMs) => {
        const stalls = (cycle: number): number => (cycle === at ? stallMs : 0);
        const common = { voltagePu: 0.3, fromMs, loopMs: 10, everyMs: 10, lateMs: () => 0, stallMs: stalls };
        const short = tripAtMs({ ...common, untilMs: fromMs + 1_900, endMs: 8_000 });
        const beganSeen = at * 10 > fromMs + 20;
        if (beganSeen || stallMs < 100) expect(short).toBe(Number.POSITIVE_INFINITY);
        const long = (tripAtMs({ ...common, untilMs: 20_000, endMs: 20_000 }) - fromMs) / 1_000;
        // While the cycle stands still nobody can trip: the first one after it does.
        const resumesS = ((at + 1) * 10 + stallMs - fromMs) / 1_000;
        if (beganSeen) expect(long).toBeLessThanOrEqual(Math.max(2 + 2 / 60, resumesS + 0.02));
        expect(long).toBeGreaterThanOrEqual(2 - 2 / 60 - 1e-9);
      }),
      runs,
    );
  });
});

test.each([0, 70, 130, 190])(
  "through the controller: 0.1 s of over-voltage and a meter of 200 ms, begun %i ms into a sample, ends nothing",
  async (offsetMs) => {
    const rig = simulatedRig({
      profile: standardGridProfile,
      seed: 5,
      planted: {
        meter: { updateMs: 200, windowMs: 200 },
        site: (site) => {
          const { pcc } = site.config;
          return {
            ...site,
            config: { ...site.config, pcc: { ...pcc, meter: { ...pcc.meter, updateMs: 200, windowMs: 200 } } },
          };
        },
      },
    });
    const recording = await rig.play({
      settings: { ...settings, enterDelayS: 8, enterRampS: 1 },
      segments: [
        { forS: 2 + offsetMs / 1_000, requestPu: 1 },
        { forS: 0.1, voltagePu: 1.25 },
        { forS: 3, voltagePu: 1 },
      ],
    });
    expect(recording.activePu.at(-1)!).toBeGreaterThan(0.9);
  },
);

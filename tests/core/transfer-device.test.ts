/** The transfer device: kinds, and the window of a closed transition. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  angleAtTouchDeg,
  inSyncWindow,
  parallelHandoverMaxMs,
  syncAim,
  syncWindowFor,
  transferDeviceKinds,
  wearPu,
  wrapDeg,
} from "../../src/core/modes/transfer-device.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";

const device = (change: object) =>
  Object.assign(createSnapshot(0, 0).transferDevice, {
    gridVoltagePu: 1,
    gridFrequencyHz: 60,
    busVoltagePu: 1,
    busFrequencyHz: 60,
    phaseDeg: 0,
    ...change,
  });

describe("synchronism", () => {
  const window = syncWindowFor(100_000);
  const travelMs = 50;
  const cases: readonly (readonly [name: string, change: object, travelMs: number, inside: boolean])[] = [
    ["equal in everything", {}, 50, true],
    ["voltage 11 % apart", { busVoltagePu: 1.11 }, 50, false],
    ["frequency 0.31 Hz apart", { busFrequencyHz: 60.31 }, 1, false],
    ["19 degrees apart, standing still", { phaseDeg: 19 }, 50, true],
    ["19 degrees apart and drifting away: outside when it touches", { phaseDeg: 19, busFrequencyHz: 60.1 }, 50, false],
    ["21 degrees apart, coming closer: outside now", { phaseDeg: 21, busFrequencyHz: 59.9 }, 50, false],
    ["across 180 degrees", { phaseDeg: 179.9, busFrequencyHz: 60.2 }, 50, false],
    ["one side dead", { gridVoltagePu: 0, gridFrequencyHz: 0, phaseDeg: Number.NaN }, 50, false],
  ];
  test.each(cases)("%s", (_, change, travelMs, inside) => {
    expect(inSyncWindow(device(change), window, travelMs)).toBe(inside);
  });

  test("larger sites have narrower windows", () => {
    expect(syncWindowFor(500_000).angleDeg).toBe(20);
    expect(syncWindowFor(500_001).angleDeg).toBe(15);
    expect(syncWindowFor(1_500_001).angleDeg).toBe(10);
  });

  test("a close is commanded in a part of the window, so that it still touches inside when something changes", () => {
    const aim = syncAim(window);
    const edge = device({ phaseDeg: 11 });
    expect([inSyncWindow(edge, aim, travelMs), inSyncWindow(edge, window, travelMs)]).toEqual([false, true]);
    expect(inSyncWindow(device({ phaseDeg: 9 }), aim, travelMs)).toBe(true);
  });

  test("10,000 closes at any angle, slip and voltage, touching anywhere within the listed travel: none outside the window", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -180, max: 180, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: 0.7, max: 1.3, noNaN: true }),
        fc.double({ min: 1, max: 300, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(100_000, 1_000_000, 5_000_000),
        (phaseDeg, slipHz, busVoltagePu, travelMs, share, ratedVA) => {
          const sides = device({ phaseDeg, busFrequencyHz: 60 + slipHz, busVoltagePu });
          const limits = syncWindowFor(ratedVA);
          if (!inSyncWindow(sides, limits, travelMs)) return;
          expect(Math.abs(angleAtTouchDeg(sides, travelMs * share))).toBeLessThanOrEqual(limits.angleDeg + 1e-9);
        },
      ),
      { numRuns: 10_000 },
    );
  });

  test("angles wrap into (-180, 180]", () => {
    for (const [deg, wrapped] of [
      [0, 0],
      [180, 180],
      [-180, 180],
      [181, -179],
      [540, 180],
      [-190, 170],
    ] as const)
      expect(wrapDeg(deg)).toBeCloseTo(wrapped, 9);
  });
});

describe("kinds", () => {
  test("only a device with a relay in its close coil and a handover timer is listed for closed transition", () => {
    for (const { closedTransition, interlocks } of Object.values(transferDeviceKinds)) {
      if (closedTransition) expect(interlocks.join()).toMatch(/relay.*handover timer/);
    }
    expect(parallelHandoverMaxMs).toBe(100);
  });
  test("wear is a share of the listed operations", () => {
    expect(wearPu(transferDeviceKinds["open-transition"], 3_000)).toBe(0.5);
    expect(wearPu(transferDeviceKinds.none, 5)).toBe(0);
  });
});

/** Islands die in time at every load match, and events that must be ridden through do not trip: the claims of the matrix. */
import { describe, expect, test } from "vitest";
import { firmwareShiftPerHz, RlcIsland } from "../../../sim/plant/rlc-island.ts";
import {
  isInSweep,
  islandMatrix,
  longestIslandS,
  noStageTrips,
  rideThrough,
  rideThroughCases,
  runIslandLoop,
  widenedSettings,
} from "../../../sim/story/islanding.ts";
import { standardGridProfile } from "../../../src/config/grid-profiles.ts";
import {
  createIslandingBackup,
  islandingBackupTuning,
  stepIslandingBackup,
} from "../../../src/core/grid/anti-islanding.ts";
import { createApplicableGrid } from "../../../src/core/grid/measurement.ts";
import { Quality } from "../../../src/domain/quality.ts";

const oneInstant = [1.13] as const;
const lives = (plant: object, islandingBackupEnabled: boolean, points = islandMatrix): number[] =>
  points.map((point) =>
    longestIslandS(
      { stageTrips: noStageTrips, ...plant, ...point },
      { ...widenedSettings, islandingBackupEnabled },
      0.02,
      oneInstant,
    ),
  );

describe("the test circuit is what the formulae say", () => {
  test.each([
    [0, 0],
    [0, 0.05],
    [0, -0.05],
    [0.3, 0.05],
    [-0.3, -0.05],
  ])("active mismatch %f, reactive %f: voltage and frequency settle where the load wants them", (active, reactive) => {
    const plant = new RlcIsland({ stageTrips: noStageTrips, activeMismatch: active, reactiveMismatch: reactive });
    plant.breakerClosed = false;
    while (plant.timeS < 2) plant.step();
    expect(plant.frequencyHz).toBeCloseTo(60 * Math.sqrt(1 + reactive / (1 + active)), 1);
    expect(plant.voltagePu).toBeCloseTo(Math.sqrt(1 / (1 + active)), 2);
  });
});

describe("the feedback by itself", () => {
  const steady = (frequencyAt: (atS: number) => number): number[] => {
    const state = createIslandingBackup();
    const grid = { ...createApplicableGrid(), frequencyQuality: Quality.good };
    const varsPu: number[] = [];
    for (let tick = 0; tick < 1_000; tick++) {
      grid.frequencyHz = frequencyAt(tick / 100);
      stepIslandingBackup(state, standardGridProfile.settings, grid, islandingBackupTuning, 0.01);
      varsPu.push(state.injectedPu);
    }
    return varsPu;
  };
  test("on a steady grid it is only a pulse that alternates and has no mean", () => {
    const varsPu = steady(() => 60);
    expect(new Set(varsPu)).toEqual(new Set([0, 0.015, -0.015]));
    expect(Math.abs(varsPu.reduce((sum, varPu) => sum + varPu, 0) / varsPu.length)).toBeLessThan(1e-4);
  });
  test("it absorbs when frequency rises, up to its bound, and lets go of a grid that stays elsewhere", () => {
    const varsPu = steady((atS) => (atS < 1 ? 60 : 61.5));
    expect(Math.min(...varsPu)).toBeGreaterThanOrEqual(-islandingBackupTuning.varMaxPu);
    expect(varsPu[105]!).toBeLessThan(-0.2);
    expect(Math.abs(varsPu.at(-20)!)).toBeLessThan(0.02);
  });
});

describe("islands", () => {
  const sweep = islandMatrix.filter(isInSweep);
  test("there are 147 points, 11 of them in the sweep", () => {
    expect(islandMatrix).toHaveLength(147);
    expect(sweep).toHaveLength(11);
  });
  test("with every method off the island holds at every point of the sweep", () => {
    expect(lives({}, false, sweep).every((lifeS) => lifeS === Number.POSITIVE_INFINITY)).toBe(true);
  });
  test("the stage's function ends all 147 within 0.5 s", () => {
    expect(Math.max(...lives({ frequencyShiftPerHz: firmwareShiftPerHz }, false))).toBeLessThanOrEqual(0.5);
  });
  test("the backup alone, stage reactive power lagging 20 ms, ends all 147 within 2 s", () => {
    expect(Math.max(...lives({ reactiveLagS: 0.02 }, true))).toBeLessThanOrEqual(2);
  });
  test("the backup alone, lagging 100 ms, ends the ±5 % sweep within 2 s", () => {
    expect(Math.max(...lives({ reactiveLagS: 0.1 }, true, sweep))).toBeLessThanOrEqual(2);
  });
  test("the trip is the controller's, and says so", () => {
    const settings = { ...widenedSettings, islandingBackupEnabled: true };
    const result = runIslandLoop({
      plant: { stageTrips: noStageTrips },
      settings,
      periodS: 0.01,
      opensAtS: 1,
      endS: 4,
    });
    expect(result).toMatchObject({ ceasedBy: "controller", cause: "islanding" });
  });
});

describe("with everything enabled nothing trips in", () => {
  const settings = {
    ...standardGridProfile.settings,
    reactiveMode: "volt-var",
    voltWattEnabled: true,
    droopEnabled: true,
    islandingBackupEnabled: true,
  } as const;
  test.each(rideThroughCases(20).map((event) => [event.name, event] as const))("%s", (_, event) => {
    for (const periodS of [0.01, 0.02]) {
      const result = rideThrough(
        event,
        { reactiveLagS: 0.1, frequencyShiftPerHz: firmwareShiftPerHz },
        settings,
        periodS,
      );
      expect([result.ceasedBy, result.cause]).toEqual(["", "none"]);
    }
  });
});

/** What European codes ask for and IEEE 1547 does not: each function by itself, and three of them beside a naive second one. */
import { describe, expect, test } from "vitest";
import { builtInGridProfile, type GridSettings, standardGridProfile } from "../../../src/config/grid-profiles.ts";
import { createDroop, stepDroop } from "../../../src/core/grid/droop.ts";
import { entryDelayS, entryRampS } from "../../../src/core/grid/enter-service.ts";
import { createMeanVoltage, stepMeanVoltage } from "../../../src/core/grid/mean-voltage.ts";
import { createApplicableGrid } from "../../../src/core/grid/measurement.ts";
import { varPerWattAt } from "../../../src/core/grid/power-factor.ts";
import { createVoltVar, loadVoltVar, stepVoltVar } from "../../../src/core/grid/volt-var.ts";
import { createVoltWatt, stepVoltWatt } from "../../../src/core/grid/volt-watt.ts";
import { Quality } from "../../../src/domain/quality.ts";
import { createBench, run, setVoltage, timeToTripS } from "./fixture.ts";
import { naiveLfsm, naiveQu, naiveTenMinuteMean } from "./naive.ts";

const vde = builtInGridProfile("vde-ar-n-4105-2018")!.settings;
const inputs = 10_000;

/** Numbers in [0, 1), the same in each run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
const between = (random: () => number, low: number, high: number): number => low + (high - low) * random();

describe("beside a naive second implementation", () => {
  test(`LFSM-O and LFSM-U agree on ${inputs} random courses of frequency`, () => {
    const random = chance(1);
    let worst = 0;
    for (let input = 0; input < inputs; input++) {
      const nominalHz = random() < 0.5 ? 50 : 60;
      const settings: GridSettings = {
        ...vde,
        nominalFrequencyHz: nominalHz,
        droopOverBandHz: between(random, 0.02, 0.5),
        droopUnderBandHz: between(random, 0.02, 0.5),
        droopOverPu: between(random, 0.02, 0.12),
        droopUnderPu: between(random, 0.02, 0.12),
        droopOverReference: random() < 0.5 ? "rated" : "actual",
        droopUnderReference: random() < 0.5 ? "rated" : "actual",
        droopHold: random() < 0.5,
        droopStopBandHz: random() < 0.5 ? 0 : between(random, 0.01, 0.3),
        droopStopS: random() < 0.5 ? 0 : 1_500,
        droopReturnS: 0,
        droopOlrtS: 0.2,
      };
      const lowestPu = -between(random, 0.2, 1.5);
      const requestPu = between(random, lowestPu, 1);
      // Each lasts long enough for the response to have settled.
      const everyS = 1_000;
      const frequencies = Array.from({ length: 5 }, () => nominalHz + between(random, -1.5, 1.5) * random());
      const expected = naiveLfsm(
        {
          nominalHz,
          overBandHz: settings.droopOverBandHz,
          underBandHz: settings.droopUnderBandHz,
          overDroop: settings.droopOverPu,
          underDroop: settings.droopUnderPu,
          overOfActual: settings.droopOverReference === "actual",
          underOfActual: settings.droopUnderReference === "actual",
          hold: settings.droopHold,
          stopBandHz: settings.droopStopBandHz,
          stopS: settings.droopStopS,
          lowestPu,
        },
        requestPu,
        frequencies,
        everyS,
      );
      const droop = createDroop();
      frequencies.forEach((hz, k) => {
        const pu = stepDroop(droop, settings, hz, requestPu, requestPu, lowestPu, everyS);
        worst = Math.max(worst, Math.abs(pu - expected[k]!));
      });
    }
    expect(worst).toBeLessThan(1e-9);
  });

  test(`the mean of ten minutes agrees on ${inputs} samples`, () => {
    const random = chance(2);
    let level = 1.1;
    const voltages = Array.from({ length: inputs }, () => {
      if (random() < 0.005) level = between(random, 1.05, 1.15);
      return level + between(random, -0.02, 0.02);
    });
    const expected = naiveTenMinuteMean(voltages, vde.ovMeanPu);
    const mean = createMeanVoltage();
    const grid = createApplicableGrid();
    grid.voltageQuality = Quality.good;
    let differing = 0;
    voltages.forEach((pu, k) => {
      grid.highPu = pu;
      const above = stepMeanVoltage(mean, vde, grid, 1);
      const { above: isAbove, meanPu } = expected[k]!;
      if (above !== isAbove && Math.abs(meanPu - vde.ovMeanPu) > 1e-9) differing++;
    });
    expect(differing).toBe(0);
    expect(expected.filter(({ above }) => above).length).toBeGreaterThan(inputs / 10);
  });

  test(`Q(U) agrees on ${inputs} random voltages, powers and times`, () => {
    const random = chance(3);
    const perForm = { "open-loop": Math.LN10, "three-time-constants": 3, "time-constant": 1 } as const;
    const forms = Object.keys(perForm) as (keyof typeof perForm)[];
    let worst = 0;
    for (let input = 0; input < inputs; input++) {
      const form = forms[Math.floor(random() * 3)]!;
      const lockIn = random() < 0.5 ? 0 : 0.2;
      const settings: GridSettings = {
        ...vde,
        voltVarV1Pu: between(random, 0.88, 0.93),
        voltVarV2Pu: between(random, 0.95, 0.99),
        voltVarV3Pu: between(random, 1.01, 1.04),
        voltVarV4Pu: between(random, 1.06, 1.1),
        voltVarOlrtS: between(random, 1, 60),
        responseForm: form,
        voltVarLockInPu: lockIn,
        voltVarLockOutPu: lockIn / 4,
      };
      const state = createVoltVar();
      loadVoltVar(state, settings);
      const fromPu = between(random, -0.4, 0.4);
      state.response.value = fromPu;
      // Beyond the lock-in before or not, then a power between lock-out and lock-in, where the past decides.
      const wasActive = random() < 0.5;
      stepVoltVar(state, settings, 1, 0, wasActive ? 0.5 : lockIn / 20);
      state.response.value = fromPu;
      const voltagePu = between(random, 0.85, 1.15);
      const steps = 1 + Math.floor(random() * 5);
      const dtS = between(random, 0.01, 3);
      const activePu = lockIn === 0 ? 0 : -0.1;
      let found = 0;
      for (let k = 0; k < steps; k++) found = stepVoltVar(state, settings, voltagePu, dtS, activePu);
      const { voltVarV1Pu: v1, voltVarV2Pu: v2, voltVarV3Pu: v3, voltVarV4Pu: v4 } = settings;
      const { voltVarQ1Pu: q1, voltVarQ2Pu: q2, voltVarQ3Pu: q3, voltVarQ4Pu: q4 } = settings;
      const points = [
        [v1, q1],
        [v2, q2],
        [v3, q3],
        [v4, q4],
      ] as const;
      const acts = lockIn === 0 || wasActive;
      const expected = naiveQu(points, voltagePu, acts, fromPu, steps * dtS, settings.voltVarOlrtS / perForm[form]);
      worst = Math.max(worst, Math.abs(found - expected));
    }
    expect(worst).toBeLessThan(1e-9);
  });
});

describe("LFSM", () => {
  const lfsm: GridSettings = { ...vde, droopOlrtS: 0.2, droopReturnS: 0 };
  /** Power after each [frequency, seconds], settled. */
  const course = (settings: GridSettings, requestPu: number, ...steps: [hz: number, s: number][]): number[] => {
    const droop = createDroop();
    return steps.map(([hz, s]) => {
      let pu = Number.NaN;
      for (let k = 0; k < s * 10; k++) pu = stepDroop(droop, settings, hz, requestPu, requestPu, -1, 0.1);
      return Math.round(pu * 1_000) / 1_000;
    });
  };
  test.each([
    ["VDE-AR-N 4105: 40 % of the rating for each hertz above 50.2", {}, 0.8, [[50.7, 5]], [0.6]],
    ["the same of the power when it began", { droopOverReference: "actual" }, 0.5, [[50.7, 5]], [0.4]],
    ["below 49.8", {}, 0.2, [[49.3, 5]], [0.4]],
    ["through zero into charging", {}, 0.1, [[51.2, 5]], [-0.3]],
    [
      "not before the delay",
      { droopDelayS: 2 },
      0.8,
      [
        [50.7, 1.5],
        [50.7, 5],
      ],
      [0.8, 0.6],
    ],
    [
      "follows the frequency back",
      {},
      0.8,
      [
        [51.2, 5],
        [50.7, 5],
      ],
      [0.4, 0.6],
    ],
    [
      "or holds the furthest",
      { droopHold: true },
      0.8,
      [
        [51.2, 5],
        [50.7, 5],
      ],
      [0.4, 0.4],
    ],
    [
      "until it is within the stop band for its time",
      { droopHold: true, droopStopBandHz: 0.1, droopStopS: 20 },
      0.8,
      [
        [51.2, 5],
        [50.15, 40],
        [50.05, 19],
        [50.05, 5],
      ],
      [0.4, 0.4, 0.4, 0.8],
    ],
    [
      "back at 10 % of the rating a minute",
      { droopReturnS: 600 },
      0.8,
      [
        [51.2, 5],
        [50, 60],
        [50, 120],
      ],
      [0.4, 0.5, 0.7],
    ],
  ] as const)("%s", (_, change, requestPu, steps, expected) => {
    const found = course({ ...lfsm, ...change }, requestPu, ...(steps as unknown as [number, number][]));
    for (const [k, pu] of found.entries()) expect(pu).toBeCloseTo(expected[k]!, 2);
  });
  test("a gradient back holds up only what would undo the help", () => {
    const droop = createDroop();
    const settings = { ...lfsm, droopReturnS: 600 };
    for (let k = 0; k < 50; k++) stepDroop(droop, settings, 51.2, 0.8, 0.8, -1, 0.1);
    expect(stepDroop(droop, settings, 50, -0.5, 0.8, -1, 0.1)).toBe(-0.5);
  });
});

describe("a start and a return after a trip have criteria of their own", () => {
  const separate: Partial<GridSettings> = {
    ...{ startSeparate: true, startFrequencyMinHz: 59.9, startFrequencyMaxHz: 60.1, startVoltageMinPu: 0.9 },
    ...{ startVoltageMaxPu: 1.1, startDelayS: 10, startRampS: 0, enterDelayS: 60, enterRampS: 600 },
    ...{ enterFrequencyMinHz: 57, enterFrequencyMaxHz: 60.5, ov2S: 0.16 },
  };
  test("after a trip: the longer wait, the wider window, the gradient", () => {
    const bench = createBench(separate);
    run(bench, 1);
    setVoltage(bench, 1.3);
    run(bench, 1);
    expect(bench.der.outcome).toMatchObject({ inService: false, cause: "ov2" });
    setVoltage(bench, 1);
    bench.measurement.frequencyHz = 60.4;
    run(bench, 59.5);
    expect(bench.der.outcome.inService).toBe(false);
    bench.requestedW = 10_000;
    run(bench, 1);
    expect(bench.der.outcome.inService).toBe(true);
    // A tenth of the rating in a minute.
    expect(run(bench, 60).injectedW).toBeCloseTo(1_000, -2);
  });
  test("after a permit that was off: the start's wait and window, and no gradient", () => {
    const bench = createBench(separate);
    run(bench, 1);
    bench.der.inputs.permissive = false;
    run(bench, 1);
    bench.der.inputs.permissive = true;
    bench.measurement.frequencyHz = 60.4;
    bench.requestedW = 10_000;
    run(bench, 100);
    expect(bench.der.outcome.inService).toBe(false);
    bench.measurement.frequencyHz = 60;
    run(bench, 9.9);
    expect(bench.der.outcome.inService).toBe(false);
    expect(run(bench, 0.5).injectedW).toBe(10_000);
  });
  test("after a restart nobody knows which it is: the longer of both", () => {
    const { settings, enterService } = createBench({ ...separate, startDelayS: 90 }, { inService: false }).der;
    expect(entryDelayS(enterService, settings)).toBe(90);
    expect(entryRampS(enterService, settings)).toBe(600);
  });
});

describe("rate of change of frequency", () => {
  const rocof: Partial<GridSettings> = { rocofHzPerS: 1, rocofWindowS: 0.5, rocofS: 0.5, of1Hz: 66, of2Hz: 66 };
  const ramp = (hzPerS: number, change: Partial<GridSettings> = rocof): number => {
    const bench = createBench(change);
    run(bench, 2);
    for (let at = 0; at < 2; at += 0.02) {
      bench.measurement.frequencyHz = 60 + hzPerS * at;
      if (run(bench, 0.02).status === "trip") return at;
    }
    return Number.POSITIVE_INFINITY;
  };
  test.each([
    [1.1, 0.85, 1.1],
    [-1.1, 0.85, 1.1],
    [3, 0.5, 0.75],
  ])("%f Hz/s trips between %f and %f s", (hzPerS, fromS, toS) => {
    const atS = ramp(hzPerS);
    expect(atS).toBeGreaterThan(fromS);
    expect(atS).toBeLessThan(toS);
  });
  test.each([0.95, -0.95])("%f Hz/s does not", (hzPerS) => expect(ramp(hzPerS)).toBe(Number.POSITIVE_INFINITY));
  test("a step of 0.4 Hz does not: the window makes 0.8 Hz/s of it", () => {
    const bench = createBench(rocof);
    run(bench, 2);
    bench.measurement.frequencyHz = 60.4;
    expect(timeToTripS(bench, 3)).toBe(Number.POSITIVE_INFINITY);
  });
  test("IEEE 1547 has none: 3 Hz/s are ridden through", () => {
    expect(standardGridProfile.settings.rocofHzPerS).toBe(0);
    expect(ramp(3, { of1Hz: 66, of2Hz: 66 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("reactive power by active power, and power by voltage", () => {
  test.each([
    [0.25, 1],
    [0.5, 1],
    [0.75, 0.95],
    [1, 0.9],
  ])("cos φ(P) of VDE-AR-N 4105 at %f of rated power: %f under-excited", (powerPu, factor) => {
    expect(varPerWattAt(vde, powerPu)).toBeCloseTo(-Math.sqrt(1 / factor ** 2 - 1), 9);
  });
  test("none while charging, over-excited where it is positive, and only beyond the lock-in voltage", () => {
    expect(varPerWattAt(vde, -0.7)).toBe(0);
    expect(varPerWattAt({ ...vde, factorWattF3: 0.9 }, 1)).toBeCloseTo(Math.sqrt(1 / 0.81 - 1), 9);
    const bench = createBench({
      ...vde,
      ...{ reactiveMode: "power-factor-watt", factorWattLockInPu: 1.05, factorWattLockOutPu: 1 },
      ...{ droopEnabled: false, islandingBackupEnabled: false },
    });
    bench.requestedW = 8_000;
    expect(run(bench, 30).injectedVar).toBeCloseTo(0, 6);
    setVoltage(bench, 1.06);
    const absorbedVar = -8_000 * Math.sqrt(1 / 0.94 ** 2 - 1);
    expect(run(bench, 30).injectedVar).toBeCloseTo(absorbedVar, -1);
    setVoltage(bench, 1.02);
    expect(run(bench, 30).injectedVar).toBeCloseTo(absorbedVar, -1);
    setVoltage(bench, 0.99);
    expect(run(bench, 30).injectedVar).toBeCloseTo(0, 0);
  });
  test("P(U) of the power when the voltage passed the first point", () => {
    const settings: GridSettings = {
      ...vde,
      voltWattEnabled: true,
      voltWattV1Pu: 1.06,
      voltWattV2Pu: 1.1,
      voltWattReference: "actual",
    };
    const state = createVoltWatt();
    for (let k = 0; k < 100; k++) stepVoltWatt(state, settings, 1.05, 0.6, 1, 1);
    let limitPu = 0;
    for (let k = 0; k < 100; k++) limitPu = stepVoltWatt(state, settings, 1.08, 0.6, 1, 1);
    expect(limitPu).toBeCloseTo(0.3, 6);
  });
});

/** Each grid function by itself, as tables of inputs and what the standard's rule gives. */
import { describe, expect, test } from "vitest";
import { builtInGridProfile, type GridSettings, standardGridProfile } from "../../../src/config/grid-profiles.ts";
import { createActivePowerLimit, stepActivePowerLimit } from "../../../src/core/grid/active-power-limit.ts";
import { interpolate } from "../../../src/core/grid/curve.ts";
import { droopShiftPu } from "../../../src/core/grid/droop.ts";
import {
  createApplicableGrid,
  createGridMeasurement,
  isMeasured,
  readGrid,
} from "../../../src/core/grid/measurement.ts";
import { varPerWatt } from "../../../src/core/grid/power-factor.ts";
import { limitToCurrent, limitToRatings } from "../../../src/core/grid/pq-priority.ts";
import { frequencyRegions, regionsOf } from "../../../src/core/grid/ride-through.table.ts";
import { highRegion, holdS, lowRegion, modeOfFrequency } from "../../../src/core/grid/ride-through.ts";
import { createVoltVar, loadVoltVar, stepVoltVar } from "../../../src/core/grid/volt-var.ts";
import { voltWattLimitPu } from "../../../src/core/grid/volt-watt.ts";
import { createWattVarCurve, loadWattVarCurve, wattVarPu } from "../../../src/core/grid/watt-var.ts";
import { Quality } from "../../../src/domain/quality.ts";
import { ratings } from "./fixture.ts";

const standard = standardGridProfile.settings;
const withSettings = (changes: Partial<GridSettings>): GridSettings => ({ ...standard, ...changes });

describe("applicable voltages", () => {
  const read = (phases: [number, number, number], connection: "single" | "split" | "three", frequencyHz = 60) => {
    const grid = createApplicableGrid();
    const measurement = createGridMeasurement();
    measurement.quality = Quality.good;
    measurement.frequencyHz = frequencyHz;
    for (let phase = 0; phase < 3; phase++) measurement.phaseVoltagePu[phase] = phases[phase]!;
    readGrid(grid, measurement, connection, standard);
    return grid;
  };
  test("single: one voltage is all three", () => {
    expect(read([0.97, Number.NaN, Number.NaN], "single")).toMatchObject({
      averagePu: 0.97,
      lowPu: 0.97,
      highPu: 0.97,
    });
  });
  test("split: extremes of the legs, average across both", () => {
    expect(read([1.1, 0.9, Number.NaN], "split")).toMatchObject({ averagePu: 1, lowPu: 0.9, highPu: 1.1 });
  });
  test("three, balanced: all the same", () => {
    const grid = read([1.1, 1.1, 1.1], "three");
    for (const value of [grid.averagePu, grid.lowPu, grid.highPu]) expect(value).toBeCloseTo(1.1, 12);
  });
  test("three, one phase gone: low is the dead phase, high stays", () => {
    const grid = read([0, 1, 1], "three");
    expect(grid).toMatchObject({ lowPu: 0, highPu: 1 });
    expect(grid.averagePu).toBeCloseTo(2 / 3, 12);
    expect(read([0.01, 1, 1], "three").lowPu).toBe(0.01);
  });
  test("three, a fault between two phases: the voltage between them is the extreme, where the meter measures it", () => {
    const grid = createApplicableGrid();
    const measurement = createGridMeasurement();
    Object.assign(measurement, { quality: Quality.good, frequencyHz: 60 });
    measurement.phaseVoltagePu.splice(0, 3, 0.5, 0.5, 1);
    readGrid(grid, measurement, "three", standard);
    expect(grid.lowPu).toBe(0.5);
    measurement.lineVoltagePu.splice(0, 3, 0.01, 0.87, 0.87);
    readGrid(grid, measurement, "three", standard);
    expect(grid).toMatchObject({ lowPu: 0.01, highPu: 1 });
    measurement.lineVoltagePu[0] = 1.2;
    readGrid(grid, measurement, "three", standard);
    expect(grid.highPu).toBe(1.2);
  });
  test.each([
    [1.2, 1, 0.7],
    [0.3, 1, 1],
    [1.2, 1.2, 1],
    [0, 0.5, 1.1],
  ])("three, %f %f %f: voltages between phases lie between those of the phases", (a, b, c) => {
    const across = ([x, y]: readonly number[]): number => Math.sqrt((x! * x! + y! * y! + x! * y!) / 3);
    const all = [a, b, c, across([a, b]), across([b, c]), across([c, a])];
    const grid = read([a, b, c], "three");
    expect(grid.lowPu).toBeCloseTo(Math.min(...all), 12);
    expect(grid.highPu).toBeCloseTo(Math.max(...all), 12);
  });
  test.each([
    ["a voltage that is not a number", [Number.NaN, 1, 1], "three", 60, Quality.implausible, Quality.good],
    ["a negative voltage", [-0.1, 1, 1], "three", 60, Quality.implausible, Quality.good],
    ["230 given as pu", [230, 1, 1], "single", 60, Quality.implausible, Quality.good],
    ["frequency zero at good voltage", [1, 1, 1], "single", 0, Quality.good, Quality.implausible],
    ["frequency not a number", [1, 1, 1], "single", Number.NaN, Quality.good, Quality.implausible],
    ["frequency infinite", [1, 1, 1], "single", Number.POSITIVE_INFINITY, Quality.good, Quality.implausible],
    ["a dead grid: voltage good, frequency cannot be measured", [0, 0, 0], "three", 0, Quality.good, Quality.missing],
  ] as const)("%s has a named quality and no number", (_, phases, connection, hz, voltageQuality, frequencyQuality) => {
    const grid = read([...phases] as [number, number, number], connection, hz);
    expect(grid).toMatchObject({ voltageQuality, frequencyQuality });
    if (frequencyQuality !== Quality.good) expect(grid.frequencyHz).toBeNaN();
    if (voltageQuality !== Quality.good) expect(grid.averagePu).toBeNaN();
  });
  test("a collapsed voltage is measured, a broken frequency is not", () => {
    expect(isMeasured(read([0, 0, 0], "three", 0))).toBe(true);
    expect(isMeasured(read([1, 1, 1], "three", 0))).toBe(false);
  });
});

describe("ride-through regions", () => {
  test.each([
    ["I", 0.88, undefined, 0],
    ["I", 0.8, "mandatory", 1.1],
    ["I", 0.6, "permissive", 0.16],
    ["I", 0.4, "cease", 0],
    ["II", 0.8, "mandatory", 4.305],
    ["II", 0.5, "permissive", 0.32],
    ["II", 0.35, "permissive", 0.16],
    ["II", 0.29, "cease", 0],
    ["III", 0.8, "mandatory", 20],
    ["III", 0.5, "mandatory", 10],
    ["III", 0.49, "momentaryCessation", 1],
    ["III", 0, "momentaryCessation", 1],
  ] as const)("Category %s at %f pu: %s", (category, voltagePu, mode, required) => {
    const region = lowRegion(regionsOf("ieee1547", category).low, voltagePu);
    expect(region?.mode).toBe(mode);
    if (region) expect(holdS(region, voltagePu)).toBeCloseTo(required, 9);
  });
  test.each([
    ["I", 1.1, undefined],
    ["I", 1.12, "permissive"],
    ["II", 1.18, "permissive"],
    ["II", 1.21, "cease"],
    ["III", 1.1, undefined],
    ["III", 1.2, "momentaryCessation"],
    ["III", 1.201, "cease"],
  ] as const)("Category %s at %f pu: %s", (category, voltagePu, mode) => {
    expect(highRegion(regionsOf("ieee1547", category).high, voltagePu)?.mode).toBe(mode);
  });
  test.each([
    [60, "continuous"],
    [61.2, "continuous"],
    [61.21, "mandatory"],
    [61.8, "mandatory"],
    [61.81, "undefined"],
    [58.8, "continuous"],
    [58.79, "mandatory"],
    [57, "mandatory"],
    [56.99, "undefined"],
  ] as const)("%f Hz: %s", (frequencyHz, mode) =>
    expect(modeOfFrequency(frequencyRegions, frequencyHz / 60)).toBe(mode),
  );
});

describe("curves", () => {
  test.each([
    [0, 5],
    [1, 5],
    [1.5, 7.5],
    [2, 20],
    [2.5, 20],
    [9, 20],
  ])("at %f: %f", (x, y) => expect(interpolate([1, 2, 2, 3], [5, 10, 20, 20], x)).toBe(y));

  test.each([
    [0.9, 0.44],
    [0.92, 0.44],
    [0.95, 0.22],
    [1, 0],
    [1.05, -0.22],
    [1.08, -0.44],
    [1.2, -0.44],
  ])("volt-var of Category B at %f pu: %f", (voltagePu, varPu) => {
    const state = createVoltVar();
    loadVoltVar(state, standard);
    expect(stepVoltVar(state, standard, voltagePu, 0.02)).toBeCloseTo(varPu, 9);
  });
  test("the volt-var curve moves with its reference", () => {
    const state = createVoltVar();
    const settings = withSettings({ voltVarReferencePu: 1.03 });
    loadVoltVar(state, settings);
    expect(stepVoltVar(state, settings, 1.03, 0.02)).toBeCloseTo(0, 9);
    expect(stepVoltVar(createLoaded(settings), settings, 0.98, 0.02)).toBeCloseTo(0.22, 9);
  });
  test("an autonomous reference ends at the voltage, within its bounds", () => {
    const settings = withSettings({ voltVarReferenceAuto: true, voltVarReferenceS: 300 });
    const state = createLoaded(settings);
    stepVoltVar(state, settings, 1, 1);
    const early = stepVoltVar(state, settings, 1.04, 1);
    for (let second = 0; second < 3_000; second++) stepVoltVar(state, settings, 1.04, 1);
    expect(early).toBeLessThan(0);
    expect(state.response.value).toBeCloseTo(0, 3);
    for (let second = 0; second < 3_000; second++) stepVoltVar(state, settings, 1.09, 1);
    expect(state.response.value).toBeCloseTo((-0.44 * 0.02) / 0.06, 3);
  });
  const createLoaded = (settings: GridSettings) => {
    const state = createVoltVar();
    loadVoltVar(state, settings);
    return state;
  };

  test.each([
    [1, -0.44],
    [0.75, -0.22],
    [0.5, 0],
    [0, 0],
    [-0.5, 0],
    [-0.75, 0.22],
    [-1, 0.44],
  ])("watt-var of Category B at %f pu: %f", (powerPu, varPu) => {
    const curve = createWattVarCurve();
    loadWattVarCurve(curve, standard);
    expect(wattVarPu(curve, powerPu)).toBeCloseTo(varPu, 9);
  });

  test.each([
    [1.06, 0, 1],
    [1.08, 0, 0.5],
    [1.1, 0, 0],
    [1.08, 0.2, 0.6],
    [1.1, -1, -0.8],
    [1.08, -1, 0.1],
  ])("volt-watt at %f pu to P2 %f: %f, charging rated 80 %%", (voltagePu, voltWattP2Pu, limitPu) => {
    expect(voltWattLimitPu(withSettings({ voltWattP2Pu }), voltagePu, 0.8)).toBeCloseTo(limitPu, 9);
  });

  test.each([
    [60, 0],
    [60.036, 0],
    [60.2, -0.164 / 3],
    [61, -0.964 / 3],
    [59.8, 0.164 / 3],
    [59.964, 0],
  ])("droop at %f Hz moves power by %f", (frequencyHz, shiftPu) => {
    expect(droopShiftPu(standard, frequencyHz)).toBeCloseTo(shiftPu, 9);
  });
  test("droop at 50 Hz nominal", () => {
    const settings = builtInGridProfile("ieee1547-catB-III-50hz")!.settings;
    expect(droopShiftPu(settings, 50)).toBe(0);
    expect(droopShiftPu(settings, 50.53)).toBeCloseTo(-0.2, 9);
  });

  test.each([
    ["over-excited", 0.9, 0.484322],
    ["under-excited", 0.9, -0.484322],
    ["over-excited", 1, 0],
  ] as const)("%s power factor %f: %f var per watt", (powerFactorExcitation, powerFactor, ratio) => {
    expect(varPerWatt(withSettings({ powerFactor, powerFactorExcitation }))).toBeCloseTo(ratio, 6);
  });
});

test("the active power limit falls from the power that is wanted, and rises on its ramp", () => {
  const state = createActivePowerLimit();
  const settings = withSettings({ activePowerLimitEnabled: true, activePowerLimitPu: 0.2, activePowerLimitRampS: 10 });
  expect(stepActivePowerLimit(state, settings, 0.5, 0)).toBe(0.5);
  expect(stepActivePowerLimit(state, settings, 0.5, 1)).toBeCloseTo(0.4, 9);
  expect(stepActivePowerLimit(state, settings, 0.5, 2)).toBeCloseTo(0.2, 9);
  const released = withSettings({ activePowerLimitEnabled: false, activePowerLimitRampS: 10 });
  expect(stepActivePowerLimit(state, released, 1, 1)).toBeCloseTo(0.3, 9);
});

describe("active and reactive power on the circle", () => {
  const curve = createWattVarCurve();
  loadWattVarCurve(curve, standard);
  const wide = { ...ratings, maxInjectVar: 6_000, maxAbsorbVar: 6_000 };
  const limit = (injectedW: number, injectedVar: number, settings: Partial<GridSettings>, of = ratings) => {
    const point = { injectedW, injectedVar };
    limitToRatings(point, withSettings(settings), of, curve);
    return point;
  };
  test.each([
    ["inside stays", 6_000, 3_000, { reactiveMode: "volt-var" }, ratings, 6_000, 3_000],
    ["reactive first: active gives way", 10_000, 4_400, { reactiveMode: "volt-var" }, ratings, 8_979.98, 4_400],
    [
      "the same while charging, on the charging circle",
      -8_000,
      -4_400,
      { reactiveMode: "volt-var" },
      ratings,
      -6_681.32,
      -4_400,
    ],
    ["reactive power stays within its own rating", 0, 9_000, { reactiveMode: "volt-var" }, ratings, 0, 4_400],
    [
      "active first: reactive keeps what the category requires",
      10_000,
      6_000,
      { reactiveMode: "volt-var", reactivePriority: "active" },
      wide,
      8_979.98,
      4_400,
    ],
    [
      "active first: reactive takes what is left beside",
      8_500,
      6_000,
      { reactiveMode: "volt-var", reactivePriority: "active" },
      wide,
      8_500,
      5_267.83,
    ],
    [
      "active first, Category A absorbs only 25 %",
      10_000,
      -6_000,
      { reactiveMode: "volt-var", reactivePriority: "active", normalCategory: "A" },
      wide,
      9_682.46,
      -2_500,
    ],
    [
      "constant power factor keeps its ratio",
      10_000,
      4_843.22,
      { reactiveMode: "constant-power-factor" },
      ratings,
      9_000,
      4_358.9,
    ],
    ["watt-var slides along its curve", 10_000, -4_400, { reactiveMode: "watt-var" }, ratings, 9_267.91, -3_755.76],
  ] as const)("%s", (_, injectedW, injectedVar, settings, of, toW, toVar) => {
    const point = limit(injectedW, injectedVar, settings, of);
    expect(point.injectedW).toBeCloseTo(toW, 1);
    expect(point.injectedVar).toBeCloseTo(toVar, 1);
  });
  test("a low voltage limits the current, reactive current first", () => {
    const point = { injectedW: 9_000, injectedVar: 3_000 };
    limitToCurrent(point, ratings, 0.5);
    expect(point.injectedVar).toBe(3_000);
    expect(Math.hypot(point.injectedW, point.injectedVar)).toBeCloseTo(6_000, 6);
    limitToCurrent(point, ratings, Number.NaN);
    expect(Math.hypot(point.injectedW, point.injectedVar)).toBeCloseTo(6_000, 6);
  });
});

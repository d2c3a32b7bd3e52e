/**
 * Properties of the grid functions over random profiles, curves and measurements: what is commanded stays within ratings,
 * caps and limits, is a number whatever the instruments say, and moves continuously where the standard has no step.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  builtInGridProfile,
  checkGridSettings,
  type GridProfile,
  type GridSettings,
  gridProfileNames,
  gridSettingRows,
} from "../../src/config/grid-profiles.ts";
import { createGridFunctions, stepGridFunctions } from "../../src/core/grid/der.ts";
import { droopShiftPu } from "../../src/core/grid/droop.ts";
import { createGridMeasurement } from "../../src/core/grid/measurement.ts";
import { type GridRatings, limitToRatings } from "../../src/core/grid/pq-priority.ts";
import { createVoltVar, loadVoltVar, stepVoltVar } from "../../src/core/grid/volt-var.ts";
import { voltWattLimitPu } from "../../src/core/grid/volt-watt.ts";
import { createWattVarCurve, loadWattVarCurve, wattVarPu } from "../../src/core/grid/watt-var.ts";
import { Quality } from "../../src/domain/quality.ts";

const runs = { numRuns: 300, seed: 1_547 } as const;

/** Profiles with every number anywhere in its range; those that contradict themselves are left out. */
const profiles: fc.Arbitrary<GridProfile> = fc
  .constantFrom(...gridProfileNames)
  .chain((name) => {
    const base = builtInGridProfile(name)!;
    const shape: Record<string, fc.Arbitrary<unknown>> = {};
    for (const { key } of gridSettingRows.numbers) {
      const [min, max] = base.ranges[key]!;
      shape[key] = fc.option(fc.double({ min, max, noNaN: true }), {
        nil: base.settings[key as keyof GridSettings],
        freq: 3,
      });
    }
    for (const { key } of gridSettingRows.flags) shape[key] = fc.boolean();
    for (const { key, values } of gridSettingRows.choices) shape[key] = fc.constantFrom(...values);
    return fc.record(shape).map((changes) => {
      // what is drawn may contradict itself: each group of settings that does goes back to the base's
      const drawn = { ...base.settings, ...(changes as Partial<GridSettings>), permitService: true };
      for (let round = 0; round < 5; round++) {
        const complaints = checkGridSettings(drawn, base.ranges);
        if (complaints.length === 0) break;
        for (const { setting } of complaints) {
          const group = setting.replace(/(\d.*|Pu|Hz|S|DelayS|RampS)$/, "").replace(/(V|Q|P|Load.*)$/, "");
          for (const key of Object.keys(drawn))
            if (key.startsWith(group.slice(0, 6)))
              Object.assign(drawn, { [key]: base.settings[key as keyof GridSettings] });
        }
      }
      return { ...base, settings: drawn };
    });
  })
  .filter(({ settings, ranges }) => checkGridSettings(settings, ranges).length === 0);

const ratingsOf: fc.Arbitrary<GridRatings> = fc
  .record({
    ratedW: fc.integer({ min: 1_000, max: 100_000 }),
    over: fc.double({ min: 1, max: 1.3, noNaN: true }),
    charge: fc.double({ min: 0.1, max: 1.2, noNaN: true }),
    inject: fc.double({ min: 0.44, max: 1, noNaN: true }),
    absorb: fc.double({ min: 0.25, max: 1, noNaN: true }),
  })
  .map(({ ratedW, over, charge, inject, absorb }) => ({
    ratedW,
    ratedVA: ratedW * over,
    maxChargeW: ratedW * charge,
    maxChargeVA: ratedW * over * charge,
    maxInjectVar: ratedW * over * inject,
    maxAbsorbVar: ratedW * over * absorb,
    currentMaxPu: 1.2,
    openingS: 0.02,
  }));

/** Mostly a living grid, sometimes none, sometimes nonsense. */
const voltages = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: 0.85, max: 1.12, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: 0, max: 1.4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -1, 0, 300, Number.POSITIVE_INFINITY) },
);
const frequencies = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1.1, max: 1.1, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ min: -6, max: 6, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -60, Number.POSITIVE_INFINITY) },
);
const moments = fc.array(
  fc.record({
    voltages: fc.tuple(voltages, voltages, voltages),
    same: fc.boolean(),
    deviationHz: frequencies,
    request: fc.oneof(
      fc.double({ min: -2, max: 2, noNaN: true }),
      fc.constantFrom(Number.NaN, Number.NEGATIVE_INFINITY),
    ),
    cap: fc.oneof(fc.double({ min: 0, max: 1.5, noNaN: true }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)),
    stepMs: fc.constantFrom(0, 10, 20, 500, 60_000, -5),
    quality: fc.constantFrom(Quality.good, Quality.good, Quality.good, Quality.stale, Quality.frozen),
  }),
  { minLength: 5, maxLength: 60 },
);
const connections = fc.constantFrom("single" as const, "split" as const, "three" as const);
const slack = 1e-6;

describe("whatever the grid, the request and the profile", () => {
  test("power is a number, within circle, ratings, contract cap, current; nothing flows out of service", () => {
    let inService = 0;
    fc.assert(
      fc.property(profiles, ratingsOf, connections, moments, (profile, ratings, connection, story) => {
        const der = createGridFunctions(profile, ratings, connection, { inService: true });
        const measurement = createGridMeasurement();
        let nowMs = 0;
        for (const moment of story) {
          for (let phase = 0; phase < 3; phase++) {
            measurement.phaseVoltagePu[phase] = moment.voltages[moment.same ? 0 : phase]!;
          }
          measurement.frequencyHz = profile.settings.nominalFrequencyHz + moment.deviationHz;
          measurement.quality = moment.quality;
          nowMs += moment.stepMs;
          const requestedW = moment.request * ratings.ratedW;
          const capW = moment.cap * ratings.ratedW;
          Object.assign(der.inputs, {
            requestedInjectedW: requestedW,
            requestedInjectedVar: requestedW,
            exportCapW: capW,
          });
          const out = stepGridFunctions(der, measurement, nowMs);
          const radiusVA = out.injectedW >= 0 ? ratings.ratedVA : ratings.maxChargeVA;
          for (const value of [out.injectedW, out.injectedVar, out.maxInjectedW, out.minInjectedW]) {
            expect(Number.isFinite(value)).toBe(true);
          }
          expect(Math.hypot(out.injectedW, out.injectedVar)).toBeLessThanOrEqual(radiusVA * (1 + slack));
          expect(out.injectedW).toBeLessThanOrEqual(Math.min(ratings.ratedW, Number.isNaN(capW) ? 0 : capW) + slack);
          expect(out.injectedW).toBeGreaterThanOrEqual(-ratings.maxChargeW - slack);
          expect(out.injectedVar).toBeLessThanOrEqual(ratings.maxInjectVar + slack);
          expect(out.injectedVar).toBeGreaterThanOrEqual(-ratings.maxAbsorbVar - slack);
          expect(out.minInjectedW).toBeLessThanOrEqual(out.maxInjectedW);
          if (!out.inService || out.status === "ceased" || out.status === "momentaryCessation") {
            expect([out.injectedW, out.injectedVar]).toEqual([0, 0]);
          } else {
            inService++;
            const voltagePu = der.grid.averagePu;
            if (!Number.isNaN(voltagePu) && der.outcome.binding !== "export-cap") {
              const currentVA = ratings.currentMaxPu * voltagePu * radiusVA;
              expect(Math.hypot(out.injectedW, out.injectedVar)).toBeLessThanOrEqual(currentVA * (1 + slack) + slack);
            }
            if (profile.settings.activePowerLimitEnabled && !der.droop.active && !der.droop.returning) {
              expect(out.injectedW).toBeLessThanOrEqual(der.activePowerLimit.limit.value * ratings.ratedW + slack);
            }
            if (profile.settings.voltWattEnabled) {
              const bound = Math.max(der.voltWatt.limit.value, -ratings.maxChargeW / ratings.ratedW);
              expect(out.injectedW).toBeLessThanOrEqual(Math.max(bound, 0) * ratings.ratedW + slack);
            }
            const rampPu = der.enterService.ramp.value;
            expect(out.injectedW).toBeLessThanOrEqual(rampPu * ratings.ratedW + slack);
            expect(out.injectedW).toBeGreaterThanOrEqual(-rampPu * ratings.maxChargeW * (1 + slack) - slack);
          }
        }
      }),
      runs,
    );
    expect(inService).toBeGreaterThan(1_000);
  });

  test("a step of time zero changes nothing that has a response time, and the same inputs give the same outcome", () => {
    fc.assert(
      fc.property(profiles, ratingsOf, moments, (profile, ratings, story) => {
        const play = (): string => {
          const der = createGridFunctions(profile, ratings, "single", { inService: true });
          const measurement = createGridMeasurement();
          measurement.quality = Quality.good;
          let nowMs = 0;
          let said = "";
          for (const moment of story) {
            measurement.phaseVoltagePu[0] = moment.voltages[0];
            measurement.frequencyHz = profile.settings.nominalFrequencyHz + moment.deviationHz;
            nowMs += Math.abs(moment.stepMs);
            der.inputs.requestedInjectedW = moment.request * ratings.ratedW;
            const out = stepGridFunctions(der, measurement, nowMs);
            said += `${out.status} ${out.injectedW} ${out.injectedVar};`;
          }
          return said;
        };
        expect(play()).toBe(play());
      }),
      { ...runs, numRuns: 50 },
    );
  });
});

describe("characteristics are continuous and monotonic", () => {
  const small = 1e-4;
  test("volt-var falls with voltage, without a step where its points are apart", () => {
    fc.assert(
      fc.property(profiles, fc.double({ min: 0.8, max: 1.2, noNaN: true }), ({ settings }, voltagePu) => {
        const at = (pu: number): number => {
          const state = createVoltVar();
          const fixed = { ...settings, voltVarReferenceAuto: false };
          loadVoltVar(state, fixed);
          return stepVoltVar(state, fixed, pu, 0);
        };
        const change = at(voltagePu + small) - at(voltagePu);
        expect(change).toBeLessThanOrEqual(1e-12);
        const stepAtZero =
          settings.voltVarV2Pu === settings.voltVarV3Pu && settings.voltVarQ2Pu !== settings.voltVarQ3Pu;
        if (!stepAtZero && settings.voltVarV3Pu - settings.voltVarV2Pu > 0.01) {
          expect(-change).toBeLessThanOrEqual((small * 0.88) / 0.01 + 1e-9);
        }
      }),
      runs,
    );
  });
  test("watt-var has no step", () => {
    fc.assert(
      fc.property(profiles, fc.double({ min: -1.1, max: 1.1, noNaN: true }), ({ settings }, powerPu) => {
        fc.pre(settings.wattVarP1Pu - settings.wattVarLoadP1Pu > 0.1);
        const curve = createWattVarCurve();
        loadWattVarCurve(curve, settings);
        const change = wattVarPu(curve, powerPu + small) - wattVarPu(curve, powerPu);
        expect(Math.abs(change)).toBeLessThanOrEqual((small * 0.88) / 0.1 + 1e-9);
      }),
      runs,
    );
  });
  test("volt-watt falls with voltage and stays within its points", () => {
    fc.assert(
      fc.property(profiles, fc.double({ min: 0.9, max: 1.2, noNaN: true }), ({ settings }, voltagePu) => {
        const limit = voltWattLimitPu(settings, voltagePu, 1);
        const change = voltWattLimitPu(settings, voltagePu + small, 1) - limit;
        expect(change).toBeLessThanOrEqual(1e-12);
        expect(-change).toBeLessThanOrEqual((small * 2) / 0.01 + 1e-9);
        expect(limit).toBeLessThanOrEqual(settings.voltWattP1Pu);
        expect(limit).toBeGreaterThanOrEqual(settings.voltWattP2Pu - 1e-12);
      }),
      runs,
    );
  });
  test("droop falls with frequency, has no step at its dead band, and is zero inside", () => {
    fc.assert(
      fc.property(profiles, fc.double({ min: -3, max: 3, noNaN: true }), ({ settings }, deviationHz) => {
        const at = (hz: number): number => droopShiftPu(settings, settings.nominalFrequencyHz + hz);
        const change = at(deviationHz + small) - at(deviationHz);
        expect(change).toBeLessThanOrEqual(1e-12);
        expect(-change).toBeLessThanOrEqual(small / (50 * 0.02) + 1e-9);
        if (deviationHz < settings.droopOverBandHz && -deviationHz < settings.droopUnderBandHz)
          expect(at(deviationHz)).toBe(0);
      }),
      runs,
    );
  });
});

describe("the apparent-power circle", () => {
  test("limiting twice is limiting once, never more of either than was asked, and required reactive power is kept", () => {
    fc.assert(
      fc.property(
        profiles,
        ratingsOf,
        fc.double({ min: -1.2, max: 1, noNaN: true }),
        fc.double({ min: -1.2, max: 1.2, noNaN: true }),
        ({ settings }, ratings, powerPu, varPu) => {
          const curve = createWattVarCurve();
          loadWattVarCurve(curve, settings);
          const injectedW = Math.max(powerPu * ratings.ratedW, -ratings.maxChargeW);
          const point = { injectedW, injectedVar: varPu * ratings.ratedVA };
          const asked = { ...point };
          limitToRatings(point, settings, ratings, curve);
          const once = { ...point };
          expect(Math.abs(once.injectedW)).toBeLessThanOrEqual(Math.abs(asked.injectedW) + slack);
          expect(Math.abs(once.injectedVar)).toBeLessThanOrEqual(Math.abs(asked.injectedVar) + slack);
          if (settings.reactiveMode !== "watt-var") {
            limitToRatings(point, settings, ratings, curve);
            expect(point.injectedW).toBeCloseTo(once.injectedW, 3);
            expect(point.injectedVar).toBeCloseTo(once.injectedVar, 3);
          }
          const mode = settings.reactiveMode;
          if ((mode === "volt-var" || mode === "constant-var") && injectedW >= 0) {
            const share = asked.injectedVar < 0 && settings.normalCategory === "A" ? 0.25 : 0.44;
            const rating = asked.injectedVar < 0 ? ratings.maxAbsorbVar : ratings.maxInjectVar;
            const owedVar = Math.min(Math.abs(asked.injectedVar), share * ratings.ratedVA, rating);
            expect(Math.abs(once.injectedVar)).toBeGreaterThanOrEqual(owedVar - slack);
          }
        },
      ),
      runs,
    );
  });
});

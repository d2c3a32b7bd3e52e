/** The grid functions together: status, order of authority, quality of the measurement, the contract's cap. */
import { describe, expect, test } from "vitest";
import type { GridSettings } from "../../../src/config/grid-profiles.ts";
import { builtInGridProfile } from "../../../src/config/grid-profiles.ts";
import { applyGridSettings, unknownCeaseS, unknownTripS } from "../../../src/core/grid/der.ts";
import { rocofRideThroughHzPerS } from "../../../src/core/grid/ride-through.table.ts";
import { Quality } from "../../../src/domain/quality.ts";
import { type Bench, createBench, ratings, run, setVoltage, stepMs, timeToTripS } from "./fixture.ts";

const stepS = stepMs / 1_000;

describe("clearing times of each category are the latest moment, and no earlier than ride-through allows", () => {
  const rows = [
    ["ieee1547-catB-I", { voltagePu: 1.15 }, "ov1", 1, 2],
    ["ieee1547-catB-I", { voltagePu: 0.6 }, "uv1", 0.16, 2],
    ["ieee1547-catB-I", { voltagePu: 0.3 }, "uv2", 0, 0.16],
    ["ieee1547-catB-II", { voltagePu: 0.66 }, "uv1", 3.087, 10],
    ["ieee1547-catB-II", { voltagePu: 0.4 }, "uv2", 0.16, 0.16],
    ["ieee1547-catB-III", { voltagePu: 1.25 }, "ov2", 0, 0.16],
    ["ieee1547-catB-III", { voltagePu: 1.15 }, "ov1", 12, 13],
    ["ieee1547-catB-III", { voltagePu: 0.7 }, "uv1", 20, 21],
    ["ieee1547-catB-III", { voltagePu: 0.2 }, "uv2", 1, 2],
    ["ieee1547-catB-III", { frequencyHz: 62.5 }, "of2", 0, 0.16],
    ["ieee1547-catB-III", { frequencyHz: 56 }, "uf2", 0, 0.16],
    ["ieee1547-catB-III", { frequencyHz: 61.5 }, "of1", 299, 300],
    ["ieee1547-catB-III", { frequencyHz: 58 }, "uf1", 299, 300],
    ["ca-rule21", { voltagePu: 0.6 }, "uv2", 10, 11],
    ["ca-rule21", { voltagePu: 0.3 }, "uv3", 1, 1.5],
    ["ca-rule21", { voltagePu: 0.8 }, "uv1", 20, 21],
  ] as const;
  test.each(rows)("%s at %o: %s between %f and %f s", (profile, abnormal, cause, earliestS, latestS) => {
    const bench = createBench({
      ...builtInGridProfile(profile)!.settings,
      droopEnabled: false,
      islandingBackupEnabled: false,
    });
    bench.requestedW = 5_000;
    run(bench, 1);
    if ("voltagePu" in abnormal) setVoltage(bench, abnormal.voltagePu);
    else bench.measurement.frequencyHz = abnormal.frequencyHz;
    const tripS = timeToTripS(bench, latestS + 1);
    expect(tripS).toBeLessThanOrEqual(latestS + 1e-9);
    expect(tripS).toBeGreaterThan(earliestS - 2 * stepS);
    expect(bench.der.outcome).toMatchObject({ cause, inService: false, gridTripped: true, injectedW: 0 });
  });
  test("the stage's opening time is taken off", () => {
    const bench = createBench();
    Object.assign(bench.der, { ratings: { ...ratings, openingS: 0.06 } });
    run(bench, 1);
    setVoltage(bench, 1.25);
    expect(timeToTripS(bench, 1)).toBeLessThanOrEqual(0.1 + 1e-9);
  });
  test("just inside every threshold nothing ever trips", () => {
    for (const [voltagePu, frequencyHz] of [
      [1.1, 61.2],
      [0.88, 58.5],
    ] as const) {
      const bench = createBench();
      setVoltage(bench, voltagePu);
      bench.measurement.frequencyHz = frequencyHz;
      expect(timeToTripS(bench, 400)).toBe(Number.POSITIVE_INFINITY);
    }
  });
  test("a dip that ends in time does not trip, and the next one starts its own count", () => {
    const bench = createBench();
    for (let dip = 0; dip < 5; dip++) {
      setVoltage(bench, 0.3);
      expect(timeToTripS(bench, 1.8)).toBe(Number.POSITIVE_INFINITY);
      setVoltage(bench, 1);
      run(bench, 0.1);
    }
    expect(bench.der.outcome.status).toBe("continuous");
  });
});

describe("ride-through", () => {
  test("momentary cessation: nothing within a step, power as before within a step of recovery", () => {
    const bench = createBench({ reactiveMode: "volt-var" });
    bench.requestedW = 8_000;
    const before = run(bench, 20).injectedW;
    setVoltage(bench, 0.4);
    expect(run(bench, stepS)).toMatchObject({
      status: "momentaryCessation",
      injectedW: 0,
      injectedVar: 0,
      gridTripped: false,
    });
    run(bench, 0.9);
    setVoltage(bench, 1);
    expect(run(bench, stepS).injectedW).toBeCloseTo(before, 6);
  });
  test.each([
    ["ieee1547-catB-II", { momentaryCessation: true, cessationLowPu: 0.6 }, 0.55, "momentaryCessation"],
    ["ieee1547-catB-II", { momentaryCessation: true }, 1.15, "momentaryCessation"],
    ["ieee1547-catB-II", { momentaryCessation: false }, 1.15, "permissive"],
    ["ieee1547-catB-III", { momentaryCessation: false }, 1.15, "mandatory"],
    ["ieee1547-catB-III", { momentaryCessation: true, cessationHighPu: 1.18 }, 1.15, "momentaryCessation"],
    ["ieee1547-catB-III", {}, 1.25, "ceased"],
  ] as const)("%s with %o at %f pu: %s", (profile, settings, voltagePu, status) => {
    const bench = createBench({ ...builtInGridProfile(profile)!.settings, ...settings });
    bench.requestedW = 5_000;
    run(bench, 1);
    setVoltage(bench, voltagePu);
    expect(run(bench, stepS).status).toBe(status);
  });
  test("mandatory operation keeps active current", () => {
    const bench = createBench({ ...builtInGridProfile("ieee1547-catB-II")!.settings, droopEnabled: false });
    bench.requestedW = 10_000;
    run(bench, 1);
    setVoltage(bench, 0.7);
    const outcome = run(bench, 1);
    expect(outcome.status).toBe("mandatory");
    expect(outcome.injectedW / 0.7).toBeGreaterThanOrEqual(0.8 * 10_000);
  });
  test.each(["I", "II", "III"] as const)(
    "Category %s: frequency moves at its rate to the band's edges and back",
    (category) => {
      const bench = createBench({ ...builtInGridProfile(`ieee1547-catB-${category}`)!.settings, reactiveMode: "none" });
      bench.requestedW = 5_000;
      run(bench, 1);
      for (const toHz of [57.1, 61.7, 60]) {
        while (Math.abs(bench.measurement.frequencyHz - toHz) > 1e-9) {
          const most = rocofRideThroughHzPerS[category] * stepS;
          const left = toHz - bench.measurement.frequencyHz;
          bench.measurement.frequencyHz += Math.max(-most, Math.min(most, left));
          expect(run(bench, stepS).inService).toBe(true);
        }
      }
    },
  );
  test.each([63.3, 56.7])("a phase jump that shows as %f Hz for 0.1 s does not trip", (spikeHz) => {
    const bench = createBench({ islandingBackupEnabled: true });
    run(bench, 1);
    bench.measurement.frequencyHz = spikeHz;
    expect(timeToTripS(bench, 0.08)).toBe(Number.POSITIVE_INFINITY);
    bench.measurement.frequencyHz = 60;
    expect(run(bench, 5).inService).toBe(true);
  });
});

describe("enter service", () => {
  const waiting = (settings: Partial<GridSettings> = {}, randomFraction = 0): Bench => {
    const bench = createBench({ enterDelayS: 10, enterRampS: 20, ...settings }, { inService: false, randomFraction });
    bench.requestedW = 10_000;
    return bench;
  };
  const timeToServiceS = (bench: Bench, atMostS: number): number => {
    const startMs = bench.nowMs;
    while (bench.nowMs - startMs < atMostS * 1_000) {
      if (run(bench, stepS).inService) return (bench.nowMs - startMs) / 1_000;
    }
    return Number.POSITIVE_INFINITY;
  };
  test("not before the delay has passed since the first good sample", () => {
    const bench = waiting();
    expect(timeToServiceS(bench, 20)).toBeCloseTo(10 + stepS, 6);
  });
  test.each([
    ["voltage low", { voltagePu: 0.91 }],
    ["voltage high", { voltagePu: 1.06 }],
    ["frequency low", { frequencyHz: 59.49 }],
    ["frequency high", { frequencyHz: 60.11 }],
    ["voltage unknown", { voltagePu: Number.NaN }],
    ["measurement stale", { quality: Quality.stale }],
  ] as const)("%s: stays off, and an excursion restarts the delay", (_, bad) => {
    const bench = waiting();
    const spoil = (): void => {
      if ("voltagePu" in bad) setVoltage(bench, bad.voltagePu);
      if ("frequencyHz" in bad) bench.measurement.frequencyHz = bad.frequencyHz;
      if ("quality" in bad) bench.measurement.quality = bad.quality;
    };
    const heal = (): void => {
      setVoltage(bench, 1);
      bench.measurement.frequencyHz = 60;
      bench.measurement.quality = Quality.good;
    };
    spoil();
    expect(timeToServiceS(bench, 30)).toBe(Number.POSITIVE_INFINITY);
    expect(bench.der.outcome.gridInEnterServiceWindow).toBe(false);
    heal();
    run(bench, 9);
    expect(bench.der.outcome).toMatchObject({ inService: false, gridInEnterServiceWindow: true });
    spoil();
    run(bench, stepS);
    heal();
    expect(timeToServiceS(bench, 20)).toBeCloseTo(10 + stepS, 6);
  });
  test("power stays under the ramp in both directions", () => {
    for (const requestedW of [10_000, -8_000]) {
      const bench = waiting();
      bench.requestedW = requestedW;
      timeToServiceS(bench, 20);
      for (let elapsedS = stepS; elapsedS < 20 - stepS; elapsedS += stepS) {
        const outcome = run(bench, stepS);
        expect(Math.abs(outcome.injectedW)).toBeLessThanOrEqual((10_000 * elapsedS) / 20 + 1e-6);
        expect(outcome.status).toBe("enteringService");
      }
      expect(run(bench, 1)).toMatchObject({ injectedW: requestedW, status: "continuous" });
    }
  });
  test("a random delay replaces the ramp", () => {
    const bench = waiting({ enterRandomDelayS: 100, enterRampS: 0 }, 0.25);
    expect(timeToServiceS(bench, 60)).toBeCloseTo(35 + stepS, 6);
    expect(run(bench, stepS).injectedW).toBe(10_000);
  });
  test("after a trip the delay is waited for again and the cause is kept until then", () => {
    const bench = waiting();
    timeToServiceS(bench, 20);
    setVoltage(bench, 1.3);
    timeToTripS(bench, 1);
    setVoltage(bench, 1);
    expect(run(bench, 1)).toMatchObject({
      cause: "ov2",
      inService: false,
      gridTripped: false,
      gridInEnterServiceWindow: true,
    });
    expect(timeToServiceS(bench, 20)).toBeCloseTo(9 + stepS, 6);
    expect(bench.der.outcome.cause).toBe("none");
  });
});

describe("causes other than voltage and frequency", () => {
  test("permit service off ends service at once, without saying anything about the grid; on again starts the delay", () => {
    const bench = createBench();
    bench.requestedW = 5_000;
    run(bench, 1);
    applyGridSettings(bench.der, { permitService: false });
    expect(run(bench, stepS)).toMatchObject({ cause: "permit", inService: false, gridTripped: false, injectedW: 0 });
    expect(run(bench, 400)).toMatchObject({ inService: false, gridInEnterServiceWindow: true });
    applyGridSettings(bench.der, { permitService: true });
    expect(run(bench, 299).inService).toBe(false);
    expect(run(bench, 2).inService).toBe(true);
  });
  test.each([
    ["transferTrip", true, "transfer-trip", true],
    ["permissive", false, "permissive", false],
    ["upstreamClosed", false, "upstream-open", true],
  ] as const)("input %s = %s: trips as %s at once", (input, value, cause, gridTripped) => {
    const bench = createBench();
    run(bench, 1);
    bench.der.inputs[input] = value;
    expect(run(bench, stepS)).toMatchObject({ cause, inService: false, gridTripped });
    run(bench, 400);
    expect(bench.der.outcome.inService).toBe(false);
  });
  test.each([
    ["stale", (bench: Bench): void => void (bench.measurement.quality = Quality.stale)],
    ["a voltage that is not a number", (bench: Bench) => setVoltage(bench, Number.NaN)],
    ["frequency zero", (bench: Bench): void => void (bench.measurement.frequencyHz = 0)],
    ["an impossible voltage", (bench: Bench) => setVoltage(bench, -1)],
  ] as const)("a measurement that is %s: power ceases, then service ends, never a number that is none", (_, spoil) => {
    const bench = createBench({
      reactiveMode: "volt-var",
      voltWattEnabled: true,
      droopEnabled: true,
      islandingBackupEnabled: true,
    });
    bench.requestedW = 5_000;
    run(bench, 5);
    spoil(bench);
    for (let elapsedS = 0; elapsedS < 5; elapsedS += stepS) {
      const outcome = run(bench, stepS);
      for (const value of [outcome.injectedW, outcome.injectedVar, outcome.maxInjectedW, outcome.minInjectedW]) {
        expect(Number.isFinite(value)).toBe(true);
      }
      if (elapsedS > unknownCeaseS) expect(outcome.injectedW).toBe(0);
      if (elapsedS > unknownTripS) expect(outcome).toMatchObject({ status: "trip", gridTripped: false });
    }
    expect(bench.der.outcome.cause).toBe("measurement");
  });
  test("a dead grid is a low voltage, not a broken instrument", () => {
    const bench = createBench();
    run(bench, 1);
    setVoltage(bench, 0);
    bench.measurement.frequencyHz = 0;
    expect(timeToTripS(bench, 3)).toBeLessThanOrEqual(2);
    expect(bench.der.outcome.cause).toBe("uv2");
  });
  test("a trip timer that runs keeps running while the measurement is unknown", () => {
    const bench = createBench();
    run(bench, 1);
    setVoltage(bench, 0.3);
    run(bench, 1);
    setVoltage(bench, Number.NaN);
    expect(timeToTripS(bench, 2)).toBeLessThanOrEqual(1);
    expect(bench.der.outcome.cause).toBe("uv2");
  });
});

describe("order of authority", () => {
  const at = (bench: Bench, voltagePu: number, frequencyHz: number): number => {
    setVoltage(bench, voltagePu);
    bench.measurement.frequencyHz = frequencyHz;
    return run(bench, 40).injectedW / ratings.ratedW;
  };
  test("droop outranks the active power limit, volt-watt caps both", () => {
    const bench = createBench({
      activePowerLimitEnabled: true,
      activePowerLimitPu: 0.5,
      voltWattEnabled: true,
      voltWattP2Pu: 0.2,
      droopEnabled: true,
    });
    bench.requestedW = 10_000;
    const seen = [
      [1, 60, 0.5],
      [1.09, 60, 0.4],
      [1.09, 60.33, 0.302],
      [1.09, 60, 0.4],
      [1.09, 59.36, 0.4],
      [1, 59.36, 0.6013],
      [1, 60, 0.5],
      [1, 59.36, 0.7013],
    ] as const;
    for (const [voltagePu, frequencyHz, powerPu] of seen)
      expect(at(bench, voltagePu, frequencyHz)).toBeCloseTo(powerPu, 3);
  });
  test("the contract's export cap is outermost: droop cannot pass it, and it never forces charging by itself", () => {
    const bench = createBench({ droopEnabled: true });
    bench.requestedW = 3_000;
    bench.exportCapW = 4_000;
    run(bench, 5);
    bench.measurement.frequencyHz = 59;
    expect(run(bench, 40)).toMatchObject({ injectedW: 4_000, binding: "export-cap", maxInjectedW: 4_000 });
    bench.exportCapW = Number.NaN;
    expect(run(bench, stepS).injectedW).toBe(0);
    bench.requestedW = -2_000;
    bench.measurement.frequencyHz = 60;
    bench.exportCapW = 0;
    expect(run(bench, 60).injectedW).toBe(-2_000);
  });
  test.each([
    ["requested beyond its rating → its rating", -13_400, 60, -11_500],
    ["within it → as requested, though more than it could discharge", -11_000, 60, -11_000],
    ["over-frequency → not less than before", -11_000, 60.05, -11_000],
  ])("charging with a smaller discharge rating, %s", (_, requestedW, frequencyHz, leastW) => {
    const bench = createBench(
      { droopEnabled: true, droopOlrtS: 1 },
      {},
      { ...ratings, ratedW: 9_600, ratedVA: 12_000, maxChargeW: 11_500, maxChargeVA: 12_000 },
    );
    bench.requestedW = requestedW;
    expect(run(bench, 5).injectedW).toBeCloseTo(Math.max(requestedW, -11_500), 3);
    bench.measurement.frequencyHz = frequencyHz;
    expect(run(bench, 10).injectedW).toBeLessThanOrEqual(leastW + 1e-3);
  });

  test("droop takes storage from discharging into charging, bounded by its charging power", () => {
    const bench = createBench({ droopEnabled: true, droopOverPu: 0.02, droopOlrtS: 1 });
    bench.requestedW = 4_000;
    run(bench, 5);
    bench.measurement.frequencyHz = 61.1;
    expect(run(bench, 10).injectedW).toBeCloseTo(4_000 - (1.064 / 1.2) * 10_000, 0);
    bench.measurement.frequencyHz = 61.15;
    bench.requestedW = 4_000;
    expect(run(bench, 10).injectedW).toBeGreaterThanOrEqual(-ratings.maxChargeW);
  });
  test("a request during an over-frequency does not move power: droop starts from what was before", () => {
    const bench = createBench({ droopEnabled: true, droopOlrtS: 1 });
    bench.requestedW = 5_000;
    run(bench, 5);
    bench.measurement.frequencyHz = 60.5;
    const before = run(bench, 10).injectedW;
    bench.requestedW = 9_000;
    expect(run(bench, 10).injectedW).toBeCloseTo(before, 0);
    bench.measurement.frequencyHz = 60;
    expect(run(bench, 10).injectedW).toBe(9_000);
  });
  test("a change of reactive mode moves smoothly, a request that is no number counts as zero", () => {
    const bench = createBench({ reactiveMode: "constant-var", constantVarPu: 0.4 });
    run(bench, 20);
    applyGridSettings(bench.der, { reactiveMode: "none" });
    bench.requestedVar = Number.NaN;
    bench.requestedW = Number.NaN;
    let before = bench.der.outcome.injectedVar;
    for (let step = 0; step < 600; step++) {
      const outcome = run(bench, stepS);
      expect(Math.abs(outcome.injectedVar - before)).toBeLessThanOrEqual((ratings.ratedVA * stepS) / 15 + 1e-6);
      before = outcome.injectedVar;
    }
    expect(Math.abs(before)).toBeLessThan(1);
    expect(bench.der.outcome.injectedW).toBe(0);
  });
  test.each([
    ["request", {}, 5_000, 1, 60],
    ["rating", {}, 50_000, 1, 60],
    ["active-power-limit", { activePowerLimitEnabled: true, activePowerLimitPu: 0.2 }, 5_000, 1, 60],
    ["volt-watt", { voltWattEnabled: true }, 10_000, 1.09, 60],
    ["droop", { droopEnabled: true }, 5_000, 1, 60.5],
    ["apparent-power", { reactiveMode: "constant-var", constantVarPu: 0.4 }, 10_000, 1, 60],
  ] as const)("what binds is named: %s", (binding, settings, requestedW, voltagePu, frequencyHz) => {
    const bench = createBench(settings);
    bench.requestedW = requestedW;
    run(bench, 1);
    setVoltage(bench, voltagePu);
    bench.measurement.frequencyHz = frequencyHz;
    expect(run(bench, 60).binding).toBe(binding);
  });
});

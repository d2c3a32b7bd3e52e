import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtInGridProfile, type GridSettings } from "../../../src/config/grid-profiles.ts";
import { inParallel, ratedW, TestSite } from "./site.ts";

const own = ", gridFunctions: controller, ratedVA: 66000, maxVar: 26400, reactiveResponseMs: 50";
const fast = ", ratedVA: 66000, maxVar: 26400, reactiveResponseMs: 50";

test("nothing is wrong → the request is followed", () => {
  const site = inParallel();
  expect(site.core.machine.state.mode).toBe("parallel");
  expect(site.setpointW()).toBe(-30_000);
});

describe("what ends discharging at once, with its reason", () => {
  for (const [name, change, reason] of [
    ["the stage is not verified any more", (s) => (s.snapshot.stages[0]!.verified = false), "stage-unverified"],
    ["the stage's anti-islanding is off", (s) => (s.snapshot.stages[0]!.antiIslanding = false), "anti-islanding-off"],
    ["the permissive signal is gone", (s) => (s.snapshot.site.permissive = false), "permissive-missing"],
    [
      "the voltage is so low that power ceases",
      (s) => s.snapshot.meter.phaseVoltagePu.fill(0.45),
      "momentary-cessation",
    ],
    ["one phase alone is so low", (s) => (s.snapshot.meter.phaseVoltagePu[1] = 0.45), "momentary-cessation"],
  ] as readonly (readonly [string, (site: TestSite) => unknown, string])[]) {
    test(`${name} → zero in the same cycle`, () => {
      const site = inParallel();
      change(site);
      site.tick();
      expect(site.core.commands.stages[0]!.powerW).toBeGreaterThanOrEqual(0);
      expect(site.setpointW()).toBe(0);
      expect(site.binding()).toContain(reason);
    });
  }

  test("a phase that is not measured → zero after half a second, and back when it is", () => {
    const site = inParallel();
    site.snapshot.meter.phaseVoltagePu[2] = Number.NaN;
    site.run(400);
    expect(site.setpointW()).toBe(-30_000);
    site.run(200);
    expect(site.setpointW()).toBe(0);
    expect(site.binding()).toContain("grid-unmeasured");
    site.snapshot.meter.phaseVoltagePu[2] = 1;
    site.run(4_000);
    expect(site.setpointW()).toBe(-30_000);
  });

  test("momentary cessation → back as soon as the voltage is", () => {
    const site = inParallel();
    site.snapshot.meter.phaseVoltagePu.fill(0.45);
    site.run(200);
    site.snapshot.meter.phaseVoltagePu.fill(1);
    site.tick();
    expect(site.setpointW()).toBeLessThan(-20_000);
  });

  test("transfer trip → out of parallel operation, and not back before the enter-service delay", () => {
    const site = inParallel();
    site.snapshot.site.transferTrip = true;
    site.run(100);
    expect(site.setpointW()).toBe(0);
    expect(site.core.machine.state.mode).not.toBe("parallel");
    site.snapshot.site.transferTrip = false;
    site.run(900);
    expect(site.setpointW()).toBe(0);
    site.run(6_000);
    expect(site.setpointW()).toBe(-30_000);
  });

  test("a stage without anti-islanding still charges", () => {
    const site = new TestSite();
    site.snapshot.stages[0]!.antiIslanding = false;
    site.request(20_000);
    site.run(70_000);
    expect(site.setpointW()).toBe(20_000);
  });
});

describe("anti-islanding backup", () => {
  test("stages that follow no reactive power → none is commanded", () => {
    const site = inParallel();
    site.snapshot.meter.frequencyHz = 60.6;
    site.run(1_000, () => expect(site.core.commands.stages[0]!.reactiveVar).toBe(0));
  });

  test("a meter whose frequency is a second old → none is commanded, because it can't work", () => {
    const site = inParallel({ stage: fast, meter: ", updateMs: 1000" });
    site.snapshot.meter.frequencyHz = 60.6;
    site.run(1_000, () => expect(Math.abs(site.core.commands.stages[0]!.reactiveVar)).toBe(0));
  });

  test("the frequency runs up → absorbed reactive power drives it further; down → injected", () => {
    for (const [frequencyHz, sign] of [
      [60.8, 1],
      [59.2, -1],
    ] as const) {
      const site = inParallel({ stage: fast });
      site.snapshot.meter.frequencyHz = frequencyHz;
      site.run(300);
      expect(sign * site.core.commands.stages[0]!.reactiveVar).toBeGreaterThan(0.08 * 30_000);
    }
  });

  test("a pulse leaves the exact balance, with both signs, the same for all stages", () => {
    const site = inParallel({ stage: fast });
    let least = 0;
    let most = 0;
    site.run(2_000, () => {
      const [a, b] = site.core.commands.stages;
      expect(a!.reactiveVar).toBeCloseTo(b!.reactiveVar, 0);
      least = Math.min(least, a!.reactiveVar);
      most = Math.max(most, a!.reactiveVar);
    });
    expect(least).toBeLessThan(-0.01 * 30_000);
    expect(most).toBeGreaterThan(0.01 * 30_000);
  });

  test("at full power → active power makes room on the circle", () => {
    const site = inParallel({ stage: ", ratedVA: 60000, maxVar: 26400, reactiveResponseMs: 50" }, -60_000);
    site.snapshot.meter.frequencyHz = 60.8;
    site.run(400);
    const { powerW, reactiveVar } = site.core.commands.stages[0]!;
    expect(Math.abs(reactiveVar)).toBeGreaterThan(4_000);
    expect(Math.hypot(powerW, reactiveVar)).toBeLessThanOrEqual(60_000 + 1e-6);
    expect(site.binding()).toContain("apparent-power");
  });

  test("at full power, pulses only → never outside the circle", () => {
    const site = inParallel({ stage: ", ratedVA: 60000, maxVar: 26400, reactiveResponseMs: 50" }, -60_000);
    site.run(2_000, () => {
      const { powerW, reactiveVar } = site.core.commands.stages[0]!;
      expect(Math.hypot(powerW, reactiveVar)).toBeLessThanOrEqual(60_000 + 1e-6);
    });
  });

  test("not in parallel → no feedback", () => {
    const site = new TestSite({ stage: fast });
    site.snapshot.site.serviceEnabled = false;
    site.request(20_000);
    site.snapshot.meter.frequencyHz = 60.3;
    site.run(2_000, () => expect(site.core.commands.stages[0]!.reactiveVar).toBe(0));
  });
});

describe("functions that the controller runs for a stage that has none", () => {
  test("volt-watt: high voltage → less is given, explained", () => {
    const site = inParallel({ stage: own, settings: { voltWattEnabled: true, droopEnabled: false } }, -60_000);
    site.snapshot.meter.phaseVoltagePu.fill(1.08);
    site.run(60_000);
    expect(site.setpointW()).toBeCloseTo(-30_000, -2);
    expect(site.binding()).toContain("volt-watt");
  });

  test("active power limit → on its ramp, explained", () => {
    const site = inParallel(
      { stage: own, settings: { activePowerLimitEnabled: true, activePowerLimitPu: 0.4 } },
      -60_000,
    ).run(20_000);
    expect(site.setpointW()).toBeCloseTo(-24_000, -1);
    expect(site.binding()).toContain("active-power-limit");
  });

  test("volt-var: high voltage → reactive power is absorbed within the rating", () => {
    const site = inParallel({ stage: own, settings: { reactiveMode: "volt-var" } });
    site.snapshot.meter.phaseVoltagePu.fill(1.05);
    site.run(40_000);
    // Half way between 1.02 and 1.08 pu on the curve of Category B.
    expect(site.core.commands.stages[0]!.reactiveVar / 66_000).toBeGreaterThan(0.2);
    expect(site.core.commands.stages[0]!.reactiveVar / 66_000).toBeLessThan(0.24);
  });

  test("volt-var at full power → reactive power comes first, active power makes room, explained", () => {
    const stage = ", gridFunctions: controller, ratedVA: 60000, maxVar: 26400, reactiveResponseMs: 50";
    const site = inParallel({ stage, settings: { reactiveMode: "volt-var", islandingBackupEnabled: false } }, -60_000);
    site.snapshot.meter.phaseVoltagePu.fill(1.05);
    site.run(40_000);
    const { powerW, reactiveVar } = site.core.commands.stages[0]!;
    expect(reactiveVar).toBeGreaterThan(0.2 * 60_000);
    expect(powerW).toBeCloseTo(-Math.sqrt(60_000 ** 2 - reactiveVar ** 2), -2);
    expect(site.binding()).toContain("apparent-power");
  });

  test("constant power factor → reactive power goes with the power that is commanded, not with the request", () => {
    const site = inParallel(
      { stage: own, pcc: ", phaseExportLimitW: 8000", settings: { powerFactor: 0.9, islandingBackupEnabled: false } },
      -30_000,
    ).run(40_000);
    const { powerW, reactiveVar } = site.core.commands.stages[0]!;
    expect(powerW).toBeGreaterThan(-13_000);
    expect(Math.abs(reactiveVar / powerW)).toBeCloseTo(Math.tan(Math.acos(0.9)), 1);
  });

  describe("frequency-droop", () => {
    for (const [name, requestedW, frequencyHz, low, high] of [
      ["high frequency while discharging → less", -30_000, 60.5, -23_000, -18_000],
      ["low frequency while discharging → more", -30_000, 59.5, -42_000, -36_000],
      ["high frequency while charging → more", 30_000, 60.5, 36_000, 42_000],
      ["low frequency while charging → less", 30_000, 59.5, 18_000, 23_000],
      ["low frequency at zero → support from nothing", 0, 59.5, -12_000, -6_000],
    ] as const) {
      test(name, () => {
        const site = inParallel({ stage: own }, requestedW);
        if (requestedW > 0) site.run(70_000);
        expect(site.setpointW()).toBeCloseTo(requestedW, -1);
        site.snapshot.meter.frequencyHz = frequencyHz;
        site.run(20_000);
        expect(site.setpointW()).toBeGreaterThan(low);
        expect(site.setpointW()).toBeLessThan(high);
        expect(site.binding()).toContain("frequency-droop");
        site.snapshot.meter.frequencyHz = 60;
        site.run(40_000);
        expect(site.setpointW()).toBeCloseTo(requestedW, -1);
      });
    }

    test("over-frequency while charging more than could be discharged → charging does not fall", () => {
      const site = new TestSite({ stage: own, dischargeW: 6_000, settings: { droopOlrtS: 1 } });
      site.request(40_000);
      site.run(70_000);
      expect(site.setpointW()).toBeCloseTo(40_000, 0);
      site.snapshot.meter.frequencyHz = 60.05;
      site.run(5_000);
      expect(site.setpointW()).toBeGreaterThan(39_900);
    });

    test("the contract's export limit stands above droop", () => {
      const site = inParallel({ stage: own, pcc: ", conductorLimitW: 70000" });
      site.snapshot.meter.frequencyHz = 59.5;
      site.run(20_000);
      expect(-site.sumW).toBeLessThanOrEqual(70_000);
      expect(-site.sumW).toBeGreaterThan(65_000);
    });

    test("a vehicle at its reserve is not discharged by droop", () => {
      const site = inParallel({ stage: own }, 0);
      for (const evse of site.snapshot.evses) evse.socPct = 15;
      site.snapshot.meter.frequencyHz = 59.5;
      site.run(10_000);
      expect(site.setpointW()).toBeGreaterThanOrEqual(0);
    });
  });

  test("for any voltage, frequency and request: inside circle, permit and limits", () => {
    fc.assert(
      fc.property(
        fc.record({
          voltagePu: fc.double({ min: 0.89, max: 1.099, noNaN: true }),
          frequencyHz: fc.double({ min: 58.9, max: 61.1, noNaN: true }),
          requestedW: fc.double({ min: -80_000, max: 80_000, noNaN: true }),
          exportLimitW: fc.double({ min: 0, max: 120_000, noNaN: true }),
          reactiveMode: fc.constantFrom("none", "constant-power-factor", "constant-var", "volt-var", "watt-var"),
          constantVarPu: fc.double({ min: -0.44, max: 0.44, noNaN: true }),
          powerFactor: fc.double({ min: 0.9, max: 1, noNaN: true }),
        }),
        ({ voltagePu, frequencyHz, requestedW, exportLimitW, reactiveMode, constantVarPu, powerFactor }) => {
          const site = inParallel({
            stage: ", gridFunctions: controller, maxVar: 26400, reactiveResponseMs: 50",
            settings: { voltWattEnabled: true, reactiveMode, constantVarPu, powerFactor },
          });
          site.snapshot.site.permit.exportLimitW = exportLimitW;
          site.request(requestedW);
          site.run(1_000);
          site.snapshot.meter.phaseVoltagePu.fill(voltagePu);
          site.snapshot.meter.voltagePu = voltagePu;
          site.snapshot.meter.frequencyHz = frequencyHz;
          site.run(6_000, () => {
            for (const { powerW, reactiveVar } of site.core.commands.stages) {
              expect(Math.hypot(powerW, reactiveVar)).toBeLessThanOrEqual(ratedW * (1 + 1e-9));
              expect(Math.abs(reactiveVar)).toBeLessThanOrEqual(26_400 + 1e-6);
            }
            expect(-site.sumW).toBeLessThanOrEqual(exportLimitW + 1e-6);
          });
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("charging only", () => {
  const charging = (settings: Partial<GridSettings>): TestSite => {
    const site = new TestSite({ stage: own, settings: { droopOlrtS: 0.2, ...settings } });
    Object.assign(site.snapshot.site.permit, { mode: "load-only" });
    site.request(15_000);
    return site.run(18_000);
  };

  test("falls at under-frequency by the droop where the profile says so, and comes back", () => {
    const site = charging({ droopWhileCharging: true });
    expect(site.core.machine.state.mode).toBe("loadOnly");
    expect(site.setpointW()).toBe(15_000);
    // 0.6 Hz beyond the dead band at 5 %: a fifth of the rating.
    site.snapshot.meter.frequencyHz = 60 - 0.036 - 0.6;
    site.run(2_000);
    expect(site.setpointW()).toBeCloseTo(15_000 - 0.2 * ratedW, -1);
    expect(site.binding()).toContain("frequency-droop");
    site.snapshot.meter.frequencyHz = 60;
    site.run(8_000);
    expect(site.setpointW()).toBe(15_000);
  });
  test("never rises by it, and goes on as asked where the profile does not", () => {
    const site = charging({ droopWhileCharging: true });
    site.snapshot.meter.frequencyHz = 60.6;
    site.run(2_000);
    expect(site.setpointW()).toBe(15_000);
    const plain = charging({});
    plain.snapshot.meter.frequencyHz = 59.4;
    plain.run(2_000);
    expect(plain.setpointW()).toBe(15_000);
  });
});

test("a start and a return after a trip wait by criteria of their own", () => {
  const site = inParallel({
    settings: {
      ...{ startSeparate: true, startDelayS: 1, startRampS: 1, enterDelayS: 6, enterRampS: 1 },
      ...{ startVoltageMinPu: 0.9, startVoltageMaxPu: 1.1, startFrequencyMinHz: 59.5, startFrequencyMaxHz: 60.1 },
    },
  });
  const timings = site.core.machine.state.timings;
  expect(site.core.machine.state.mode).toBe("parallel");
  // A transfer trip says something about the grid, so the longer wait of a return holds.
  site.snapshot.site.transferTrip = true;
  site.run(500);
  site.snapshot.site.transferTrip = false;
  site.run(500);
  expect(timings.enterServiceMs).toBe(6_000);
  expect(site.run(12_000).core.machine.state.mode).toBe("parallel");
});

test("a grid code with settings that nobody has stated → a load, with the reason", () => {
  const profile = builtInGridProfile("g99")!;
  const site = new TestSite({ start: { profile } });
  site.request(-30_000);
  site.run(12_000);
  expect(site.core.machine.state.mode).toBe("loadOnly");
  expect(site.core.authority.parallelRefusal).toBe("grid-code-open");
});

describe("the utility takes its permit service back", () => {
  test.each([
    ["while power is given", -30_000, ratedW, 0],
    ["while a charger that can give power charges", 30_000, ratedW, 0],
    ["while a charger that only charges does so", 30_000, 0, 30_000],
  ])("%s", (_, requestW, dischargeW, leftW) => {
    const site = new TestSite({ dischargeW });
    site.request(requestW);
    site.run(64_000);
    expect(site.core.setpointW[0]).toBeCloseTo(requestW, -3);
    Object.assign(site.snapshot.site, { serviceEnabled: false, serviceWithdrawn: true });
    site.run(100);
    expect(site.core.setpointW[0]).toBeCloseTo(leftW, -3);
    Object.assign(site.snapshot.site, { serviceEnabled: true, serviceWithdrawn: false });
    site.run(64_000);
    expect(site.core.setpointW[0]).toBeCloseTo(requestW, -3);
  });

  test("inputs that are old end discharging alone: the main thread hangs, and no utility has spoken", () => {
    const site = new TestSite();
    site.request(30_000);
    site.run(64_000);
    site.snapshot.site.serviceEnabled = false;
    site.run(1_000);
    expect(site.core.setpointW[0]).toBeCloseTo(30_000, -3);
  });
});

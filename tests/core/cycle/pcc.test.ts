import { describe, expect, test } from "vitest";
import { createLimitedGenerationProfile } from "../../../src/core/pcc/limited-generation-profile.ts";
import { inParallel, TestSite } from "./site.ts";

const profileOf = (limitW: (month: number, hour: number) => number) => {
  const rows = Array.from({ length: 12 }, (_, month) => Array.from({ length: 24 }, (_, hour) => limitW(month, hour)));
  const made = createLimitedGenerationProfile(rows, "America/Los_Angeles");
  if (!made.ok) throw new Error(made.error);
  return made.value;
};

describe("limits at the PCC from the configuration", () => {
  for (const [name, options, loadW, lowW, highW, reason] of [
    ["the sum", { pcc: ", conductorLimitW: 40000" }, 0, -40_000, -38_000, "conductor-limit"],
    [
      "one phase of single-phase stages",
      { pcc: ", phaseExportLimitW: 10000", evse: [", phase: a", ", phase: b"] },
      0,
      -20_000,
      -18_500,
      "phase-limit",
    ],
    ["the phases of a three-phase stage", { pcc: ", phaseExportLimitW: 10000" }, 0, -30_000, -28_000, "phase-limit"],
    [
      "a feeder of both EVSEs",
      { pcc: ", groups: [{ name: F1, evses: [1, 2], chargeLimitW: 9000, dischargeLimitW: 12000 }]" },
      0,
      -12_001,
      -11_500,
      "conductor-limit",
    ],
    [
      "a transformer",
      { pcc: ", groups: [{ name: T1, kind: transformer, evses: [1, 2], chargeLimitW: 9000, dischargeLimitW: 12000 }]" },
      0,
      -12_001,
      -11_500,
      "transformer-limit",
    ],
    [
      "power-control mode import-only",
      { pcc: ", powerControlMode: import-only" },
      50_000,
      -50_000,
      -45_000,
      "power-control-mode",
    ],
    [
      "generation profile",
      { start: { generationProfile: profileOf(() => 30_000) } },
      10_000,
      -40_000,
      -38_000,
      "generation-profile",
    ],
  ] as const) {
    test(`${name} → bounds discharging, named`, () => {
      const site = new TestSite(options);
      site.loadW = loadW;
      site.request(-60_000);
      site.run(25_000);
      expect(site.sumW).toBeGreaterThanOrEqual(lowW);
      expect(site.sumW).toBeLessThanOrEqual(highW);
      expect(site.binding()).toContain(reason);
    });
  }

  test("a backend's group limit and a feeder's → the tighter one, and the feeder keeps charging down too", () => {
    const feeder = ", groups: [{ name: F1, evses: [1], chargeLimitW: 9000, dischargeLimitW: 12000 }]";
    const site = new TestSite({ pcc: feeder });
    site.request(40_000);
    site.run(100_000);
    expect(site.setpointW(0)).toBeCloseTo(9_000, -2);
    expect(site.setpointW(1)).toBeCloseTo(40_000, -2);
    expect(site.limits(0).map(({ source }) => source)).toContain("installer");
  });

  test("a backend may tighten, not loosen", () => {
    const site = inParallel({ pcc: ", conductorLimitW: 40000" }, -60_000);
    site.snapshot.site.operatorExportLimitW = 15_000;
    site.run(10_000);
    expect(site.sumW).toBeGreaterThanOrEqual(-15_000);
    site.snapshot.site.operatorExportLimitW = 1e9;
    site.run(10_000);
    expect(site.sumW).toBeGreaterThanOrEqual(-40_000);
  });

  test("the profile's hour changes on the wall clock → the lower limit is there before the hour", () => {
    // 12:00 local at the start; 13:00 is an hour later.
    const site = inParallel(
      { start: { generationProfile: profileOf((_, hour) => (hour === 13 ? 20_000 : 80_000)) } },
      -60_000,
    );
    site.run(10_000);
    const at = { exportW: 0 };
    site.nowMs += 3_600_000 - site.nowMs - 10_000;
    site.run(9_000);
    expect(-site.sumW).toBeLessThan(80_000);
    site.run(1_000, () => (at.exportW = -site.snapshot.meter.powerW));
    site.run(5_000, () => expect(-site.snapshot.meter.powerW).toBeLessThanOrEqual(20_000 * 1.01));
    expect(at.exportW).toBeLessThanOrEqual(20_200);
  });

  test("a clock that is not trusted → the smallest value of the profile", () => {
    const site = inParallel({ start: { generationProfile: profileOf((_, hour) => 5_000 + 1_000 * hour) } }, -60_000);
    expect(site.core.pccLimits.exportLimitW).toBeGreaterThan(10_000);
    site.snapshot.wallMs = Number.NaN;
    site.tick();
    expect(site.core.pccLimits.exportReason).toBe("generation-profile");
  });
});

describe("reverse power and minimum import", () => {
  const relay = ", reversePower: { reverseMarginW: 200, minimumImportW: 6000, delayS: 1 }";

  test("a relay's contact → discharging latched off until a person resets", () => {
    const site = inParallel();
    site.snapshot.site.relayLatched = true;
    site.run(100);
    expect(site.setpointW()).toBe(0);
    expect(site.core.authority.parallelRefusal).toBe("relay-latched");
    site.snapshot.site.relayLatched = false;
    site.run(5_000);
    expect(site.setpointW()).toBe(0);
    site.snapshot.site.resetRequest = true;
    site.run(100);
    site.snapshot.site.resetRequest = false;
    site.run(6_000);
    expect(site.setpointW()).toBe(-30_000);
  });

  test("a relay's contact at the switchgear → the same", () => {
    const site = inParallel();
    site.snapshot.transferDevice.relayTripped = true;
    site.run(100);
    site.snapshot.transferDevice.relayTripped = false;
    site.run(1_000);
    expect(site.core.reversePower).toMatchObject({ latched: true, cause: "relay" });
    expect(site.setpointW()).toBe(0);
  });

  test("import below the minimum while discharging → trips after its delay, not before", () => {
    const site = new TestSite({ pcc: relay });
    site.loadW = 50_000;
    site.request(-20_000);
    site.run(12_000);
    expect(site.core.reversePower.cause).toBe("");
    site.loadW = 44_000;
    site.run(900);
    expect(site.core.reversePower.latched).toBe(false);
    site.run(300);
    expect(site.core.reversePower).toMatchObject({ latched: true, cause: "minimum-import" });
    expect(site.binding()).toContain("permit-discharge");
  });
});

describe("what is kept of exports beyond the limit", () => {
  /** The building's load falls at once from 100 kW to 20 while 60 kW are discharged. */
  const stepped = () => {
    const site = new TestSite({ pcc: ", conductorLimitW: 500000" });
    site.snapshot.site.permit.exportLimitW = 0;
    site.loadW = 100_000;
    site.request(-30_000);
    site.run(15_000);
    site.loadW = 20_000;
    return site.run(5_000);
  };

  test("a load step → one event with peak, duration, energy, cause and moment; and a recovery in the passport", () => {
    const { ledger } = stepped().core.pccRecord.exports;
    expect(ledger.total).toBe(1);
    const [entry] = ledger.entries;
    expect(entry).toMatchObject({ sequence: 1, cause: "load-step", limitW: 0 });
    expect(entry!.peakOverW).toBeGreaterThan(30_000);
    expect(entry!.peakOverW).toBeLessThan(42_000);
    expect(entry!.durationMs).toBeGreaterThan(40);
    expect(entry!.durationMs).toBeLessThan(500);
    expect(entry!.energyWh).toBeGreaterThan(0);
    expect(entry!.startWallMs).toBeGreaterThan(Date.UTC(2027, 5, 1));
    expect(stepped().core.pccRecord.passport.count).toBe(1);
  });

  test("shorter than two seconds → recorded, no alarm", () => {
    const { ledger } = stepped().core.pccRecord.exports;
    expect(ledger.alarmTooMany).toBe(false);
  });
});

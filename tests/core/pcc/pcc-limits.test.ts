import { describe, expect, test } from "vitest";
import { clearPccLimits, createPccLimits, tightenExport, tightenImport } from "../../../src/core/pcc/pcc-limits.ts";
import { type PowerControlMode, tightenByMode } from "../../../src/core/pcc/power-control-modes.ts";
import { createResponsePassport, noteRecovery, reportPassport } from "../../../src/core/pcc/response-passport.ts";
import {
  createReversePower,
  noReversePower,
  reversePowerSettings,
  stepReversePower,
} from "../../../src/core/pcc/reverse-power.ts";
import { makeSite, meanPcc, ratedW, setLoad, settle } from "./site.ts";

describe("limits at the PCC are only tightened", () => {
  test("the tightest wins, and of equals the later, protective one is named", () => {
    const limits = createPccLimits();
    tightenExport(limits, 50_000, "export-limit", "backend");
    tightenExport(limits, 80_000, "export-limit", "permit");
    expect(limits).toMatchObject({ exportLimitW: 50_000, exportReason: "export-limit", exportSource: "backend" });
    tightenExport(limits, 50_000, "bus-limit", "installer");
    expect(limits).toMatchObject({ exportLimitW: 50_000, exportReason: "bus-limit", exportSource: "installer" });
    clearPccLimits(limits);
    expect(limits.exportLimitW).toBe(Number.POSITIVE_INFINITY);
  });
  test.each([
    ["NaN", Number.NaN],
    ["a negative number", -1],
  ])("%s is no limit that anyone may rely on → zero", (_, limitW) => {
    const limits = createPccLimits();
    tightenImport(limits, limitW, "import-limit", "backend");
    tightenExport(limits, limitW, "export-limit", "backend");
    expect(limits).toMatchObject({ importLimitW: 0, exportLimitW: 0 });
  });
});

describe("power-control modes in closed loop: what four willing 60 kW stages do", () => {
  const all = 4 * ratedW;
  // Load −100 kW is PV surplus. Loose by 3 % of the stages' sum: the margin.
  test.each<[PowerControlMode, "charge" | "discharge", number, number]>([
    ["unrestricted", "charge", 50_000, 50_000 + all],
    ["unrestricted", "discharge", 50_000, 50_000 - all],
    ["import-only", "charge", 50_000, 50_000 + all],
    ["import-only", "discharge", 50_000, 0],
    ["export-only", "charge", 50_000, 50_000],
    ["export-only", "charge", -100_000, 0],
    ["export-only", "discharge", 50_000, 50_000 - all],
    ["no-exchange", "charge", 50_000, 50_000],
    ["no-exchange", "charge", -100_000, 0],
    ["no-exchange", "discharge", 50_000, 0],
    ["no-exchange", "discharge", -100_000, -100_000],
  ])("%s, request to %s, load %d W → PCC at %d W", (mode, request, loadW, expectedW) => {
    const site = makeSite();
    tightenByMode(site.limits, mode);
    setLoad(site, loadW);
    site.requestedW.fill(request === "charge" ? ratedW : -ratedW);
    settle(site, 9_000);
    expect(Math.abs(meanPcc(site, 500) - expectedW)).toBeLessThan(0.03 * all);
  });
});

describe("reverse power and minimum import latch discharge off", () => {
  const settings = reversePowerSettings(500_000, 240_000, true);
  const run = (
    powers: readonly number[],
    { exportLimitW = 0, discharges = true, relay = false, reset = false, config = settings } = {},
  ) => {
    const r = createReversePower(config);
    powers.forEach((powerW, second) => {
      stepReversePower(
        r,
        powerW,
        exportLimitW,
        discharges,
        relay,
        reset && second === powers.length - 1,
        1_000 * second,
      );
    });
    return r.latched ? r.cause : "runs";
  };
  test.each([
    ["a short export", [20_000, -5_000, -5_000, 20_000, 20_000], {}, "runs"],
    ["an export for 2 s", [20_000, -5_000, -5_000, -5_000], {}, "reverse-power"],
    [
      "an export within 0.1 % of the transformer",
      [-400, -400, -400, -400],
      { config: reversePowerSettings(500_000, 240_000, false) },
      "runs",
    ],
    [
      "an export under a higher limit",
      [-5_000, -5_000, -5_000],
      { exportLimitW: 50_000, config: reversePowerSettings(500_000, 240_000, false) },
      "runs",
    ],
    ["import below 5 % of the nameplate", [5_000, 5_000, 5_000], {}, "minimum-import"],
    ["the same while nothing discharges", [5_000, 5_000, 5_000], { discharges: false }, "runs"],
    ["a relay's contact", [50_000], { relay: true }, "relay"],
    ["no meter", [Number.NaN, Number.NaN, Number.NaN, Number.NaN], {}, "runs"],
    ["switched off", [-5e5, -5e5, -5e5, -5e5], { config: noReversePower }, "runs"],
    ["reset while it still trips", [-5_000, -5_000, -5_000, -5_000], { reset: true }, "reverse-power"],
    ["reset after it is over", [-5_000, -5_000, -5_000, 50_000], { reset: true }, "runs"],
  ] as const)("%s", (_, powers, options, expected) => {
    expect(run(powers, options)).toBe(expected);
  });
});

test("the response-time passport keeps all recoveries as counts and the last ones in full", () => {
  const passport = createResponsePassport();
  for (let k = 1; k <= 100; k++) noteRecovery(passport, k, 1_000 * k, k === 100 ? 720 : 80 + (k % 3));
  const report = reportPassport(passport);
  expect(report).toMatchObject({
    count: 100,
    p50Ms: 100,
    p99Ms: 100,
    longestMs: 720,
    boundMs: 500,
    beyondBoundCount: 1,
  });
  expect(report.recent).toHaveLength(32);
  expect(report.recent.at(-1)).toEqual({ wallMs: 100, peakOverW: 100_000, durationMs: 720 });
  expect(reportPassport(createResponsePassport()).p50Ms).toBeNaN();
});

/**
 * Settings of single EVSEs and groups of them, each judged by itself at one site that runs in parallel with the grid: what was
 * written to each stage, and what it gave.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, writtenTo } from "./site/judge.ts";
import { type JsonObject, type Product, startProduct } from "./site/product.ts";
import { soon, stays } from "./site/sites.ts";

const stage = { maxChargeW: 600_000, maxDischargeW: 60_000 };
const dischargingW = -30_000;

/** Number of each EVSE by what is special about it. */
const bay = {
  plain: 1,
  maxDischarge: 2,
  disabled: 3,
  reserve: 4,
  maxCharge: 5,
  minPower: 6,
  groupA: 7,
  groupB: 8,
  reactive: 9,
  stranger: 10,
  rated: 11,
  busReserve: 12,
} as const;
const count = Object.keys(bay).length;

describe("settings of an EVSE", () => {
  let product: Product;
  let fromMs = 0;
  const powerW = (number: number): number => product.plant.stages[number - 1]!.powerW;
  const written = (number: number, point: string): number[] => {
    const { server, face } = product.stages[number - 1]!;
    return writtenTo(server.writes, (address, words) => face.map.parse(address, words), point, fromMs).map(
      ({ value }) => value,
    );
  };
  /** Power dips for a moment when the meter's samples are overdue, as on a busy machine: what it settles at counts. */
  const settles = (number: number, wantedW: number): Promise<void> =>
    soon(product, `bay ${number} at ${wantedW} W`, () => Math.abs(powerW(number) - wantedW) < 400);
  const lowestW = (number: number): number =>
    Math.min(0, ...product.setpointsW(number - 1, fromMs).map(({ value }) => value));
  const highestW = (number: number, sinceMs: number): number =>
    Math.max(0, ...product.setpointsW(number - 1, sinceMs).map(({ value }) => value));

  const groupW = (): number => powerW(bay.groupA) + powerW(bay.groupB);

  beforeAll(async () => {
    product = await startProduct({
      plant: { stages: Array.from({ length: count }, () => stage), buildingW: 20_000 },
      permit: { mode: "parallel-export", exportLimitW: 1_000_000 },
      backend: true,
      files: {
        "reactive.yaml": JSON.stringify({
          name: "reactive",
          base: "ieee1547-catB-III",
          version: 1,
          settings: { enterDelayS: 1, enterRampS: 1, reactiveMode: "constant-var", constantVarPu: 0.3, ov1S: 1.7 },
        }),
      },
      config: ({ stages }) => {
        const plain = (number: number): JsonObject => ({
          name: `Bay ${number}`,
          stage: stages[number - 1]!,
          maxChargeW: 600_000,
          maxDischargeW: 60_000,
          dischargeEnabled: true,
          reservePct: 20,
        });
        const evses = Array.from({ length: count }, (_, i) => plain(i + 1));
        const change = (number: number, more: JsonObject): void => {
          evses[number - 1] = { ...evses[number - 1]!, ...more };
        };
        change(bay.maxDischarge, { maxDischargeW: 9_000 });
        change(bay.disabled, { dischargeEnabled: false });
        change(bay.reserve, { reservePct: 75 });
        change(bay.busReserve, { vehicle: "Bus 12" });
        change(bay.maxCharge, { maxChargeW: 7_000 });
        change(bay.minPower, { minPowerW: 6_000 });
        change(bay.reactive, {
          stage: { ...stages[bay.reactive - 1]!, gridFunctions: "controller", maxVar: 11_000, ratedVA: 610_000 },
        });
        change(bay.stranger, { stage: { ...stages[bay.stranger - 1]!, identity: { serialNumber: "ST-OTHER" } } });
        change(bay.rated, {
          maxChargeW: 30_000,
          maxDischargeW: 30_000,
          stage: { ...stages[bay.rated - 1]!, gridFunctions: "controller", maxVar: 30_000, ratedVA: 36_000 },
        });
        return {
          site: { gridProfile: "./reactive.yaml" },
          loop: { watchdogS: 3 },
          pcc: {
            importLimitW: 5_000_000,
            exportLimitW: 5_000_000,
            groups: [
              {
                name: "Feeder F2",
                kind: "bus",
                evses: [bay.groupA, bay.groupB],
                chargeLimitW: 8_000,
                dischargeLimitW: 14_000,
              },
            ],
          },
          evses,
          vehicles: [{ id: "bus-12", name: "Bus 12", reservePct: 75 }],
        };
      },
    });
    await soon(product, "in parallel", () => product.mode() === "parallel", 90_000);
    fromMs = performance.now();
    // Those that may not discharge, or are not used, refuse it.
    for (let number = 1; number <= count; number += 1) await product.backend.setPower(number, dischargingW);
    await product.backend.ask(bay.plain, dischargingW);
    await settles(bay.plain, dischargingW);
    await sleep(2_000);
  });
  afterAll(() => product?.stop());

  it("an EVSE on which nothing binds gives what was asked for", () => settles(bay.plain, dischargingW));

  it("evses[].maxDischargeW: it gives its rating and no more", async () => {
    await settles(bay.maxDischarge, -9_000);
    expect(lowestW(bay.maxDischarge)).toBeGreaterThan(-9_300);
  });

  it("evses[].dischargeEnabled: capable is not enabled", () => {
    expect(lowestW(bay.disabled)).toBe(0);
    expect(powerW(bay.disabled)).toBeGreaterThanOrEqual(0);
  });

  it("evses[].reservePct: a vehicle below its reserve gives nothing", () => {
    expect(lowestW(bay.reserve)).toBe(0);
  });

  it("vehicles[].reservePct: a vehicle that keeps more than its charger asks for gives nothing below it", () => {
    expect(lowestW(bay.busReserve)).toBe(0);
  });

  it("evses[].stage.identity.serialNumber: another stage than was commissioned is not used", () => {
    expect(product.setpointsW(bay.stranger - 1, fromMs)).toEqual([]);
    expect(powerW(bay.stranger)).toBe(0);
  });

  it("pcc.groups[].dischargeLimitW: the sum of its EVSEs stays within it", async () => {
    await soon(product, "14 kW together", () => Math.abs(groupW() + 14_000) < 500);
  });

  it("pcc.groups[].evses[]: its EVSEs are held by it, and nobody else", async () => {
    await soon(product, "held, and one that is not", () => groupW() > -14_600 && powerW(bay.plain) < -29_000);
    // Never beyond it, and neither of them near what was asked for.
    for (const number of [bay.groupA, bay.groupB]) expect(lowestW(number)).toBeGreaterThan(-14_001);
  });

  it("loop.watchdogS: every stage reverts after it", () => {
    for (const { face } of product.stages.filter((_, i) => i !== bay.stranger - 1))
      expect(face.map.get("704.WSetRvrtTms")).toBe(3);
  });

  it("site.gridProfile: its settings are in force in the stages", () => {
    const { map } = product.stages[bay.plain - 1]!.face;
    expect(map.get("703.ESDlyTms")).toBe(1);
    expect(map.get("704.VarSetPct")).toBe(30);
    // The slower of the two high-voltage trips is the last step of the curve.
    const steps = map.get("708.Crv[1].MustTrip.ActPt");
    expect(map.get(`708.Crv[1].MustTrip.Pt[${steps}].Tms`)).toBeCloseTo(1.7, 1);
  });

  const largestVar = (number: number): number => Math.max(0, ...written(number, "64901.VarCmd").map(Math.abs));

  it("evses[].stage.maxVar: reactive power stays within it", async () => {
    await soon(product, "reactive power near its limit", () => largestVar(bay.reactive) > 10_000);
    expect(largestVar(bay.reactive)).toBeLessThanOrEqual(11_000);
  });

  it("evses[].stage.gridFunctions: a stage of its own functions takes no reactive power from the controller", () => {
    expect(largestVar(bay.plain)).toBe(0);
    expect(largestVar(bay.reactive)).toBeGreaterThan(0);
  });

  it("evses[].stage.ratedVA: reactive power is a share of it, and active power keeps all of its own beside", async () => {
    // The profile asks for 0.3 of the rating: 10.8 kvar, and 9 kvar of what its powers alone would make of it.
    const lastVar = (): number => Math.abs(written(bay.rated, "64901.VarCmd").at(-1) ?? 0);
    await soon(product, "10.8 kvar", () => lastVar() > 10_100 && lastVar() < 11_500);
    await settles(bay.rated, dischargingW);
  });

  it("evses[].minPowerW: below it the setpoint is zero", async () => {
    await product.backend.ask(bay.minPower, -8_000);
    await settles(bay.minPower, -8_000);
    await product.backend.ask(bay.minPower, -4_000);
    await soon(product, "at rest", () => powerW(bay.minPower) === 0);
    const restingMs = performance.now();
    await sleep(500);
    const since = product.setpointsW(bay.minPower - 1, restingMs).map(({ value }) => value);
    expect(since.filter((value) => value !== 0)).toEqual([]);
  });

  it("evses[].maxChargeW: it takes its rating and no more", async () => {
    const beganMs = performance.now();
    await product.backend.ask(bay.maxCharge, 30_000);
    await product.backend.ask(bay.plain, 30_000);
    await soon(product, "both charge", () => powerW(bay.plain) > 20_000 && highestW(bay.maxCharge, beganMs) > 500);
    await sleep(1_000);
    expect(highestW(bay.maxCharge, beganMs)).toBeLessThanOrEqual(7_001);
  });

  it("pcc.groups[].chargeLimitW: the sum of its EVSEs stays within it", async () => {
    await product.backend.ask(bay.groupA, 20_000);
    await product.backend.ask(bay.groupB, 20_000);
    await soon(product, "8 kW together", () => Math.abs(groupW() - 8_000) < 600);
    await stays(product, "within 8 kW together", () => groupW() < 8_600, 1_500);
  });
});

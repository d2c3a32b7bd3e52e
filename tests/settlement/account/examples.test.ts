/** Origin and use of energy by examples that a person can follow with a pencil, in Wh. */
import { describe, expect, test } from "vitest";
import { sharesOf } from "../../../src/settlement/account/amounts.ts";
import { settleAid } from "../../../src/settlement/account/mutual-aid.ts";
import { giveFrom } from "../../../src/settlement/account/pools.ts";
import { contradictionOf } from "../../../src/settlement/account/row.ts";
import { statementOf } from "../../../src/settlement/account/statement.ts";
import { type BaselineDay, baselineOf, tenOfTen } from "../../../src/settlement/baseline.ts";
import { responseOf } from "../../../src/settlement/response.ts";
import { batteriesOf, type Energies, mWh, priority, proportional, rowOf, wh } from "./site.ts";

const quarterMs = 900_000;

describe("a building and a vehicle that charges, from grid and PV", () => {
  const energies: Energies = { grid: 2_000, pv: 3_000, building: 2_500, charged: { "v:1": 2_450 } };

  test("in proportion: the loss is a sink, the battery's own loss is the battery's", () => {
    const batteries = batteriesOf({ "v:1": {} });
    const row = rowOf([energies], proportional, batteries);
    expect(wh(row.flows["grid"])).toEqual({ building: 1_000, "v:1": 980, loss: 20 });
    expect(wh(row.flows["pv"])).toEqual({ building: 1_500, "v:1": 1_470, loss: 30 });
    expect(wh(row.pools["v:1"])).toEqual({ grid: 931, pv: 1_396.5 });
    expect(wh(row.batteryLoss)).toEqual({ "v:1": 122.5 });
    expect([row.closureMWh, row.closurePpm, row.closes]).toEqual([50_000, 10_000, false]);
  });

  test("by a tariff's list: PV to the building first, then to the vehicle", () => {
    const row = rowOf([energies], priority, batteriesOf({ "v:1": {} }));
    expect(wh(row.flows["pv"])).toEqual({ building: 2_500, "v:1": 500 });
    expect(wh(row.flows["grid"])).toEqual({ "v:1": 1_950, loss: 50 });
    expect(wh(row.pools["v:1"])).toEqual({ grid: 1_852.5, pv: 475 });
  });
});

describe("the battery feeds the building and PV goes out", () => {
  const energies: Energies = { pv: 327, building: 508, export: 327, discharged: { "v:1": 508 } };
  const held = { "v:1": { grid: 6_000, pv: 2_000 } };

  test("in proportion: what is exported is partly from the grid", () => {
    const row = rowOf([energies], proportional, batteriesOf(held));
    expect(wh(row.flows["pv"])).toEqual({ building: 198.94, export: 128.06 });
    expect(wh(row.flows["v:1"])).toEqual({ building: 309.06, export: 198.94 });
    expect(wh(row.origins["export"])).toEqual({ pv: 177.79, grid: 149.21 });
    expect(wh(row.pools["v:1"])).toEqual({ grid: 5_598.95, pv: 1_866.32 });
    expect(wh(row.batteryLoss)).toEqual({ "v:1": 26.74 });
  });

  test("by a tariff's list: the battery exports all of it, and nothing is eligible", () => {
    const row = rowOf([energies], priority, batteriesOf(held));
    expect(wh(row.flows["pv"])).toEqual({ building: 327 });
    expect(wh(row.flows["v:1"])).toEqual({ building: 181, export: 327 });
    expect(wh(row.origins["export"])).toEqual({ grid: 245.25, pv: 81.75 });
    for (const rule of [priority, proportional]) {
      const { noGridCharging, noBatteryExport, eligibleExportMWh } = statementOf(
        [rowOf([energies], rule, batteriesOf(held))],
        0,
        quarterMs,
      );
      expect([noGridCharging.holds, noBatteryExport.holds, eligibleExportMWh]).toEqual([false, false, 0]);
      expect(noBatteryExport.againstMWh).toBe(327_000);
    }
  });
});

test("a guest helps: the building's energy is the guest's in part, the guest's battery carries its loss", () => {
  const row = rowOf(
    [{ grid: 1_000, building: 4_000, discharged: { "v:1": 1_500, "g:g1": 1_520 } }],
    proportional,
    batteriesOf({ "v:1": { pv: 9_000, grid: 3_000 }, "g:g1": { "guest:g1": 40_000 } }),
  );
  expect(wh(row.origins["building"])).toEqual({ grid: 1_368.16, pv: 1_119.4, "guest:g1": 1_512.44 });
  expect(wh(row.origins["loss"])).toEqual({ grid: 6.84, pv: 5.6, "guest:g1": 7.56 });
  expect(wh(row.pools["v:1"])).toEqual({ grid: 2_605.26, pv: 7_815.79 });
  expect(wh(row.pools["g:g1"])).toEqual({ "guest:g1": 38_400 });
  expect(wh(row.batteryLoss)).toEqual({ "v:1": 78.95, "g:g1": 80 });
  expect(contradictionOf(row)).toBe("");
});

test.each([
  ["proportional", { pv: 480, grid: 320 }, { pv: 120, grid: 80 }],
  ["grid-first", { pv: 400, grid: 400 }, { pv: 200 }],
  ["pv-first", { pv: 600, grid: 200 }, { grid: 200 }],
] as const)("a store of 1 MWh gives 800 kWh, %s", (rule, given, left) => {
  const kWh = (amounts: Readonly<Record<string, number>>) =>
    mWh(Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount * 1_000])));
  const pool = { content: kWh({ pv: 600, grid: 400 }), brought: "unknown" };
  expect(giveFrom(pool, 800_000_000, rule, { charge: 1, discharge: 1 }).origins).toEqual(kWh(given));
  expect(pool.content).toEqual(kWh(left));
});

test("PV in the first half and load in the second: by minutes PV is exported, by the quarter's sums it is not", () => {
  const byMinutes = rowOf([{ pv: 500, export: 500 }, { grid: 500 }], proportional, batteriesOf({}));
  expect(byMinutes.flows).toEqual({ pv: mWh({ export: 500 }), grid: mWh({ building: 500 }) });
  const bySums = rowOf([{ pv: 500, export: 500, grid: 500 }], proportional, batteriesOf({}));
  expect(bySums.flows["pv"]).toEqual(mWh({ building: 250, export: 250 }));
});

test("1000 mWh in three equal parts: the largest remainder, ties by name", () => {
  expect(sharesOf(1_000, { c: 1, a: 1, b: 1 })).toEqual({ a: 334, b: 333, c: 333 });
});

test("what was bridged over a silence is in no claim", () => {
  const row = rowOf([{ pv: 2_400, export: 2_400 }], proportional, batteriesOf({}), { estimatedMWh: 812_000 });
  expect(statementOf([row], 0, quarterMs)).toMatchObject({ eligibleExportMWh: 1_588_000, estimatedMWh: 812_000 });
});

describe("mutual aid", () => {
  const capacityMWh = 80_000_000;
  const stay = { battery: "g:g1", evse: 2, capacityMWh };
  const terms = {
    account: "g1",
    currency: "EUR",
    energyPerKWh: 0.3,
    wearPerKWh: 0.08,
    supplyPerKWh: 0.25,
    fromMs: 0,
    untilMs: 10 * quarterMs,
    leastAtLeavingWh: 0,
    travelPerVisit: 0,
  };
  /** Arrives with 60.00 kWh, gives 24.00, takes 20.00 and leaves. */
  const visit = (leavesWithWh: number) => {
    const batteries = batteriesOf({ "g:g1": { "guest:g1": 60_000 } });
    const given = rowOf([{ discharged: { "g:g1": 24_000 } }], proportional, batteries, {
      stays: [{ ...stay, what: "arrived", atMs: 1, contentMWh: 60_000_000 }],
    });
    const taken = rowOf([{ grid: 20_000, charged: { "g:g1": 20_000 } }], proportional, batteries, {
      fromMs: quarterMs,
      toMs: 2 * quarterMs,
      stays: [{ ...stay, what: "left", atMs: 2 * quarterMs - 1, contentMWh: leavesWithWh * 1_000 }],
    });
    return [given, taken];
  };

  test("24 kWh given and 20 kWh taken: 9.12 less 5.00 is 4.12, and the battery has 6.26 kWh less", () => {
    const rows = visit(53_700);
    const statement = settleAid(terms, rows);
    expect(statement).toMatchObject({ givenWh: 24_000, takenWh: 20_000, forSupply: 5, due: 4.12, remarks: [] });
    expect(statement.forEnergy + statement.forWear).toBeCloseTo(9.12, 9);
    expect(Math.round(statement.batteryWh) / 1_000).toBe(-6.263);
    expect(Math.round(statement.leavings[0]!.expectedWh! / 10) / 100).toBe(53.74);
    expect(wh(rows[0]!.origins["building"])).toEqual({ "guest:g1": 24_000 });
  });

  test("a vehicle that says something else on leaving, or leaves with less than agreed, is told", () => {
    expect(settleAid(terms, visit(52_900)).remarks[0]!.sentence).toMatch(
      /52\.90 kWh by its own word; the account says 53\.74/,
    );
    expect(settleAid({ ...terms, leastAtLeavingWh: 56_000 }, visit(53_700)).remarks[0]!.sentence).toMatch(
      /at least 56\.00 kWh/,
    );
  });

  test("rows outside the agreement's time, and other guests, are in no bill", () => {
    expect(settleAid({ ...terms, untilMs: quarterMs }, visit(53_700))).toMatchObject({ givenWh: 24_000, takenWh: 0 });
    expect(settleAid({ ...terms, account: "g2" }, visit(53_700))).toMatchObject({ givenWh: 0, due: 0, visits: 0 });
  });
});

describe("a response to an event at 17:00", () => {
  const atFiveKW = [40, 42, 38, 41, 39, 40, 43, 37, 40, 40];
  const flat = (day: number, kW: number): BaselineDay => ({
    day,
    clockW: new Float64Array(96).fill(kW * 1_000),
    leftOut: false,
  });
  const days = atFiveKW.map((kW, i) => flat(i, kW));
  const terms = { currency: "EUR", committedW: 1e6, payPerKWh: 1, penaltyPerKWh: 0 } as const;
  const delivered = (beforeKW: number, netW: number) => {
    const baseline = baselineOf(tenOfTen, days, flat(20, beforeKW), 68, 69)!;
    return responseOf({ ...terms, paysBeyond: false, countedBy: "quarters" }, baseline.quarterW, [netW]);
  };

  test("44 kW before it against 40: 12 kW imported are 8.00 kWh, 6 kW exported 12.50 kWh", () => {
    expect(delivered(44, 12_000).deliveredWh).toBeCloseTo(8_000, 6);
    expect(delivered(44, -6_000).deliveredWh).toBeCloseTo(12_500, 6);
  });

  test("a factor of 1.35 counts as 1.20; with six like days there is no baseline", () => {
    expect(baselineOf(tenOfTen, days, flat(20, 54), 68, 69)!.quarterW[0]).toBeCloseTo(48_000, 6);
    expect(baselineOf(tenOfTen, days.slice(0, 6), flat(20, 44), 68, 69)).toBeNull();
  });
});

/** The account's recorder against a plant that knows what truly flowed: restarts, silences, registers and clocks that misbehave. */
import { expect, test } from "vitest";
import { readRow, rowText, verifyAccount } from "../../../src/app/account/chain.ts";
import { contradictionOf } from "../../../src/settlement/account/row.ts";
import { flowWh, fromWh, guest, intoWh, own, TriedSite } from "./recorder-site.ts";

const minuteMs = 60_000;
const quarterMs = 15 * minuteMs;
const startsAtMs = Date.UTC(2026, 5, 1, 12);

function begin(powers: Partial<TriedSite["powers"]> = {}): TriedSite {
  const site = new TriedSite(startsAtMs);
  site.powers = { ...site.powers, ...powers };
  site.places = [own("bus-1", 40_000)];
  site.start();
  return site;
}
const near = (actual: number, expected: number, within: number): void =>
  expect(Math.abs(actual - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(within);

test("rows agree with the plant to 0.1 %, close, and follow one another", () => {
  const site = begin({ pvW: 12_000, bayW: [4_000, 0] });
  site.run(quarterMs);
  site.powers = { buildingW: 3_000, pvW: 2_000, bayW: [-10_000, 0] };
  site.run(quarterMs + 1_000);
  const { rows, truth } = site;
  expect(rows.map(({ sequence, closes, unknownMs }) => [sequence, closes, unknownMs > 2_000])).toEqual([
    [1, true, false],
    [2, true, false],
  ]);
  const seconds = 2;
  near(fromWh(rows, "pv"), truth.pvWh, 0.001 * truth.pvWh + 4 * seconds);
  near(intoWh(rows, "v:bus-1"), truth.inWh[0]!, 0.001 * truth.inWh[0]! + 4);
  near(fromWh(rows, "v:bus-1"), truth.outWh[0]!, 0.001 * truth.outWh[0]! + 4);
  near(intoWh(rows, "building"), truth.buildingWh, 0.001 * truth.buildingWh + 4);
  near(intoWh(rows, "export"), truth.exportWh, 0.001 * truth.exportWh + 4);
  expect(rows.map(contradictionOf)).toEqual(["", ""]);
  expect(verifyAccount(rows.map(rowText), [], null)).toMatchObject({ ok: true, rows: 2 });
  expect(readRow(rowText(rows[0]!))).toEqual(rows[0]);
});

test("a kill at any instant doubles and loses no row; what the chargers counted meanwhile is unknown", () => {
  const site = begin({ bayW: [8_000, 0] });
  for (let i = 0; i < 40; i++) {
    site.run((47 + 61 * i) % 700 < 200 ? 431_000 : 97_000);
    if (i % 2 === 0) site.kill();
    else site.stop();
    site.run((i * 53_000) % 240_000);
    site.start();
  }
  site.run(2 * quarterMs);
  const { rows, truth } = site;
  expect(verifyAccount(rows.map(rowText), [], null)).toMatchObject({ ok: true, rows: rows.length });
  expect(new Set(rows.map(({ fromMs }) => fromMs)).size).toBe(rows.length);
  // The register counts on: of all that went into the vehicle nothing is missing but what the quarter-hour under way holds.
  const under = (8_000 * quarterMs) / 3_600_000;
  near(intoWh(rows, "v:bus-1"), truth.inWh[0]! - under / 2, under / 2 + 40);
  expect(flowWh(rows, "unknown", "v:bus-1")).toBeGreaterThan(1_000);
  expect(rows.some(({ why }) => why.some((one) => /did not run/.test(one)))).toBe(true);
  expect(rows.every(({ closes }) => closes)).toBe(true);
});

test("after a start the vehicle stays who it was until somebody tells otherwise, and the row says that nothing ran", () => {
  const site = begin({ bayW: [8_000, 0] });
  site.run(quarterMs);
  site.kill();
  site.run(minuteMs);
  site.isNew = true;
  site.start();
  site.run(5_000);
  site.isNew = false;
  site.run(quarterMs);
  const [, row] = site.rows;
  expect(row!.stays).toEqual([]);
  expect(Object.keys(row!.origins).filter((sink) => sink.startsWith("v:"))).toEqual(["v:bus-1"]);
  expect(row!.why.join()).toMatch(/did not run, or had kept nothing yet, from 2026-06-01T12:1/);
});

test("while a charger is silent nothing is shared out, and its register tells the amount afterwards", () => {
  const site = begin({ bayW: [-6_000, 0] });
  site.run(4 * minuteMs);
  site.silent = { bay1: true };
  site.run(7 * minuteMs);
  site.silent = {};
  site.run(quarterMs);
  const [row] = site.rows;
  near(row!.unknownMs, 7 * minuteMs, 3_000);
  expect(row!.why.join()).toMatch(/Bay 1 was silent for 4\d\d s/);
  near(flowWh([row!], "v:bus-1", "unknown"), (6_000 * 7) / 60, 10);
  near(fromWh([row!], "v:bus-1"), 6_000 / 4, 12);
  expect(flowWh([row!], "unknown", "export")).toBeGreaterThan(0);
});

test("a meter at the PCC that is silent makes the time unknown; asleep at night, PV does not", () => {
  const site = begin();
  site.run(minuteMs);
  site.silent = { pv: true };
  site.run(5 * minuteMs);
  site.silent = { pv: true, pcc: true };
  site.run(4 * minuteMs);
  site.silent = { pv: true };
  site.run(6 * minuteMs);
  near(site.rows[0]!.unknownMs, 4 * minuteMs, 3_000);
  expect(site.rows[0]!.why.join()).toMatch(/PCC was silent/);
});

test("PV that fell silent by day is not taken for night", () => {
  const site = begin({ pvW: 9_000 });
  site.run(minuteMs);
  site.silent = { pv: true };
  site.run(quarterMs);
  expect(site.rows[0]!.unknownMs).toBeGreaterThan(13 * minuteMs);
});

test("a register that is replaced, or reaches its end, is told and counts on; power has the amount", () => {
  const site = begin({ bayW: [9_000, 0] });
  site.registers[0]!.importWh = 2 ** 32 - 500;
  site.kill();
  site.start();
  site.run(3 * minuteMs);
  site.registers[0]!.importWh -= 2 ** 32;
  site.run(5 * minuteMs);
  site.registers[0]!.importWh = 77;
  site.run(quarterMs);
  const [row] = site.rows;
  near(intoWh([row!], "v:bus-1"), 9_000 / 4, 12);
  expect(row!.why.join("|")).toMatch(/Bay 1: its register fell from \d+ to \d\d Wh/);
  expect(row!.closes).toBe(true);
});

test("a clock that is set back makes one longer row and no second one of the same time; set forward, it leaves a gap", () => {
  const site = begin({ bayW: [4_000, 0] });
  site.run(quarterMs + 2 * minuteMs);
  site.clockAheadMs = -40 * minuteMs;
  site.run(60 * minuteMs);
  site.clockAheadMs = 60 * minuteMs;
  site.run(2 * quarterMs);
  const { rows } = site;
  expect(new Set(rows.map(({ fromMs }) => fromMs)).size).toBe(rows.length);
  expect(verifyAccount(rows.map(rowText), [], null).ok).toBe(true);
  expect(rows[1]!.why.join()).toMatch(/The clock was set back by 2400 s/);
  expect(rows[1]!.parallelMs).toBeGreaterThan(50 * minuteMs);
  expect(rows.some(({ why }) => /set forward/.test(why.join()))).toBe(true);
  near(intoWh(rows, "v:bus-1"), site.truth.inWh[0]!, (4_000 * quarterMs) / 3_600_000 + 10);
});

test("vehicles come and go: what they bring is theirs, a guest's is the guest's, and an empty charger's is the building's", () => {
  const site = begin({ bayW: [3_000, -12_000] });
  site.places = [own("bus-1", 40_000), guest("g1", 60_000)];
  site.run(quarterMs);
  site.places = [own("bus-1", 40_750)];
  site.powers = { ...site.powers, bayW: [0, 0] };
  site.run(minuteMs);
  site.powers = { ...site.powers, bayW: [0, 40] };
  site.run(quarterMs);
  const [first, second] = site.rows;
  near(first!.origins["building"]!["guest:g1"]! / 1_000, 1_250, 10);
  expect(first!.stays.map(({ battery, what, contentMWh }) => [battery, what, contentMWh])).toEqual([
    ["v:bus-1", "arrived", 40_000_000],
    ["g:g1", "arrived", 60_000_000],
  ]);
  expect(second!.stays.map(({ battery, what }) => [battery, what])).toEqual([["g:g1", "left"]]);
  expect(Object.keys(second!.pools)).toEqual(["v:bus-1"]);
  near(intoWh([second!], "building"), (5_040 * 14) / 60 + 5_000 / 60, 15);
});

test("an island's energy is its own: nothing of the grid is in it", () => {
  const site = begin({ pvW: 2_000, bayW: [-3_000, 0] });
  site.islanded = true;
  site.run(quarterMs + 1_000);
  const [row] = site.rows;
  expect(row!.islandMs).toBeGreaterThan(14 * minuteMs);
  expect(row!.flows["grid"]).toBeUndefined();
  expect(Object.keys(row!.origins["building"]!).sort()).toEqual(["pv", "unknown"]);
});

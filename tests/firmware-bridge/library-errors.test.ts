/**
 * Whether the twins would find a slip in a map: every row of every meter's map is spoiled in each way that a person spoils it,
 * and read from the twin. A slip that reads like the truth would be one that the twin mirrors.
 */
import { describe, expect, test } from "vitest";
import { DeviceReader } from "../../firmware-bridge/device/device-reader.ts";
import { readLibrary } from "../../firmware-bridge/find/library.ts";
import { type DeviceMap, type FactRow, factNames } from "../../firmware-bridge/maps/device-map.ts";
import type { DeviceBank } from "../../sim/devices/bank.ts";
import { meterTwins } from "../../sim/devices/meters.ts";
import { plainTruth, type Truth, totalW } from "../../sim/devices/twin.ts";
import { MemoryLink } from "./memory-link.ts";

const clock = (): number => 0;
const { maps } = readLibrary("config/maps");

/** Different everywhere, so that no register can stand for another. */
const truth: Truth = { ...plainTruth(), phasePowerW: [41_250, -8_870, 3_010], reactiveVar: 1_420, frequencyHz: 49.9 };

const expected: Readonly<Record<string, number>> = {
  powerW: totalW(truth),
  powerAW: truth.phasePowerW[0],
  powerBW: truth.phasePowerW[1],
  powerCW: truth.phasePowerW[2],
  reactiveVar: truth.reactiveVar,
  voltageAV: truth.phaseVoltageV[0],
  voltageBV: truth.phaseVoltageV[1],
  voltageCV: truth.phaseVoltageV[2],
  frequencyHz: truth.frequencyHz,
};

/** What a map says of one fact of the twin; NaN where it is refused or not known. */
function read(map: DeviceMap, name: string, unit: number, units: ReadonlyMap<number, DeviceBank>): number {
  const row = map.facts.find((one) => one.name === name)!;
  const reader = new DeviceReader({ ...map, facts: [row], commands: [] }, unit);
  const link = new MemoryLink(units, clock);
  for (const block of [reader.cycleBlock, ...reader.slowBlocks]) {
    link.start(block.exchange, 0);
    if (block.exchange.fault === null) reader.decode(block);
  }
  return reader.values[(factNames.meter as readonly string[]).indexOf(name)]!;
}

const halves: Readonly<Record<string, FactRow["type"]>> = { int32: "int16", uint32: "uint16", float32: "int32" };
const flipped = (order: FactRow["order"]) => (order === "CDAB" ? "ABCD" : "CDAB");

/** The ways in which a person spoils a row. */
const slips: readonly (readonly [string, (row: FactRow) => FactRow | undefined])[] = [
  ["one register too high", (row) => ({ ...row, address: row.address + 1 })],
  ["one register too low", (row) => (row.address === 0 ? undefined : { ...row, address: row.address - 1 })],
  ["the next value", (row) => ({ ...row, address: row.address + 2 })],
  ["a step ten times too large", (row) => ({ ...row, scale: 10 * row.scale })],
  ["the other direction", (row) => ({ ...row, scale: -row.scale })],
  ["the other half first", (row) => (row.type in halves ? { ...row, order: flipped(row.order) } : undefined)],
  ["another type", (row) => (row.type in halves ? { ...row, type: halves[row.type]! } : undefined)],
  ["the other function", (row) => ({ ...row, readFunction: row.readFunction === 4 ? 3 : 4 })],
];

/** Meters that answer functions 3 and 4 alike. */
const bothFunctions = ["carlo-gavazzi-em24", "carlo-gavazzi-em24-e1", "siemens-pac2200", "sma-home-manager"];

describe("each slip in a row of a meter's map → another number, or none", () => {
  for (const [name, make] of Object.entries(meterTwins)) {
    test(name, () => {
      const { map } = maps.find(({ file }) => file.endsWith(`/${name}.yaml`))!;
      const { units } = make(truth);
      const unit = [...units.keys()][0]!;
      const tried: string[] = [];
      const missed: string[] = [];
      for (const row of map.facts) {
        const wanted = expected[row.name]!;
        const most = Math.max(0.1, 0.002 * Math.abs(wanted));
        expect(Math.abs(read(map, row.name, unit, units) - wanted), `${row.name} as it is`).toBeLessThanOrEqual(most);
        for (const [what, spoil] of slips) {
          const spoiled = spoil(row);
          if (spoiled === undefined || (what === "the other function" && bothFunctions.includes(name))) continue;
          // The low half of a small number is that number, for the device as for the twin.
          const isSmall = row.order === "CDAB" && Math.abs(wanted / row.scale) < 0x8000;
          if (what === "another type" && isSmall) continue;
          tried.push(what);
          const facts = map.facts.map((one) => (one === row ? spoiled : one));
          const value = read({ ...map, facts }, row.name, unit, units);
          if (Math.abs(value - wanted) <= most) missed.push(`${row.name}: ${what}`);
        }
      }
      expect(tried.length).toBeGreaterThan(3);
      expect(missed).toEqual([]);
    });
  }
});

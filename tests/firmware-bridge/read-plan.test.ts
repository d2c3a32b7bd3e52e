/** How reads are cut for devices that give little at once and keep their powers of ten far from the values. */
import { expect, test } from "vitest";
import { FactDecoder } from "../../firmware-bridge/device/fact-decoder.ts";
import { planReads } from "../../firmware-bridge/device/read-plan.ts";
import type { DeviceMap, FactRow } from "../../firmware-bridge/maps/device-map.ts";

/** As in SunSpec model 701: values at 8 to 15, their powers of ten more than 100 registers later. */
const row = (name: string, address: number, scaleAt: number): FactRow => ({
  name,
  address,
  type: "int16",
  scale: 1,
  sign: "load",
  pace: "cycle",
  scaleAt,
  scaleThen: 0,
});
const map: DeviceMap = {
  kind: "stage",
  readFunction: 3,
  writeFunction: 16,
  facts: [
    row("powerW", 8, 114),
    row("reactiveVar", 10, 117),
    row("lineVoltageV", 13, 112),
    row("frequencyHz", 15, 113),
  ],
  commands: [],
};

const cuts = (registersMax: number, gapMax = 24) =>
  planReads(map, 1, new FactDecoder(map), { registersMax, gapMax }).map(({ exchange, periodMs }) => [
    exchange.address,
    exchange.count,
    periodMs,
  ]);

test.each<[string, number, number, number[][]]>([
  ["all in one read where the device gives it", 125, 24, [[8, 110, 0]]],
  [
    "100 registers at once → values in one read of each cycle, their powers of ten twice a second",
    100,
    24,
    [
      [8, 8, 0],
      [112, 6, 500],
    ],
  ],
])("%s", (_, registersMax, gapMax, expected) => {
  expect(cuts(registersMax, gapMax)).toEqual(expected);
});

/**
 * What `islet probe` makes of devices that nobody has labelled: each twin of the library behind an address, its unit unknown.
 * Right is the device's own map, or an honest "unknown, looks like"; a wrong map is never right, and nothing is written.
 */
import { describe, expect, test } from "vitest";
import { DeviceReader } from "../../firmware-bridge/device/device-reader.ts";
import { findDevices, usualUnits } from "../../firmware-bridge/find/find-devices.ts";
import { readLibrary } from "../../firmware-bridge/find/library.ts";
import { DeviceBank } from "../../sim/devices/bank.ts";
import { stageTwins } from "../../sim/devices/chargers.ts";
import { pvTwins, sunspecTwins } from "../../sim/devices/inverters.ts";
import { inputPattern, ioTwins } from "../../sim/devices/io-modules.ts";
import { meterTwins } from "../../sim/devices/meters.ts";
import { plainTruth, type Twin } from "../../sim/devices/twin.ts";
import { MemoryLink } from "./memory-link.ts";

const clock = (): number => performance.now();
const { maps: library } = readLibrary("config/maps");
const units = usualUnits(library);

async function probe(devices: ReadonlyMap<number, DeviceBank>) {
  const link = { kind: "tcp", host: "twin", port: 502 } as const;
  const transport = () => new MemoryLink(devices, clock);
  return findDevices([{ link, units }], { library, transport, clock, pauseMs: 0 });
}
const writesOf = ({ units: banks }: Twin): number =>
  [...banks.values()].reduce((sum, bank) => sum + bank.writes.length + bank.forbiddenWrites, 0);

/** Devices whose few or common registers no map can be sure of: it must be said that they look like theirs. */
const looksLike: ReadonlySet<string> = new Set([
  "eastron-sdm72",
  "sma-home-manager",
  "victron-gx-grid",
  "huawei-emma-meter",
  "sigenergy-plant",
  "wallbox-quasar",
  "sigenergy-evdc",
  // Inputs and outputs have no names.
  ...Object.keys(ioTwins),
]);
/** One device, two maps: either is right. */
const sameDevice: Readonly<Record<string, string>> = { "huawei-emma-pv": "huawei-emma-meter" };

describe("each twin of the library, behind an unlabelled address", () => {
  for (const [name, make] of Object.entries({ ...meterTwins, ...pvTwins, ...stageTwins, ...ioTwins })) {
    const file = `config/maps/${sameDevice[name] ?? name}.yaml`;
    const isSure = !looksLike.has(sameDevice[name] ?? name);
    test(`${name} → ${isSure ? "recognised" : "unknown, looks like it"}`, async () => {
      const twin = make(plainTruth());
      const { devices } = await probe(twin.units);
      expect(devices.map(({ unit }) => unit).toSorted()).toEqual([...twin.units.keys()].toSorted());
      const found = devices.find(({ unit }) => unit === [...twin.units.keys()][0])!;
      if (isSure) expect(found).toMatchObject({ verdict: "recognised", map: file });
      else {
        expect(found.verdict).toBe("looks-like");
        expect(found.lookalikes.map((one) => one.file)).toContain(file);
      }
      expect(writesOf(twin)).toBe(0);
    });
  }

  test("fronius → SunSpec, the inverter at 1 and its meter at 240", async () => {
    const { devices } = await probe(sunspecTwins.fronius(plainTruth()).units);
    expect(
      devices.map(({ unit, verdict, map, kinds, identity }) => [unit, verdict, map, ...kinds, identity.serialNumber]),
    ).toEqual([
      [1, "recognised", "sunspec", "pv", "F-1"],
      [240, "recognised", "sunspec", "meter", "FM-1"],
    ]);
  });
});

/** Registers of everything that is not in the library: what may not be taken for anything. */
const strangers: readonly (readonly [string, (address: number) => number])[] = [
  ["nothing but zeros", () => 0],
  ["nothing but ones", () => 1],
  ["not available everywhere", () => 0xffff],
  ["each register its own address", (address) => address],
  ["230.0 V everywhere, as 2300", () => 2_300],
  ["50.0 Hz everywhere, as 500", () => 500],
  ["floats of 230 everywhere", (address) => (address % 2 === 0 ? 0x4366 : 0)],
  ...Array.from({ length: 12 }, (_, seed): readonly [string, (address: number) => number] => [
    `random registers ${seed}`,
    (address) => (Math.imul(address * 2_654_435_761 + seed * 97, 1_597_334_677) >>> 13) & 0xffff,
  ]),
];

describe("I/O modules: the inputs are where their maps say", () => {
  for (const [name, make] of Object.entries(ioTwins))
    test(name, () => {
      const { map } = library.find(({ file }) => file.endsWith(`/${name}.yaml`))!;
      const { units: banks } = make(plainTruth());
      const reader = new DeviceReader(map, 1);
      new MemoryLink(banks, clock).start(reader.cycleBlock.exchange, 0);
      reader.decode(reader.cycleBlock);
      expect([...reader.values.slice(0, 8)]).toEqual(inputPattern.map(Number));
    });
});

describe("a device that is in no map → unknown, whatever it says", () => {
  for (const [name, word] of strangers) {
    test(name, async () => {
      const bank = new DeviceBank();
      bank.read = (address, count, into, at, functionCode = 3) => {
        if (functionCode <= 2) into.fill(word(address) & 0xff, at, at + Math.ceil(count / 8));
        else for (let i = 0; i < count; i += 1) into.writeUInt16BE(word(address + i) & 0xffff, at + 2 * i);
        return 0;
      };
      const { devices } = await probe(new Map([[1, bank]]));
      expect(devices.map(({ verdict, map, name: called }) => [verdict, map, called])).not.toContainEqual(
        expect.arrayContaining(["recognised"]),
      );
      expect(devices).toHaveLength(1);
    });
  }
});

describe("addresses", () => {
  test("a device that answers at every unit is told once, and so", async () => {
    const twin = meterTwins["janitza-umg604"]!(plainTruth());
    const bank = [...twin.units.values()][0]!;
    const everywhere = new Map(Array.from({ length: 256 }, (_, unit) => [unit, bank]));
    const { devices } = await probe(everywhere);
    expect(devices).toHaveLength(1);
    expect(devices[0]).toMatchObject({ answersAnywhere: true, verdict: "recognised" });
  });

  test("several devices behind one gateway, each at its unit", async () => {
    const of = (name: string): DeviceBank => [...meterTwins[name]!(plainTruth()).units.values()][0]!;
    const { devices, silent } = await probe(
      new Map([
        [1, of("abb-b23")],
        [2, of("eastron-sdm630")],
        [3, of("eastron-sdm630")],
      ]),
    );
    expect(devices.map(({ unit, name }) => [unit, name])).toEqual([
      [1, "ABB B23"],
      [2, "Eastron SDM630"],
      [3, "Eastron SDM630"],
    ]);
    expect(silent.every(({ reason }) => reason === "the gateway has no such unit")).toBe(true);
  });
});

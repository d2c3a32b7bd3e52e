/**
 * SunSpec devices as they are in the field, written register by register from the facts about them and not from our model
 * tables: Fronius and SolarEdge with a common model of 65, inverters of 103 with 123, meters shorter than the model.
 */
import { describe, expect, test } from "vitest";
import { createBridge } from "../../firmware-bridge/bridge.ts";
import type { BridgeSettings } from "../../firmware-bridge/settings.ts";
import { createCommands } from "../../src/core/commands.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { MemoryLink } from "./memory-link.ts";
import { type RegisterBank, registerBank } from "./register-bank.ts";

const clock = (): number => performance.now();
const link = { kind: "tcp", host: "x", port: 502 } as const;

const text = (words: string, registers: number): number[] => {
  const bytes = Buffer.alloc(2 * registers);
  bytes.write(words, "latin1");
  return Array.from({ length: registers }, (_, i) => bytes.readUInt16BE(2 * i));
};
const common = (length: 65 | 66, serial: string): number[] => [
  1,
  length,
  ...text("Fronius", 16),
  ...text("Symo 8.2-3-M", 16),
  ...text("", 8),
  ...text("3.31.1", 8),
  ...text(serial, 16),
  1,
  ...(length === 66 ? [0x8000] : []),
];
/** Model 103 of length 50: line voltages, W at 14 with its power of ten at 15, Hz at 16. */
const inverter = (watts: number, power: number): number[] => {
  const points = new Array<number>(50).fill(0xffff);
  points.splice(5, 8, 4_000, 4_001, 4_002, 2_309, 2_310, 2_311, 0xffff, watts & 0xffff);
  points[12] = watts & 0xffff;
  points[13] = power & 0xffff;
  points[14] = 5_001;
  points[15] = 0xfffe;
  points[11] = 0xffff;
  return [103, 50, ...points];
};
const nameplate = (): number[] => [120, 26, 4, 8_200, 0, ...new Array<number>(23).fill(0xffff)];
/** Model 123 of length 24: WMaxLimPct at 5 (from the identifier), WMaxLim_Ena at 9, WMaxLimPct_SF at 23. */
const controls = (): number[] => {
  const points = new Array<number>(24).fill(0);
  points[3] = 10_000;
  points[21] = 0xfffe;
  return [123, 24, ...points];
};
const end = [0xffff, 0];

function deviceOf(base: number, words: readonly number[]): RegisterBank {
  const bank = registerBank();
  bank.holding.set([0x5375, 0x6e53, ...words], base);
  return bank;
}

const site = (settings: Partial<BridgeSettings>, bank: RegisterBank) =>
  createBridge(
    { nominalVoltageV: 400, phases: "three", stages: [], ...settings },
    () => new MemoryLink(new Map([[1, bank]]), clock),
  );

describe("a Fronius inverter: common model of 65, 103, 120, 123", () => {
  const words = [...common(65, "F-1"), ...inverter(5_250, 0), ...nameplate(), ...controls(), ...end];
  for (const base of [40_000, 0, 50_000, 40_001]) {
    test(`at ${base} → its production is read, its serial number known`, async () => {
      const bridge = site({ pv: [{ name: "PV", link, unit: 1 }] }, deviceOf(base, words));
      const [report] = await bridge.discover({ verify: false });
      expect(report).toMatchObject({
        found: true,
        identity: { manufacturer: "Fronius", serialNumber: "F-1", version: "3.31.1" },
      });
      const snapshot = createSnapshot(0, 0);
      await bridge.readAll(snapshot, clock() + 100);
      expect(snapshot.site.pvPowerW).toBe(5_250);
    });
  }

  test("a power of ten that follows the sun → the production follows; null at night → unknown", async () => {
    const bank = deviceOf(40_000, words);
    const bridge = site({ pv: [{ name: "PV", link, unit: 1 }] }, bank);
    await bridge.discover({ verify: false });
    const snapshot = createSnapshot(0, 0);
    const wattsAt = bank.holding.indexOf(5_250);
    bank.holding.set([525, 1], wattsAt);
    await bridge.readAll(snapshot, clock() + 100);
    expect(snapshot.site.pvPowerW).toBe(5_250);
    bank.holding.set([0x8000, 0x8000], wattsAt);
    await bridge.readAll(snapshot, clock() + 100);
    expect(snapshot.site.pvPowerW).toBeNaN();
  });

  test("a limit → the percentage, then its enable from 0 to 1, in that order", async () => {
    const bank = deviceOf(40_000, words);
    const bridge = site({ pv: [{ name: "PV", link, unit: 1 }] }, bank);
    await bridge.discover({ verify: false });
    const snapshot = createSnapshot(0, 0);
    const commands = createCommands(0, 0);
    Object.assign(commands, { commandsEnabled: true, pvLimitW: 4_100 });
    for (let i = 0; i < 3; i += 1) {
      await bridge.readAll(snapshot, clock() + 100);
      await bridge.writeAll(commands, clock(), clock() + 100, true);
    }
    const at = bank.writes[0]!.address;
    expect(bank.writes.map(({ address, words: written }) => [address - at, ...written])).toEqual([
      [0, 5_000],
      [4, 0],
      [4, 1],
    ]);
  });
});

describe("who was commissioned", () => {
  const words = [...common(65, "F-1"), ...inverter(100, 0), ...nameplate(), ...end];
  for (const [expected, fault] of [
    [{ serialNumber: "F-1", version: "3.31.1", manufacturer: "Fronius", model: "Symo 8.2-3-M" }, null],
    [{ serialNumber: "F-2" }, "identity-differs"],
    [{ manufacturer: "Solar" }, "identity-differs"],
    [{ model: "Tauro" }, "identity-differs"],
    [{ version: "3.31.2" }, "firmware-differs"],
  ] as const) {
    test(`${JSON.stringify(expected)} → ${fault ?? "accepted"}`, async () => {
      const bridge = site({ pv: [{ name: "PV", link, unit: 1, expected }] }, deviceOf(40_000, words));
      const [report] = await bridge.discover({ verify: false });
      expect(report!.found).toBe(fault === null);
      if (fault !== null) expect(report!.faults).toMatchObject([{ fault }]);
    });
  }
});

describe("a meter of model 203 without its last point, behind an inverter in the same chain", () => {
  test("→ read; negative power is what it exports", async () => {
    const points = new Array<number>(103).fill(0x8000);
    points.splice(5, 4, 2_300, 2_301, 2_302, 2_303);
    points[13] = 0xffff;
    points[14] = 4_998;
    points[15] = 0xfffe;
    points.splice(16, 5, 0x10000 - 321, 0x10000 - 107, 0x10000 - 107, 0x10000 - 107, 1);
    const words = [...common(65, "F-1"), ...inverter(100, 0), ...common(65, "M-1"), 203, 103, ...points, 0];
    const meter = { name: "PCC", link, unit: 1, importPositive: true };
    const bridge = site({ meter }, deviceOf(40_000, words));
    expect((await bridge.discover({ verify: false }))[0]).toMatchObject({ found: true, faults: [] });
    const snapshot = createSnapshot(0, 0);
    await bridge.readAll(snapshot, clock() + 100);
    expect(snapshot.meter.powerW).toBe(-3_210);
    expect(snapshot.meter.frequencyHz).toBeCloseTo(49.98, 6);
    expect(snapshot.meter.phaseVoltagePu[0]).toBeCloseTo(230.1 / (400 / Math.sqrt(3)), 6);
  });
});

/**
 * Which models make which device, and where the numbers stand: registers counted from the model's identifier, as in the SunSpec
 * information models (7abdf89), and not taken from our tables. Whole numbers come with a power of ten, floats without.
 */
const f32 = (value: number): number[] => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
};
interface Placed {
  readonly length: number;
  /** Register from the identifier → words. */
  readonly at: Readonly<Record<number, readonly number[]>>;
}
const wholeInverter: Placed = {
  length: 50,
  at: { 10: [2_299, 2_301, 2_302], 13: [0xffff], 14: [525], 15: [1], 16: [5_001], 17: [0xfffe] },
};
const floatInverter: Placed = {
  length: 60,
  at: { 16: f32(229.9), 18: f32(230.1), 20: f32(230.2), 22: f32(5_250), 24: f32(50.01) },
};
const wholeMeter: Placed = {
  length: 105,
  at: {
    8: [2_299, 2_301, 2_302],
    15: [0xffff],
    16: [5_001],
    17: [0xfffe],
    18: [0x10000 - 525, 0x10000 - 175, 0x10000 - 175, 0x10000 - 175],
    22: [1],
  },
};
const floatMeter: Placed = {
  length: 124,
  at: {
    12: f32(229.9),
    14: f32(230.1),
    16: f32(230.2),
    26: f32(50.01),
    28: f32(-5_250),
    30: f32(-1_750),
    32: f32(-1_750),
    34: f32(-1_750),
  },
};
function modelWords(id: number, { length, at }: Placed): number[] {
  const words = new Array<number>(length + 2).fill(id >= 111 && (id < 200 || id > 210) ? 0x7fc0 : 0x8000);
  words.splice(0, 2, id, length);
  for (const [offset, placed] of Object.entries(at)) words.splice(Number(offset), placed.length, ...placed);
  return words;
}

describe("models by their identifier", () => {
  const cases: readonly (readonly [number, Placed, "pv" | "meter"])[] = [
    ...[101, 102, 103].map((id) => [id, wholeInverter, "pv"] as const),
    ...[111, 112, 113].map((id) => [id, floatInverter, "pv"] as const),
    ...[201, 202, 203, 204].map((id) => [id, wholeMeter, "meter"] as const),
    ...[211, 212, 213, 214].map((id) => [id, floatMeter, "meter"] as const),
  ];
  for (const [id, placed, kind] of cases)
    for (const length of [65, 66] as const)
      test(`model ${id} behind a common model of ${length} → a ${kind} of 5250 W`, async () => {
        const bank = deviceOf(40_000, [...common(length, "S-1"), ...modelWords(id, placed), ...end]);
        const device = { name: "X", link, unit: 1 };
        const bridge = site(kind === "pv" ? { pv: [device] } : { meter: { ...device, importPositive: true } }, bank);
        expect((await bridge.discover({ verify: false }))[0]).toMatchObject({
          found: true,
          faults: [],
          models: [1, id],
        });
        const snapshot = createSnapshot(0, 0);
        for (let i = 0; i < 3; i += 1) await bridge.readAll(snapshot, clock() + 100);
        if (kind === "pv") expect(snapshot.site.pvPowerW).toBe(5_250);
        else {
          expect(snapshot.meter.powerW).toBe(-5_250);
          expect(snapshot.meter.frequencyHz).toBeCloseTo(50.01, 4);
          expect(snapshot.meter.phasePowerW[2]).toBeCloseTo(-1_750, 3);
        }
      });

  test("a meter where an inverter is wanted, and the other way round → said with what was found", async () => {
    const inverterOnly = deviceOf(40_000, [...common(65, "S-1"), ...modelWords(103, wholeInverter), ...end]);
    const [meter] = await site({ meter: { name: "M", link, unit: 1, importPositive: true } }, inverterOnly).discover({
      verify: false,
    });
    expect(meter!.faults).toMatchObject([
      { fault: "models-missing", detail: expect.stringContaining("known models found: 1, 103") },
    ]);
    const meterOnly = deviceOf(40_000, [...common(65, "S-1"), ...modelWords(203, wholeMeter), ...end]);
    const [pv] = await site({ pv: [{ name: "P", link, unit: 1 }] }, meterOnly).discover({ verify: false });
    expect(pv!.faults).toMatchObject([{ fault: "models-missing" }]);
  });
});

/**
 * The register maps that come with the project, each before a twin of its device: registers as the public facts about it say,
 * written here again number by number, so that a slip in a map shows.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createBridge } from "../../firmware-bridge/bridge.ts";
import type { DeviceMap } from "../../firmware-bridge/maps/device-map.ts";
import { mapFileMistakeText, parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import type { BridgeSettings } from "../../firmware-bridge/settings.ts";
import { meterTwins } from "../../sim/devices/meters.ts";
import { plainTruth, type Truth, totalW } from "../../sim/devices/twin.ts";
import { createCommands } from "../../src/core/commands.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import type { Registers } from "../../src/protocols/modbus/answer.ts";
import { MemoryLink } from "./memory-link.ts";
import { type RegisterBank, registerBank } from "./register-bank.ts";

const folder = "config/maps";
const clock = (): number => performance.now();
const link = { kind: "tcp", host: "x", port: 502 } as const;

function mapOf(name: string): DeviceMap {
  const parsed = parseMapFile(readFileSync(`${folder}/${name}.yaml`, "utf8"), name);
  if (!parsed.ok) throw new Error(parsed.error.map(mapFileMistakeText).join("\n"));
  return parsed.value;
}

/** A number at an address in the order of the device. */
type Put = (words: Uint16Array, address: number, value: number) => void;
const putBytes = (words: Uint16Array, address: number, bytes: Buffer, lowFirst: boolean): void => {
  const count = bytes.length / 2;
  for (let i = 0; i < count; i += 1) words[address + (lowFirst ? count - 1 - i : i)] = bytes.readUInt16BE(2 * i);
};
const f32: Put = (words, address, value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  putBytes(words, address, bytes, false);
};
const i32 =
  (step: number, lowFirst = false): Put =>
  (words, address, value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(Math.round(value / step));
    putBytes(words, address, bytes, lowFirst);
  };
describe("every map in the library", () => {
  for (const file of readdirSync(folder)) {
    test(`${file} → is accepted, says where it comes from and what is certain`, () => {
      const text = readFileSync(`${folder}/${file}`, "utf8");
      mapOf(file.replace(".yaml", ""));
      if (file === "blueprint.yaml") return;
      expect(text).toMatch(/^# Source: [^\n]*/m);
      expect(text).toMatch(/Certain:\s/);
      expect(mapOf(file.replace(".yaml", "")).tested, "which firmware it was tried with").toBeTruthy();
    });
  }
});

/** What a meter's own registers can't tell finer than, W. */
const stepW: Readonly<Record<string, number>> = { "socomec-countis-e34": 10 };

describe("meters", () => {
  test("each map for a meter has its twin, and the other way round", () => {
    const names = readdirSync(folder).map((file) => file.replace(".yaml", ""));
    expect(names.filter((name) => mapOf(name).kind === "meter").toSorted()).toEqual(Object.keys(meterTwins).toSorted());
  });

  for (const [name, make] of Object.entries(meterTwins)) {
    for (const [what, phasePowerW] of [
      ["export on phase B, import on the others", [1_500, -9_000, 3_000]],
      ["more than 16 bits hold", [41_250, 38_870, 40_010]],
    ] as const) {
      test(`${name}: ${what} → read with sign, and volts and hertz where it has them`, async () => {
        const truth: Truth = { ...plainTruth(), phasePowerW: [...phasePowerW] };
        const map = mapOf(name);
        const { units } = make(truth);
        const unit = [...units.keys()][0]!;
        const bridge = createBridge(
          {
            nominalVoltageV: 400,
            phases: "three",
            stages: [],
            meter: { name: "PCC", link, unit, importPositive: true, map },
          },
          () => new MemoryLink(units, clock),
        );
        expect((await bridge.discover({ verify: false }))[0]).toMatchObject({ found: true, faults: [] });
        const { meter, ...snapshot } = createSnapshot(0, 0);
        for (let i = 0; i < 6; i += 1) await bridge.readAll({ ...snapshot, meter }, clock() + 50);
        const has = (fact: string): boolean => map.facts.some((row) => row.name === fact);
        const within = (value: number, wanted: number, most: number): void =>
          expect(Math.abs(value - wanted), `${value} for ${wanted}`).toBeLessThanOrEqual(most);
        const step = stepW[name] ?? 1;
        within(meter.powerW, totalW(truth), step);
        if (has("powerAW")) for (const i of [0, 1, 2]) within(meter.phasePowerW[i]!, truth.phasePowerW[i]!, step);
        if (has("reactiveVar")) within(meter.reactiveVar, truth.reactiveVar, 1);
        const phaseNominalV = 400 / Math.sqrt(3);
        if (has("voltageBV")) within(meter.phaseVoltagePu[1]!, truth.phaseVoltageV[1] / phaseNominalV, 0.001);
        if (has("frequencyHz")) within(meter.frequencyHz, truth.frequencyHz, 0.06);
        else expect(meter.frequencyHz).toBeNaN();
      });
    }
  }
});

function chargerSite(name: string, bank: RegisterBank, more: Partial<BridgeSettings> = {}) {
  const meterUnits = meterTwins["eastron-sdm630"]!({
    ...plainTruth(),
    phaseVoltageV: [231, 231, 231],
    frequencyHz: 50.02,
  }).units;
  return createBridge(
    {
      nominalVoltageV: 400,
      phases: "three",
      meter: { name: "PCC", link, unit: 2, importPositive: true, map: mapOf("eastron-sdm630") },
      stages: [
        {
          name: "Garage",
          link,
          unit: 1,
          map: mapOf(name),
          reversionS: 5,
          ratedChargeW: 7_400,
          ratedDischargeW: 7_400,
          expected: { serialNumber: "Q-1", version: "1.2.3" },
        },
      ],
      ...more,
    },
    () =>
      new MemoryLink(
        new Map<number, Registers>([
          [1, bank],
          [2, meterUnits.get(1)!],
        ]),
        clock,
      ),
  );
}

describe("a Wallbox Quasar", () => {
  test("remote control is taken, its idle time is written and read back, setpoints follow, charging positive", async () => {
    const bank = registerBank();
    bank.holding.set([0x10000 - 2_100], 526);
    bank.holding.set([0, 0], 537);
    bank.holding[514] = 7_000;
    const bridge = chargerSite("wallbox-quasar", bank);
    const reports = await bridge.discover();
    expect(reports.find(({ kind }) => kind === "stage")).toMatchObject({
      verified: true,
      faults: [],
      identity: { serialNumber: "Q-1", version: "1.2.3" },
    });
    expect([81, 82, 83, 88].map((address) => bank.holding[address])).toEqual([1, 0, 1, 15]);
    bank.holding.set([11, 56], 537);
    const snapshot = createSnapshot(1, 0);
    const commands = createCommands(1, 0);
    commands.commandsEnabled = true;
    Object.assign(commands.stages[0]!, { role: "discharge", powerW: -3_000, leaseUntilMs: Number.POSITIVE_INFINITY });
    bank.writes.length = 0;
    for (let i = 0; i < 4; i += 1) {
      await bridge.readAll(snapshot, clock() + 50);
      await bridge.writeAll(commands, clock(), clock() + 50, true);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(snapshot.stages[0]).toMatchObject({
      role: "discharge",
      powerW: -2_100,
      vehicleConnected: true,
      maxDischargeW: 7_000,
      socPct: 56,
      antiIslanding: false,
    });
    // voltage and frequency are those of the meter
    expect(snapshot.stages[0]!.voltagePu).toBeCloseTo(231 / (400 / Math.sqrt(3)), 4);
    expect(snapshot.stages[0]!.frequencyHz).toBeCloseTo(50.02, 3);
    const written = bank.writes.map(({ functionCode, address, words }) => [functionCode, address, ...words]);
    expect(written).toContainEqual([6, 257, 1]);
    expect(written).toContainEqual([6, 260, 0x10000 - 3_000]);
  });

  test("a state of charge of 0 or 1 → unknown, not empty", async () => {
    const bank = registerBank();
    bank.holding.set([1, 1], 537);
    const bridge = chargerSite("wallbox-quasar", bank);
    await bridge.discover({ verify: false });
    const snapshot = createSnapshot(1, 0);
    for (let i = 0; i < 4; i += 1) await bridge.readAll(snapshot, clock() + 50);
    expect(snapshot.stages[0]!.socPct).toBeNaN();
  });
});

describe("an EVtec BiDiPro", () => {
  test("serial number from its registers, power as float, run and setpoint as pairs", async () => {
    const bank = registerBank();
    const text = (words: string, address: number): void => {
      for (let i = 0; i < words.length; i += 2)
        bank.holding[address + i / 2] = (words.charCodeAt(i) << 8) | (words.charCodeAt(i + 1) || 0);
    };
    text("2.4", 0);
    text("BDP-0815", 16);
    text("BiDiPro 10", 26);
    i32(1)(bank.holding, 100, 7);
    f32(bank.holding, 110, 4_200);
    f32(bank.holding, 130, 10_000);
    const bridge = chargerSite("evtec-bidipro", bank, {});
    const refused = (await bridge.discover()).find(({ kind }) => kind === "stage")!;
    // another serial number was commissioned
    expect(refused).toMatchObject({ found: false, faults: [{ fault: "identity-differs" }] });
    const map = mapOf("evtec-bidipro");
    const stage = { name: "G", link, unit: 1, map, reversionS: 5, ratedChargeW: 10_000, ratedDischargeW: 10_000 };
    const right = chargerSite("evtec-bidipro", bank, { stages: [stage] });
    const report = (await right.discover()).find(({ kind }) => kind === "stage")!;
    expect(report).toMatchObject({
      verified: true,
      identity: { manufacturer: "EVtec", model: "BiDiPro 10", serialNumber: "BDP-0815", version: "2.4" },
    });
    expect(bank.writes).toContainEqual({ functionCode: 16, address: 42, words: [0, 10] });
    const snapshot = createSnapshot(1, 0);
    for (let i = 0; i < 4; i += 1) await right.readAll(snapshot, clock() + 50);
    expect(snapshot.stages[0]).toMatchObject({ role: "charge", powerW: 4_200, maxChargeW: 10_000 });
  });
});

describe("a transfer switch from parts", () => {
  const parts = () => {
    const relay = registerBank();
    const gridMeter = registerBank();
    const busMeter = registerBank();
    for (const [meter, hertz] of [
      [gridMeter, 50],
      [busMeter, 49.5],
    ] as const) {
      f32(meter.input, 0, 230);
      f32(meter.input, 0x46, hertz);
    }
    const bridge = createBridge(
      {
        nominalVoltageV: 400,
        phases: "three",
        stages: [],
        transferDevice: { name: "K1", link, unit: 1, map: mapOf("transfer-switch-from-parts") },
      },
      () =>
        new MemoryLink(
          new Map([
            [1, relay],
            [2, gridMeter],
            [3, busMeter],
          ]),
          clock,
        ),
    );
    const snapshot = createSnapshot(0, 0);
    const commands = createCommands(0, 0);
    commands.commandsEnabled = true;
    const cycles = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        await bridge.readAll(snapshot, clock() + 50);
        await bridge.writeAll(commands, clock(), clock() + 50, true);
      }
    };
    return { relay, bridge, snapshot, commands, cycles, gridMeter };
  };

  test("contacts by inputs, the break contact turned, voltages of two meters of the same line", async () => {
    const { relay, bridge, snapshot, cycles } = parts();
    await bridge.discover({ verify: false });
    relay.discrete.set([1, 0]);
    await cycles(6);
    expect(snapshot.transferDevice).toMatchObject({ contactNo: "closed", contactNc: "closed" });
    expect(snapshot.transferDevice.gridVoltagePu).toBeCloseTo(230 / (400 / Math.sqrt(3)), 4);
    expect(snapshot.transferDevice.gridFrequencyHz).toBe(50);
    expect(snapshot.transferDevice.busFrequencyHz).toBe(49.5);
    relay.discrete.set([0, 1]);
    await cycles(1);
    expect(snapshot.transferDevice).toMatchObject({ contactNo: "open", contactNc: "open" });
  });

  test("open is standing, a close is given once for its number and not again when the switch opens by itself", async () => {
    const { relay, bridge, snapshot, commands, cycles } = parts();
    await bridge.discover({ verify: false });
    commands.transferDevice = "open";
    await cycles(3);
    expect(relay.writes).toEqual([{ functionCode: 5, address: 0, words: [0] }]);
    relay.writes.length = 0;
    Object.assign(commands, { transferDevice: "close", closeSequence: 1 });
    await cycles(4);
    expect(relay.writes).toEqual([{ functionCode: 5, address: 0, words: [1] }]);
    expect(snapshot.transferDevice.closeSequence).toBe(1);
    // a restart of the board: its relay has fallen off
    relay.coils[0] = 0;
    relay.writes.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await cycles(4);
    expect(relay.writes).toEqual([]);
    commands.closeSequence = 2;
    await cycles(2);
    expect(relay.writes).toEqual([{ functionCode: 5, address: 0, words: [1] }]);
  });

  test("one of the voltmeters falls silent → the device is as old as that one", async () => {
    const { bridge, snapshot, cycles, gridMeter } = parts();
    await bridge.discover({ verify: false });
    await cycles(6);
    const lastMs = snapshot.transferDevice.atMs;
    gridMeter.read = () => 4;
    await new Promise((resolve) => setTimeout(resolve, 20));
    await cycles(6);
    expect(snapshot.transferDevice.atMs - lastMs).toBeLessThan(20);
  });
});

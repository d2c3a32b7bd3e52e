/**
 * Maps of chargers and inverters before their twins: what is commanded comes into force, zero is zero, nothing is written where
 * the maker does not allow it, and on silence it is as the map says.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createBridge } from "../../firmware-bridge/bridge.ts";
import { forConnector } from "../../firmware-bridge/maps/connector.ts";
import type { DeviceMap } from "../../firmware-bridge/maps/device-map.ts";
import { mapFileMistakeText, parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import type { BridgeSettings } from "../../firmware-bridge/settings.ts";
import { stageTwins } from "../../sim/devices/chargers.ts";
import { pvTwins, sunspecTwins } from "../../sim/devices/inverters.ts";
import { meterTwins } from "../../sim/devices/meters.ts";
import { plainTruth, type Truth, type Twin, totalW } from "../../sim/devices/twin.ts";
import { createCommands } from "../../src/core/commands.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { MemoryLink } from "./memory-link.ts";

const folder = "config/maps";
const link = { kind: "tcp", host: "x", port: 502 } as const;
const meterUnit = 99;

function mapOf(name: string): DeviceMap {
  const parsed = parseMapFile(readFileSync(`${folder}/${name}.yaml`, "utf8"), name);
  if (!parsed.ok) throw new Error(parsed.error.map(mapFileMistakeText).join("\n"));
  return parsed.value;
}

/** A site around one twin, in virtual time: `seconds` of cycles of 100 ms pass at once. */
function rig(twin: Twin, settings: Partial<BridgeSettings>) {
  let nowMs = 1_000;
  const clock = (): number => nowMs;
  const meter = [...meterTwins["janitza-umg604"]!(plainTruth()).units.values()][0]!;
  const units = new Map([...twin.units, [meterUnit, meter]]);
  const bridge = createBridge(
    {
      nominalVoltageV: 400,
      phases: "three",
      stages: [],
      meter: { name: "PCC", link, unit: meterUnit, importPositive: true, map: mapOf("janitza-umg604") },
      ...settings,
    },
    () => new MemoryLink(units, clock),
    { clock },
  );
  const snapshot = createSnapshot(settings.stages?.length ?? 0, 0);
  const commands = createCommands(settings.stages?.length ?? 0, 0);
  commands.commandsEnabled = true;
  const pass = async (seconds: number, speaks = true): Promise<void> => {
    for (let i = 0; i < 10 * seconds; i += 1) {
      nowMs += 100;
      twin.pass?.(100);
      if (!speaks) continue;
      await bridge.readAll(snapshot, nowMs + 50);
      await bridge.writeAll(commands, nowMs, nowMs + 50, true);
    }
  };
  return { bridge, snapshot, commands, pass };
}

const forbidden = ({ units }: Twin): number => [...units.values()].reduce((sum, bank) => sum + bank.forbiddenWrites, 0);

describe("every map of the library has a twin", () => {
  for (const [kind, twins] of [
    ["stage", stageTwins],
    ["pv", pvTwins],
  ] as const)
    test(kind, () => {
      const names = readdirSync(folder)
        .map((file) => file.replace(".yaml", ""))
        .filter((name) => name !== "blueprint" && mapOf(name).kind === kind);
      expect(names.toSorted()).toEqual(Object.keys(twins).toSorted());
    });
});

interface StageCase {
  readonly unit: number;
  readonly charges: readonly number[];
  readonly gives: readonly number[];
  /** Silence after which it must have let go, s; null: nobody knows. */
  readonly silenceS: number | null;
}
const stages: Readonly<Record<string, StageCase>> = {
  "wallbox-quasar": { unit: 1, charges: [1_500, 7_000], gives: [-3_000], silenceS: 16 },
  "evtec-bidipro": { unit: 1, charges: [900, 9_500], gives: [-9_000], silenceS: 11 },
  "ambibox-ambicharge": { unit: 1, charges: [2_000, 9_500], gives: [-4_000], silenceS: null },
  "sigenergy-evdc": { unit: 1, charges: [600, 22_000], gives: [-9_000], silenceS: null },
  "victron-multiplus": { unit: 227, charges: [500, 2_900], gives: [-2_400], silenceS: 61 },
};

describe("chargers", () => {
  for (const [name, { unit, charges, gives, silenceS }] of Object.entries(stages)) {
    const set = () => {
      const twin = stageTwins[name]!(plainTruth());
      const stage = {
        name: "G",
        link,
        unit,
        map: mapOf(name),
        reversionS: 5,
        ratedChargeW: 25_000,
        ratedDischargeW: 25_000,
        // Whether it may do without a watchdog is the site's to say: here it is tried as one that is only charged.
        onlyCharges: mapOf(name).watchdog === undefined,
      };
      return { twin, ...rig(twin, { stages: [stage] }) };
    };

    test(`${name}: charges, gives back, stops, and writes nothing that it must not`, async () => {
      const { twin, bridge, snapshot, commands, pass } = set();
      const report = (await bridge.discover()).find(({ kind }) => kind === "stage");
      expect(report).toMatchObject({ found: true, verified: true, faults: [] });
      const order = commands.stages[0]!;
      order.leaseUntilMs = Number.POSITIVE_INFINITY;
      for (const powerW of [...charges, ...gives]) {
        Object.assign(order, { role: powerW > 0 ? "charge" : "discharge", powerW });
        await pass(6);
        expect(twin.inForceW!(), `${powerW} W in force`).toBe(powerW);
        expect(snapshot.stages[0]!.powerW, "and read").toBeCloseTo(powerW, -1);
      }
      Object.assign(order, { role: "off", powerW: 0 });
      await pass(6);
      expect(twin.inForceW!()).toBeCloseTo(0, 9);
      expect(forbidden(twin)).toBe(0);
    });

    if (silenceS !== null)
      test(`${name}: ${silenceS} s of silence → lets go by itself`, async () => {
        const { twin, bridge, commands, pass } = set();
        await bridge.discover();
        Object.assign(commands.stages[0]!, { role: "charge", powerW: 2_000, leaseUntilMs: Number.POSITIVE_INFINITY });
        await pass(6);
        expect(twin.inForceW!()).toBe(2_000);
        await pass(silenceS, false);
        expect(twin.inForceW!()).toBe(0);
      });
  }

  test("wallbox-quasar: a setpoint below what it holds → zero, not a current that it makes up", async () => {
    const twin = stageTwins["wallbox-quasar"]!(plainTruth());
    const map = mapOf("wallbox-quasar");
    const stage = { name: "G", link, unit: 1, map, reversionS: 5, ratedChargeW: 7_400, ratedDischargeW: 7_400 };
    const { bridge, commands, pass } = rig(twin, { stages: [stage] });
    await bridge.discover();
    Object.assign(commands.stages[0]!, { role: "charge", powerW: 1_200, leaseUntilMs: Number.POSITIVE_INFINITY });
    await pass(6);
    expect(twin.inForceW!()).toBe(0);
    expect(forbidden(twin)).toBe(0);
  });
});

test("a stage without a watchdog that may give power back → not verified, and why", async () => {
  const twin = stageTwins["ambibox-ambicharge"]!(plainTruth());
  const map = mapOf("ambibox-ambicharge");
  const stage = { name: "G", link, unit: 1, map, reversionS: 5, ratedChargeW: 11_000, ratedDischargeW: 11_000 };
  const report = (await rig(twin, { stages: [stage] }).bridge.discover()).find(({ kind }) => kind === "stage");
  expect(report).toMatchObject({ found: true, verified: false, faults: [{ fault: "no-watchdog" }] });
});

describe("the second connector of an ambiBox", () => {
  test("is read 200 input registers, and written 100 holding registers, further on", () => {
    const map = mapOf("ambibox-ambicharge");
    const second = forConnector(map, 2);
    const moved = (rows: readonly { readonly address: number }[], by: number) =>
      rows.map(({ address }) => address + by);
    expect(second.facts.map(({ address }) => address)).toEqual(moved(map.facts, 200));
    expect(second.commands.map(({ address }) => address)).toEqual(moved(map.commands, 100));
    expect(forConnector(map, 1)).toBe(map);
  });
});

describe("PV inverters", () => {
  const pvUnit: Readonly<Record<string, number>> = { "sma-inverter": 3, "huawei-emma-pv": 0 };
  for (const name of Object.keys(pvTwins)) {
    const set = (truth: Truth) => {
      const twin = pvTwins[name]!(truth);
      const pv = [{ name: "PV", link, unit: pvUnit[name] ?? 1, map: mapOf(name), ratedW: 10_000 }];
      return { twin, ...rig(twin, { pv }) };
    };
    test(`${name}: its production is read`, async () => {
      const { bridge, snapshot, pass } = set(plainTruth());
      const report = (await bridge.discover({ verify: false })).find(({ kind }) => kind === "pv");
      expect(report).toMatchObject({ found: true, faults: [] });
      await pass(1);
      expect(snapshot.site.pvPowerW).toBe(5_250);
    });

    if (name !== "huawei-emma-pv")
      test(`${name}: at night → unknown, never a huge number`, async () => {
        const { bridge, snapshot, pass } = set({ ...plainTruth(), productionW: Number.NaN });
        await bridge.discover({ verify: false });
        await pass(1);
        expect(snapshot.site.pvPowerW).toBeNaN();
      });

    if (mapOf(name).commands.length > 0)
      test(`${name}: a limit of 4100 of 10000 W → 41 %, and nothing is written that it must not`, async () => {
        const { twin, bridge, commands, pass } = set(plainTruth());
        await bridge.discover({ verify: false });
        commands.pvLimitW = 4_100;
        await pass(8);
        expect(twin.inForceW!()).toBeCloseTo(41, 3);
        expect(forbidden(twin)).toBe(0);
      });
  }

  test("solaredge-inverter: the controller falls silent → its fallback of 0 % after 60 s, not full power", async () => {
    const twin = pvTwins["solaredge-inverter"]!(plainTruth());
    const pv = [{ name: "PV", link, unit: 1, map: mapOf("solaredge-inverter"), ratedW: 10_000 }];
    const { bridge, commands, pass } = rig(twin, { pv });
    await bridge.discover({ verify: false });
    commands.pvLimitW = 4_100;
    await pass(8);
    await pass(61, false);
    expect(twin.inForceW!()).toBe(0);
  });
});

describe("a map of another model", () => {
  for (const [map, device] of [
    ["carlo-gavazzi-em24-e1", "socomec-countis-e34"],
    ["abb-b23", "janitza-umg604"],
    ["shelly-pro-3em", "eastron-sdm630"],
  ] as const)
    test(`${map} before a ${device} → not found, and not energized`, async () => {
      const { units } = meterTwins[device]!(plainTruth());
      const twin = { units, truth: plainTruth() };
      const meter = { name: "PCC", link, unit: [...units.keys()][0]!, importPositive: true, map: mapOf(map) };
      const { bridge } = rig(twin, { meter });
      expect((await bridge.discover({ verify: false }))[0]).toMatchObject({ found: false });
    });

  test("a register that names another model → the fault says which, and which map", async () => {
    const twin = meterTwins["carlo-gavazzi-em24-e1"]!(plainTruth());
    const bank = twin.units.get(1)!;
    const read = bank.read.bind(bank);
    bank.read = (address, count, into, at, functionCode) => {
      const code = read(address, count, into, at, functionCode);
      if (address === 0x0b && count === 1) into.writeUInt16BE(1_744, at);
      return code;
    };
    const { bridge } = rig(twin, {
      meter: { name: "PCC", link, unit: 1, importPositive: true, map: mapOf("carlo-gavazzi-em24-e1") },
    });
    const [report] = await bridge.discover({ verify: false });
    expect(report!.faults).toEqual([
      {
        fault: "identity-differs",
        detail:
          "register 11: expected 1648 or 1649 or 1650 or 1651 or 1652 or 1653, found 1744: this map is for Carlo Gavazzi EM24 E1",
      },
    ]);
  });
});

describe("SunSpec devices", () => {
  test("fronius: production at unit 1, the meter at unit 240, each with its own serial number", async () => {
    const twin = sunspecTwins.fronius(plainTruth());
    const { bridge, snapshot, pass } = rig(twin, {
      pv: [{ name: "PV", link, unit: 1 }],
      meter: { name: "PCC", link, unit: 240, importPositive: true },
    });
    const reports = await bridge.discover({ verify: false });
    expect(reports.map(({ identity }) => identity?.serialNumber).toSorted()).toEqual(["F-1", "FM-1"]);
    await pass(1);
    expect(snapshot.site.pvPowerW).toBe(5_250);
    expect(snapshot.meter.powerW).toBe(totalW(twin.truth));
  });

  test("solaredge: the meter behind the inverter in one chain → its own serial number, export counted positive", async () => {
    const twin = sunspecTwins.solaredge(plainTruth());
    const { bridge, snapshot, pass } = rig(twin, {
      pv: [{ name: "PV", link, unit: 1 }],
      meter: { name: "PCC", link, unit: 1, importPositive: false },
    });
    const reports = await bridge.discover({ verify: false });
    expect(reports.map(({ kind, identity }) => [kind, identity?.serialNumber]).toSorted()).toEqual([
      ["meter", "M-77"],
      ["pv", "7E0A-1"],
    ]);
    await pass(1);
    expect(snapshot.meter.powerW).toBe(totalW(twin.truth));
    expect(snapshot.site.pvPowerW).toBe(5_250);
  });
});

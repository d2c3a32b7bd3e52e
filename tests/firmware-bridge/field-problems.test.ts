/** Field problems of links, each on an emulated device, through the bridge with its cycles of 20 ms. */
import { afterEach, describe, expect, test } from "vitest";
import { type Bridge, createBridge } from "../../firmware-bridge/bridge.ts";
import type { DeviceMap, FactRow } from "../../firmware-bridge/maps/device-map.ts";
import type { DevicePace, MeterSettings } from "../../firmware-bridge/settings.ts";
import { createCommands } from "../../src/core/commands.ts";
import { createSnapshot, type Snapshot } from "../../src/core/snapshot.ts";
import { longestStallMs, stallsMs } from "../lib/standstill.ts";
import { FieldDevice, type FieldHabits } from "./field-device.ts";

const clock = (): number => performance.now();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const row = (name: string, address: number): FactRow => ({
  name,
  address,
  type: "int16",
  scale: 1,
  sign: "load",
  pace: "cycle",
});
/** Power, frequency and voltage, each apart by a hole of registers. */
const meterMap: DeviceMap = {
  kind: "meter",
  readFunction: 3,
  writeFunction: 16,
  facts: [row("powerW", 0), row("frequencyHz", 10), row("voltageV", 20)],
  commands: [],
};
const stageMap: DeviceMap = {
  kind: "stage",
  readFunction: 3,
  writeFunction: 16,
  facts: [row("powerW", 0), row("frequencyHz", 1), row("phaseVoltageV", 2), { ...row("roleCode", 3) }],
  commands: [
    { name: "powerW", address: 40, type: "int16", scale: 1, sign: "load", request: "power", onHeartbeatLoss: "zero" },
  ],
};

interface Field {
  readonly device: FieldDevice;
  readonly bridge: Bridge;
  readonly snapshot: Snapshot;
  /** Cycles of 20 ms with reads and writes; `each` is called after each. */
  run(ms: number, each?: () => void): Promise<void>;
}

let field: Field | undefined;
afterEach(async () => {
  field?.bridge.shut();
  await field?.device.close();
  field = undefined;
});

async function start(
  habits: Partial<FieldHabits>,
  pace: Partial<DevicePace> = {},
  options: { stages?: number; registers?: (device: FieldDevice) => void; meter?: Partial<MeterSettings> } = {},
): Promise<Field> {
  const device = new FieldDevice(habits);
  if (options.registers) options.registers(device);
  else device.put(0, ...new Array<number>(60).fill(7));
  const port = await device.listen();
  const link = { kind: "tcp", host: "127.0.0.1", port } as const;
  const stages = options.stages ?? 0;
  const bridge = createBridge({
    nominalVoltageV: 400,
    phases: "three",
    meter: { name: "Meter", link, unit: 100, importPositive: true, map: meterMap, pace, ...options.meter },
    stages: Array.from({ length: stages }, (_, i) => ({
      name: `Bay ${i + 1}`,
      link,
      unit: i + 1,
      map: stageMap,
      pace,
      reversionS: 5,
      ratedChargeW: 11_000,
      ratedDischargeW: 11_000,
    })),
  });
  const snapshot = createSnapshot(stages, 0);
  const commands = createCommands(stages, 0);
  commands.commandsEnabled = true;
  for (const stage of commands.stages) stage.leaseUntilMs = Number.POSITIVE_INFINITY;
  void bridge.discover({ verify: false });
  field = {
    device,
    bridge,
    snapshot,
    run: async (ms, each) => {
      const untilMs = clock() + ms;
      for (let nextMs = clock(); nextMs < untilMs; nextMs += 20) {
        await sleep(Math.max(0, nextMs - clock()));
        const nowMs = clock();
        await bridge.readAll(snapshot, nowMs + 10);
        await bridge.writeAll(commands, clock(), clock() + 10, true);
        each?.();
      }
    },
  };
  return field;
}

const meterReport = ({ bridge }: Field) => bridge.reports()[0]!;

describe("slow devices (ioBroker.modbus#262, venus#663, openhab-addons#9270)", () => {
  for (const latencyMs of [12, 25, 60, 150, 900]) {
    test(`a meter that takes ${latencyMs} ms → read again and again, without reconnections, the cycle not held up`, async () => {
      const one = await start({ latencyMs });
      await one.run(600);
      const readsBefore = one.device.reads.get(100) ?? 0;
      let longestMs = 0;
      const fromMs = clock();
      let lastMs = fromMs;
      await one.run(2_400, () => {
        longestMs = Math.max(longestMs, clock() - lastMs);
        lastMs = clock();
      });
      const reads = (one.device.reads.get(100) ?? 0) - readsBefore;
      const stoodMs = stallsMs(fromMs);
      // A reply is fetched in the cycle after it came: at most one cycle is lost for each.
      expect(reads).toBeGreaterThanOrEqual(Math.floor((0.8 * (2_400 - stoodMs)) / (latencyMs + 20)));
      expect(meterReport(one).counters.reconnects).toBe(0);
      expect(clock() - one.snapshot.meter.atMs).toBeLessThan(2 * latencyMs + 60 + stoodMs);
      if (latencyMs >= 60) expect(longestMs).toBeLessThan(120 + longestStallMs(fromMs));
      expect(meterReport(one).fault).toBeNull();
    });
  }

  test("settings at 12 ms, a device for one client → not a single reconnection (42 s had 484)", async () => {
    const one = await start({ latencyMs: 12, singleClient: true });
    await one.run(3_000);
    expect(one.device.connections).toBe(1);
    expect(one.device.refusedConnections).toBe(0);
  });
});

describe("devices that want it their own way", () => {
  test("one request at a time, others are lost → maxInFlight 1 loses none", async () => {
    const one = await start({ latencyMs: 3, dropsWhileServing: true }, { maxInFlight: 1 }, { stages: 1 });
    await one.run(300);
    const lostBefore = one.device.lost;
    await one.run(1_500);
    expect(one.device.lost).toBe(lostBefore);
    expect(meterReport(one).counters.reconnects).toBe(0);
  });

  test("a pause of 50 ms between requests (SDM_Energy_Meter#50, HA core#153707) → pauseMs loses none", async () => {
    const one = await start({ needsPauseMs: 50 }, { pauseMs: 60, maxInFlight: 1 });
    await one.run(2_000);
    expect(one.device.lost).toBe(0);
    expect(one.device.reads.get(100)).toBeGreaterThan(20);
  });

  for (const replyUnit of [0, 255]) {
    test(`replies that name unit ${replyUnit} (evcc#25307, pymodbus#2762) → refused and named, taken with unitIdInReply any`, async () => {
      const strict = await start({ replyUnit });
      await strict.run(2_600);
      expect(strict.snapshot.meter.atMs).toBe(Number.NEGATIVE_INFINITY);
      expect(meterReport(strict).fault?.sentence).toContain("unitIdInReply: any");
      strict.bridge.shut();
      await strict.device.close();
      const any = await start({ replyUnit }, { anyUnitInReply: true });
      await any.run(400);
      expect(any.snapshot.meter.powerW).toBe(7);
    });
  }

  test("holes are refused (ioBroker.modbus#581) → read without them, at once", async () => {
    const one = await start({}, {}, { registers: (device) => device.put(0, 7).put(10, 50).put(20, 400) });
    const fromMs = clock();
    await one.run(600);
    expect(one.snapshot.meter).toMatchObject({ powerW: 7, frequencyHz: 50 });
    expect(clock() - one.snapshot.meter.atMs).toBeLessThan(200 + longestStallMs(fromMs));
  });

  for (const [registersMax, refusal] of [
    [10, 3],
    [10, 2],
    [1, 3],
  ] as const) {
    test(`at most ${registersMax} registers at once, else exception ${refusal} → read in shorter pieces`, async () => {
      const one = await start({ registersMax, refusal });
      const fromMs = clock();
      await one.run(800);
      expect(one.snapshot.meter).toMatchObject({ powerW: 7, frequencyHz: 7 });
      expect(clock() - one.snapshot.meter.atMs).toBeLessThan(200 + longestStallMs(fromMs));
      expect(meterReport(one).fault).toBeNull();
    });
  }

  test("one register that the device does not have → the others are read", async () => {
    const one = await start({}, {}, { registers: (device) => device.put(0, 7).put(20, 400) });
    await one.run(800);
    expect(one.snapshot.meter.powerW).toBe(7);
    expect(one.snapshot.meter.frequencyHz).toBeNaN();
  });

  test("busy at every second request, from the start on (grid row: discovery at 30 %) → found, read, no reconnection", async () => {
    const one = await start({ busyEvery: 2 });
    await one.run(1_500);
    expect(one.snapshot.meter.powerW).toBe(7);
    expect(one.device.reads.get(100)).toBeGreaterThan(10);
    expect(meterReport(one).counters.reconnects).toBe(0);
  });

  test("nine bytes of noise on every connection (HA core#52450) → thrown away once, read", async () => {
    const one = await start({ greeting: Buffer.from("garbage!\n") });
    await one.run(500);
    expect(one.snapshot.meter.powerW).toBe(7);
    expect(one.device.connections).toBe(1);
  });
});

describe("several units behind one gateway", () => {
  for (const serialMs of [1, 2, 4, 8]) {
    test(`${serialMs} ms for each request → every device has at least 80 % of its fair share`, async () => {
      const one = await start({ serialMs }, { maxInFlight: 1 }, { stages: 4 });
      await one.run(600);
      const before = new Map(one.device.reads);
      await one.run(3_000);
      const reads = [100, 1, 2, 3, 4].map((unit) => (one.device.reads.get(unit) ?? 0) - (before.get(unit) ?? 0));
      const fair = reads.reduce((sum, count) => sum + count, 0) / reads.length;
      expect(Math.min(...reads)).toBeGreaterThanOrEqual(0.8 * fair);
      expect(fair).toBeGreaterThan(10);
      expect(meterReport(one).counters.reconnects).toBe(0);
    });
  }

  test("one of them silent → the others keep 80 % of what they had", async () => {
    const one = await start({ serialMs: 4 }, { maxInFlight: 1, replyTimeoutMs: 300 }, { stages: 4 });
    await one.run(1_000);
    const count = async (): Promise<number> => {
      const before = one.device.reads.get(100) ?? 0;
      await one.run(2_000);
      return (one.device.reads.get(100) ?? 0) - before;
    };
    // Healthy and silent in turns: the machine may be busier in one window than in the next.
    const shares: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      one.device.habits.silentUnits = new Set();
      await one.run(1_500);
      const healthy = await count();
      one.device.habits.silentUnits = new Set([3]);
      await one.run(1_500);
      shares.push((await count()) / healthy);
    }
    expect(shares.sort((a, b) => a - b)[1]).toBeGreaterThanOrEqual(0.8);
    const silent = one.bridge.reports().find(({ name }) => name === "Bay 3")!;
    expect(silent.fault?.code).toMatch(/^(write-)?timeout$/);
  });
});

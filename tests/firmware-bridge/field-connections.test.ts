/**
 * Field problems of connections: far ends that end them, refuse them, or are not there for a while. All at once, each with its
 * own device and bridge and cycles of 20 ms.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bridge, createBridge } from "../../firmware-bridge/bridge.ts";
import type { DeviceMap } from "../../firmware-bridge/maps/device-map.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { longestStallMs } from "../lib/standstill.ts";
import { FieldDevice, type FieldHabits } from "./field-device.ts";

const map: DeviceMap = {
  kind: "meter",
  readFunction: 3,
  writeFunction: 16,
  facts: ["powerW", "frequencyHz", "voltageV"].map((name, address) => ({
    name,
    address,
    type: "int16",
    scale: 1,
    sign: "load",
    pace: "cycle",
  })),
  commands: [],
};
const runMs = 4_000;
const periodMs = 20;

interface Row {
  readonly says: string;
  readonly habits: Partial<FieldHabits>;
  /** Longest time without a reading after the first, ms. */
  readonly gapMs: number;
  /** Connections at most. */
  readonly connections: number;
  /** When the first reading is there, ms. */
  readonly firstMs?: number;
  /** The fault by which it is known, where nothing is ever taken. */
  readonly fault?: string;
}
const rows: readonly Row[] = [
  {
    says: "a FIN every 500 ms (HA core#101982, evcc#14275) → no gap that anybody sees",
    habits: { endsAfterMs: 500 },
    gapMs: 150,
    connections: 9,
  },
  {
    says: "a reset every 500 ms → no gap that anybody sees",
    habits: { endsAfterMs: 500, endsBy: "rst" },
    gapMs: 150,
    connections: 9,
  },
  {
    says: "a connection that ends after 50 requests (homey solaredge#249) → no gap that anybody sees",
    habits: { endsAfterRequests: 50 },
    gapMs: 150,
    connections: 6,
  },
  {
    says: "the port is closed for 2 s after a connection (openhab, nymea) → back within a second of its opening",
    habits: { endsAfterMs: 800, closedMs: 2_000 },
    gapMs: 3_000,
    connections: 6,
  },
  {
    says: "exception 11 for the first 1.5 s, then for each third request (modbus_exporter#69) → found, and read",
    habits: { absentMs: 1_500, absentEvery: 3 },
    gapMs: 200,
    connections: 1,
    firstMs: 5_500,
  },
  {
    says: "always transaction identifier 0 (evcc#21026) → never taken for a reading, and named",
    habits: { replyId: 0 },
    gapMs: Number.POSITIVE_INFINITY,
    connections: 40,
    fault: "wrong-transaction",
  },
];

interface Ran {
  readonly readings: readonly number[];
  readonly device: FieldDevice;
  readonly bridge: Bridge;
  readonly startMs: number;
  readonly endMs: number;
}

async function run({ habits }: Row): Promise<Ran> {
  const device = new FieldDevice(habits).put(0, 7, 50, 230);
  const link = { kind: "tcp", host: "127.0.0.1", port: await device.listen() } as const;
  const bridge = createBridge({
    nominalVoltageV: 400,
    phases: "three",
    meter: { name: "Meter", link, unit: 1, importPositive: true, map },
    stages: [],
  });
  const snapshot = createSnapshot(0, 0);
  const readings: number[] = [];
  const startMs = performance.now();
  void bridge.discover({ verify: false });
  // A device that is found late has its time after that.
  const untilMs = startMs + 2 * (habits.absentMs ?? 0) + runMs;
  for (let atMs = startMs; atMs < untilMs; atMs += periodMs) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
    await bridge.readAll(snapshot, performance.now() + periodMs / 2);
    if (snapshot.meter.atMs > (readings.at(-1) ?? Number.NEGATIVE_INFINITY)) readings.push(snapshot.meter.atMs);
  }
  return { readings, device, bridge, startMs, endMs: performance.now() };
}

describe("connections that end, and far ends that are away", () => {
  let ran: readonly Ran[] = [];
  beforeAll(async () => {
    ran = await Promise.all(rows.map(run));
  });
  afterAll(async () => {
    for (const { bridge } of ran) bridge.shut();
    await Promise.all(ran.map(({ device }) => device.close()));
  });

  test.each(rows.map((row, i) => [row.says, row, i] as const))("%s", (_says, row, i) => {
    const { readings, device, bridge, startMs, endMs } = ran[i]!;
    const stallMs = longestStallMs(startMs);
    expect(device.connections).toBeLessThanOrEqual(row.connections);
    if (row.fault !== undefined) {
      expect(readings).toEqual([]);
      expect(bridge.reports()[0]!.fault?.code).toBe(row.fault);
      return;
    }
    expect(readings[0]! - startMs).toBeLessThan((row.firstMs ?? 500) + stallMs);
    const gaps = [...readings.slice(1), endMs].map((atMs, k) => atMs - readings[k]!);
    expect(Math.max(...gaps)).toBeLessThan(row.gapMs + stallMs);
  });
});

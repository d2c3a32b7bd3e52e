import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { type Bridge, createBridge } from "../../firmware-bridge/bridge.ts";
import { mapFileMistakeText, parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import { type ModbusServer, startModbusServer } from "../../sim/peers/modbus-server.ts";
import { createCommands } from "../../src/core/commands.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import type { Registers } from "../../src/protocols/modbus/answer.ts";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";

const file = "config/maps/blueprint.yaml";
const blueprint = readFileSync(file, "utf8");

describe("the blueprint", () => {
  let server: ModbusServer | undefined;
  let bridge: Bridge | undefined;
  afterEach(async () => {
    bridge?.shut();
    await server?.close();
  });

  test("a stage with these registers is read and written", async () => {
    const parsed = parseMapFile(blueprint, file);
    if (!parsed.ok) throw new Error(parsed.error.map(mapFileMistakeText).join("\n"));
    const memory = new Uint16Array(0x3000);
    memory.set([2, 0, 100, 4_805, 6_001, 0, 0x20, 0b1_0001, 7, 6_000, 5_000, 715], 0x1000);
    const writes: number[][] = [];
    const registers: Registers = {
      read: (address, count, into, at) => {
        for (let i = 0; i < count; i += 1) into.writeUInt16BE(memory[address + i]!, at + 2 * i);
        return ExceptionCode.ok;
      },
      write: (address, count, from, at) => {
        for (let i = 0; i < count; i += 1) memory[address + i] = from.readUInt16BE(at + 2 * i);
        writes.push([address, ...Array.from({ length: count }, (_, i) => from.readUInt16BE(at + 2 * i))]);
        return ExceptionCode.ok;
      },
    };
    server = await startModbusServer({ units: new Map([[5, registers]]) });
    bridge = createBridge({
      nominalVoltageV: 480,
      phases: "three",
      stages: [
        {
          name: "Bay 1",
          link: { kind: "tcp", host: "127.0.0.1", port: server.port },
          unit: 5,
          map: parsed.value,
          reversionS: 5,
          ratedChargeW: 60_000,
          ratedDischargeW: 60_000,
        },
      ],
    });
    expect(await bridge.discover()).toMatchObject([{ found: true, verified: true, faults: [] }]);
    // the watchdog's time was written and read back: at take-over, and when it was tried
    expect(writes).toEqual([
      [0x2020, 5],
      [0x2020, 5],
    ]);
    writes.length = 0;
    memory.set([3, 2_500], 0x1000);
    const snapshot = createSnapshot(1, 0);
    const now = (): number => performance.now();
    // once more, for what is read at a slower pace beside the cycle
    for (let i = 0; i < 3; i += 1) {
      await bridge.readAll(snapshot, now() + 200);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(snapshot.stages[0]).toMatchObject({
      role: "discharge",
      powerW: -25_000,
      reactiveVar: -1_000,
      alarmBits: 0x20,
      local: false,
      antiIslanding: true,
      vehicleConnected: true,
      maxChargeW: 60_000,
      maxDischargeW: 50_000,
      socPct: 71.5,
      alive: true,
    });
    expect(snapshot.stages[0]!.voltagePu).toBeCloseTo(480.5 / 480, 6);
    expect(snapshot.stages[0]!.frequencyHz).toBeCloseTo(60.01, 6);

    const commands = createCommands(1, 0);
    commands.commandsEnabled = true;
    Object.assign(commands.stages[0]!, {
      role: "discharge",
      powerW: -99_000,
      reactiveVar: 55,
      leaseUntilMs: now() + 1_000,
    });
    await bridge.writeAll(commands, now(), now() + 200, true);
    // held at the map's range, in steps of 10 W towards zero, in the register's sign
    expect(writes).toContainEqual([0x2000, 3, 6_000, 0x10000 - 5]);
    expect(writes.map(([address]) => address).toSorted()).toEqual([0x2000, 0x2010]);
  });
});

/** One change of the blueprint, and what the refusal must name. */
const mistakes: readonly (readonly [string, (text: string) => string, RegExp])[] = [
  [
    "an unknown type",
    (t) => t.replace("type: enum16, codes: { off: [0, 1, 9]", "type: int24, codes: { off: [0, 1, 9]"),
    /blueprint.yaml:44 facts\.roleCode\.type is "int24": must be one of int16/,
  ],
  [
    "an address beyond the last register",
    (t) => t.replace("0x1008", "70000"),
    /:53 facts\.heartbeat\.address is 70000: must be a whole number from 0 to 65535/,
  ],
  [
    "an unknown fact",
    (t) => t.replace("socPct:", "chargeState:"),
    /facts\.chargeState is not known: must be one of roleCode, powerW/,
  ],
  ["an unknown key of a fact", (t) => t.replace("pace: second", "speed: second"), /facts\.socPct\.speed is not known/],
  ["a fact without address", (t) => t.replace("address: 0x1001, ", ""), /facts\.powerW\.address is missing/],
  [
    "a stage without power",
    (t) => t.replace(/^ {2}powerW: {8}.*$/m, ""),
    /lacks powerW \(facts\), which every stage needs/,
  ],
  [
    "a role without codes",
    (t) => t.replace(", codes: { off: [0, 1, 9], charge: 2, discharge: 3 }", ""),
    /facts\.roleCode\.codes is missing/,
  ],
  [
    "a role that we do not know",
    (t) => t.replace("discharge: 3 }, onSilence", "sleeping: 3 }, onSilence"),
    /commands\.roleCode\.codes\.sleeping is not known/,
  ],
  [
    "a hole within one request",
    (t) => t.replace("address: 0x2002", "address: 0x2003"),
    /commands\.reactiveVar begins at 8195.*request/,
  ],
  [
    "a range upside down",
    (t) => t.replace("min: -60000, max: 60000", "min: 60000, max: -60000"),
    /commands\.powerW\.min is 60000: must not be above max/,
  ],
  [
    "a command that does not say what silence does",
    (t) => t.replace(", onSilence: starts the 5 s of the rows above", ""),
    /commands\.heartbeat\.onSilence must be a text/,
  ],
  [
    "another kind of device",
    (t) => t.replace("device: stage", "device: toaster"),
    /device is "toaster": must be one of stage, meter/,
  ],
  ["broken YAML", (t) => t.replace("facts:", "facts: {"), /blueprint.yaml:\d+ /],
  ["an empty file", () => "", /must be a map/],
];

describe("mistakes in a map file", () => {
  for (const [name, change, expected] of mistakes) {
    test(`${name} → refused with line, setting and what is allowed`, () => {
      const changed = change(blueprint);
      expect(changed).not.toBe(blueprint);
      const parsed = parseMapFile(changed, file);
      expect(parsed.ok).toBe(false);
      if (!parsed.ok) expect(parsed.error.map(mapFileMistakeText).join("\n")).toMatch(expected);
    });
  }
});

/** What a map file can say about the devices that are out there: numbers in all their forms, functions row by row, writes. */
import { describe, expect, test } from "vitest";
import { type Bridge, createBridge } from "../../firmware-bridge/bridge.ts";
import { DeviceReader } from "../../firmware-bridge/device/device-reader.ts";
import type { DeviceMap } from "../../firmware-bridge/maps/device-map.ts";
import { mapFileMistakeText, parseMapFile } from "../../firmware-bridge/maps/map-file.ts";
import { createCommands } from "../../src/core/commands.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";
import { MemoryLink } from "./memory-link.ts";
import { type RegisterBank, registerBank } from "./register-bank.ts";

const clock = (): number => performance.now();

function parse(text: string): DeviceMap {
  const parsed = parseMapFile(text, "map.yaml");
  if (!parsed.ok) throw new Error(parsed.error.map(mapFileMistakeText).join("\n"));
  return parsed.value;
}

const mistakes = (text: string): string => {
  const parsed = parseMapFile(text, "map.yaml");
  return parsed.ok ? "" : parsed.error.map(mapFileMistakeText).join("\n");
};

/** The value of a meter's power in watts from one row, with registers 100… (or inputs, or coils) holding `words`. */
function read(row: string, words: readonly number[], file = ""): number {
  const bank = registerBank();
  bank.holding.set(words, 100);
  bank.input.set(words, 100);
  bank.coils.set(words, 100);
  bank.discrete.set(words, 100);
  const reader = new DeviceReader(parse(`device: meter\n${file}\nfacts:\n  powerW: ${row}\n`), 1);
  const link = new MemoryLink(new Map([[1, bank]]), clock);
  for (const block of [reader.cycleBlock, ...reader.slowBlocks]) {
    link.start(block.exchange, 0);
    reader.decode(block);
  }
  return reader.values[0]!;
}

const float = (value: number): number[] => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
};
const double = (value: number): number[] => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return [0, 2, 4, 6].map((at) => bytes.readUInt16BE(at));
};
const turned = (word: number): number => ((word & 0xff) << 8) | (word >> 8);

describe("numbers in registers", () => {
  const cases: readonly (readonly [string, string, readonly number[], number])[] = [
    ["float32, high word first", "{ address: 100, type: float32 }", float(-1_234.5), -1_234.5],
    [
      "float32, low word first",
      "{ address: 100, type: float32, wordOrder: little }",
      float(-1_234.5).reverse(),
      -1_234.5,
    ],
    ["float32, bytes turned", "{ address: 100, type: float32, byteOrder: little }", float(77.25).map(turned), 77.25],
    [
      "float32, all turned",
      "{ address: 100, type: float32, byteOrder: little, wordOrder: little }",
      float(77.25).map(turned).reverse(),
      77.25,
    ],
    ["float32 that is no number", "{ address: 100, type: float32 }", [0x7fc0, 0], Number.NaN],
    ["int32, low word first", "{ address: 100, type: int32, wordOrder: little, scale: 0.1 }", [0xfffe, 0xffff], -0.2],
    ["int64", "{ address: 100, type: int64 }", [0xffff, 0xffff, 0xffff, 0xfff6], -10],
    ["uint64, low word first", "{ address: 100, type: uint64, wordOrder: little }", [5, 1, 0, 0], 65_541],
    ["float64", "{ address: 100, type: float64 }", double(-98_765.4321), -98_765.4321],
    ["kilowatts", "{ address: 100, type: float32, scale: 1000 }", float(3.5), 3_500],
    ["negative scale", "{ address: 100, type: int32, scale: -1 }", [0, 500], -500],
    ["offset", "{ address: 100, type: uint16, offset: -40 }", [100], 60],
    ["high byte", "{ address: 100, type: uint8, byte: high }", [0x7f03], 0x7f],
    ["low byte, signed", "{ address: 100, type: int8 }", [0x7ffe], -2],
    ["not available by SunSpec's number", "{ address: 100, type: int32 }", [0x8000, 0], Number.NaN],
    [
      "not available by the maker's number",
      "{ address: 100, type: int32, unknown: 0x7fffffff }",
      [0x7fff, 0xffff],
      Number.NaN,
    ],
    ["the maker's number replaces SunSpec's", "{ address: 100, type: int16, unknown: 0x7fff }", [0x8000], -0x8000],
    ["every number is a value", "{ address: 100, type: uint16, unknown: none }", [0xffff], 0xffff],
    ["believed only within a range", "{ address: 100, type: uint16, valid: [2, 97] }", [1], Number.NaN],
    ["power of ten in a register", "{ address: 100, type: int16, scaleRegister: 103 }", [250, 0, 0, 2], 25_000],
    [
      "power of ten that says nothing",
      "{ address: 100, type: int16, scaleRegister: 103 }",
      [250, 0, 0, 0x8000],
      Number.NaN,
    ],
    [
      "difference of two counters",
      "{ sum: [{ address: 100, type: uint32 }, { address: 102, type: uint32, scale: -1 }] }",
      [0, 200, 0, 1_700],
      -1_500,
    ],
    [
      "sum of three phases",
      "{ sum: [{ address: 100, type: int16 }, { address: 101, type: int16 }, { address: 105, type: int16 }] }",
      [10, 20, 0, 0, 0, 0xffff - 4],
      25,
    ],
    [
      "a sum of which one is unknown",
      "{ sum: [{ address: 100, type: int16 }, { address: 101, type: int16 }] }",
      [10, 0x8000],
      Number.NaN,
    ],
    ["an input register in a file of holding registers", "{ address: 100, type: int16, function: 4 }", [42], 42],
    [
      "an amount with its direction elsewhere, giving back",
      "{ address: 100, type: uint16, direction: { address: 101, type: uint16, negative: [11], positive: [1] } }",
      [7_000, 11],
      -7_000,
    ],
    [
      "an amount with its direction elsewhere, taking",
      "{ address: 100, type: uint16, direction: { address: 101, type: uint16, negative: 11 } }",
      [7_000, 4],
      7_000,
    ],
    [
      "an amount whose direction has no meaning",
      "{ address: 100, type: uint16, direction: { address: 101, type: uint16, negative: 11, positive: 1 } }",
      [7_000, 4],
      Number.NaN,
    ],
    [
      "a sum of amounts with one direction, a bit",
      "{ sum: [{ address: 100, type: uint16 }, { address: 101, type: uint16 }], direction: { address: 102, type: uint16, bit: 3, negative: 1 } }",
      [3_000, 500, 0x8],
      -3_500,
    ],
    ["generation counts the other way", "{ address: 100, type: int16, sign: generation }", [42], -42],
  ];
  for (const [name, row, words, wanted] of cases) {
    test(`${name} → ${wanted}`, () => {
      if (Number.isNaN(wanted)) expect(read(row, words)).toBeNaN();
      else expect(read(row, words)).toBeCloseTo(wanted, 3);
    });
  }

  test("orders said once for the file, and otherwise in one row", () => {
    expect(read("{ address: 100, type: int32 }", [7, 0], "wordOrder: little")).toBe(7);
    expect(read("{ address: 100, type: int32, wordOrder: big }", [0, 7], "wordOrder: little")).toBe(7);
  });
});

describe("refused with line and reason, all at once", () => {
  const meter = (row: string, more = ""): string => `device: meter\n${more}\nfacts:\n  powerW: ${row}\n`;
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      "scale beside codes",
      "device: stage\nfacts:\n  powerW: { address: 1, type: int16 }\n  roleCode: { address: 2, type: uint16, scale: 2, codes: { off: 0 } }\ncommands:\n  powerW: { address: 9, type: int16, onSilence: x }",
      /map.yaml:4 facts\.roleCode\.scale has no effect here/,
    ],
    [
      "sign of a voltage",
      "device: meter\nfacts:\n  powerW: { address: 1, type: int16 }\n  voltageAV: { address: 2, type: uint16, sign: generation }",
      /:4 facts\.voltageAV\.sign has no effect here: only powers/,
    ],
    [
      "word order of one register",
      meter("{ address: 1, type: int16, wordOrder: little }"),
      /wordOrder has no effect here: a int16 has one register/,
    ],
    [
      "scale of a bit",
      meter("{ address: 1, type: uint16, bit: 3, scale: 5 }"),
      /scale has no effect here: a bit is 0 or 1/,
    ],
    [
      "a direction of a voltage",
      "device: meter\nfacts:\n  powerW: { address: 1, type: int16 }\n  voltageAV: { address: 2, type: uint16, direction: { address: 3, type: uint16, negative: 1 } }",
      /:4 facts\.voltageAV\.direction has no effect here: only powers/,
    ],
    [
      "a direction without what is negative",
      meter("{ address: 1, type: uint16, direction: { address: 3, type: uint16 } }"),
      /direction\.negative is missing: must be the numbers that mean giving back, or export/,
    ],
    [
      "a direction beside a sign",
      meter("{ address: 1, type: uint16, sign: generation, direction: { address: 3, type: uint16, negative: 1 } }"),
      /sign has no effect here: `direction` says/,
    ],
    [
      "a mark that says nothing",
      meter("{ address: 1, type: int16 }", "recognise: { marks: [{ address: 1, type: int16 }] }"),
      /recognise\.marks\[0\] must have one of `is`/,
    ],
    [
      "marks that are none",
      meter("{ address: 1, type: int16 }", "recognise: { marks: [] }"),
      /recognise\.marks must be a list of 1 to 12 marks/,
    ],
    [
      "a unit that does not exist",
      meter(
        "{ address: 1, type: int16 }",
        "recognise: { units: [300], marks: [{ address: 1, type: int16, between: [1, 2] }] }",
      ),
      /recognise\.units must be at most 16 whole numbers from 0 to 255/,
    ],
    [
      "a pause that is no pause",
      meter("{ address: 1, type: int16 }", "link: { pauseMs: 60000 }"),
      /link\.pauseMs is 60000: must be a whole number from 0 to 5000/,
    ],
    [
      "busy said by busy",
      meter("{ address: 1, type: int16 }", "link: { busyExceptions: [6] }"),
      /busyExceptions must be exceptions from 1 to 4/,
    ],
    [
      "a bit beyond the register",
      meter("{ address: 1, type: uint16, bit: 16 }"),
      /bit is 16: must be a whole number from 0 to 15/,
    ],
    ["a bit of a float", meter("{ address: 1, type: float32, bit: 1 }"), /bit has no effect here/],
    ["a byte of an int16", meter("{ address: 1, type: int16, byte: high }"), /byte has no effect here/],
    [
      "a coil that is an int16",
      meter("{ address: 1, type: int16, function: 1 }"),
      /type is int16: coils and discrete inputs/,
    ],
    ["a bit from a holding register", meter("{ address: 1, type: bit }"), /type is bit: only coils/],
    [
      "scale 0",
      meter("{ address: 1, type: int16, scale: 0 }"),
      /scale is 0: must be a number from -1000000000 to 1000000000, not 0/,
    ],
    [
      "a code that means two things",
      "device: stage\nfacts:\n  powerW: { address: 1, type: int16 }\n  roleCode: { address: 2, type: uint16, codes: { off: [0, 2], charge: 2 } }\ncommands:\n  powerW: { address: 9, type: int16, onSilence: x }",
      /codes\.charge has 2, which already means off/,
    ],
    [
      "two numbers for one word that is written",
      "device: stage\nfacts:\n  powerW: { address: 1, type: int16 }\n  on: { address: 2, type: uint16 }\ncommands:\n  powerW: { address: 9, type: int16, onSilence: x }\n  roleCode: { address: 20, type: uint16, codes: { off: [0, 1] }, onSilence: x }",
      /must give one number for each word/,
    ],
    [
      "a number that is too far from its power of ten",
      meter("{ address: 1, type: int16, scaleRegister: 400 }"),
      /scaleRegister is 400 registers from its number/,
    ],
    [
      "a value of the cycle that is slow",
      meter("{ address: 1, type: int16, pace: slow }"),
      /pace is slow: must be cycle/,
    ],
    [
      "a constant for what must be measured",
      meter("{ constant: 5, why: because }"),
      /constant must be read from the device/,
    ],
    [
      "a value without its why",
      "device: stage\nfacts:\n  antiIslanding: { constant: 1 }",
      /antiIslanding\.why must be a text/,
    ],
    [
      "an output pulse of a register",
      "device: stage\ncommands:\n  powerW: { address: 9, type: int16, pulseMs: 100, onSilence: x }",
      /pulseMs has no effect here: only a coil/,
    ],
    [
      "function 6 for two registers",
      "device: stage\ncommands:\n  powerW: { address: 9, type: int32, function: 6, onSilence: x }",
      /function is 6: must be one of 16/,
    ],
    [
      "a watchdog that nobody can try",
      "device: stage\nwatchdog: { seconds: 5, does: off, fedBy: heartbeat }",
      /watchdog must have either `register:`/,
    ],
    [
      "a watchdog that lets a setpoint live for a minute",
      "device: stage\nwatchdog: { seconds: 60, does: off, fedBy: any-write, waitOut: true }",
      /watchdog\.seconds is 60: must be a number from 0.5 to 30/,
    ],
    [
      "a watchdog of a meter",
      `${meter("{ address: 1, type: int16 }")}watchdog: { seconds: 5 }`,
      /watchdog has no effect here/,
    ],
    [
      "a constant around a request that is not there",
      "device: stage\ncommands:\n  x: { address: 9, type: uint16, value: 1, when: after, of: nothing }",
      /commands\.x\.of is "nothing"/,
    ],
    [
      "a constant that does not fit",
      "device: stage\ncommands:\n  x: { address: 9, type: uint16, value: 1.5 }",
      /commands\.x\.value is 1.5/,
    ],
    [
      "K1 by an I/O module without voltmeters",
      "device: transfer-device\nregisters: discrete\nfacts:\n  contactNo: { address: 0, type: bit, codes: { open: 0, closed: 1 } }\n  contactNc: { address: 1, type: bit, codes: { open: 0, closed: 1 } }\ncommands:\n  command: { address: 16, type: bit, codes: { open: 0, close: 1 }, onSilence: stays }",
      /lacks gridVoltagePu or .* \(facts\), .*parts behind different links are named in the site file/,
    ],
  ];
  for (const [name, text, wanted] of cases) {
    test(`${name}`, () => expect(mistakes(text)).toMatch(wanted));
  }

  test("three mistakes in three rows → three complaints, in the order of the lines", () => {
    const text =
      "device: meter\nfacts:\n  powerW: { address: x, type: int16 }\n  frequencyHz: { address: 1, type: int17 }\n  voltageAV: { address: 2, type: int16, speed: 3 }\n";
    expect(
      mistakes(text)
        .split("\n")
        .map((line) => line.slice(0, 11)),
    ).toEqual(["map.yaml:3 ", "map.yaml:4 ", "map.yaml:5 "]);
  });
});

interface Driven {
  readonly bank: RegisterBank;
  readonly bridge: Bridge;
  command(
    role: "off" | "charge" | "discharge",
    powerW: number,
  ): Promise<readonly (readonly [number, number, ...number[]])[]>;
}

/** A stage with these commands; what is written comes back as [function, address, words…]. */
async function drive(commands: string, more = ""): Promise<Driven> {
  const map = parse(`device: stage
facts:
  powerW: { address: 0, type: int16 }
  on: { address: 1, type: uint16 }
  phaseVoltageV: { address: 2, type: uint16 }
  frequencyHz: { address: 3, type: uint16 }
commands:
${commands}
${more}
`);
  const bank = registerBank();
  bank.holding.set([0, 1, 230, 50], 0);
  const bridge = createBridge(
    {
      nominalVoltageV: 400,
      phases: "three",
      stages: [
        {
          name: "S",
          link: { kind: "tcp", host: "x", port: 1 },
          unit: 1,
          map,
          reversionS: 5,
          ratedChargeW: 11_000,
          ratedDischargeW: 11_000,
        },
      ],
    },
    () => new MemoryLink(new Map([[1, bank]]), clock),
  );
  await bridge.discover({ verify: false });
  const snapshot = createSnapshot(1, 0);
  const orders = createCommands(1, 0);
  orders.commandsEnabled = true;
  return {
    bank,
    bridge,
    command: async (role, powerW) => {
      bank.writes.length = 0;
      Object.assign(orders.stages[0]!, { role, powerW, leaseUntilMs: Number.POSITIVE_INFINITY });
      for (let i = 0; i < 3; i += 1) {
        await bridge.readAll(snapshot, clock() + 100);
        await bridge.writeAll(orders, clock(), clock() + 100, true);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return bank.writes.map(({ functionCode, address, words }) => [functionCode, address, ...words] as const);
    },
  };
}

describe("commands", () => {
  test("setpoints for charging and discharging apart", async () => {
    const { command } = await drive(
      "  chargeW: { address: 10, type: uint16, onSilence: x }\n  dischargeW: { address: 20, type: uint32, onSilence: x }",
    );
    expect(await command("charge", 4_000)).toEqual([
      [16, 10, 4_000],
      [16, 20, 0, 0],
    ]);
    expect(await command("discharge", -3_000)).toEqual([
      [16, 10, 0],
      [16, 20, 0, 3_000],
    ]);
  });

  test("an amount and a direction, each with its own function", async () => {
    const { command } = await drive(
      "  roleCode: { address: 10, type: uint16, function: 6, codes: { off: 0, charge: 1, discharge: 2 }, onSilence: x }\n  magnitudeW: { address: 20, type: int32, wordOrder: little, onSilence: x }",
    );
    expect(await command("discharge", -3_000)).toEqual([
      [6, 10, 2],
      [16, 20, 3_000, 0],
    ]);
  });

  test("amperes in each phase at the measured voltage, towards zero", async () => {
    const { command } = await drive("  powerW: { address: 10, type: int16, as: A, onSilence: x }");
    expect(await command("charge", 11_000)).toEqual([[16, 10, 15]]);
  });

  test("percent of the rating", async () => {
    const { command } = await drive("  powerW: { address: 10, type: int16, as: pct, scale: 0.1, onSilence: x }");
    expect(await command("discharge", -5_500)).toEqual([[16, 10, 0x10000 - 500]]);
  });

  test("a register that must not say zero: nothing is written to it, the other row stops the device", async () => {
    const { command } = await drive(
      "  operate: { address: 9, type: uint16, function: 6, codes: { start: 0, stop: 1 }, onSilence: x }\n  powerW: { address: 10, type: uint32, smallest: 500, zeroForbidden: true, onSilence: x }",
    );
    expect(await command("charge", 2_000)).toEqual([
      [6, 9, 0],
      [16, 10, 0, 2_000],
    ]);
    expect(await command("off", 0)).toEqual([[6, 9, 1]]);
    expect(await command("charge", 400)).toEqual([[6, 9, 0]]);
  });

  test("below the smallest power zero is written", async () => {
    const { command } = await drive("  powerW: { address: 10, type: int16, smallest: 1380, onSilence: x }");
    expect(await command("charge", 2_000)).toEqual([[16, 10, 2_000]]);
    expect(await command("charge", 1_000)).toEqual([[16, 10, 0]]);
  });

  test("an enable before and a commit after each setpoint", async () => {
    const { command } = await drive(
      "  powerW: { address: 10, type: int16, onSilence: x }\n  open: { address: 30, type: uint16, value: 1, when: before, of: powerW }\n  commit: { address: 31, type: uint16, value: 0xA5A5, when: after, of: powerW, function: 6 }",
    );
    expect(await command("charge", 2_000)).toEqual([
      [16, 30, 1],
      [16, 10, 2_000],
      [6, 31, 0xa5a5],
    ]);
  });

  test("settings at take-over come first, are read back, and come again after a restart of the bridge's binding", async () => {
    const { command, bank } = await drive(
      "  remote: { address: 81, type: uint16, value: 1, function: 6 }\n  watts: { address: 83, type: uint16, value: 1, function: 6 }\n  powerW: { address: 10, type: int16, onSilence: x }",
    );
    const writes = await command("charge", 2_000);
    expect(writes.slice(0, 3)).toEqual([
      [6, 81, 1],
      [6, 83, 1],
      [16, 10, 2_000],
    ]);
    expect([bank.holding[81], bank.holding[83]]).toEqual([1, 1]);
  });

  test("a setting at take-over that does not stay → told, and no setpoint is written", async () => {
    const driven = await drive(
      "  remote: { address: 81, type: uint16, value: 1, function: 6 }\n  powerW: { address: 10, type: int16, onSilence: x }",
    );
    const write = driven.bank.write;
    driven.bank.write = (address, ...rest) => (address === 81 ? 0 : write(address, ...rest));
    expect(await driven.command("charge", 2_000)).toEqual([]);
    expect(driven.bridge.reports()[0]!.faults).toMatchObject([
      { fault: "settings-not-kept", detail: expect.stringContaining("remote: expected 1, found 0") },
    ]);
  });

  test("heartbeats: a toggle, and a number that is written again each time", async () => {
    const { command } = await drive(
      "  heartbeat: { address: 40, type: uint16, beat: toggle, onSilence: x }\n  powerW: { address: 10, type: int16, onSilence: x }",
    );
    const [first] = (await command("charge", 2_000)).filter(([, address]) => address === 40);
    expect([0, 1]).toContain(first![2]);
  });

  test("a register that the device stores → written when it changes, never to refresh it", async () => {
    const row = "  powerW: { address: 10, type: int16, STORED onSilence: x }";
    for (const [stored, writes] of [
      ["stored: true,", 0],
      ["", 1],
    ] as const) {
      const { command } = await drive(row.replace("STORED", stored));
      expect(await command("charge", 4_000)).toEqual([[16, 10, 4_000]]);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await command("charge", 4_000)).toHaveLength(writes);
    }
  });

  test("settings at release → written when the controller ends, and only to a device at rest", async () => {
    const { bank, bridge, command } = await drive(
      "  powerW: { address: 10, type: int16, onSilence: x }\n  user: { address: 81, type: uint16, function: 6, value: 0, when: release }",
    );
    await command("charge", 4_000);
    bank.writes.length = 0;
    await bridge.giveBack(1_000);
    expect(bank.writes).toEqual([]);
    bank.holding[1] = 0;
    await command("off", 0);
    bank.writes.length = 0;
    await bridge.giveBack(1_000);
    expect(bank.writes).toEqual([{ functionCode: 6, address: 81, words: [0] }]);
  });

  test("a register that must not be written often", async () => {
    const { command } = await drive("  powerW: { address: 10, type: int16, everyS: 60, onSilence: x }");
    expect(await command("charge", 2_000)).toEqual([[16, 10, 2_000]]);
    expect(await command("charge", 3_000)).toEqual([]);
  });
});

describe("what a stage does not tell", () => {
  const facts = async (more: string, bits: number) => {
    const map = parse(`device: stage
facts:
  powerW: { address: 0, type: int16 }
  on: { address: 1, type: uint16 }
${more}
commands:
  powerW: { address: 10, type: int16, onSilence: x }
`);
    const bank = registerBank();
    bank.holding.set([500, 1, bits], 0);
    const stage = { name: "S", link: { kind: "tcp", host: "x", port: 1 } as const, unit: 1, map, reversionS: 5 };
    const bridge = createBridge(
      {
        nominalVoltageV: 400,
        phases: "three",
        stages: [{ ...stage, ratedChargeW: 11_000, ratedDischargeW: 11_000 }],
      },
      () => new MemoryLink(new Map([[1, bank]]), clock),
    );
    await bridge.discover({ verify: false });
    const snapshot = createSnapshot(1, 0);
    Object.assign(snapshot.meter, { atMs: clock(), voltagePu: 1.01, frequencyHz: 49.98 });
    await bridge.readAll(snapshot, clock() + 50);
    return { stage: snapshot.stages[0]!, snapshot, bridge };
  };

  test("vehicle → counts as connected; anti-islanding → counts as off; ability → the rating", async () => {
    const { stage } = await facts("", 0);
    expect(stage).toMatchObject({ vehicleConnected: true, antiIslanding: false, maxChargeW: 11_000 });
  });

  test("a vehicle contact that says no → not connected", async () => {
    const { stage } = await facts("  vehicleConnected: { address: 2, type: uint16, bit: 0 }", 0);
    expect(stage.vehicleConnected).toBe(false);
  });

  test("an author's constant → as it says", async () => {
    const { stage } = await facts(
      "  antiIslanding: { constant: 1, why: certificate }\n  maxDischargeW: { constant: 4000, why: x }\n  maxChargeW: { constant: 3000, why: x }",
      0,
    );
    expect(stage).toMatchObject({ antiIslanding: true, maxChargeW: 3_000, maxDischargeW: 4_000 });
  });

  test("voltage and frequency → the meter's while it is young; afterwards nothing is taken, and the facts grow old", async () => {
    const { stage, snapshot, bridge } = await facts("", 0);
    expect(stage).toMatchObject({ voltagePu: 1.01, frequencyHz: 49.98 });
    const { atMs } = stage;
    snapshot.meter.atMs = clock() - 1_500;
    await bridge.readAll(snapshot, clock() + 50);
    expect(stage.atMs).toBe(atMs);
  });
});

test("a device that says exception 2 when it is busy → waited for, where its map says so", async () => {
  for (const [link, found] of [
    ["link: { busyExceptions: [2] }", true],
    ["", false],
  ] as const) {
    const bank = registerBank();
    const read = bank.read;
    let refusals = 3;
    bank.read = (...asked) => {
      refusals -= 1;
      return refusals >= 0 ? 2 : read(...asked);
    };
    const map = parse(`device: meter\n${link}\nfacts:\n  powerW: { address: 1, type: int16 }\n`);
    const busyExceptions = map.link?.busyExceptions;
    const bridge = createBridge(
      {
        nominalVoltageV: 400,
        phases: "three",
        stages: [],
        meter: {
          name: "PCC",
          link: { kind: "tcp", host: "x", port: 1 },
          unit: 1,
          importPositive: true,
          map,
          pace: { ...(busyExceptions && { busyExceptions }) },
        },
      },
      () => new MemoryLink(new Map([[1, bank]]), clock),
    );
    expect((await bridge.discover({ verify: false }))[0]!.found).toBe(found);
  }
});

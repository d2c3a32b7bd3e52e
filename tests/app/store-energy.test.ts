import { expect, test } from "vitest";
import { openStore } from "../../src/app/store/store.ts";
import { createEnergyRegisters } from "../../src/app/store/store-energy.ts";

const unknown = Number.NaN;
/** [moment ms, stage's import Wh, stage's export Wh, power W] → the registers at the end. */
type Step = readonly [nowMs: number, importWh: number, exportWh: number, powerW: number];

test.each<[string, Step[], { importWh: number; exportWh: number; estimatedWh: number }]>([
  [
    "follow the stage's registers from where they were first seen",
    [
      [0, 500, 70, 0],
      [1000, 510, 70, 0],
      [2000, 510, 75, 0],
    ],
    { importWh: 10, exportWh: 5, estimatedWh: 0 },
  ],
  [
    "never run backwards when a stage is replaced",
    [
      [0, 500, 70, 0],
      [1000, 510, 71, 0],
      [2000, 3, 1, 0],
      [62_000, 5, 1, 0],
      [63_000, 6, 1, 0],
    ],
    { importWh: 13, exportWh: 1, estimatedWh: 0 },
  ],
  [
    "add nothing when a register reads zero once (field problem: Refoss/refoss_rpc#14)",
    [
      [0, 5_000_000, 0, 0],
      [1000, 5_000_002, 0, 0],
      [2000, 0, 0, 0],
      [3000, 5_000_004, 0, 0],
    ],
    { importWh: 4, exportWh: 0, estimatedWh: 0 },
  ],
  [
    "go on when a register of 32 bits begins anew",
    [
      [0, 4_294_967_288, 0, 0],
      [1000, 4_294_967_290, 0, 0],
      [4000, 3, 0, 0],
      [5000, 5, 0, 0],
    ],
    { importWh: 13, exportWh: 0, estimatedWh: 0 },
  ],
  [
    "go on when one of tenths of a watt-hour begins anew while the other stands",
    [
      [0, 70, 429_496_729.4, 0],
      [1000, 70, 1.1, 0],
      [2000, 70, 2.1, 0],
    ],
    { importWh: 0, exportWh: 2.3, estimatedWh: 0 },
  ],
  [
    "add nothing when one that is far from its end reads zero",
    [
      [0, 4_294_900_000, 0, 0],
      [1000, 0, 0, 0],
      [2000, 4_294_900_002, 0, 0],
    ],
    { importWh: 2, exportWh: 0, estimatedWh: 0 },
  ],
  [
    "add nothing when a register leaps and comes back",
    [
      [0, 100, 0, 0],
      [1000, 9_000_000, 0, 0],
      [2000, 101, 0, 0],
    ],
    { importWh: 1, exportWh: 0, estimatedWh: 0 },
  ],
  [
    "begin anew where the first reading was a wrong zero",
    [
      [0, 0, 0, 0],
      [1000, 5_000_000, 0, 0],
      [61_000, 5_000_001, 0, 0],
      [62_000, 5_000_002, 0, 0],
    ],
    { importWh: 2, exportWh: 0, estimatedWh: 0 },
  ],
  [
    "integrate power where the stage has no registers, marked",
    [
      [0, unknown, unknown, 3600],
      [1000, unknown, unknown, 3600],
      [2000, unknown, unknown, -7200],
    ],
    { importWh: 1, exportWh: 2, estimatedWh: 3 },
  ],
  [
    "do not count twice what was estimated during a gap",
    [
      [0, 500, 0, 0],
      [1000, unknown, unknown, 3600],
      [2000, 502, 0, 0],
      [3000, 503, 0, 0],
    ],
    { importWh: 2, exportWh: 0, estimatedWh: 1 },
  ],
  [
    "do not guess over a long silence",
    [
      [0, unknown, unknown, 3600],
      [60_000, unknown, unknown, 3600],
    ],
    { importWh: 0, exportWh: 0, estimatedWh: 0 },
  ],
  [
    "do not grow by what is not a number",
    [
      [0, unknown, unknown, unknown],
      [1000, unknown, unknown, unknown],
    ],
    { importWh: 0, exportWh: 0, estimatedWh: 0 },
  ],
])("energy registers %s", (_, steps, expected) => {
  const registers = createEnergyRegisters(openStore({ path: ":memory:" }), 1, [11_000]);
  let last = {};
  for (const [nowMs, importWh, exportWh, powerW] of steps)
    last = registers.update(0, { importWh, exportWh, powerW }, nowMs);
  expect(last).toMatchObject({ ...expected, exportWh: expect.closeTo(expected.exportWh, 6) });
});

test("what the backend was told is kept with the message that told it", () => {
  const store = openStore({ path: ":memory:" });
  const first = createEnergyRegisters(store, 1);
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 1_000)
    first.update(0, { importWh: unknown, exportWh: unknown, powerW: 3_600 }, nowMs);
  expect(
    createEnergyRegisters(store, 1).update(0, { importWh: unknown, exportWh: unknown, powerW: 0 }, 0).importWh,
  ).toBe(0);
  const again = createEnergyRegisters(store, 1);
  for (let nowMs = 0; nowMs <= 10_000; nowMs += 1_000)
    again.update(0, { importWh: unknown, exportWh: unknown, powerW: 3_600 }, nowMs);
  store.enqueue({ action: "TransactionEvent", payload: "{}", transactionId: "t", seqNo: 0, droppable: false });
  const { importWh } = createEnergyRegisters(store, 1).update(
    0,
    { importWh: unknown, exportWh: unknown, powerW: 0 },
    0,
  );
  expect(importWh).toBeCloseTo(10, 6);
});

test("a power cut costs at most a minute of what was estimated, and what the stage counted meanwhile is not lost", () => {
  const store = openStore({ path: ":memory:" });
  const first = createEnergyRegisters(store, 2);
  for (let nowMs = 0; nowMs <= 10_500; nowMs += 100)
    first.update(1, { importWh: nowMs / 100, exportWh: 0, powerW: 0 }, nowMs);
  const again = createEnergyRegisters(store, 2);
  const atOnce = again.update(1, { importWh: 105, exportWh: 0, powerW: 0 }, 0).importWh;
  expect(atOnce).toBe(105);
  expect(again.update(1, { importWh: 300, exportWh: 0, powerW: 0 }, 100).importWh).toBe(300);
});

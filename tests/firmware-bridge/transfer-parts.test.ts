/** A transfer device put together from parts: what is said of K1 when a part is old, stands still, or one pole differs. */
import { describe, expect, test } from "vitest";
import { meterFact } from "../../firmware-bridge/apply-facts.ts";
import { LifeSign } from "../../firmware-bridge/device/life-sign.ts";
import { factNames } from "../../firmware-bridge/maps/device-map.ts";
import { createIoMap } from "../../firmware-bridge/parts/io-map.ts";
import { MeterSum } from "../../firmware-bridge/parts/meter-sum.ts";
import type { SideSettings } from "../../firmware-bridge/parts/settings.ts";
import { TransferParts } from "../../firmware-bridge/parts/transfer-parts.ts";
import { createSnapshot } from "../../src/core/snapshot.ts";

const nowMs = 10_000;
const phaseV = 400 / Math.sqrt(3);

/** A device as far as parts look at it: its numbers, and when they came. */
function part(values: readonly number[], atMs = nowMs, liveAtMs = atMs) {
  const reader = { values: Float64Array.from(values), factsAtMs: atMs, sourcesOf: () => null, arrivalOf: () => atMs };
  return { reader, life: { liveAtMs }, writer: undefined };
}
const meter = (volts: readonly number[], hertz: number, atMs = nowMs, liveAtMs = atMs) => {
  const values = new Array<number>(factNames.meter.length).fill(Number.NaN);
  volts.forEach((volt, phase) => {
    values[meterFact.voltageAV + phase] = volt;
  });
  values[meterFact.frequencyHz] = hertz;
  return part(values, atMs, liveAtMs);
};

const live = [phaseV, phaseV, phaseV];
const dead = [0, 0, 0];
const meterSide = (device: number): SideSettings => ({ kind: "meter", device, freshMs: 500 });

function composed(
  given: { contacts?: unknown; grid?: unknown; bus?: unknown; busSide?: SideSettings },
  phases: 1 | 2 | 3 = 3,
) {
  const devices = [given.contacts ?? part([1, 0]), given.grid ?? meter(live, 50), given.bus ?? meter(live, 50)];
  const settings = {
    contacts: { device: 0, no: 0, nc: 1, freshMs: 500 },
    command: { device: 0, drive: "coil", onMs: 500, close: 0 },
    grid: meterSide(1),
    bus: given.busSide ?? meterSide(2),
  } as const;
  const context = { nominalVoltageV: 400, phaseVoltageV: phaseV, phases };
  const snapshot = createSnapshot(0, 0);
  new TransferParts(settings, devices as never, undefined, context).compose(snapshot, nowMs);
  return snapshot.transferDevice;
}

describe("contacts", () => {
  test.each([
    ["closed", [1, 0], "closed", "closed"],
    ["open", [0, 1], "open", "open"],
    ["in transit, or the wire of the break contact is cut", [0, 0], "open", "closed"],
    ["welded, with a contact that says otherwise", [1, 1], "closed", "open"],
    ["not read yet", [Number.NaN, Number.NaN], "unknown", "unknown"],
  ] as const)("%s", (_, values, contactNo, contactNc) => {
    expect(composed({ contacts: part(values) })).toMatchObject({ contactNo, contactNc });
  });
  test("are as old as their module's last read", () => {
    expect(composed({ contacts: part([1, 0], 9_000) })).toMatchObject({ atMs: 9_000 });
  });
});

describe("voltages", () => {
  test("of both sides, with the frequency of the grid", () => {
    const { gridVoltagePu, busVoltagePu, gridFrequencyHz } = composed({ bus: meter(dead, 0) });
    expect([gridVoltagePu, busVoltagePu, gridFrequencyHz]).toEqual([expect.closeTo(1), 0, 50]);
  });
  test.each([
    ["old", meter(dead, 0, nowMs - 600)],
    ["frozen for a minute", meter(live, 50, nowMs, nowMs - 3_000)],
    ["not found yet", { reader: undefined, life: undefined }],
    ["telling nothing", meter([Number.NaN, Number.NaN, Number.NaN], Number.NaN)],
  ] as const)("an instrument that is %s → unknown, never dead", (_, bus) => {
    expect(composed({ bus }).busVoltagePu).toBeNaN();
    expect(composed({ grid: bus }).gridVoltagePu).toBeNaN();
  });
  test("one pole that stays live → the bus is live", () => {
    expect(composed({ bus: meter([phaseV, 0, 0], 50) }).busVoltagePu).toBeCloseTo(1);
  });
  test("one phase that is lost → the grid is neither live nor dead", () => {
    const { gridVoltagePu } = composed({ grid: meter([phaseV, phaseV, 0], 50) });
    expect(gridVoltagePu).toBeGreaterThan(0.1);
    expect(gridVoltagePu).toBeLessThan(0.5);
  });
  test("the phase that is furthest from nominal counts", () => {
    expect(composed({ grid: meter([phaseV, 0.8 * phaseV, 1.05 * phaseV], 50) }).gridVoltagePu).toBeCloseTo(0.8);
    expect(composed({ grid: meter([phaseV, phaseV, 1.15 * phaseV], 50) }).gridVoltagePu).toBeCloseTo(1.15);
  });
  test("a single-phase service: inputs that are not wired read 0 and do not count", () => {
    expect(composed({ grid: meter([phaseV, 0, 0], 50) }, 1).gridVoltagePu).toBeCloseTo(1);
  });
  test.each([
    [[1, 0], 1],
    [[0, 1], 0],
    [[0, 0], Number.NaN],
    [[1, 1], Number.NaN],
  ])("a voltage relay with live and dead contacts %j → %d", (contacts, pu) => {
    const busSide: SideSettings = { kind: "relay", device: 0, live: 2, dead: 3, freshMs: 500 };
    expect(composed({ contacts: part([1, 0, ...contacts]), busSide }).busVoltagePu).toBe(pu);
  });
});

test("a meter that K1 rests on stands still for a minute → it counts as old; another one is taken at its answers", () => {
  const facts = ["voltageAV", "frequencyHz"].map((name) => ({ name }));
  const map = { kind: "meter", facts, commands: [] } as never;
  const values = new Float64Array(factNames.meter.length).fill(Number.NaN);
  values[meterFact.voltageAV] = 230;
  const after = (asVoltmeter: boolean): number => {
    const life = new LifeSign(map, asVoltmeter);
    for (let atMs = 0; atMs <= 90_000; atMs += 1_000) life.saw(values, { atMs, sentMs: atMs - 20 });
    return life.liveAtMs;
  };
  expect(after(true)).toBeLessThan(2_000);
  expect(after(false)).toBe(90_000);
});

test("an I/O module of which only outputs are used is read at the first of them", () => {
  expect(createIoMap([], [4], "discrete").facts).toMatchObject([{ name: "in1", address: 4, readFunction: 1 }]);
});

describe("a sum of meters", () => {
  const powered = (watts: number, atMs: number, liveAtMs = atMs) => {
    const one = meter(live, 50, atMs, liveAtMs);
    one.reader.values[meterFact.powerW] = watts;
    return one;
  };
  const sum = (devices: readonly unknown[]) => {
    const meters = new MeterSum(
      [
        { device: 0, sign: 1 },
        { device: 1, sign: -1 },
      ],
      devices as never,
    );
    return { isThere: meters.add(), powerW: meters.values[meterFact.powerW]!, atMs: meters.atMs };
  };
  test.each([
    ["both told", [powered(5_000, 900), powered(-2_000, 800)], { isThere: true, powerW: 7_000, atMs: 800 }],
    [
      "one tells nothing",
      [powered(5_000, 900), powered(Number.NaN, 800)],
      { isThere: true, powerW: Number.NaN, atMs: 800 },
    ],
    ["one stands still", [powered(5_000, 900), powered(0, 900, 100)], { isThere: true, powerW: 5_000, atMs: 100 }],
    ["one is not there yet", [powered(5_000, 900), { reader: undefined }], { isThere: false }],
  ])("%s", (_, devices, expected) => {
    expect(sum(devices)).toMatchObject(expected);
  });
});

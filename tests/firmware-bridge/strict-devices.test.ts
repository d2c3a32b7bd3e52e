/** Devices that refuse long reads and any read that cuts a value, and devices that are often busy: all are found and bound. */
import { describe, expect, test } from "vitest";
import { ExceptionCode } from "../../src/protocols/modbus/answer.ts";
import { pointStarts } from "../../src/protocols/sunspec/model.ts";
import type { RegisterFace } from "../../src/protocols/sunspec/register-face.ts";
import { clock, startSite, type TestSite } from "./site.ts";

const busy = 6 as ExceptionCode;
const stageModels = [1, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 715, 64_901];
const meterModels = [1, 213];

/** Where a value begins, and where the last one ends. */
function boundaries(face: RegisterFace, models: readonly number[]): Set<number> {
  const places = new Set([face.baseAddress, face.baseAddress + 2]);
  for (const id of models) {
    const layout = face.layout(id);
    if (layout === undefined) continue;
    const [first] = layout.points;
    const address = face.address(id, first!.path) - first!.offset;
    for (const offset of [0, 1, 2, ...pointStarts(layout), layout.length + 2]) places.add(address + offset);
  }
  const end = face.baseAddress + face.bytes.length / 2;
  return places.add(end).add(end - 1);
}

interface Habits {
  readonly registersMax: number;
  readonly busyShare: number;
}

/** Laid before a face: what it refuses, and the longest read that it gave. */
function makeStrict(face: RegisterFace, models: readonly number[], { registersMax, busyShare }: Habits) {
  const places = boundaries(face, models);
  const end = face.baseAddress + face.bytes.length / 2;
  const given = { longest: 0, cut: 0, busy: 0 };
  const read = face.read.bind(face);
  let seed = 7;
  face.read = (address, count, into, at) => {
    seed = (seed * 48_271) % 2_147_483_647;
    if (seed / 2_147_483_647 < busyShare) {
      given.busy += 1;
      return busy;
    }
    if (count > registersMax) return ExceptionCode.illegalValue;
    const inside = address >= face.baseAddress && address + count <= end;
    if (inside && !(places.has(address) && places.has(address + count))) {
      given.cut += 1;
      return ExceptionCode.illegalAddress;
    }
    given.longest = Math.max(given.longest, count);
    return read(address, count, into, at);
  };
  return given;
}

async function found(site: TestSite): Promise<void> {
  const untilMs = clock() + 30_000;
  const all = () => site.bridge.reports().filter(({ kind }) => kind === "stage" || kind === "meter");
  await site.bridge.discover({ verify: false });
  while (clock() < untilMs && !all().every((one) => one.found)) {
    await site.bridge.readAll(site.snapshot, clock() + 40);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  expect(all().map(({ name, found: isFound, faults }) => ({ name, isFound, faults }))).toEqual(
    all().map(({ name }) => ({ name, isFound: true, faults: [] })),
  );
}

const kinds: readonly (readonly [string, Habits])[] = [
  ["at most 100 registers a read", { registersMax: 100, busyShare: 0 }],
  ["at most 50 registers a read", { registersMax: 50, busyShare: 0 }],
  ["at most 40 registers a read", { registersMax: 40, busyShare: 0 }],
  ["busy at three of ten requests", { registersMax: 125, busyShare: 0.3 }],
  ["at most 50 registers, and busy at three of ten", { registersMax: 50, busyShare: 0.3 }],
];

describe("devices that give whole values only", () => {
  for (const [name, habits] of kinds) {
    test(`${name} → found, bound, read in the cycle`, async ({ onTestFinished }) => {
      const site = await startSite();
      onTestFinished(() => site.close());
      const stage = makeStrict(site.faces[0]!.face, stageModels, habits);
      const meter = makeStrict(site.meterFace, meterModels, habits);
      await found(site);
      for (const given of [stage, meter]) {
        expect(given.cut).toBe(0);
        expect(given.longest).toBeLessThanOrEqual(habits.registersMax);
        if (habits.busyShare > 0) expect(given.busy).toBeGreaterThan(3);
      }
      site.stages[0]!.powerW = 4_321;
      const { snapshot } = site;
      const untilMs = clock() + 5_000;
      while (clock() < untilMs && !(snapshot.stages[0]!.powerW === 4_321 && snapshot.meter.powerW === 120_500))
        await site.bridge.readAll(snapshot, clock() + 40);
      expect(snapshot.stages[0]!.powerW).toBe(4_321);
      expect(snapshot.meter.powerW).toBe(120_500);
    });
  }
});

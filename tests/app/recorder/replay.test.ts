import { beforeAll, describe, expect, test } from "vitest";
import type { Step } from "../../../src/app/recorder/core-copy.ts";
import { frameBytes, scanFrames } from "../../../src/app/recorder/format/frames.ts";
import { factsOf, type HeaderFacts, payloadOf } from "../../../src/app/recorder/format/payloads.ts";
import { RecordingRefused, readRecording } from "../../../src/app/recorder/recording-reader.ts";
import { type ReplayOptions, replay } from "../../../src/app/recorder/replay.ts";
import { changeOf, SettingRefused, whatIf } from "../../../src/app/recorder/what-if.ts";
import { step } from "../../../src/core/step.ts";
import { type RecordedRun, recordedOutage } from "./recorded-run.ts";

/** `ISLET_LONG=1` spoils many more. */
const spoiltFiles = process.env["ISLET_LONG"] === "1" ? 30_000 : 1_200;

let run: RecordedRun;
beforeAll(() => {
  run = recordedOutage();
});

const replayed = (bytes: Uint8Array, options?: ReplayOptions) => replay(readRecording(bytes, "run").blocks, options);

test("minutes with an outage, an island and a black start are decided again, tick by tick", () => {
  const modes = new Set<string>();
  const result = replay(run.recording.blocks, { onTick: ({ copy }) => modes.add(copy.core.machine.output.mode) });
  expect(result).toMatchObject({
    firstDifference: null,
    differing: 0,
    differingThen: 0,
    unlike: { unknown: [], missing: [] },
  });
  expect(result.ticks).toBeGreaterThan(1_500);
  expect([...modes]).toContain("islandRunning");
  expect(run.recording.damage).toEqual([]);
});

/** A core with a fault that the same inputs do not explain. */
const planted: readonly (readonly [name: string, make: () => Step])[] = [
  [
    "a clock is read",
    () => (core, snapshot, nowMs) => {
      const commands = step(core, snapshot, nowMs);
      if (snapshot.meter.sampleCount > 100) commands.stages[0]!.powerW += 1e-9 * (process.uptime() % 1);
      return commands;
    },
  ],
  [
    "the order of a Map decides",
    () => {
      let ticks = 0;
      const order = new Map<number, number>();
      return (core, snapshot, nowMs) => {
        const commands = step(core, snapshot, nowMs);
        // Filled in the order of when, seen from this start: another one after a replay from the middle.
        if (ticks++ % 100 === 0) order.set(ticks % 7, ticks);
        const [first = 0] = order.keys();
        commands.stages[0]!.reactiveVar += ticks > 500 && first !== 0 ? 1 : 0;
        return commands;
      };
    },
  ],
];

test.each(planted)("%s in the core: the first difference is named", (_, make) => {
  const { firstDifference, differing } = replay(run.recording.blocks, { step: make() });
  expect(differing).toBeGreaterThan(0);
  expect(firstDifference?.field).toMatch(/^commands\.stages\[0\]\.(?:powerW|reactiveVar)$/);
  expect(firstDifference!.tick - firstDifference!.sinceTick).toBeLessThan(200);
});

test("a replay can begin in the middle and end before the end", () => {
  const { fromMs, toMs } = {
    fromMs: run.recording.blocks[0]!.pieces[0]!.fromMs + 30_000,
    toMs: run.recording.blocks[0]!.pieces[0]!.fromMs + 40_000,
  };
  const moments: number[] = [];
  const result = replay(run.recording.blocks, { fromMs, toMs, onTick: ({ wallMs }) => moments.push(wallMs) });
  expect(result.firstDifference).toBeNull();
  expect(moments.length).toBeGreaterThan(150);
  expect(Math.min(...moments)).toBeGreaterThanOrEqual(fromMs);
  expect(Math.max(...moments)).toBeLessThanOrEqual(toMs);
});

describe("power that fails at any byte", () => {
  const cuts = Array.from({ length: 40 }, (_, i) => (i * 7_919) % 10_007).map((n) => n / 10_007);
  test("leaves everything before the last piece", () => {
    const whole = scanFrames(run.bytes).frames;
    const headerEnd = 24 + whole[0]!.payload.length;
    for (const cut of cuts) {
      const at = Math.floor(cut * run.bytes.length);
      const bytes = run.bytes.subarray(0, at);
      if (at < headerEnd) {
        expect(() => readRecording(bytes, "cut")).toThrow(RecordingRefused);
        continue;
      }
      const { frames } = scanFrames(bytes);
      expect(frames.length).toBe(
        whole.filter((_, i) => 24 * (i + 1) + whole.slice(0, i + 1).reduce((sum, f) => sum + f.payload.length, 0) <= at)
          .length,
      );
      expect(readRecording(bytes, "cut").damage.length).toBeLessThanOrEqual(1);
    }
    const most = replayed(run.bytes.subarray(0, run.bytes.length - 1));
    expect(most.ticks).toBeGreaterThan(500);
    expect(most.firstDifference).toBeNull();
  });
});

test("thousands of spoilt files: refused with a sentence, or read as far as they are whole", () => {
  let seed = 19;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const small = run.bytes.subarray(0, Math.min(run.bytes.length, 120_000));
  let refused = 0;
  for (let round = 0; round < spoiltFiles; round++) {
    const bytes = Buffer.from(small);
    const kind = random(4);
    const at = random(bytes.length);
    if (kind === 0) for (let i = 0; i < 1 + random(8); i++) bytes[random(bytes.length)] = random(256);
    else if (kind === 1) bytes.copy(bytes, at, random(bytes.length));
    else if (kind === 2) bytes.fill(random(256), at, Math.min(at + random(2_000), bytes.length));
    else bytes.writeUInt32LE(random(2 ** 32), Math.min(at, bytes.length - 4));
    try {
      const { frames } = scanFrames(bytes);
      // Reading a header costs milliseconds and adds nothing once its checksum has held.
      if (frames[0]?.kind !== "header" || round % 20 === 0) readRecording(bytes, "spoilt");
    } catch (failure) {
      if (!(failure instanceof RecordingRefused)) throw failure;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(40);
});

test("payloads whose checksum holds although they make no sense are refused or left out", () => {
  const { frames } = scanFrames(run.bytes);
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 50; round++) {
    const altered = frames.slice(0, 4).map(({ kind, payload }, number) => {
      const bytes = Buffer.from(payload);
      if (number === 1 + (round % 3)) for (let i = 0; i < 4; i++) bytes[random(bytes.length)] = random(256);
      return frameBytes(kind, number, bytes);
    });
    try {
      const { blocks } = readRecording(Buffer.concat(altered), "altered");
      if (round % 10 === 0) replay(blocks);
    } catch (failure) {
      expect(failure).toBeInstanceOf(RecordingRefused);
    }
  }
});

/** The file again with another header. */
function withHeader(alter: (facts: HeaderFacts) => HeaderFacts): Buffer {
  const { frames } = scanFrames(run.bytes);
  return Buffer.concat(
    frames.map(({ kind, payload }, number) => {
      if (kind !== "header") return frameBytes(kind, number, payload);
      const { facts, bytes } = factsOf<HeaderFacts>(payload, true);
      return frameBytes(kind, number, payloadOf(alter(facts), bytes, true));
    }),
  );
}

test("a recording of a later form is refused with what to do", () => {
  const later = withHeader((facts) => ({ ...facts, schema: 99, version: "9.0.0" }));
  expect(() => readRecording(later, "later")).toThrow(
    /Islet 9\.0\.0 in a later form \(99\).*replay it with that version/,
  );
});

test("columns that this version does not know are named, and the rest is replayed", () => {
  const older = withHeader((facts) => ({
    ...facts,
    version: "0.1.9",
    inputs: {
      runs: facts.inputs.runs.map(
        ([name, kind, count]) =>
          [name === "inputs.meter.reactiveVar" ? "inputs.meter.formerVar" : name, kind, count] as const,
      ),
    },
  }));
  const { blocks } = readRecording(older, "older");
  const { ticks, unlike } = replay(blocks);
  expect(unlike).toEqual({ unknown: ["inputs.meter.formerVar"], missing: ["inputs.meter.reactiveVar"] });
  expect(ticks).toBeGreaterThan(1_500);
});

test("with another setting decisions part, and it is told where", () => {
  const { blocks } = run.recording;
  const seen: number[] = [];
  const result = whatIf(blocks, changeOf("evses[0].maxDischargeW=1000"), 0, Number.POSITIVE_INFINITY, ({ wallMs }) =>
    seen.push(wallMs),
  );
  expect(result.ticks).toBe(seen.length);
  expect(result.differing).toBeGreaterThan(0);
  expect(result.partings[0]!.field).toMatch(/^(?:commands|setpointW)/);
  for (const wrong of ["pcc.frob.x=1", "pcc.frob=1", "evses[0].maxDischargeW=true", "evses[9].maxDischargeW=1"])
    expect(() => whatIf(blocks, changeOf(wrong), 0, Number.POSITIVE_INFINITY, () => undefined)).toThrow(SettingRefused);
});

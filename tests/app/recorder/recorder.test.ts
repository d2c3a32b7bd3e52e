import { closeSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readAsked, readOne } from "../../../src/app/recorder/files/asked-files.ts";
import { type KeptFile, keepWithin, keptFiles } from "../../../src/app/recorder/files/kept-files.ts";
import {
  incidentsFolder,
  openRecordingStore,
  type StoreBounds,
  ticksFolder,
} from "../../../src/app/recorder/files/recording-store.ts";
import { createLoopRecorder, type LoopRecorder, ringShape } from "../../../src/app/recorder/loop-recorder.ts";
import { createRecorder, type Recorder } from "../../../src/app/recorder/recorder.ts";
import { replay } from "../../../src/app/recorder/replay.ts";
import { unreadFacts } from "../../../src/app/recorder/rows/tick-rows.ts";
import { createTickRing, openRingReader } from "../../../src/app/recorder/tick-ring.ts";
import type { Core } from "../../../src/core/core.ts";
import type { Snapshot } from "../../../src/core/snapshot.ts";
import { step } from "../../../src/core/step.ts";
import { type RecordedRun, recordedOutage } from "./recorded-run.ts";

const roomy: StoreBounds = { ticks: { bytesMax: 1e9, days: 7 }, incidents: { bytesMax: 1e9, days: 90 }, dayBytes: 1e9 };

let run: RecordedRun;
beforeAll(() => {
  run = recordedOutage();
});

let folder: string;
let ringFd = -1;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "islet-recorder-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  if (ringFd >= 0) closeSync(ringFd);
  ringFd = -1;
});

interface Loop {
  readonly bounds?: StoreBounds;
  readonly stateDir?: string;
  /** Whether the recorder looks into the ring after this tick. */
  readonly looks?: (tick: number) => boolean;
  /** After the step, before it is recorded. */
  readonly plant?: (core: Core, tick: number) => void;
}

/** The run once more as a loop with its ring, and the recorder beside it; ends in order. */
async function recordAgain({ bounds = roomy, stateDir = folder, looks = () => true, plant }: Loop = {}) {
  let tick = 0;
  let loop: LoopRecorder | null = null;
  let recorder: Recorder | null = null;
  const { site, periodMs } = run.recording.blocks[0]!.header;
  let nowMs = 1e12;
  const begin = (core: Core, snapshot: Snapshot): LoopRecorder => {
    const shape = ringShape(core, snapshot);
    ringFd = createTickRing(shape);
    const store = openRecordingStore(stateDir, bounds, () => nowMs);
    recorder = createRecorder(site, periodMs, openRingReader(ringFd, shape), store, () => nowMs);
    return createLoopRecorder(ringFd, core, snapshot);
  };
  replay(run.recording.blocks.slice(0, 1), {
    step(core, snapshot, atMs) {
      loop ??= begin(core, snapshot);
      loop.told();
      const commands = step(core, snapshot, atMs);
      plant?.(core, tick);
      loop.decided();
      loop.push(atMs);
      nowMs = 1e12 + atMs;
      if (looks(tick++)) recorder?.drain();
      return commands;
    },
  });
  recorder!.drain();
  const facts = recorder!.facts();
  await recorder!.end();
  return { ticks: tick, facts };
}

const reread = () => {
  const asked = readAsked(folder);
  return { ...asked, result: replay(asked.blocks), gaps: asked.recordings.flatMap(({ gaps }) => gaps) };
};

test("what passes through the ring is replayed identically, from the first step on", async () => {
  const { ticks, facts } = await recordAgain();
  const { result, gaps, damage } = reread();
  expect(facts).toMatchObject({ gaps: 0, ticksMissed: 0, differing: 0, state: "records" });
  // The state of the first step comes after it.
  expect(result).toMatchObject({ ticks: ticks - 1, firstDifference: null, differing: 0 });
  expect([gaps, damage]).toEqual([[], []]);
});

test("a recorder that comes late leaves a gap that is counted and marked, and the rest is identical", async () => {
  const { ticks, facts } = await recordAgain({ looks: (tick) => tick < 100 || tick > 1_700 });
  const { result, gaps } = reread();
  expect(facts.gaps).toBe(1);
  expect(gaps).toMatchObject([{ cause: "behind" }]);
  expect(result.firstDifference).toBeNull();
  expect(result.ticks + facts.ticksMissed).toBe(ticks - 1);
});

test("a core that decides otherwise than its copy on the same inputs is an incident, and named by a replay", async () => {
  const { facts } = await recordAgain({
    plant(core, tick) {
      if (tick === 900) core.commands.stages[0]!.powerW += 1;
    },
  });
  expect(facts.differing).toBe(1);
  const { result } = reread();
  expect(result.firstDifference).toMatchObject({ field: "commands.stages[0].powerW" });
  expect(result.differingThen).toBe(1);
  const kinds = keptFiles(incidentsFolder(folder)).flatMap(({ path }) =>
    readOne(path).incidents.map(({ kind }) => kind),
  );
  expect(kinds).toContain("difference");
});

test("incidents are kept with the ticks before and after them", async () => {
  await recordAgain();
  const [first, ...others] = keptFiles(incidentsFolder(folder)).map(({ path }) => readOne(path));
  expect(others.length).toBeLessThan(5);
  expect(first!.incidents.length).toBeGreaterThan(0);
  const atMs = first!.incidents[0]!.atMs;
  const pieces = first!.blocks.flatMap((block) => block.pieces);
  expect(pieces[0]!.fromMs).toBeLessThan(atMs);
  expect(pieces.at(-1)!.toMs).toBeGreaterThanOrEqual(atMs);
  expect(replay(first!.blocks).firstDifference).toBeNull();
});

test("a disk that refuses is told, and nothing else happens", async () => {
  const file = join(folder, "no-folder");
  writeFileSync(file, "");
  const { facts, ticks } = await recordAgain({ stateDir: file });
  expect(ticks).toBeGreaterThan(1_500);
  expect(facts).toMatchObject({ state: "disk", why: expect.stringMatching(/^(?:ENOTDIR|EEXIST)$/), bytes: 0 });
});

test("no more is written in a day than the budget allows", async () => {
  const dayBytes = 400_000;
  const { facts } = await recordAgain({ bounds: { ...roomy, dayBytes } });
  expect(facts.state).toBe("budget");
  const written = keptFiles(ticksFolder(folder)).reduce((sum, { bytes }) => sum + bytes, 0);
  expect(written).toBeLessThan(dayBytes);
  expect(reread().result.firstDifference).toBeNull();
});

test("the ring keeps its bounds in bytes and days, the oldest give way", () => {
  const dayMs = 86_400_000;
  const nowMs = Date.now();
  for (let i = 0; i < 10; i++)
    writeFileSync(join(folder, `2026110${i}T000000000Z-ticks.islet-rec`), Buffer.alloc(1_000));
  writeFileSync(join(folder, "notes.txt"), "mine");
  const names = (files: readonly KeptFile[]): string[] => files.map(({ name }) => name.slice(7, 8));
  expect(keepWithin(folder, { bytesMax: 5_000, days: 7 }, nowMs, 1_000)).toBe(4_000);
  expect(names(keptFiles(folder))).toEqual(["6", "7", "8", "9"]);
  keepWithin(folder, { bytesMax: 5_000, days: 7 }, nowMs + 8 * dayMs);
  expect(names(keptFiles(folder))).toEqual(["9"]);
  expect(readdirSync(folder)).toContain("notes.txt");
});

test("what is left out of a recording is read by nothing in the core", () => {
  const core = join(import.meta.dirname, "../../../src/core");
  const text = readdirSync(core, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(core, path), "utf8"))
    .join("\n");
  for (const name of unreadFacts) expect(text).not.toMatch(new RegExp(`\\b${name}\\b`));
});

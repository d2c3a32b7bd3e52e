/**
 * `npm run -s bench -- recorder`: what the flight recorder costs the loop in each tick and its own thread, beside the step itself,
 * and how many bytes a day come to, for minutes of the depot's day. `--file F` takes a recording of a real site instead.
 */
import { closeSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { scenarioNamed } from "../sim/scenarios/index.ts";
import { recordedIslet } from "../sim/story/islet-controller.ts";
import { runScenario } from "../sim/story/scenario.ts";
import { tuneForSteadyTick } from "../src/app/control/v8-tuning.ts";
import { readOne } from "../src/app/recorder/files/asked-files.ts";
import { openRecordingStore } from "../src/app/recorder/files/recording-store.ts";
import { frameBytes } from "../src/app/recorder/format/frames.ts";
import { createLoopRecorder, type LoopRecorder, ringShape } from "../src/app/recorder/loop-recorder.ts";
import { createRecorder, type Recorder } from "../src/app/recorder/recorder.ts";
import { type RecordedBlock, readRecording } from "../src/app/recorder/recording-reader.ts";
import { replay } from "../src/app/recorder/replay.ts";
import { createTickRing, openRingReader } from "../src/app/recorder/tick-ring.ts";
import type { Core } from "../src/core/core.ts";
import type { Snapshot } from "../src/core/snapshot.ts";
import { step } from "../src/core/step.ts";
import type { BenchOptions, BenchResult } from "./main.ts";

/** The first ticks warm the engine up. */
const warmTicks = 1_000;
const bounds = { ticks: { bytesMax: 1e12, days: 7 }, incidents: { bytesMax: 1e12, days: 7 }, dayBytes: 1e12 };

export async function run({ args, say }: BenchOptions): Promise<BenchResult> {
  const { values } = parseArgs({ args: [...args], options: { file: { type: "string" } }, strict: false });
  tuneForSteadyTick();
  say(values["file"] === undefined ? "minutes of depot-day …" : `${values["file"]} …`);
  const blocks = values["file"] === undefined ? depotMinutes() : readOne(String(values["file"])).blocks;
  const ticks = blocks.reduce((sum, { pieces }) => sum + pieces.reduce((n, piece) => n + piece.ticks, 0), 0);
  const bytes = blocks.reduce((sum, { pieces }) => sum + pieces.reduce((n, piece) => n + piece.bytes.length, 0), 0);
  const { stepUs, loopUs, threadUs } = await costs(blocks);
  const { periodMs } = blocks[0]!.header;
  const name = "step of the core";
  return {
    name: "recorder",
    figures: [
      { name: "EVSEs", value: blocks[0]!.header.site.config.evses.length, unit: "" },
      { name: "ticks", value: ticks, unit: "" },
      { name, value: stepUs, unit: "µs" },
      { name: "the recorder in the loop", value: loopUs, unit: "µs/tick", comparedWith: name, ratio: loopUs / stepUs },
      { name: "its thread", value: threadUs, unit: "µs/tick", comparedWith: name, ratio: threadUs / stepUs },
      { name: "bytes of a tick", value: bytes / ticks, unit: "B" },
      { name: "bytes of a day of such ticks", value: ((bytes / ticks) * 86_400_000) / periodMs / 1e6, unit: "MB" },
    ],
  };
}

function depotMinutes(): readonly RecordedBlock[] {
  const depot = scenarioNamed("depot-day");
  if (depot === undefined) throw new Error("there is no depot-day");
  const parts: Uint8Array[] = [];
  const { start, flush } = recordedIslet({
    frame: (kind, payload) => void parts.push(frameBytes(kind, parts.length, payload)),
    isFull: () => false,
  });
  runScenario({ ...depot, to: "04:02", from: "04:00", checks: () => [] }, start, { tickMs: 20 });
  flush();
  return readRecording(Buffer.concat(parts), "depot-day").blocks;
}

/** Each part alone, µs for a tick. */
async function costs(blocks: readonly RecordedBlock[]): Promise<{ stepUs: number; loopUs: number; threadUs: number }> {
  const folder = mkdtempSync(join(tmpdir(), "islet-bench-"));
  const spent = { step: [] as number[], loop: [] as number[], thread: [] as number[] };
  let ticks = 0;
  let ringFd = -1;
  let loop: LoopRecorder | null = null;
  let recorder: Recorder | null = null;
  const begin = (core: Core, snapshot: Snapshot): LoopRecorder => {
    const shape = ringShape(core, snapshot);
    ringFd = createTickRing(shape);
    const store = openRecordingStore(folder, bounds, Date.now);
    const { site, periodMs } = blocks[0]!.header;
    recorder = createRecorder(site, periodMs, openRingReader(ringFd, shape), store, Date.now);
    return createLoopRecorder(ringFd, core, snapshot);
  };
  replay(blocks.slice(0, 1), {
    step(core, snapshot, nowMs) {
      loop ??= begin(core, snapshot);
      const t0 = performance.now();
      loop.told();
      const t1 = performance.now();
      const commands = step(core, snapshot, nowMs);
      const t2 = performance.now();
      loop.decided();
      loop.push(nowMs);
      const t3 = performance.now();
      recorder?.drain();
      const t4 = performance.now();
      if (++ticks <= warmTicks) return commands;
      spent.step.push(t2 - t1);
      spent.loop.push(t1 - t0 + t3 - t2);
      spent.thread.push(t4 - t3);
      return commands;
    },
  });
  await recorder!.end();
  closeSync(ringFd);
  rmSync(folder, { recursive: true, force: true });
  // The middle one: other programs on the machine do not count.
  const us = (all: number[]): number => 1_000 * (all.sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN);
  return { stepUs: us(spent.step), loopUs: us(spent.loop), threadUs: us(spent.thread) };
}

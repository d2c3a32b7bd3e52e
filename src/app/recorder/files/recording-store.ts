/**
 * Where the frames of the recorder go: the ring of files, with its bounds and a budget for each day, and the incidents, each a
 * file of its own that outlives the ring: the same frames, from the keyframe before it on.
 */
import { rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { dayMs, hourMs } from "../../../domain/units.ts";
import { type FrameKind, frameBytes } from "../format/frames.ts";
import { type IncidentFacts, payloadOf } from "../format/payloads.ts";
import type { FrameSink } from "../recording-writer.ts";
import { createFileWriter, type FileWriter } from "./file-writer.ts";
import { freshPath, type KeptBounds, keepWithin, keptFiles } from "./kept-files.ts";

export const ticksFolder = (stateDir: string): string => join(stateDir, "recorder", "ticks");
export const incidentsFolder = (stateDir: string): string => join(stateDir, "recorder", "incidents");

/** A file ends after this time or size, whichever is first. */
const fileMs = 6 * hourMs;
const fileBytes = 20_000_000;
/** After the disk has refused, a new file is tried this much later, ms. */
const againMs = 30_000;
/** What people decide must find room on the disk: the last of it is not the recorder's, bytes. Looked at this often, ms. */
const leftToOthersBytes = 100_000_000;
const roomEveryMs = 10_000;
/** Part of a day's bytes that may be written at once: an hour of noise must not use up the day. */
const burstShare = 0.25;
/** A pause for the day's budget ends when so much of the burst is there again. */
const resumeShare = 0.4;

export interface StoreBounds {
  readonly ticks: KeptBounds;
  readonly incidents: KeptBounds;
  readonly dayBytes: number;
}

export type StoreState = "writes" | "disk" | "budget";

export interface RecordingStore extends FrameSink {
  /** Whether frames are taken now: a gap begins where they are not. */
  state(nowMs: number): StoreState;
  /** It may write so much in a day from now on. */
  allow(dayBytes: number): void;
  /** Why the disk refused last. */
  readonly why: string;
  /** Bytes written since the start. */
  readonly bytes: number;
  /** Keeps the frames of the present block, and of the one before where it has only begun, beside the ring. */
  keepIncident(facts: readonly IncidentFacts[]): void;
  end(): Promise<void>;
}

function roomLeft(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= leftToOthersBytes;
  } catch {
    // Whether there is room shows when something is written.
    return true;
  }
}

interface Part {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

export function openRecordingStore(stateDir: string, bounds: StoreBounds, clock: () => number): RecordingStore {
  const folder = ticksFolder(stateDir);
  const incidents = incidentsFolder(stateDir);
  let { dayBytes } = bounds;
  let burst = burstShare * dayBytes;
  let file: FileWriter | null = null;
  let number = 0;
  let openedMs = 0;
  let refusedMs = Number.NEGATIVE_INFINITY;
  let why = "";
  let bytes = 0;
  let budget = burst;
  let budgetAtMs = clock();
  let isPaused = false;
  let roomAtMs = Number.NEGATIVE_INFINITY;
  const ending = new Set<Promise<void>>();
  /** The header, and the frames since the last two keyframes: what an incident is made of. */
  let header: Uint8Array | null = null;
  let before: Part[] = [];
  let block: Part[] = [];

  function refill(nowMs: number): void {
    budget = Math.min(burst, budget + ((nowMs - budgetAtMs) / dayMs) * dayBytes);
    budgetAtMs = nowMs;
  }

  function close(): void {
    if (file === null) return;
    const ended = file.end().finally(() => ending.delete(ended));
    ending.add(ended);
    file = null;
  }

  function refuse(reason: string, nowMs: number): void {
    why = reason;
    refusedMs = nowMs;
    close();
  }

  /** Gives the ring's oldest files back where the disk gets full, and stops where that is not enough. */
  function look(nowMs: number): void {
    if (nowMs - roomAtMs < roomEveryMs) return;
    roomAtMs = nowMs;
    for (const { path } of keptFiles(folder).slice(0, -1)) {
      if (roomLeft(stateDir)) return;
      rmSync(path, { force: true });
    }
    if (!roomLeft(stateDir)) refuse(`less than ${leftToOthersBytes / 1e6} MB are free`, nowMs);
  }

  function openFile(nowMs: number): void {
    close();
    try {
      keepWithin(folder, bounds.ticks, nowMs, fileBytes);
      file = createFileWriter(freshPath(folder, nowMs, "ticks"));
      openedMs = nowMs;
      number = 0;
    } catch (failure) {
      refuse((failure as NodeJS.ErrnoException).code ?? String(failure), nowMs);
    }
  }

  function remember(kind: FrameKind, payload: Uint8Array): void {
    if (kind === "header") header = payload;
    else if (kind === "keyframe") {
      before = block;
      block = [{ kind, payload }];
    } else block.push({ kind, payload });
  }

  return {
    frame(kind, payload) {
      const nowMs = clock();
      remember(kind, payload);
      if (kind === "header") openFile(nowMs);
      if (file === null) return;
      const part = frameBytes(kind, number++, payload);
      refill(nowMs);
      budget -= part.length;
      bytes += part.length;
      if (!file.append(part)) return refuse(file.why, nowMs);
      if (kind === "keyframe") file.sync();
    },
    isFull: () => file === null || file.bytes > fileBytes || clock() - openedMs > fileMs,
    state(nowMs) {
      if (file !== null && file.why !== "") refuse(file.why, nowMs);
      if (nowMs - refusedMs < againMs) return "disk";
      look(nowMs);
      if (nowMs === refusedMs) return "disk";
      refill(nowMs);
      isPaused = isPaused ? budget < resumeShare * burst : budget < 0;
      return isPaused ? "budget" : "writes";
    },
    allow(next) {
      refill(clock());
      dayBytes = next;
      burst = burstShare * dayBytes;
      budget = Math.min(budget, burst);
    },
    get why() {
      return why;
    },
    get bytes() {
      return bytes;
    },
    keepIncident(facts) {
      if (header === null || facts.length === 0) return;
      const parts: Part[] = [{ kind: "header", payload: header }];
      for (const fact of facts) parts.push({ kind: "incident", payload: payloadOf(fact, new Uint8Array(0), false) });
      // A block that has only begun says little of what led here.
      if (block.length < 3) parts.push(...before);
      parts.push(...block);
      const whole = Buffer.concat(parts.map(({ kind, payload }, n) => frameBytes(kind, n, payload)));
      try {
        keepWithin(incidents, bounds.incidents, clock(), whole.length);
        const writer = createFileWriter(freshPath(incidents, facts[0]!.atMs, facts[0]!.kind));
        writer.append(whole);
        writer.sync();
        bytes += whole.length;
        budget -= whole.length;
        const ended = writer.end().finally(() => ending.delete(ended));
        ending.add(ended);
      } catch (failure) {
        why = (failure as NodeJS.ErrnoException).code ?? String(failure);
      }
    },
    async end() {
      close();
      await Promise.all(ending);
    },
  };
}

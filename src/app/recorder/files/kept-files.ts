/**
 * Files of recordings in a folder: named by the moment they begin, deleted by age and by the room they take, the oldest first.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { dayMs } from "../../../domain/units.ts";

export const recordingEnd = ".islet-rec";

export interface KeptBounds {
  readonly bytesMax: number;
  readonly days: number;
}

export interface KeptFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** The recordings of a folder, the oldest first; none where there is no such folder. */
export function keptFiles(folder: string): KeptFile[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(recordingEnd))
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      return found?.isFile() ? [{ path, name, bytes: found.size, changedMs: found.mtimeMs }] : [];
    });
}

/** Deletes what is too old or too much; the newest file stays. Returns the bytes that are left. */
export function keepWithin(folder: string, { bytesMax, days }: KeptBounds, nowMs: number, roomFor = 0): number {
  const files = keptFiles(folder);
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  for (const file of files.slice(0, -1)) {
    const isOld = nowMs - file.changedMs > days * dayMs;
    if (!isOld && bytes + roomFor <= bytesMax) continue;
    rmSync(file.path, { force: true });
    bytes -= file.bytes;
  }
  return bytes;
}

/** Sorts by time: 20261130T031500123Z. */
const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:.]/g, "");

/** A new file's name; what is already there is never written over. */
export function freshPath(folder: string, nowMs: number, what: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const taken = new Set(readdirSync(folder));
  for (let n = 0; ; n++) {
    const name = `${stamp(nowMs)}${n === 0 ? "" : `-${n}`}-${what}${recordingEnd}`;
    if (!taken.has(name)) return join(folder, name);
  }
}

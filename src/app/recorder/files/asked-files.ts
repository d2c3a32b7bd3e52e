/** Which recordings somebody means: a file, a folder of them, or a site's state folder; in the order of time. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type RecordedBlock, type Recording, RecordingRefused, readRecording } from "../recording-reader.ts";
import { keptFiles, recordingEnd } from "./kept-files.ts";
import { ticksFolder } from "./recording-store.ts";

export interface AskedRecordings {
  readonly recordings: readonly Recording[];
  /** Blocks of all files, in the order of time. */
  readonly blocks: readonly RecordedBlock[];
  /** Files that are none, and what of the others can't be read. */
  readonly damage: readonly string[];
}

/** Larger than any file that the recorder writes; read whole. */
const fileBytesMax = 200_000_000;

/** Reads them. Throws `RecordingRefused` where there is nothing, or a single file that can't be read. */
export function readAsked(path: string): AskedRecordings {
  const files = filesAt(path);
  const recordings: Recording[] = [];
  const damage: string[] = [];
  for (const file of files) {
    try {
      recordings.push(readOne(file));
    } catch (failure) {
      if (files.length === 1 || !(failure instanceof RecordingRefused)) throw failure;
      damage.push(failure.message);
    }
  }
  if (recordings.length === 0)
    throw new RecordingRefused(`none of the recordings in ${path} can be read: ${damage[0]}`);
  return {
    recordings,
    blocks: recordings.flatMap(({ blocks }) => blocks),
    damage: [...damage, ...recordings.flatMap((recording) => recording.damage)],
  };
}

export function readOne(file: string): Recording {
  if (statSync(file).size > fileBytesMax)
    throw new RecordingRefused(`${file} is larger than any recording of Islet (${fileBytesMax / 1e6} MB)`);
  return readRecording(readFileSync(file), basename(file));
}

function filesAt(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new RecordingRefused(`${path} is not there`);
  if (!found.isDirectory()) return [path];
  const folder = existsSync(ticksFolder(path))
    ? ticksFolder(path)
    : existsSync(join(path, "ticks"))
      ? join(path, "ticks")
      : path;
  const files = keptFiles(folder).map((file) => file.path);
  if (files.length === 0) throw new RecordingRefused(`there is no recording (*${recordingEnd}) in ${folder}`);
  return files;
}

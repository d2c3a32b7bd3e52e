/**
 * Latest values between two processes, never a queue: rows of numbers in a file that lies in memory and has no name, one
 * writer, any number of readers. A file and not shared memory, because JavaScript has none between processes.
 *
 * Layout: a page whose first word is the generation (0: nothing written yet), then two slots. The writer fills the slot that
 * nobody is sent to (generation + 1, even or odd) and then publishes the new generation. A reader that finds the same
 * generation before and after its copy has a consistent one: the slot it read is written again only after the next
 * generation is published.
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const page = 4_096;
/** Attempts before a reader keeps its last good copy: a writer publishes every few milliseconds at most. */
const readAttemptsMax = 10;
/** Where a file costs no disk writes. */
const memoryFolders = ["/dev/shm", tmpdir()];

export interface Latest {
  /** Descriptor, for handing it to a child process. */
  readonly fd: number;
  /** Written in place by the one writer, then made known with `publish`. */
  readonly values: Float64Array;
  publish(): void;
  /** Copies a consistent image into `into`; false when none could be had (the caller keeps its last one) or nothing was written yet. */
  readInto(into: Float64Array): boolean;
  /** How many times it was published: a reader can see that nothing is new. */
  generation(): number;
  /** Nothing is published or read afterwards. */
  close(): void;
}

/** Room for `length` numbers, in a file that vanishes with its last user. Throws when no folder can be written. */
export function createLatest(length: number): Latest {
  const fd = createNamelessFile();
  ftruncateSync(fd, page + 2 * slotBytes(length));
  // Every page exists from now on: no write of the control process has to wait for memory.
  writeSync(fd, new Uint8Array(page + 2 * slotBytes(length)), 0, page + 2 * slotBytes(length), 0);
  return openLatest(fd, length);
}

/** The same rows as seen by whoever was handed the descriptor. */
export function openLatest(fd: number, length: number): Latest {
  const values = new Float64Array(length);
  const word = new Uint32Array(1);
  let closed = false;
  let published = readGeneration();

  function readGeneration(): number {
    readSync(fd, word, 0, 4, 0);
    return word[0]!;
  }
  const slotAt = (generation: number): number => page + (generation & 1) * slotBytes(length);

  return {
    fd,
    values,
    publish() {
      if (closed) return;
      published = (published + 1) >>> 0 || 2;
      writeSync(fd, values, 0, values.byteLength, slotAt(published));
      word[0] = published;
      writeSync(fd, word, 0, 4, 0);
    },
    readInto(into) {
      if (closed) return false;
      for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
        const before = readGeneration();
        if (before === 0) return false;
        readSync(fd, into, 0, values.byteLength, slotAt(before));
        if (readGeneration() === before) return true;
      }
      return false;
    },
    generation: () => (closed ? published : readGeneration()),
    close() {
      if (!closed) closeSync(fd);
      closed = true;
    },
  };
}

const slotBytes = (length: number): number => Math.ceil((length * 8) / page) * page;

/** A file in memory that vanishes with its last user. Throws when no folder can be written. */
export function createNamelessFile(): number {
  let failure: unknown;
  for (const folder of memoryFolders) {
    try {
      const own = mkdtempSync(join(folder, "islet-"));
      try {
        return openSync(join(own, "latest"), "wx+", 0o600);
      } finally {
        rmSync(own, { recursive: true, force: true });
      }
    } catch (caught) {
      failure = caught;
    }
  }
  throw failure;
}

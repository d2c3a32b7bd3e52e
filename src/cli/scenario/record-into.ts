/** A folder for the recording of a run in virtual time, written at once: nobody's loop waits. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { freshPath } from "../../app/recorder/files/kept-files.ts";
import { frameBytes } from "../../app/recorder/format/frames.ts";
import type { FrameSink } from "../../app/recorder/recording-writer.ts";

const fileBytes = 50_000_000;

/** `end` closes the last file. */
export function recordInto(folder: string): FrameSink & { end(): void } {
  let fd = -1;
  let bytes = 0;
  let number = 0;
  const end = (): void => {
    if (fd < 0) return;
    fsyncSync(fd);
    closeSync(fd);
    fd = -1;
  };
  return {
    frame(kind, payload) {
      if (kind === "header") {
        end();
        fd = openSync(freshPath(folder, Date.now(), "ticks"), "wx", 0o600);
        bytes = number = 0;
      }
      const part = frameBytes(kind, number++, payload);
      writeSync(fd, part);
      bytes += part.length;
    },
    isFull: () => bytes > fileBytes,
    end,
  };
}

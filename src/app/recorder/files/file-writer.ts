/**
 * Frames onto a disk that may be slow, full or gone: appended one after the other while the recorder goes on, with a bound on
 * what waits. What the disk refuses is lost and told; the next file is tried a while later.
 */
import { close, fdatasync, open, write } from "node:fs";
import { promisify } from "node:util";

const [openFile, writeFile, syncFile, closeFile] = [
  promisify(open),
  promisify(write) as (
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ) => Promise<{ bytesWritten: number }>,
  promisify(fdatasync),
  promisify(close),
];

/** Bytes that wait for the disk at most: minutes of the largest site. */
const waitingMax = 8_000_000;

export interface FileWriter {
  /** False: the file is lost, or so much waits already that this is left out and the file must not go on. */
  append(bytes: Uint8Array): boolean;
  /** What was appended must survive a power cut, as far as the disk keeps its word. */
  sync(): void;
  readonly bytes: number;
  /** Why the file was lost; "" while all is well. */
  readonly why: string;
  /** Ends when all that waited is written. */
  end(): Promise<void>;
}

export function createFileWriter(path: string): FileWriter {
  let waiting = 0;
  let bytes = 0;
  let why = "";
  let fd = -1;
  let work: Promise<void> = openFile(path, "ax", 0o600).then(
    (opened) => {
      fd = opened;
    },
    (failure: NodeJS.ErrnoException) => lose(failure),
  );

  function lose(failure: NodeJS.ErrnoException): void {
    if (why === "") why = failure.code ?? failure.message;
  }

  const then = (act: () => Promise<void>): void => {
    work = work.then(() => (why === "" ? act().catch(lose) : undefined));
  };

  async function writeAll(part: Uint8Array): Promise<void> {
    let at = 0;
    while (at < part.length) at += (await writeFile(fd, part, at, part.length - at)).bytesWritten;
  }

  return {
    append(part) {
      if (why === "" && waiting + part.length > waitingMax) why = "the disk is too slow";
      if (why !== "") return false;
      waiting += part.length;
      bytes += part.length;
      then(async () => {
        await writeAll(part);
        waiting -= part.length;
      });
      return true;
    },
    sync: () => then(() => syncFile(fd)),
    get bytes() {
      return bytes;
    },
    get why() {
      return why;
    },
    async end() {
      await work;
      if (fd >= 0) await closeFile(fd).catch(() => undefined);
      fd = -1;
    },
  };
}

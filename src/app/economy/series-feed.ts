/**
 * Values by moment (prices, a forecast) from a file beside the configuration or an https address, read again and again. What can't be
 * read or is refused changes nothing: the last good series goes on for as long as it reaches.
 */
import { statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { get } from "node:https";
import type { MomentValue } from "../../domain/moment-series.ts";
import type { Result } from "../../domain/result.ts";
import type { Log } from "../log.ts";

/** Largest answer, bytes, and how long it may take, ms. */
const bytesMax = 500_000;
const answerMaxMs = 15_000;
/** Whether the file has changed is looked at this often, ms. */
const fileLookMs = 3_000;

export interface SeriesFeed {
  /** The last good series; empty before the first. */
  readonly points: readonly MomentValue[];
  /** When it was read, ms UTC; NaN before the first. */
  readonly readAtMs: number;
  /** Why the last try failed; "" when it did not. */
  readonly failure: string;
  /** Reads now. */
  refresh(): Promise<void>;
  stop(): void;
}

/** Where a series comes from; paths are resolved. One of `file` and `url` is given. */
interface SeriesSource {
  readonly file?: string | undefined;
  readonly url?: string | undefined;
  readonly caFile?: string | undefined;
  readonly everyMinutes: number;
}

/** `what`: for the log, as a sentence begins ("Day-ahead prices"). `parse` refuses a series as a whole. */
export function startSeriesFeed(
  what: string,
  source: SeriesSource,
  parse: (text: string) => Result<readonly MomentValue[]>,
  log: Log,
  now: () => number,
): SeriesFeed {
  let points: readonly MomentValue[] = [];
  let readAtMs = Number.NaN;
  let failure = "";
  let busy = false;
  const { file, url, caFile, everyMinutes } = source;
  const where = file ?? url ?? "";

  const refresh = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    try {
      const parsed = parse(file === undefined ? await download(url ?? "", caFile) : await readBounded(file));
      if (!parsed.ok) throw new Error(parsed.error);
      if (failure !== "") log("info", `${what} can be read again from ${where}.`);
      points = parsed.value;
      readAtMs = now();
      failure = "";
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== failure)
        log(
          "warn",
          `${what} from ${where} are not taken: ${why}. The last good ones go on; it is tried again every ${everyMinutes} min.`,
        );
      failure = why;
    } finally {
      busy = false;
    }
  };
  void refresh();
  const timer = setInterval(() => void refresh(), everyMinutes * 60_000);
  timer.unref();
  let writtenAtMs = fileTimeMs(file);
  const looking = setInterval(() => {
    const atMs = fileTimeMs(file);
    if (atMs === writtenAtMs) return;
    writtenAtMs = atMs;
    void refresh();
  }, fileLookMs);
  looking.unref();
  return {
    get points() {
      return points;
    },
    get readAtMs() {
      return readAtMs;
    },
    get failure() {
      return failure;
    },
    refresh,
    stop() {
      clearInterval(timer);
      clearInterval(looking);
    },
  };
}

/** When a file was written last, ms; 0 without one, or while it can't be seen. */
const fileTimeMs = (file: string | undefined): number =>
  file === undefined ? 0 : (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);

async function readBounded(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > bytesMax) throw new Error(`the file is larger than ${bytesMax} bytes`);
  return await readFile(file, "utf8");
}

/** No redirects: a series comes from where the installer said. */
async function download(url: string, caFile: string | undefined): Promise<string> {
  const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
  return await new Promise((resolve, reject) => {
    const request = get(
      url,
      {
        ...(ca !== undefined && { ca }),
        agent: false,
        signal: AbortSignal.timeout(answerMaxMs),
        headers: { accept: "application/json, text/csv" },
      },
      (response) => {
        if (response.statusCode !== 200) {
          response.destroy();
          return reject(new Error(`the server answered ${response.statusCode}`));
        }
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes > bytesMax) {
            response.destroy();
            reject(new Error(`the answer is larger than ${bytesMax} bytes`));
          }
        });
        response.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
        response.once("error", reject);
      },
    );
    request.once("error", reject);
  });
}

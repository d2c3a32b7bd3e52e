/**
 * What this process writes, as the kernel counts it: by hours, over restarts, beside what a day may cost (`diskDayMB`). The flight
 * recorder is the one part that can do with less: what the others need of the day is taken from it, and where even that does not
 * help, a person is told.
 */
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { SiteConfig } from "../../config/site.ts";
import { hourMs } from "../../domain/units.ts";
import type { Log } from "../log.ts";
import type { Documents } from "./store.ts";

const bytesPerMB = 1_000_000;
const dayHours = 24;
const lookEveryMs = 60_000;
/** The recorder keeps this share of its own allowance in any case. */
const recorderLeast = 0.1;
const place = ["written", "hours"] as const;

/** Bytes that have reached the file system's cache to be written, since the process began. */
export interface Written {
  /** By the whole process. */
  readonly total: number;
  /** Of them, what the flight recorder has put into its files. */
  readonly recorder: number;
}

/** An hour by its number since 1970, and bytes in it. */
const hourSchema = z.object({ hour: z.int(), total: z.number().min(0), recorder: z.number().min(0) });
type Hour = z.output<typeof hourSchema>;

/** The latest day; `hours`: how many of it are known. */
export interface WrittenDay extends Written {
  readonly hours: number;
}

export interface WriteWatch {
  /** About once a minute. */
  look(written: Written, nowMs: number): void;
  day(nowMs: number): WrittenDay;
  /** Bytes that the recorder may write in a day, as things are. */
  recorderDayBytes(nowMs: number): number;
  /** Keeps the hour under way. */
  stop(): void;
}

/** `tell`: called once a day at most, with a sentence, when a day's bytes are beyond the allowance. */
export function openWriteWatch(
  documents: Pick<Documents, "get" | "put">,
  allowed: { readonly dayMB: number; readonly recorderMB: number },
  tell: (sentence: string) => void,
): WriteWatch {
  let hours = readHours(documents.get(...place));
  let written: Written = { total: 0, recorder: 0 };
  let toldMs = Number.NEGATIVE_INFINITY;
  const keep = (): void => documents.put(...place, JSON.stringify(hours));
  const watch: WriteWatch = {
    look(next, nowMs) {
      const hour = Math.floor(nowMs / hourMs);
      const before = hours.at(-1);
      const more = {
        total: Math.max(0, next.total - written.total),
        recorder: Math.max(0, next.recorder - written.recorder),
      };
      written = next;
      // A clock that was set back goes on with the latest hour.
      if (before !== undefined && hour <= before.hour) {
        hours[hours.length - 1] = {
          hour: before.hour,
          total: before.total + more.total,
          recorder: before.recorder + more.recorder,
        };
        return;
      }
      hours = [...hours, { hour, ...more }].slice(-dayHours - 1);
      keep();
      const { total } = watch.day(nowMs);
      if (total <= allowed.dayMB * bytesPerMB || nowMs - toldMs < dayHours * hourMs) return;
      toldMs = nowMs;
      tell(
        `${inMB(total)} MB were written in the last 24 h; ${allowed.dayMB} MB is what diskDayMB allows. The flight recorder has been given less; see islet doctor for what else there is to do.`,
      );
    },
    day: (nowMs) => lastDay(hours, nowMs),
    recorderDayBytes(nowMs) {
      const most = allowed.recorderMB * bytesPerMB;
      const day = lastDay(hours, nowMs);
      // A start writes what it has compiled: an hour says nothing of a day.
      if (day.hours < 2) return most;
      const others = ((day.total - day.recorder) / day.hours) * dayHours;
      return Math.min(most, Math.max(recorderLeast * most, allowed.dayMB * bytesPerMB - others));
    },
    stop: keep,
  };
  return watch;
}

const inMB = (bytes: number): string => (bytes / bytesPerMB).toFixed(bytes < 10 * bytesPerMB ? 1 : 0);

/** What a day cost, in words; `dayMB`: what it may. */
export function writtenSentence({ total, recorder, hours }: WrittenDay, dayMB: number): string {
  const time = hours >= dayHours ? "in the last 24 h" : `in the ${hours} h that are known of the last 24`;
  return `The controller has written ${inMB(total)} MB ${time}, ${inMB(recorder)} MB of it for the flight recorder; ${dayMB} MB a day are allowed (diskDayMB).`;
}

/** Of a store that is only read; null where nothing is known. */
export function readWrittenDay(documents: Pick<Documents, "get">, nowMs: number): WrittenDay | null {
  const day = lastDay(readHours(documents.get(...place)), nowMs);
  return day.hours === 0 ? null : day;
}

function lastDay(hours: readonly Hour[], nowMs: number): WrittenDay {
  const from = Math.floor(nowMs / hourMs) - dayHours;
  let total = 0;
  let recorder = 0;
  let count = 0;
  for (const one of hours) {
    if (one.hour <= from) continue;
    total += one.total;
    recorder += one.recorder;
    count++;
  }
  return { total, recorder, hours: count };
}

function readHours(text: string | undefined): Hour[] {
  try {
    return z.array(hourSchema).parse(JSON.parse(text ?? "[]"));
  } catch {
    return [];
  }
}

/** Bytes that this process has given to the file system, proc(5); NaN where the system does not tell. */
function writtenBytes(): number {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? Number.NaN);
  } catch {
    return Number.NaN;
  }
}

/** What was written, for whoever shows it. */
export interface SiteWrites {
  /** Since the start; null where the system does not tell. */
  written(): Written | null;
  stop(): void;
}

/** Looks each minute, and gives the recorder what the others leave. */
export function watchWrites(
  { diskDayMB, recorder: { dayMB } }: Pick<SiteConfig, "diskDayMB" | "recorder">,
  documents: Pick<Documents, "get" | "put">,
  recorder: { readonly bytes: number; allow(dayBytes: number): void },
  log: Log,
): SiteWrites {
  const watch = openWriteWatch(documents, { dayMB: diskDayMB, recorderMB: dayMB }, (sentence) => log("warn", sentence));
  const now = (): Written => ({ total: writtenBytes(), recorder: recorder.bytes });
  const look = (): void => {
    const written = now();
    if (!Number.isFinite(written.total)) return;
    watch.look(written, Date.now());
    recorder.allow(watch.recorderDayBytes(Date.now()));
  };
  const looks = setInterval(look, lookEveryMs);
  looks.unref();
  return {
    written() {
      const written = now();
      return Number.isFinite(written.total) ? written : null;
    },
    stop() {
      clearInterval(looks);
      look();
      watch.stop();
    },
  };
}

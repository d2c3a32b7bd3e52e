/**
 * Reports that events ask for: measured in each of their intervals, made when they are due, and sent until the VTN has taken them.
 * What is owed outlives a restart; of what was not measured the data quality says so.
 */

import { z } from "zod";
import { hourMs } from "../../../domain/units.ts";
import { type Slice, timelineOf } from "../../../protocols/openadr/timeline.ts";
import { type VtnClient, VtnError } from "../../../protocols/openadr/vtn-client.ts";
import type { Economy } from "../../economy/economy.ts";
import type { Documents } from "../../store/store.ts";
import { reportBody } from "./report-bodies.ts";
import { reportOf, scheduleKey } from "./report-schedule.ts";
import { openReportWindows, type SiteSample } from "./report-windows.ts";
import type { KnownEvent } from "./wanted.ts";

const collection = "openadr";
/** Reports that are owed at once; the oldest go first. */
const outboxMax = 200;
/** A timeline is worked out over so long, and anew after so long, ms. */
const behindMs = 25 * hourMs;
const aheadMs = 3 * hourMs;
const anewMs = 30_000;
/** The record of energy closes its quarter-hour first, ms. */
const settleMs = 1_500;
/** Waits after a failure, ms. */
const retryMinMs = 2_000;
const retryMaxMs = 60_000;

const owedSchema = z.array(z.object({ key: z.string().max(300), body: z.unknown() })).max(outboxMax);
const sentSchema = z.record(z.string(), z.number());

export interface ReporterOptions {
  readonly client: Pick<VtnClient, "call">;
  readonly documents: Documents;
  readonly economy: Pick<Economy, "baseline" | "book">;
  readonly clientName: string;
  readonly resourceName: string;
  readonly onProblem: (sentence: string) => void;
}

export interface Reporter {
  look(events: readonly KnownEvent[], sample: SiteSample, nowMs: number): void;
  /** Reports that the VTN has not taken yet. */
  readonly owed: number;
  stop(): void;
}

export function createReporter({
  client,
  documents,
  economy,
  clientName,
  resourceName,
  onProblem,
}: ReporterOptions): Reporter {
  const windows = openReportWindows(documents);
  const outbox = readKept(documents, "outbox", owedSchema) ?? [];
  /** By event and schedule: the number of the next report. */
  const next = readKept(documents, "sent", sentSchema) ?? {};
  const timelines = new Map<string, { readonly atMs: number; readonly slices: readonly Slice[] }>();
  let lookedMs = Number.NaN;
  let retryMs = retryMinMs;
  let waitsUntilMs = 0;
  let isSending = false;
  let isStopped = false;

  const slicesOf = ({ event, share }: KnownEvent, nowMs: number): readonly Slice[] => {
    const key = `${event.id}/${event.modificationDateTime}`;
    const kept = timelines.get(key);
    if (kept !== undefined && nowMs - kept.atMs < anewMs && nowMs >= kept.atMs) return kept.slices;
    const slices = timelineOf(asRepeated(event), share, nowMs - behindMs, nowMs + aheadMs);
    timelines.delete(key);
    timelines.set(key, { atMs: nowMs, slices });
    if (timelines.size > timelinesMax) timelines.delete(timelines.keys().next().value ?? "");
    return slices;
  };

  function makeDue(known: KnownEvent, nowMs: number): void {
    const { event } = known;
    const slices = slicesOf(known, nowMs);
    const schedules = Map.groupBy(event.reportDescriptors, scheduleKey);
    for (const [schedule, descriptors] of schedules) {
      const place = `${event.id}/${schedule}`;
      for (let tries = 0; tries < dueAtOnceMax; tries++) {
        const number = next[place] ?? 0;
        const due = reportOf(descriptors[0]!, number, Math.max(1, event.intervals.length), slices);
        if (due === null || due === "later") break;
        if (due !== "missed") {
          const isForecast = descriptors[0]!.historical === false;
          if (nowMs < due.dueMs + (isForecast ? 0 : settleMs)) break;
          const reportName = `${clientName}-${event.id}-${schedule}-${number}`.slice(0, 128);
          outbox.push({
            key: `${place}/${number}`,
            body: reportBody({
              known,
              descriptors,
              slices: due.slices,
              reportName,
              isForecast,
              windows,
              economy,
              clientName,
              resourceName,
            }),
          });
          if (outbox.length > outboxMax) outbox.shift();
          documents.put(collection, "outbox", JSON.stringify(outbox));
        }
        next[place] = number + 1;
        documents.put(collection, "sent", JSON.stringify(next));
      }
    }
  }

  async function send(nowMs: number): Promise<void> {
    if (isSending || isStopped || outbox.length === 0 || nowMs < waitsUntilMs) return;
    isSending = true;
    const { key, body } = outbox[0]!;
    try {
      await client.call("POST", "/reports", body);
      retryMs = retryMinMs;
      done(key);
    } catch (failure) {
      const status = failure instanceof VtnError ? failure.status : 0;
      const isFinal = status >= 400 && status < 500 && ![401, 408, 429].includes(status);
      if (isFinal) {
        if (status !== 409) onProblem(`A report is refused and left out: ${(failure as Error).message}.`);
        done(key);
      } else {
        waitsUntilMs = nowMs + retryMs;
        retryMs = Math.min(retryMaxMs, retryMs * 2);
      }
    } finally {
      isSending = false;
    }
  }
  function done(key: string): void {
    const at = outbox.findIndex((one) => one.key === key);
    if (at >= 0) outbox.splice(at, 1);
    documents.put(collection, "outbox", JSON.stringify(outbox));
  }

  return {
    look(events, sample, nowMs) {
      const lastedMs = nowMs - lookedMs;
      lookedMs = nowMs;
      for (const known of events) {
        if (known.event.reportDescriptors.length === 0) continue;
        for (const { fromMs, toMs, ordinal } of slicesOf(known, nowMs))
          if (fromMs <= nowMs && nowMs < toMs)
            windows.add(`${known.event.id}/${ordinal}`, fromMs, toMs, sample, lastedMs);
        makeDue(known, nowMs);
      }
      windows.drop(({ toMs }) => toMs < nowMs - behindMs);
      windows.write(nowMs);
      void send(nowMs);
    },
    get owed() {
      return outbox.length;
    },
    stop() {
      isStopped = true;
      windows.write(lookedMs, true);
    },
  };
}

const timelinesMax = 100;
const dueAtOnceMax = 50;

/** An event that asks for reports alone has one interval; asked for again and again, it repeats. */
function asRepeated(event: KnownEvent["event"]): KnownEvent["event"] {
  const isForReports = event.intervals.length === 0 && event.duration === undefined;
  const repeats = event.reportDescriptors.some(({ repeat }) => repeat !== undefined && repeat !== 1);
  return isForReports && repeats ? { ...event, duration: "P9999Y" } : event;
}

function readKept<T>(documents: Documents, key: string, schema: z.ZodType<T>): T | null {
  try {
    return schema.parse(JSON.parse(documents.get(collection, key) ?? "null"));
  } catch {
    return null;
  }
}

/** Brings the list of events and the day's values to disk; what can't be kept is said in the log and tried again. */
import { monotonicMs } from "../../app/control/monotonic.ts";
import type { Log } from "../../app/log.ts";
import type { DayArchive } from "./day-archive.ts";
import type { EventArchive, KeptEvent } from "./event-archive.ts";
import type { Recorder } from "./recorder.ts";

/** Changes of the list of events are brought to disk when nothing has turned for this long, and after this at the latest, ms. */
const calmMs = 1_000;
const keepLatestMs = 10_000;

/** What is kept, and where. */
export interface KeeperPorts {
  readonly events: { readonly revision: number; kept(): readonly KeptEvent[] };
  readonly archive: Pick<EventArchive, "save">;
  readonly recorder: Pick<Recorder, "day">;
  readonly days: Pick<DayArchive, "save">;
  readonly log: Log;
  /** When something last turned, monotonic ms. */
  turnedMs(): number;
}

/** Keeps what people have seen. */
export interface Keeper {
  /** In a calm moment, since it holds this thread up; at once where a person waits for it. */
  keepEvents(atOnce: boolean): void;
  /** The values of the day that `nowMs` is in, UTC. */
  keepDay(nowMs: number): void;
}

/** A keeper that has not kept anything yet. */
export function createKeeper({ events, archive, recorder, days, log, turnedMs }: KeeperPorts): Keeper {
  let keptRevision = -1;
  let unkeptSinceMs = Number.NaN;
  const attempt = (what: string, save: () => void): void => {
    try {
      save();
    } catch (error) {
      log("error", `${what} can't be kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return {
    keepEvents(atOnce) {
      const monotonic = monotonicMs();
      if (events.revision === keptRevision) return;
      if (Number.isNaN(unkeptSinceMs)) unkeptSinceMs = monotonic;
      const isTime = monotonic - turnedMs() >= calmMs || monotonic - unkeptSinceMs >= keepLatestMs;
      if (!atOnce && !isTime) return;
      unkeptSinceMs = Number.NaN;
      keptRevision = events.revision;
      attempt("The list of events", () => archive.save(events.kept()));
    },
    keepDay(nowMs) {
      const day = recorder.day(nowMs);
      if (day !== undefined) attempt("The day's values", () => days.save(day));
    },
  };
}

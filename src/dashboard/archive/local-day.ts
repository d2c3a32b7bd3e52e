/** The present local day of the site: its charts begin at midnight. */
import { dayMs, minuteMs } from "../../domain/units.ts";

export interface LocalDay {
  /** Start of the day in which this moment lies, ms UTC. */
  startMs(nowMs: number): number;
}

export function createLocalDay(timeZone: string): LocalDay {
  const format = new Intl.DateTimeFormat("en", {
    timeZone,
    hourCycle: "h23",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const intoDayMs = (atMs: number): number => {
    const parts = format.formatToParts(atMs);
    const of = (type: string) => Number(parts.find((part) => part.type === type)!.value);
    return ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1_000 + (((atMs % 1_000) + 1_000) % 1_000);
  };
  let minute = Number.NaN;
  let startMs = Number.NaN;
  return {
    startMs(nowMs) {
      // Days begin with a minute: within one nothing changes.
      if (Math.floor(nowMs / minuteMs) === minute) return startMs;
      minute = Math.floor(nowMs / minuteMs);
      startMs = nowMs - intoDayMs(nowMs);
      // The clock was put forward or back since midnight: what it showed then tells by how much.
      const offMs = intoDayMs(startMs);
      if (offMs > 0) startMs += offMs > dayMs / 2 ? dayMs - offMs : -offMs;
      return startMs;
    },
  };
}

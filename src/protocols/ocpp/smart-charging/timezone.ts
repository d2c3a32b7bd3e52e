/** Local time of an IANA zone, for profiles that recur at the same local time across daylight saving. */
import { dayMs } from "../../../domain/units.ts";

export interface Zone {
  /** Local minus UTC at a UTC moment, ms. */
  offsetMs(utcMs: number): number;
  /** The first moment of UTC at which local clocks show this local time or later (local times count as if they were UTC). */
  utcOf(localMs: number): number;
}

/** Zones change their offset at multiples of this only. */
const slotMs = 15 * 60_000;
const slotsMax = 20_000;

export function createZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const known = new Map<number, number>();

  function offsetMs(utcMs: number): number {
    const slot = Math.floor(utcMs / slotMs);
    const cached = known.get(slot);
    if (cached !== undefined) return cached;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(slot * slotMs)) part[type] = Number(value);
    const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
    const offset = local - slot * slotMs;
    if (known.size >= slotsMax) known.clear();
    known.set(slot, offset);
    return offset;
  }

  function utcOf(localMs: number): number {
    const early = offsetMs(localMs - dayMs);
    const late = offsetMs(localMs + dayMs);
    // An hour that happens twice counts when it comes first: the larger offset gives the earlier moment.
    for (const offset of [Math.max(early, late), Math.min(early, late)]) {
      const utcMs = localMs - offset;
      if (utcMs + offsetMs(utcMs) === localMs) return utcMs;
    }
    // An hour that is left out: the moment of the change.
    let before = localMs - Math.max(early, late) - slotMs;
    while (before + offsetMs(before) < localMs) before = (Math.floor(before / slotMs) + 1) * slotMs;
    return before;
  }

  return { offsetMs, utcOf };
}

/** A date and a clock time of the site, as a person wrote them. */

import { dayOfDate, minutesOf } from "../../domain/fleet/timetable.ts";
import { tableZone, utcOfLocal, type ZoneOffsets } from "../../domain/time-zone.ts";
import { dayMs } from "../../domain/units.ts";

const zones = new Map<string, ZoneOffsets>();

/** ms UTC; NaN for what is no date or no time of day. A time that the clock shows twice is its first. */
export function momentAt(date: string, time: string, timeZone: string): number {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    const tabled = tableZone(timeZone);
    if (!tabled.ok) return Number.NaN;
    zone = tabled.value;
    // One site has one zone.
    zones.clear();
    zones.set(timeZone, zone);
  }
  const local = dayOfDate(date) * dayMs + minutesOf(time) * 60_000;
  return Number.isFinite(local) ? utcOfLocal(zone, local).utcMs : Number.NaN;
}

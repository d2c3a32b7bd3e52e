/** When a vehicle usually comes, from the stays on record: for plans of vehicles whose timetable says when they leave and not when they are back. */
import { kindOfDay, localDay, startOfDayMs } from "../../domain/calendar.ts";
import { dayMs } from "../../domain/units.ts";
import { forecastArrival, type PastArrival } from "../../forecast/arrivals.ts";
import type { SiteCalendar } from "../../forecast/past-days.ts";
import type { StayBook } from "./stay-book.ts";

/** A habit is looked for in the stays of so many days. */
const lookBackDays = 60;

/** An arrival that is usual on its day. */
export interface UsualArrival {
  readonly atMs: number;
  /** What it has usually used by then, Wh; null where unknown. */
  readonly usedWh: number | null;
}

/** Usual arrivals of a vehicle on the day of `nowMs` and the one after it; empty where too little is known. */
export function usualArrivals(
  stays: Pick<StayBook, "stays">,
  { zone, holidays }: SiteCalendar,
  vehicle: string,
  nowMs: number,
): UsualArrival[] {
  const own = stays.stays(nowMs - lookBackDays * dayMs, nowMs).filter((stay) => stay.vehicle === vehicle);
  const past = own.map(({ arrivedAtMs, arrivalWh }, i): PastArrival => {
    const day = localDay(zone, arrivedAtMs);
    const leftWithWh = own[i - 1]?.leftWithWh ?? null;
    return {
      kind: kindOfDay(day, holidays),
      intoDayMs: arrivedAtMs - startOfDayMs(zone, day),
      usedWh: leftWithWh === null || arrivalWh === null ? null : Math.max(0, leftWithWh - arrivalWh),
    };
  });
  past.reverse();
  const today = localDay(zone, nowMs);
  return [today, today + 1].flatMap((day) => {
    const usual = forecastArrival(past, kindOfDay(day, holidays));
    return usual === null ? [] : [{ atMs: startOfDayMs(zone, day) + usual.intoDayMs, usedWh: usual.usedWh }];
  });
}

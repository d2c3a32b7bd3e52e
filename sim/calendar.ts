/** Local calendar times of a simulated site, written as people write them, in and out of UTC milliseconds. */
import { dayMs, hourMs, minuteMs, secondMs } from "../src/domain/units.ts";

const written = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?$/;
const clockOnly = /^(?:(\+\d+) )?(\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?$/;

/** "2006-06-14 15:30" at an offset from UTC → UTC ms. */
export function localToUtcMs(text: string, utcOffsetMinutes: number): number {
  const match = written.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a local time such as "2006-06-14 15:30"`);
  const [, year, month, day, hour, minute, second] = match;
  const utcMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second ?? 0),
  );
  return utcMs - utcOffsetMinutes * minuteMs;
}

/** "16:30", "16:30:05" or "+1 05:30" (one day later) → ms after the midnight that begins the first day. */
export function clockMs(text: string): number {
  const match = clockOnly.exec(text);
  if (match === null) throw new RangeError(`"${text}" is not a time such as "16:30" or "+1 05:30"`);
  const [, days, hour, minute, second] = match;
  return Number(days ?? 0) * dayMs + Number(hour) * hourMs + Number(minute) * minuteMs + Number(second ?? 0) * secondMs;
}

/** UTC ms → "2006-06-14 15:30:00" at an offset from UTC. */
export function utcToLocal(utcMs: number, utcOffsetMinutes: number): string {
  return new Date(utcMs + utcOffsetMinutes * minuteMs).toISOString().slice(0, 19).replace("T", " ");
}

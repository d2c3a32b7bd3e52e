/** Moments and durations of OpenADR 3.1 (User Guide 7.3): RFC 3339 and ISO 8601, with its two words for "now" and "for ever". */
import { dayMs, hourMs, minuteMs, secondMs } from "../../domain/units.ts";

const duration =
  /^(-?)P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)([DW]))?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
/** P9999Y stands for ever; nothing shorter than a century is meant by it. */
const everYears = 100;

/** Milliseconds; Infinity for "for ever", NaN for what is no duration. A year has 365 days and a month 30. */
export function durationMs(text: string): number {
  const match = duration.exec(text);
  if (match === null) return Number.NaN;
  const [, sign, years, months, days, unit, hours, minutes, seconds] = match;
  if (Number(years ?? 0) >= everYears) return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const wholeDays = Number(years ?? 0) * 365 + Number(months ?? 0) * 30 + Number(days ?? 0) * (unit === "W" ? 7 : 1);
  const ms =
    wholeDays * dayMs + Number(hours ?? 0) * hourMs + Number(minutes ?? 0) * minuteMs + Number(seconds ?? 0) * secondMs;
  return sign === "-" ? -ms : ms;
}

/** ISO 8601 of a span, ms, for what we send. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / secondMs));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const parts = [
    ...(hours > 0 ? [`${hours}H`] : []),
    ...(minutes > 0 ? [`${minutes}M`] : []),
    ...(seconds % 60 > 0 || seconds === 0 ? [`${seconds % 60}S`] : []),
  ];
  return `PT${parts.join("")}`;
}

/** Ms UTC; -Infinity for "now", which is written as the beginning of time; NaN for what is no moment. */
export function momentMs(text: string): number {
  if (text.startsWith("0001-01-01")) return Number.NEGATIVE_INFINITY;
  // Without an offset a moment would be read in the time zone of this machine.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text)) return Number.NaN;
  return Date.parse(text);
}

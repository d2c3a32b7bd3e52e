/**
 * Small arithmetic that every stratum shares. Units are in names (`powerW`, `voltagePu`), never in types:
 * the tick works on plain numbers in flat objects.
 */

/** The value, moved into [min, max]. `min` wins when the interval is empty: the protective side of a limit is its floor. */
export function clamp(value: number, min: number, max: number): number {
  return value > max ? (max < min ? min : max) : value < min ? min : value;
}

/** Hours, minutes and seconds in milliseconds, so that a table of times reads as a person says it. */
export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** Energy in watt-hours of a power held for a time. */
export function energyWh(powerW: number, durationMs: number): number {
  return (powerW * durationMs) / hourMs;
}

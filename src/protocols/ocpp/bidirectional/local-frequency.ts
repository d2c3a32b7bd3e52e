/** What a period of `LocalFrequency` asks for: its baseline, and what its curves add for the grid's frequency and the last signal. */
import type { SchedulePeriod } from "../transport/messages.table.ts";

/** Between two points in a straight line, beyond the ends as at the ends. Points ascend. */
function along<P>(points: readonly P[], xOf: (point: P) => number, yOf: (point: P) => number, x: number): number {
  const above = points.findIndex((point) => xOf(point) >= x);
  if (above === 0) return yOf(points[0]!);
  if (above < 0) return yOf(points.at(-1)!);
  const [low, high] = [points[above - 1]!, points[above]!];
  const share = (x - xOf(low)) / (xOf(high) - xOf(low));
  return yOf(low) + share * (yOf(high) - yOf(low));
}

/** Setpoint, W. A frequency that is not known asks for nothing: 0. `signal` is null while none holds. */
export function followedW(
  { v2xBaseline = 0, v2xFreqWattCurve = [], v2xSignalWattCurve = [] }: SchedulePeriod,
  frequencyHz: number,
  signal: number | null,
): number {
  if (!Number.isFinite(frequencyHz) || v2xFreqWattCurve.length === 0) return 0;
  const byFrequencyW = along(
    v2xFreqWattCurve,
    ({ frequency }) => frequency,
    ({ power }) => power,
    frequencyHz,
  );
  const bySignalW =
    signal === null || v2xSignalWattCurve.length === 0
      ? 0
      : along(
          v2xSignalWattCurve,
          (point) => point.signal,
          ({ power }) => power,
          signal,
        );
  return v2xBaseline + byFrequencyW + bySignalW;
}

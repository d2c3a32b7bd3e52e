/** Figures read off a recording: means, moments at which power ends or begins, and the points of a plot. */
import type { Plot } from "./procedure.ts";
import type { Recording } from "./rig.ts";

/** Power below this is none: cease to energize, of the rating. */
const nonePu = 0.05;

const indexAt = ({ stepS, activePu }: Recording, atS: number): number =>
  Math.max(0, Math.min(activePu.length - 1, Math.round(atS / stepS)));

/** Mean over [fromS, toS). */
export function mean(recording: Recording, values: Float64Array, fromS: number, toS: number): number {
  const from = indexAt(recording, fromS);
  const to = Math.max(from + 1, indexAt(recording, toS));
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i]!;
  return sum / (to - from);
}

export const valueAt = (recording: Recording, values: Float64Array, atS: number): number =>
  values[indexAt(recording, atS)]!;

/** From `fromS` until power has ended and stays away until `toS`, s; Infinity if it does not. */
export function ceasedAfterS(recording: Recording, fromS: number, toS: number): number {
  const { activePu, stepS } = recording;
  const from = indexAt(recording, fromS);
  let at = indexAt(recording, toS);
  if (Math.abs(activePu[at]!) >= nonePu) return Number.POSITIVE_INFINITY;
  while (at > from && Math.abs(activePu[at - 1]!) < nonePu) at--;
  return (at - from) * stepS;
}

/** From `fromS` until injected power first reaches a level, s; Infinity if it does not before `toS`. */
export function reachedAfterS(recording: Recording, levelPu: number, fromS: number, toS: number): number {
  const { activePu, stepS } = recording;
  const from = indexAt(recording, fromS);
  for (let i = from; i <= indexAt(recording, toS); i++) if (activePu[i]! >= levelPu) return (i - from) * stepS;
  return Number.POSITIVE_INFINITY;
}

/** From `fromS` until a series is at or below a level for good, s; Infinity if it still is not at `toS`. */
export function belowForGoodAfterS(
  recording: Recording,
  values: Float64Array,
  levelPu: number,
  fromS: number,
  toS: number,
): number {
  const from = indexAt(recording, fromS);
  let at = indexAt(recording, toS);
  if (values[at]! > levelPu) return Number.POSITIVE_INFINITY;
  while (at > from && values[at - 1]! <= levelPu) at--;
  return (at - from) * recording.stepS;
}

/** Smallest value over [fromS, toS]. */
export function least(recording: Recording, values: Float64Array, fromS: number, toS: number): number {
  let low = Number.POSITIVE_INFINITY;
  for (let i = indexAt(recording, fromS); i <= indexAt(recording, toS); i++) low = Math.min(low, values[i]!);
  return low;
}

/** Largest value over [fromS, toS]. */
export const most = (recording: Recording, values: Float64Array, fromS: number, toS: number): number =>
  -least(
    recording,
    values.map((value) => -value),
    fromS,
    toS,
  );

const pointsMax = 160;
const digits = 4;

/** A plot of some of a recording's quantities with at most `pointsMax` points each. */
export function plotOf(
  recording: Recording,
  names: readonly ("activePu" | "reactivePu" | "voltagePu" | "frequencyHz" | "exchangePu")[],
  band: { readonly low?: number | null; readonly high?: number | null } = {},
): Plot {
  const { stepS, activePu } = recording;
  const every = Math.max(1, Math.ceil(activePu.length / pointsMax));
  const indices = Array.from({ length: Math.ceil(activePu.length / every) }, (_, i) => i * every);
  const short = (value: number): number => Number(value.toFixed(digits));
  const words = { activePu: "P", reactivePu: "Q", voltagePu: "V", frequencyHz: "f", exchangePu: "exchange" } as const;
  return {
    unit: "pu",
    atS: indices.map((i) => short(i * stepS)),
    lines: names.flatMap((name) => {
      const series = recording[name];
      if (series === undefined) return [];
      // A frequency is shown of what it was at the beginning.
      const scale = name === "frequencyHz" ? 1 / series[0]! : 1;
      return [{ name: words[name], values: indices.map((i) => short(scale * series[i]!)) }];
    }),
    ...(typeof band.low === "number" && { low: short(band.low) }),
    ...(typeof band.high === "number" && { high: short(band.high) }),
  };
}

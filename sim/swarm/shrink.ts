/** Narrows a failing seed down to a short story that still breaks the same promise: a later start, fewer events. */
import { minuteMs, secondMs } from "../../src/domain/units.ts";
import { type SwarmEvent, swarmDay } from "./day.ts";
import { runSwarm, type SwarmOptions, type SwarmResult } from "./run.ts";
import { swarmSite } from "./site.ts";

/** So many times the day is played again at most, and for so long, ms. */
const replaysMax = 80;
const budgetMs = 240 * secondMs;
/** Tried for a later start, before the promise broke. */
const leadsMs = [2, 12, 25, 60, 150, 250].map((minutes) => minutes * minuteMs);
/** What a promise needs after its story's last event until it breaks. */
const tailMs = 60 * secondMs;

export interface SwarmStory {
  /** From when on the day has to be played. */
  readonly fromMs: number;
  /** What is left of the day. */
  readonly events: readonly SwarmEvent[];
  /** What breaks in it. */
  readonly result: SwarmResult;
}

/** The shortest story that was found for a failed run. `onReplay` is told how many events are left. */
export function shrinkSwarm(failed: SwarmResult, options: SwarmOptions, onReplay?: (left: number) => void): SwarmStory {
  const { seed } = failed;
  const [first] = failed.broken;
  const day = swarmDay(swarmSite(seed, options), options.hours);
  const toMs = first!.atMs + tailMs;
  const endsAtMs = performance.now() + budgetMs;
  let replays = 0;
  const still = (fromMs: number, kept: readonly number[]): SwarmResult | undefined => {
    if (replays++ >= replaysMax || performance.now() > endsAtMs) return undefined;
    onReplay?.(kept.length);
    const left = new Set(kept);
    const without = new Set(day.keys().filter((i) => !left.has(i)));
    const result = runSwarm(seed, { ...options, fromMs, toMs, without, endAfterMs: 0 });
    return result.broken.some(({ promise }) => promise === first!.promise) ? result : undefined;
  };
  let fromMs = 0;
  let kept = [...day.keys()].filter((i) => day[i]!.atMs <= toMs);
  let result = failed;
  for (const leadMs of leadsMs) {
    if (leadMs >= first!.atMs) break;
    const laterMs = first!.atMs - leadMs;
    const later = kept.filter((i) => day[i]!.atMs >= laterMs);
    const found = still(laterMs, later);
    if (found === undefined) continue;
    fromMs = laterMs;
    kept = later;
    result = found;
    break;
  }
  for (let size = Math.ceil(kept.length / 2); size >= 1 && kept.length > 0; size = Math.floor(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const fewer = kept.toSpliced(at, size);
      const found = still(fromMs, fewer);
      if (found === undefined) at += size;
      else {
        kept = fewer;
        result = found;
      }
    }
  }
  return { fromMs, events: kept.map((i) => day[i]!), result };
}

/** A moment of the day as people write it: "1:23:45.678". */
function clockOf(atMs: number): string {
  const s = atMs / 1_000;
  const hours = Math.floor(s / 3_600);
  const minutes = Math.floor((s % 3_600) / 60);
  return `${hours}:${String(minutes).padStart(2, "0")}:${(s % 60).toFixed(3).padStart(6, "0")}`;
}

/** A story in lines that a person can follow. */
export function linesOf({ fromMs, events, result }: SwarmStory): string[] {
  const told = events.flatMap(({ atMs, sentence, toMs, end }) => [
    { atMs, line: sentence },
    ...(end === undefined ? [] : [{ atMs: toMs, line: `over: ${sentence}` }]),
  ]);
  const last = result.broken[0]?.atMs ?? Number.POSITIVE_INFINITY;
  return [
    `from ${clockOf(fromMs)} on`,
    ...told
      .filter(({ atMs }) => atMs <= last)
      .sort((a, b) => a.atMs - b.atMs)
      .map(({ atMs, line }) => `${clockOf(atMs).padStart(13)}  ${line}`),
    ...result.broken.map(({ atMs, promise, detail }) => `${clockOf(atMs).padStart(13)}  BROKEN: ${promise}: ${detail}`),
    ...result.modes.slice(-6).map((mode) => `               mode ${mode}`),
    ...result.reasons.map((reason) => `               ${reason}`),
  ];
}

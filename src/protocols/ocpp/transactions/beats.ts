/**
 * Moments at which the readings of several transactions are due together, so that they are written together: the disk of a
 * gateway wears by the number of writes, not by their size. Each transaction has its first reading when it asked for it; from
 * then on its interval is a little shorter until its readings fall on the interval's multiples, where those of all others are.
 */
import type { Cancel, OcppClock } from "../ports.ts";

/** An interval is shortened at most by this share on the way to its multiples. */
const shortenedShare = 0.1;
/** What is due so soon after another is taken with it, ms: timers of the same moment come one after the other. */
const togetherMs = 20;

export interface Beat {
  /** Of the timer, for a person who lists what is pending. */
  readonly name: string;
  readonly intervalMs: number;
  /** The first time, ms from now. */
  readonly firstMs: number;
  readonly run: () => void;
}

export interface Beats {
  /** Runs from now on until it is cancelled. */
  add(beat: Beat): Cancel;
}

/** `wallMs`: the station's time, UTC ms; a clock that is set moves no reading. `together` runs what is due at one moment. */
export function createBeats(
  clock: Pick<OcppClock, "after" | "monotonicMs">,
  wallMs: () => number,
  together: (run: () => void) => void,
): Beats {
  const due = new Map<Beat, number>();
  let timer: { readonly atMs: number; readonly cancel: Cancel } | null = null;

  function arm(): void {
    let next: Beat | null = null;
    for (const [beat, atMs] of due) if (next === null || atMs < due.get(next)!) next = beat;
    const atMs = next === null ? Number.NaN : due.get(next)!;
    if (timer?.atMs === atMs) return;
    timer?.cancel();
    timer = next && { atMs, cancel: clock.after(next.name, Math.max(atMs - clock.monotonicMs(), 0), fire) };
  }

  function fire(): void {
    timer = null;
    const atMs = clock.monotonicMs();
    const now = [...due].filter(([, dueMs]) => dueMs <= atMs + togetherMs);
    for (const [beat, dueMs] of now) due.set(beat, nextAfter(dueMs, atMs, beat.intervalMs, wallMs() - atMs));
    together(() => {
      for (const [beat] of now) if (due.has(beat)) beat.run();
    });
    arm();
  }

  return {
    add(beat) {
      due.set(beat, clock.monotonicMs() + beat.firstMs);
      arm();
      return () => {
        if (due.delete(beat)) arm();
      };
    },
  };
}

/**
 * When it is due again: an interval later, or a little sooner where that is nearer to a multiple; never in the past. Clocks show
 * a moment a little early or late: what is a little before a multiple is on it, or the next would be a tenth too soon.
 */
function nextAfter(dueMs: number, atMs: number, intervalMs: number, toWallMs: number): number {
  // After a standstill of the machine: counted from now.
  const fromMs = atMs - dueMs < intervalMs / 2 ? dueMs : atMs;
  const wholeMs = fromMs + intervalMs;
  const beyondMs = ((wholeMs + toWallMs + togetherMs) % intervalMs) - togetherMs;
  return wholeMs - Math.min(beyondMs, shortenedShare * intervalMs);
}

/**
 * All profiles of one purpose over time: which of them decides, and when that may change. A heap holds the moments at
 * which profiles begin and end to count, so that walking through n profiles costs n log n, and only the periods of the
 * one that decides are walked through at all.
 */

import type { ChargingProfile } from "../transport/messages.table.ts";
import {
  createSpan,
  periodAt,
  type Span,
  spanAt,
  type Timeline,
  type TimelineContext,
  timelineOf,
} from "./schedule-timeline.ts";

const forever = Number.POSITIVE_INFINITY;

interface Entry {
  readonly installed: InstalledProfile;
  readonly timeline: Timeline;
  readonly rank: number;
  readonly span: Span;
}

/** What decides at a moment, with its period, or null; it certainly holds until `untilMs`. */
export interface Deciding {
  installed: InstalledProfile | null;
  timeline: Timeline | null;
  period: number;
  untilMs: number;
}

/** The profiles of one purpose over time. */
export interface ProfileStack {
  /** Moments must not go back from call to call; the answer is written in place. */
  at(atMs: number): Readonly<Deciding>;
}

/** The highest stack level first; on equal levels an EVSE's own profile before the station's. */
const byPrecedence = (a: InstalledProfile, b: InstalledProfile): number =>
  b.profile.stackLevel - a.profile.stackLevel || b.evseId - a.evseId;

/** A stack that is asked from `startMs` on. */
export function createProfileStack(
  profiles: readonly InstalledProfile[],
  startMs: number,
  context: TimelineContext,
): ProfileStack {
  const entries = profiles.toSorted(byPrecedence).map((installed, rank): Entry => {
    const timeline = timelineOf(installed.profile, installed.chosen);
    return { installed, timeline, rank, span: createSpan() };
  });
  const active = new Uint8Array(entries.length);
  const heap: Entry[] = [];
  const deciding: Deciding = { installed: null, timeline: null, period: -1, untilMs: forever };
  let best = -1;

  const look = (entry: Entry, atMs: number): void => {
    spanAt(entry.timeline, atMs, context, entry.span);
    active[entry.rank] = entry.span.active ? 1 : 0;
    if (entry.span.untilMs < forever) push(heap, entry);
  };
  for (const entry of entries) look(entry, startMs);
  best = active.indexOf(1);

  return {
    at(atMs) {
      let changed = false;
      while (heap.length > 0 && heap[0]!.span.untilMs <= atMs) {
        look(pop(heap), atMs);
        changed = true;
      }
      if (changed) best = active.indexOf(1);
      deciding.untilMs = heap.length > 0 ? heap[0]!.span.untilMs : forever;
      const entry = entries[best];
      deciding.installed = entry?.installed ?? null;
      deciding.timeline = entry?.timeline ?? null;
      deciding.period = -1;
      if (entry) {
        const { timeline, span } = entry;
        deciding.period = periodAt(timeline, atMs - span.startMs);
        const nextOffsetMs = timeline.periods.offsetsMs[deciding.period + 1];
        if (nextOffsetMs !== undefined) deciding.untilMs = Math.min(deciding.untilMs, span.startMs + nextOffsetMs);
      }
      return deciding;
    },
  };
}

/** A binary heap by the moment of the next change, earliest on top. */
function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    if (heap[parent]!.span.untilMs <= entry.span.untilMs) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): Entry {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]!.span.untilMs < heap[child]!.span.untilMs) child += 1;
    if (heap[child]!.span.untilMs >= last.span.untilMs) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}

/** A profile at its EVSE (0: the whole station). */
export interface InstalledProfile {
  evseId: number;
  profile: ChargingProfile;
  /** Which of up to three schedules the vehicle has chosen (ISO 15118); the first otherwise. */
  chosen?: number;
}

/**
 * When the intervals of an event hold (OpenADR 3.1 User Guide 7.3, 7.4): starts, durations, one draw of randomizeStart, intervals
 * that follow each other, a sequence that repeats until the event's duration is over. A duration that nobody gave is open.
 */
import { durationMs, momentMs } from "./durations.ts";
import type { Payload, VtnEvent } from "./messages.ts";

/** One interval at its time. */
export interface Slice {
  readonly fromMs: number;
  /** Infinity: open. */
  readonly toMs: number;
  /** Counts from 0 and on through repetitions. */
  readonly ordinal: number;
  /** The VTN's own number of the interval. */
  readonly id: number;
  readonly payloads: readonly Payload[];
}

/** Slices of one event that are worked out at once. */
const slicesMax = 3_000;
/** Payloads of several values: each holds for its part of the interval. */
const packed = new Set(["PRICE", "EXPORT_PRICE", "GHG"]);

/** `share`: the event's draw, uniform in -1 to 1, by the number of the interval that is randomized. NaN moments make it empty. */
export function timelineOf(
  event: VtnEvent,
  share: (interval: number) => number,
  windowFromMs: number,
  windowToMs: number,
): readonly Slice[] {
  const whole = onePass(event, share);
  const first = whole[0];
  if (first === undefined || whole.some(({ fromMs, toMs }) => Number.isNaN(fromMs) || Number.isNaN(toMs))) return [];
  const startMs = Math.min(...whole.map(({ fromMs }) => fromMs));
  const spanMs = Math.max(...whole.map(({ toMs }) => toMs)) - startMs;
  const givenMs = event.duration === undefined ? spanMs : durationMs(event.duration);
  // A duration of zero is how an event is cancelled.
  const endMs = startMs + (Number.isNaN(givenMs) ? spanMs : givenMs);
  const passes = repeatsOf(spanMs, startMs, endMs, windowFromMs, windowToMs);
  const slices: Slice[] = [];
  for (let pass = passes.from; pass <= passes.to; pass++) {
    for (const slice of whole) {
      const shiftMs = pass === 0 ? 0 : pass * spanMs;
      const fromMs = slice.fromMs + shiftMs;
      const toMs = Math.min(slice.toMs + shiftMs, endMs);
      if (toMs <= fromMs || toMs <= windowFromMs || fromMs >= windowToMs) continue;
      slices.push({ ...slice, fromMs, toMs, ordinal: slice.ordinal + pass * whole.length });
      if (slices.length >= slicesMax) return slices;
    }
  }
  return slices;
}

function repeatsOf(spanMs: number, startMs: number, endMs: number, fromMs: number, toMs: number) {
  if (!(spanMs > 0) || !Number.isFinite(spanMs) || endMs <= startMs + spanMs) return { from: 0, to: 0 };
  const from = Math.max(0, Math.floor((fromMs - startMs) / spanMs));
  return {
    from,
    to: Math.max(from, Math.min(from + slicesMax, Math.ceil((Math.min(toMs, endMs) - startMs) / spanMs))),
  };
}

/** The sequence once, with its draw. */
function onePass(event: VtnEvent, share: (interval: number) => number): Slice[] {
  const base = event.intervalPeriod;
  const usualMs = base?.duration === undefined ? Number.POSITIVE_INFINITY : durationMs(base.duration);
  const createdMs = Date.parse(event.createdDateTime);
  const absolute = (text: string | undefined): number | null => {
    if (text === undefined) return null;
    const ms = momentMs(text);
    return ms === Number.NEGATIVE_INFINITY ? null : ms;
  };
  // An event that asks for intervals of its own in reports alone has none: its period is one.
  const intervals = event.intervals.length > 0 ? event.intervals : [{ id: 0, payloads: [], intervalPeriod: undefined }];
  const eventStartMs = absolute(base?.start) ?? createdMs;
  let shiftMs = drawMs(base?.randomizeStart, share(0));
  let nextMs = eventStartMs + shiftMs;
  const slices = intervals.map(({ id, intervalPeriod: own, payloads }, ordinal) => {
    if (own?.randomizeStart !== undefined) {
      const newShiftMs = drawMs(own.randomizeStart, share(ordinal));
      nextMs += newShiftMs - shiftMs;
      shiftMs = newShiftMs;
    }
    const given = absolute(own?.start);
    const fromMs = given === null ? nextMs : given + shiftMs;
    const lastsMs = own?.duration === undefined ? usualMs : durationMs(own.duration);
    nextMs = fromMs + Math.max(0, lastsMs);
    return { fromMs, toMs: nextMs, ordinal, id, payloads };
  });
  return cutByLater(slices).flatMap(unpacked);
}

/** An open interval ends where a later one begins. */
function cutByLater(slices: readonly Slice[]): Slice[] {
  return slices.map((slice, i) => {
    if (Number.isFinite(slice.toMs)) return slice;
    const later = slices.slice(i + 1).filter(({ fromMs }) => Number.isFinite(fromMs) && fromMs > slice.fromMs);
    return { ...slice, toMs: Math.min(slice.toMs, ...later.map(({ fromMs }) => fromMs)) };
  });
}

const drawMs = (text: string | undefined, share: number): number => {
  const bound = text === undefined ? 0 : Math.abs(durationMs(text));
  return Number.isFinite(bound) ? bound * share : 0;
};

function unpacked(slice: Slice): Slice[] {
  const { fromMs, toMs, payloads } = slice;
  const several = payloads.filter(({ type, values }) => packed.has(type) && values.length > 1);
  if (several.length === 0 || !Number.isFinite(toMs)) return [slice];
  const parts = Math.max(...several.map(({ values }) => values.length));
  const lastsMs = (toMs - fromMs) / parts;
  return Array.from({ length: parts }, (_, part) => ({
    ...slice,
    fromMs: fromMs + part * lastsMs,
    toMs: fromMs + (part + 1) * lastsMs,
    payloads: payloads.map((payload) =>
      packed.has(payload.type) && payload.values.length > 1
        ? { type: payload.type, values: [payload.values[Math.floor((part * payload.values.length) / parts)]!] }
        : payload,
    ),
  }));
}

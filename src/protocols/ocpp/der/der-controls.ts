/**
 * R04: the DER controls that are kept, and which of them is in force. Of two of the same kind (and both defaults, or both
 * scheduled) the one with the lower number wins; equal numbers leave the first one in force. A scheduled control counts while
 * its window lasts, the default otherwise. Who has been superseded never comes back. Pure: time is an argument, and what is
 * to be told is returned.
 */
import { bodyOf } from "./der-judge.ts";
import type { DerType, SetControl } from "./der-types.table.ts";

/** Controls kept; a replacement is always taken. */
const controlsMax = 1_000;
/** Ids that one message may carry. */
const idsMax = 24;

/** A control with what has become of it. */
export interface Control {
  readonly request: SetControl;
  readonly priority: number;
  /** UTC, ms; −Infinity for a default, which has no window. Kept as null in a record where it is infinite. */
  readonly startMs: number;
  readonly endMs: number;
  /** Counts up: of two with the same priority the first one is in force. */
  readonly order: number;
  isSuperseded: boolean;
  /** Runs on until this one begins, which then supersedes it. */
  defers: string[];
  /** What it has superseded. */
  displaced: string[];
  /** Its start has been told. */
  started: boolean;
}

/** A start or an end that the backend is told. */
export interface StartStop {
  readonly controlId: string;
  readonly started: boolean;
  readonly supersededIds: readonly string[];
}

/** What became of a new control. */
interface SetOutcome {
  /** No room: it is not kept. */
  readonly isFull: boolean;
  readonly supersededIds: readonly string[];
}

export interface Filter {
  readonly isDefault?: boolean | undefined;
  readonly controlType?: DerType | undefined;
  readonly controlId?: string | undefined;
}

/** The controls of a station. */
export interface DerControls {
  set(request: SetControl, nowMs: number): SetOutcome;
  find(filter: Filter): readonly Control[];
  clear(filter: Filter): readonly Control[];
  /** Starts and ends that are due, in their order; each is told once. */
  turn(nowMs: number): readonly StartStop[];
  /** When the next start or end is due, UTC ms; Infinity for never. */
  nextMs(nowMs: number): number;
  /** What is in force of each kind. */
  inForce(nowMs: number): ReadonlyMap<DerType, Control>;
}

const isOpen = ({ startMs, endMs }: Control, nowMs: number): boolean => startMs <= nowMs && nowMs < endMs;

/** `records` are what is on record; each change is told to `keep`, a removal with null. */
export function createDerControls(
  records: readonly Control[],
  keep: (controlId: string, control: Control | null) => void,
): DerControls {
  const controls = new Map(records.map((one) => [one.request.controlId, one]));
  let order = records.reduce((most, one) => Math.max(most, one.order + 1), 0);

  function make(request: SetControl, nowMs: number): Control {
    const { priority, startTime, duration } = bodyOf(request);
    const startMs = request.isDefault
      ? Number.NEGATIVE_INFINITY
      : startTime === undefined
        ? nowMs
        : Date.parse(startTime);
    const endMs = duration === undefined || request.isDefault ? Number.POSITIVE_INFINITY : startMs + duration * 1000;
    return {
      ...{ request, priority, startMs, endMs, order: order++ },
      ...{ isSuperseded: false, defers: [], displaced: [], started: false },
    };
  }

  const store = (control: Control): void => {
    controls.set(control.request.controlId, control);
    keep(control.request.controlId, control);
  };

  function supersede(control: Control, ids: readonly string[]): void {
    for (const id of ids) {
      const gone = controls.get(id);
      if (gone === undefined) continue;
      gone.isSuperseded = true;
      store(gone);
    }
    control.displaced = [...control.displaced, ...ids].slice(0, idsMax);
  }

  function set(request: SetControl, nowMs: number): SetOutcome {
    const before = controls.get(request.controlId);
    if (before === undefined && controls.size >= controlsMax) return { isFull: true, supersededIds: [] };
    const control = make(request, nowMs);
    if (before !== undefined) {
      // A replacement takes the place of what it replaces, as it stands among the others.
      const { isSuperseded, started, displaced } = before;
      store({ ...control, order: before.order, isSuperseded, started: started && isOpen(control, nowMs), displaced });
      return { isFull: false, supersededIds: [] };
    }
    const rivals = [...controls.values()].filter(
      (other) =>
        !other.isSuperseded &&
        nowMs < other.endMs &&
        other.request.controlType === request.controlType &&
        other.request.isDefault === request.isDefault,
    );
    if (rivals.some((other) => other.priority < control.priority)) {
      control.isSuperseded = true;
      store(control);
      return { isFull: false, supersededIds: [request.controlId] };
    }
    const weaker = rivals.filter((other) => other.priority > control.priority);
    const waits = (other: Control): boolean => !request.isDefault && isOpen(other, nowMs) && control.startMs > nowMs;
    const atOnce = weaker.filter((other) => !waits(other)).map((other) => other.request.controlId);
    control.defers = weaker.filter(waits).map((other) => other.request.controlId);
    supersede(control, atOnce);
    store(control);
    return { isFull: false, supersededIds: atOnce.slice(0, idsMax) };
  }

  const find = ({ isDefault, controlType, controlId }: Filter): readonly Control[] =>
    [...controls.values()].filter(
      ({ request }) =>
        (isDefault === undefined || request.isDefault === isDefault) &&
        (controlType === undefined || request.controlType === controlType) &&
        (controlId === undefined || request.controlId === controlId),
    );

  function remove(control: Control): void {
    controls.delete(control.request.controlId);
    keep(control.request.controlId, null);
  }

  /** Of each kind the scheduled one whose window is open before the default, then the lower number, then the first. */
  function inForce(nowMs: number): ReadonlyMap<DerType, Control> {
    const found = new Map<DerType, Control>();
    for (const control of controls.values()) {
      if (control.isSuperseded || !isOpen(control, nowMs)) continue;
      const other = found.get(control.request.controlType);
      if (other === undefined || isBefore(control, other)) found.set(control.request.controlType, control);
    }
    return found;
  }

  function turn(nowMs: number): readonly StartStop[] {
    const told: StartStop[] = [];
    const tell = ({ request: { controlId }, displaced }: Control, started: boolean): void =>
      void told.push({ controlId, started, supersededIds: displaced });
    const scheduled = [...controls.values()].filter(({ request }) => !request.isDefault);
    // What began and ended while nobody looked is told as well, once.
    for (const control of scheduled.filter(({ startMs }) => startMs <= nowMs).sort((a, b) => a.startMs - b.startMs)) {
      if (control.isSuperseded || control.defers.length === 0) continue;
      supersede(control, control.defers);
      control.defers = [];
      store(control);
    }
    for (const control of scheduled.filter(({ endMs }) => endMs <= nowMs).sort((a, b) => a.endMs - b.endMs)) {
      if (!control.isSuperseded || control.started) {
        if (!control.started) tell(control, true);
        tell(control, false);
      }
      remove(control);
    }
    for (const control of inForce(nowMs).values()) {
      if (control.request.isDefault || control.started) continue;
      control.started = true;
      tell(control, true);
      store(control);
    }
    return told;
  }

  return {
    set,
    find,
    clear(filter) {
      const gone = find(filter);
      for (const control of gone) remove(control);
      return gone;
    },
    turn,
    nextMs(nowMs) {
      let nextMs = Number.POSITIVE_INFINITY;
      for (const { startMs, endMs } of controls.values())
        for (const atMs of [startMs, endMs]) if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
      return nextMs;
    },
    inForce,
  };
}

function isBefore(a: Control, b: Control): boolean {
  if (a.request.isDefault !== b.request.isDefault) return b.request.isDefault;
  return a.priority !== b.priority ? a.priority < b.priority : a.order < b.order;
}

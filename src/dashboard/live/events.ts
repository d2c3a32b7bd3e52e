/**
 * Events for people, made from what stands in each report. An event whose cause is gone stays listed, no longer active; one
 * that comes and goes is one line with a count instead of many. The audit log has everything.
 */
import { type EventKey, eventWordsOf, type WordValues } from "../../domain/words.ts";
import type { KeptEvent } from "../archive/event-archive.ts";
import type { EventState } from "../state.ts";
import { type EventRow, eventRows, type Seen } from "./event-rows.ts";

/** Events kept. */
const eventsMax = 200;
/** The same within this time of its end is the same event again, ms. */
const foldWithinMs = 10 * 60_000;
/** And within this time an acknowledgement still holds, ms. */
const acknowledgedWithinMs = 60_000;
/** After a restart devices are found and modes proven anew: what stood before ends only when it is gone after this, ms. */
const settlesMs = 30_000;

export interface EventLog {
  /** Compares with what stands; true when something changed. */
  observe(seen: Seen): boolean;
  /** Something that happened at once and has no end. `folds`: the same again soon after is counted, not listed anew. */
  note(key: EventKey, values: WordValues, atMs: number, folds?: boolean): void;
  acknowledge(id: string, by: string, atMs: number): boolean;
  /** Newest first. */
  readonly events: EventState[];
  /** Advances with every change. */
  readonly revision: number;
  /** The list with what is known of each place, for the archive. */
  kept(): KeptEvent[];
}

/** What is known of a row at one place. */
interface Place {
  /** Its latest event; "" before the first. */
  id: string;
  active: boolean;
  /** Since when its cause stands without a break, ms; NaN while it does not. */
  standsSinceMs: number;
  endedAtMs: number;
  /** It stood before a restart and has not been seen since. */
  restored: boolean;
  /** Number of the observation that looked at it last. */
  lookedAt: number;
}

const emptyPlace: Readonly<Place> = {
  id: "",
  active: false,
  standsSinceMs: Number.NaN,
  endedAtMs: Number.NEGATIVE_INFINITY,
  restored: false,
  lookedAt: 0,
};

/** The places of the events as they were before a restart. */
function placesOf(kept: readonly KeptEvent[]): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const { event, place, endedAtMs } of kept)
    if (place !== "" && !places.has(place))
      places.set(place, {
        ...emptyPlace,
        id: event.id,
        active: event.active,
        endedAtMs: endedAtMs ?? Number.NEGATIVE_INFINITY,
        restored: event.active,
      });
  return places;
}

/** `kept`: the list as it was before a restart, newest first. */
export function createEventLog(rows: readonly EventRow[] = eventRows, kept: readonly KeptEvent[] = []): EventLog {
  const events: EventState[] = kept.slice(0, eventsMax).map(({ event }) => event);
  const places = placesOf(kept);
  let count = 0;
  let revision = 0;
  let observation = 0;
  let firstLookMs = Number.NaN;

  const add = (
    key: EventKey,
    values: WordValues | undefined,
    active: boolean,
    needs: boolean,
    atMs: number,
  ): string => {
    let id = "";
    // A clock that was set back may come by the same moment again.
    do id = `${atMs.toString(36)}-${(count++).toString(36)}`;
    while (events.some((event) => event.id === id));
    revision++;
    events.unshift({
      id,
      atMs,
      key,
      ...(values && { values: finiteValues(values) }),
      severity: eventWordsOf(key).severity,
      needsPerson: needs,
      active,
      acknowledged: null,
    });
    if (events.length > eventsMax) events.pop();
    return id;
  };

  /** The event at `index`, happening again: to the front, counted. */
  const again = (index: number, values: WordValues | undefined, atMs: number, change: Partial<EventState>): void => {
    const [before] = events.splice(index, 1);
    revision++;
    events.unshift({
      ...before!,
      atMs,
      ...(values && { values: finiteValues(values) }),
      repeats: { count: (before!.repeats?.count ?? 1) + 1, firstAtMs: before!.repeats?.firstAtMs ?? before!.atMs },
      ...change,
    });
  };

  const begin = (row: EventRow, known: Place, seen: Seen, place: number): void => {
    const { nowMs } = seen;
    const values = row.values?.(seen, place);
    const index = events.findIndex(({ id }) => id === known.id);
    known.active = true;
    if (index < 0 || nowMs - known.endedAtMs > foldWithinMs)
      known.id = add(row.key, values, true, row.needsPerson ?? false, nowMs);
    else {
      const stillKnown = nowMs - known.endedAtMs <= acknowledgedWithinMs;
      again(index, values, nowMs, { active: true, ...(!stillKnown && { acknowledged: null }) });
    }
  };

  const look = (row: EventRow, seen: Seen, place: number): boolean => {
    const name = `${row.key}/${place}`;
    let known = places.get(name);
    const stands = row.active(seen, place);
    if (known === undefined) {
      if (!stands) return false;
      known = { ...emptyPlace };
      places.set(name, known);
    }
    known.lookedAt = observation;
    if (stands) known.restored = false;
    else if (known.restored && seen.nowMs - firstLookMs < settlesMs) return false;
    if (!stands) known.standsSinceMs = Number.NaN;
    else if (Number.isNaN(known.standsSinceMs)) known.standsSinceMs = seen.nowMs;
    if (!known.active && stands && seen.nowMs - known.standsSinceMs >= (row.afterMs ?? 0)) {
      begin(row, known, seen, place);
      return true;
    }
    if (known.active && stands && row.follows) return follow(row, known, seen, place);
    if (!known.active || stands) return false;
    end(known, seen.nowMs);
    return true;
  };

  /** The numbers of an event that stands, as they are now. */
  const follow = (row: EventRow, known: Place, seen: Seen, place: number): boolean => {
    const values = finiteValues(row.values?.(seen, place) ?? {});
    const before = events.find(({ id }) => id === known.id)?.values;
    if (before === undefined || JSON.stringify(before) === JSON.stringify(values)) return false;
    change(known.id, (event) => ({ ...event, values }));
    return true;
  };

  const end = (known: Place, nowMs: number): void => {
    known.active = false;
    known.endedAtMs = nowMs;
    change(known.id, (event) => ({ ...event, active: false }));
  };

  const change = (id: string, to: (event: EventState) => EventState): void => {
    const index = events.findIndex((event) => event.id === id);
    if (index < 0) return;
    events[index] = to(events[index]!);
    revision++;
  };

  return {
    events,
    get revision() {
      return revision;
    },
    kept() {
      const placeOf = new Map([...places].map(([name, { id, endedAtMs }]) => [id, { name, endedAtMs }]));
      return events.map((event) => {
        const at = placeOf.get(event.id);
        return { event, place: at?.name ?? "", endedAtMs: at && Number.isFinite(at.endedAtMs) ? at.endedAtMs : null };
      });
    },
    observe(seen) {
      let changed = false;
      observation++;
      if (Number.isNaN(firstLookMs)) firstLookMs = seen.nowMs;
      for (const row of rows) {
        const of = row.places?.(seen) ?? 1;
        for (let place = 0; place < of; place++) changed = look(row, seen, place) || changed;
      }
      // A place that is no longer there: a certificate that was replaced, a charger that was taken away.
      for (const known of places.values()) {
        if (!known.active || known.lookedAt === observation || seen.nowMs - firstLookMs < settlesMs) continue;
        end(known, seen.nowMs);
        changed = true;
      }
      return changed;
    },
    note(key, values, atMs, folds = false) {
      const index = folds ? events.findIndex((event) => event.key === key && atMs - event.atMs <= foldWithinMs) : -1;
      if (index >= 0) again(index, values, atMs, { acknowledged: null });
      else add(key, values, false, false, atMs);
    },
    acknowledge(id, by, atMs) {
      const event = events.find((one) => one.id === id);
      if (!event || event.acknowledged) return false;
      change(id, (found) => ({ ...found, acknowledged: { by, atMs } }));
      return true;
    },
  };
}

/** Values that are known: the sentence has a dash for the others. */
const finiteValues = (values: WordValues): WordValues =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === "string" || Number.isFinite(value)));

/**
 * Events for people, made from changes between two reports. Each kind is a row: when it begins, what it says. An event whose
 * cause is gone stays listed, no longer active.
 */
import type { ControlReport } from "../../app/shared/report.ts";
import { Quality } from "../../domain/quality.ts";
import { type EventKey, eventWordsOf, type WordValues } from "../../domain/words.ts";
import type { EventState } from "../state.ts";

/** Events kept; the audit log has them all. */
const eventsMax = 200;

interface EventRow {
  readonly key: EventKey;
  /** One event for each EVSE, or one for the site. */
  readonly perEvse?: boolean;
  readonly active: (report: ControlReport, evse: number) => boolean;
  readonly values?: (report: ControlReport, evse: number) => WordValues;
  readonly needsPerson?: boolean;
}

const rows: readonly EventRow[] = [
  {
    key: "lockedOut",
    active: ({ site }) => site.mode === "lockedOut",
    values: ({ site }) => ({ no: site.contactNo, nc: site.contactNc }),
    needsPerson: true,
  },
  { key: "blind", active: ({ site }) => site.mode === "blind", values: blindValues, needsPerson: true },
  { key: "meter-frozen", active: ({ site }) => site.meterQuality === Quality.frozen, needsPerson: true },
  { key: "meter-stale", active: ({ site }) => site.meterQuality === Quality.stale, needsPerson: true },
  { key: "meter-implausible", active: ({ site }) => site.meterQuality === Quality.implausible, needsPerson: true },
  {
    key: "gridLost",
    active: ({ site }) => site.gridVoltagePu < 0.5,
    values: ({ site }) => ({ voltagePu: site.gridVoltagePu }),
  },
  { key: "ceased", active: ({ site }) => site.mode === "ceased" },
  {
    key: "returnFailed",
    active: ({ site }) => site.returnBlocked,
    values: () => ({ failedMin: 5 }),
    needsPerson: true,
  },
  {
    key: "stage-alarm",
    perEvse: true,
    active: ({ stages }, i) => stages[i]!.alarmBits !== 0,
    values: (_, i) => ({ evse: i + 1 }),
    needsPerson: true,
  },
  {
    key: "stage-local",
    perEvse: true,
    active: ({ stages }, i) => stages[i]!.local,
    values: (_, i) => ({ evse: i + 1 }),
  },
];

function blindValues({ site }: ControlReport): WordValues {
  return { device: site.atMs - site.deviceAtMs > 500 ? "K1" : "a power stage" };
}

export interface EventLog {
  /** Compares with the last report; true when something changed. */
  observe(report: ControlReport, atMs: number): boolean;
  acknowledge(id: string, by: string, atMs: number): boolean;
  /** Newest first. */
  readonly events: EventState[];
}

export function createEventLog(): EventLog {
  const events: EventState[] = [];
  const active = new Map<string, EventState>();
  let count = 0;

  const look = (row: EventRow, report: ControlReport, evse: number, atMs: number): boolean => {
    const place = `${row.key}/${evse}`;
    const standing = active.get(place);
    const is = row.active(report, evse);
    if (is === (standing !== undefined)) return false;
    if (standing) {
      active.delete(place);
      replace(events, { ...standing, ...(events.find((event) => event.id === standing.id) ?? {}), active: false });
      return true;
    }
    const { severity } = eventWordsOf(row.key);
    const values = row.values?.(report, evse);
    const event: EventState = {
      id: `${atMs.toString(36)}-${(count++).toString(36)}`,
      atMs,
      key: row.key,
      ...(values && { values: { ...values } }),
      severity,
      needsPerson: row.needsPerson ?? false,
      active: true,
      acknowledged: null,
    };
    active.set(place, event);
    events.unshift(event);
    if (events.length > eventsMax) events.pop();
    return true;
  };

  return {
    events,
    observe(report, atMs) {
      let changed = false;
      for (const row of rows) {
        const times = row.perEvse ? report.stages.length : 1;
        for (let evse = 0; evse < times; evse++) changed = look(row, report, evse, atMs) || changed;
      }
      return changed;
    },
    acknowledge(id, by, atMs) {
      const event = events.find((one) => one.id === id);
      if (!event || event.acknowledged) return false;
      replace(events, { ...event, acknowledged: { by, atMs } });
      return true;
    },
  };
}

function replace(events: EventState[], event: EventState): void {
  const index = events.findIndex((one) => one.id === event.id);
  if (index >= 0) events[index] = event;
}

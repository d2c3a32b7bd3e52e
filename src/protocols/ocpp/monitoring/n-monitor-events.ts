/** N07: events that monitors and the hardware report, at once or queued while offline when they are severe enough. */
import type { Collection } from "../collection.ts";
import type { Context } from "../context.ts";
import type { RequestOf } from "../transport/messages.table.ts";
import { type Monitor, severityMax } from "./n-monitors.ts";

/** An event as it is told to the backend. */
export type EventData = RequestOf<"NotifyEvent">["eventData"][number];

/** Tells the backend of events. */
export interface MonitorEvents {
  /** Events of a larger severity, which is a lesser one, are not told. */
  level(): number;
  /** What a monitor has found. */
  notify(
    monitor: Monitor,
    transactionId: string | null,
    what: Pick<EventData, "trigger" | "actualValue" | "cleared">,
  ): void;
  send(event: Omit<EventData, "eventId" | "timestamp">, severity: number): void;
}

/** Events numbered on from those that `state` knows of. */
export function createMonitorEvents(context: Context, state: Collection<number | string>): MonitorEvents {
  const { model, session } = context;
  let nextEvent = Number(state.get("next-event") ?? 1);
  const level = (): number => Number(state.get("level") ?? severityMax);

  function notify(
    monitor: Monitor,
    transactionId: string | null,
    what: Pick<EventData, "trigger" | "actualValue" | "cleared">,
  ): void {
    if (monitor.severity > level()) return;
    send(
      {
        ...what,
        component: monitor.component,
        variable: monitor.variable,
        variableMonitoringId: monitor.id,
        eventNotificationType: "CustomMonitor",
        ...(transactionId !== null && { transactionId }),
      },
      monitor.severity,
    );
  }

  function send(event: Omit<EventData, "eventId" | "timestamp">, severity: number): void {
    const timestamp = context.iso();
    const eventData: EventData = { eventId: nextEvent++, timestamp, ...event };
    const request: RequestOf<"NotifyEvent"> = { generatedAt: timestamp, seqNo: 0, tbc: false, eventData: [eventData] };
    state.put("next-event", nextEvent);
    if (context.online()) session.tell("NotifyEvent", request);
    else if (severity <= model.number("MonitoringCtrlr", "OfflineQueuingSeverity"))
      context.enqueue("NotifyEvent", request);
  }

  return { level, notify, send };
}

/**
 * N02–N08: monitors on variables. Thresholds, deltas and periods are looked at once a second; what they find is told
 * as NotifyEvent, queued while offline when it is severe enough.
 */

import { collectionOf } from "../collection.ts";
import { type Block, type Context, info } from "../context.ts";
import type { Entry } from "../device-model/device-model.ts";
import type { Cancel } from "../ports.ts";
import type { Component, RequestOf, ResponseOf, Variable } from "../transport/messages.table.ts";
import { priority } from "../transport/outbox.ts";

const monitorsMax = 500;
const lookMs = 1_000;
/** Monitors in one report message. */
const reportItems = 50;
const severityMax = 9;

type SetItem = RequestOf<"SetVariableMonitoring">["setMonitoringData"][number];
type SetResult = ResponseOf<"SetVariableMonitoring">["setMonitoringResult"][number];
type EventData = RequestOf<"NotifyEvent">["eventData"][number];
type MonitorType = SetItem["type"];

interface Monitor {
  id: number;
  component: Component;
  variable: Variable;
  type: MonitorType;
  value: number;
  severity: number;
  /** Only while a transaction is running at its EVSE. */
  transaction: boolean;
}

/** What a monitor remembers between looks; not kept over restarts. */
interface Watch {
  exceeded: boolean;
  reference: string;
  nextMs: number;
}

/** Monitors of variables, and reports of events. */
export interface Monitoring extends Block {
  start(): void;
  /** An event of the hardware itself (use case G05 and faults). */
  alert(component: Component, variable: Variable, actualValue: string, severity: number, cleared: boolean): void;
}

/** Functional block of monitoring; `transactionAt` names the transaction of an EVSE. */
export function createMonitoring(
  context: Context,
  transactionAt: (evseId: number | undefined) => string | null,
): Monitoring {
  const { model, session, clock } = context;
  const monitors = collectionOf<Monitor>(context.store, "monitor");
  const state = collectionOf<number | string>(context.store, "monitoring");
  const active = new Map<number, Monitor>(monitors.all().map(({ value }) => [value.id, value]));
  const watches = new Map<number, Watch>();
  let nextId = Number(state.get("next-id") ?? 1);
  let nextEvent = Number(state.get("next-event") ?? 1);
  let timer: Cancel | null = null;
  model.provide("MonitoringCtrlr", "ActiveMonitoringBase", () => String(state.get("base") ?? "All"));
  model.provide("MonitoringCtrlr", "ActiveMonitoringLevel", () => String(state.get("level") ?? severityMax));

  const level = (): number => Number(state.get("level") ?? severityMax);
  const numeric = (entry: Entry): boolean => entry.row[3] === "decimal" || entry.row[3] === "integer";

  function judge(item: SetItem, entry: Entry): Pick<SetResult, "status" | "statusInfo"> | null {
    const reject = (reason: string, sentence: string) => ({
      status: "Rejected" as const,
      statusInfo: info(reason, sentence),
    });
    if (item.severity < 0 || item.severity > severityMax)
      return reject("InvalidValue", `The severity must be 0 to ${severityMax}.`);
    const threshold = item.type === "UpperThreshold" || item.type === "LowerThreshold";
    if (!entry.row[6]?.monitor || (threshold && !numeric(entry))) return { status: "UnsupportedMonitorType" };
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = entry.row[6] ?? {};
    if (threshold && (item.value < min || item.value > max))
      return reject("ValueOutOfRange", `The value must be between ${min} and ${max}.`);
    if (item.type === "Delta" && numeric(entry) && item.value <= 0)
      return reject("InvalidValue", "A delta must be positive.");
    if (item.type.startsWith("Periodic") && !(item.value >= 1))
      return reject("InvalidValue", "A period must be at least a second.");
    const existing = item.id === undefined ? undefined : active.get(item.id);
    if (item.id !== undefined && (!existing || keyOf(existing) !== keyOf(item)))
      return reject("InvalidMonitorId", "No monitor of this variable has this id.");
    const twin = [...active.values()].find(
      (other) =>
        other.id !== item.id &&
        keyOf(other) === keyOf(item) &&
        other.type === item.type &&
        other.severity === item.severity,
    );
    if (twin) return { status: "Duplicate" };
    return !existing && active.size >= monitorsMax
      ? reject("TooManyMonitors", `At most ${monitorsMax} monitors can be set.`)
      : null;
  }

  const keyOf = ({ component, variable }: { component: Component; variable: Variable }): string =>
    JSON.stringify([
      component.name.toLowerCase(),
      component.instance ?? "",
      component.evse?.id ?? 0,
      component.evse?.connectorId ?? 0,
      variable.name.toLowerCase(),
      variable.instance ?? "",
    ]);

  function set(item: SetItem): SetResult {
    const base = { type: item.type, severity: item.severity, component: item.component, variable: item.variable };
    const entry = model.find(item.component, item.variable);
    if (typeof entry === "string") return { ...base, status: entry };
    const refusal = judge(item, entry);
    if (refusal) return { ...base, ...refusal };
    const id = item.id ?? nextId++;
    const monitor: Monitor = {
      id,
      component: item.component,
      variable: item.variable,
      type: item.type,
      value: item.value,
      severity: item.severity,
      transaction: item.transaction ?? false,
    };
    context.store.atomically(() => {
      monitors.put(String(id), monitor);
      state.put("next-id", nextId);
    });
    active.set(id, monitor);
    watches.delete(id);
    arm();
    return { ...base, id, status: "Accepted" };
  }

  function drop(id: number): boolean {
    if (!active.delete(id)) return false;
    monitors.remove(String(id));
    watches.delete(id);
    return true;
  }

  /** The moment of the next report of a periodic monitor. */
  function nextOf(monitor: Monitor, nowMs: number): number {
    const periodMs = monitor.value * 1000;
    return monitor.type === "PeriodicClockAligned" ? Math.floor(nowMs / periodMs + 1) * periodMs : nowMs + periodMs;
  }

  function examine(monitor: Monitor, nowMs: number): void {
    const entry = model.find(monitor.component, monitor.variable);
    if (typeof entry === "string") return;
    const transactionId = transactionAt(monitor.component.evse?.id);
    if (monitor.transaction && transactionId === null) return;
    const actual = model.value(entry);
    const watch = watches.get(monitor.id);
    if (!watch) {
      watches.set(monitor.id, { exceeded: false, reference: actual, nextMs: nextOf(monitor, nowMs) });
      if (!monitor.type.endsWith("Threshold")) return;
    }
    const own = watches.get(monitor.id)!;
    const tell = (trigger: EventData["trigger"], cleared = false): void =>
      notify(monitor, transactionId, { trigger, actualValue: actual, ...(cleared && { cleared }) });
    switch (monitor.type) {
      case "UpperThreshold":
      case "LowerThreshold": {
        const value = Number(actual);
        if (actual === "" || Number.isNaN(value)) return;
        const exceeded = monitor.type === "UpperThreshold" ? value > monitor.value : value < monitor.value;
        if (exceeded !== own.exceeded) tell("Alerting", !exceeded);
        own.exceeded = exceeded;
        return;
      }
      case "Delta": {
        const changed = numeric(entry)
          ? Math.abs(Number(actual) - Number(own.reference)) >= monitor.value
          : actual !== own.reference;
        if (!changed) return;
        own.reference = actual;
        tell("Delta");
        return;
      }
      case "Periodic":
      case "PeriodicClockAligned":
        if (nowMs < own.nextMs) return;
        own.nextMs = nextOf(monitor, nowMs);
        tell("Periodic");
    }
  }

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

  function look(): void {
    timer = null;
    const nowMs = context.nowMs();
    if (model.flag("MonitoringCtrlr", "Enabled")) for (const monitor of active.values()) examine(monitor, nowMs);
    arm();
  }
  function arm(): void {
    if (active.size > 0 && timer === null) timer = clock.after("monitors", lookMs, look);
  }

  const criteria: Record<
    NonNullable<RequestOf<"GetMonitoringReport">["monitoringCriteria"]>[number],
    (type: MonitorType) => boolean
  > = {
    ThresholdMonitoring: (type) => type.endsWith("Threshold"),
    DeltaMonitoring: (type) => type === "Delta",
    PeriodicMonitoring: (type) => type.startsWith("Periodic"),
  };

  function report(request: RequestOf<"GetMonitoringReport">): ResponseOf<"GetMonitoringReport"> {
    const { monitoringCriteria, componentVariable, requestId } = request;
    const chosen = [...active.values()].filter(
      (monitor) =>
        (!monitoringCriteria || monitoringCriteria.some((criterion) => criteria[criterion](monitor.type))) &&
        (!componentVariable ||
          componentVariable.some(
            ({ component, variable }) =>
              component.name.toLowerCase() === monitor.component.name.toLowerCase() &&
              (!component.evse || component.evse.id === monitor.component.evse?.id) &&
              (!variable || variable.name.toLowerCase() === monitor.variable.name.toLowerCase()),
          )),
    );
    if (chosen.length === 0) return { status: "EmptyResultSet" };
    context.afterAnswer("monitoring report", () => sendReport(requestId, chosen));
    return { status: "Accepted" };
  }

  function sendReport(requestId: number, chosen: Monitor[]): void {
    const generatedAt = context.iso();
    const groups = [...Map.groupBy(chosen, keyOf).values()];
    for (let at = 0, seqNo = 0; at < groups.length; at += reportItems, seqNo++) {
      const data = groups.slice(at, at + reportItems).map((group) => ({
        component: group[0]!.component,
        variable: group[0]!.variable,
        variableMonitoring: group.map(({ id, transaction, value, type, severity }) => ({
          id,
          transaction,
          value,
          type,
          severity,
        })),
      }));
      session.tell(
        "NotifyMonitoringReport",
        { requestId, seqNo, generatedAt, tbc: at + reportItems < groups.length, monitor: data },
        { priority: priority.report },
      );
    }
  }

  return {
    handlers: {
      SetVariableMonitoring: ({ setMonitoringData }) => ({ setMonitoringResult: setMonitoringData.map(set) }),
      ClearVariableMonitoring: ({ id }) => ({
        clearMonitoringResult: id.map((one) => ({
          id: one,
          status: drop(one) ? ("Accepted" as const) : ("NotFound" as const),
        })),
      }),
      GetMonitoringReport: report,
      SetMonitoringLevel({ severity }) {
        if (severity < 0 || severity > severityMax)
          return { status: "Rejected", statusInfo: info("InvalidValue", `The severity must be 0 to ${severityMax}.`) };
        state.put("level", severity);
        return { status: "Accepted" };
      },
      /** All monitors here are the backend's own, so every other base removes them. */
      SetMonitoringBase({ monitoringBase }) {
        state.put("base", monitoringBase);
        if (monitoringBase !== "All") for (const id of [...active.keys()]) drop(id);
        return { status: "Accepted" };
      },
    },
    start: arm,
    alert(component, variable, actualValue, severity, cleared) {
      if (severity <= level())
        send(
          {
            trigger: "Alerting",
            actualValue,
            component,
            variable,
            eventNotificationType: "HardWiredNotification",
            ...(cleared && { cleared }),
          },
          severity,
        );
    },
  };
}

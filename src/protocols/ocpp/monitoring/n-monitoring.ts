/**
 * N02–N08: monitors on variables. Thresholds, deltas and periods are looked at once a second; what they find is told
 * as NotifyEvent, queued while offline when it is severe enough.
 */

import { collectionOf } from "../collection.ts";
import { type Block, type Context, info } from "../context.ts";
import type { Cancel } from "../ports.ts";
import type { Component, Variable } from "../transport/messages.table.ts";
import { createMonitorEvents } from "./n-monitor-events.ts";
import { createMonitorReports } from "./n-monitor-reports.ts";
import { createMonitorWatch } from "./n-monitor-watch.ts";
import { createMonitors, severityMax } from "./n-monitors.ts";

const lookMs = 1_000;

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
  const { model, clock } = context;
  const state = collectionOf<number | string>(context.store, "monitoring");
  let timer: Cancel | null = null;
  const monitors = createMonitors(context);
  const events = createMonitorEvents(context, state);
  const watch = createMonitorWatch(context, transactionAt, events);
  const reports = createMonitorReports(context, monitors);
  model.provide("MonitoringCtrlr", "ActiveMonitoringBase", () => String(state.get("base") ?? "All"));
  model.provide("MonitoringCtrlr", "ActiveMonitoringLevel", () => String(events.level()));

  function drop(id: number): boolean {
    watch.forget(id);
    return monitors.drop(id);
  }

  function look(): void {
    timer = null;
    const nowMs = context.nowMs();
    if (model.flag("MonitoringCtrlr", "Enabled")) for (const monitor of monitors.all()) watch.examine(monitor, nowMs);
    arm();
  }
  function arm(): void {
    if (monitors.all().length > 0 && timer === null) timer = clock.after("monitors", lookMs, look);
  }

  return {
    handlers: {
      SetVariableMonitoring({ setMonitoringData }) {
        const results = setMonitoringData.map(monitors.set);
        for (const { id, status } of results) if (status === "Accepted" && id !== undefined) watch.forget(id);
        arm();
        return { setMonitoringResult: results };
      },
      ClearVariableMonitoring: ({ id }) => ({
        clearMonitoringResult: id.map((one) => ({
          id: one,
          status: drop(one) ? ("Accepted" as const) : ("NotFound" as const),
        })),
      }),
      GetMonitoringReport: reports.answer,
      SetMonitoringLevel({ severity }) {
        if (severity < 0 || severity > severityMax)
          return { status: "Rejected", statusInfo: info("InvalidValue", `The severity must be 0 to ${severityMax}.`) };
        state.put("level", severity);
        return { status: "Accepted" };
      },
      /** All monitors here are the backend's own, so every other base removes them. */
      SetMonitoringBase({ monitoringBase }) {
        state.put("base", monitoringBase);
        if (monitoringBase !== "All") for (const { id } of monitors.all()) drop(id);
        return { status: "Accepted" };
      },
    },
    start: arm,
    alert(component, variable, actualValue, severity, cleared) {
      if (severity <= events.level())
        events.send(
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

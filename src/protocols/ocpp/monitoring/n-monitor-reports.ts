/** N02, N03: reports of the monitors that are set. */
import type { Context } from "../context.ts";
import type { RequestOf, ResponseOf } from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";
import { keyOf, type Monitor, type Monitors, type MonitorType } from "./n-monitors.ts";

/** Monitors in one report message. */
const reportItems = 50;

const criteria: Record<
  NonNullable<RequestOf<"GetMonitoringReport">["monitoringCriteria"]>[number],
  (type: MonitorType) => boolean
> = {
  ThresholdMonitoring: (type) => type.endsWith("Threshold"),
  DeltaMonitoring: (type) => type === "Delta",
  PeriodicMonitoring: (type) => type.startsWith("Periodic"),
};

/** Answers to GetMonitoringReport. */
export interface MonitorReports {
  answer(request: RequestOf<"GetMonitoringReport">): ResponseOf<"GetMonitoringReport">;
}

/** Reports of `monitors`, sent after the answer. */
export function createMonitorReports(context: Context, monitors: Monitors): MonitorReports {
  function report(request: RequestOf<"GetMonitoringReport">): ResponseOf<"GetMonitoringReport"> {
    const { monitoringCriteria, componentVariable, requestId } = request;
    const chosen = monitors
      .all()
      .filter(
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

  function sendReport(requestId: number, chosen: readonly Monitor[]): void {
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
          eventNotificationType: "CustomMonitor" as const,
        })),
      }));
      context.session.tell(
        "NotifyMonitoringReport",
        { requestId, seqNo, generatedAt, tbc: at + reportItems < groups.length, monitor: data },
        { priority: priority.report },
      );
    }
  }

  return { answer: report };
}

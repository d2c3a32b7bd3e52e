/** B05–B08: reading, writing and reporting the device model. */
import { type Block, type Context, info } from "../context.ts";
import type { Entry } from "../device-model/device-model.ts";
import type { Component, RequestOf, Variable } from "../transport/messages.table.ts";
import { priority } from "../transport/outbox.ts";

type ReportData = NonNullable<RequestOf<"NotifyReport">["reportData"]>[number];
type GetResult = {
  attributeStatus: "Accepted" | "Rejected" | "UnknownComponent" | "UnknownVariable" | "NotSupportedAttributeType";
  attributeValue?: string;
};

/** Items in one NotifyReport; larger reports come in parts. */
const reportItems = 50;

/** Reading, setting and reporting of the device model's variables. */
export interface Variables extends Block {
  /** Sends a report in parts. `instructed`: also while the registration is pending. */
  report(requestId: number, entries: readonly Entry[]): void;
}

/** Functional block of variables. */
export function createVariables(context: Context): Variables {
  const { model, session } = context;

  function get(component: Component, variable: Variable, attributeType: string): GetResult {
    const entry = model.find(component, variable);
    if (typeof entry === "string") return { attributeStatus: entry };
    if (attributeType !== "Actual") return { attributeStatus: "NotSupportedAttributeType" };
    if (entry.row[4] === "WriteOnly") return { attributeStatus: "Rejected" };
    return { attributeStatus: "Accepted", attributeValue: model.value(entry) };
  }

  function reportData(entry: Entry): ReportData {
    const { row, component, variable } = entry;
    const characteristics = row[6] ?? {};
    const writeOnly = row[4] === "WriteOnly";
    return {
      component,
      variable,
      variableAttribute: [
        {
          type: "Actual",
          mutability: row[4],
          persistent: true,
          constant: characteristics.constant ?? false,
          ...(!writeOnly && { value: model.value(entry) }),
        },
      ],
      variableCharacteristics: {
        dataType: row[3],
        supportsMonitoring: characteristics.monitor ?? false,
        ...(characteristics.unit !== undefined && { unit: characteristics.unit }),
        ...(characteristics.min !== undefined && { minLimit: characteristics.min }),
        ...(characteristics.max !== undefined && { maxLimit: characteristics.max }),
        ...(characteristics.values && { valuesList: characteristics.values.join(",") }),
      },
    };
  }

  function report(requestId: number, entries: readonly Entry[]): void {
    const generatedAt = context.iso();
    const parts = Math.max(Math.ceil(entries.length / reportItems), 1);
    for (let seqNo = 0; seqNo < parts; seqNo++) {
      const data = entries.slice(seqNo * reportItems, (seqNo + 1) * reportItems).map(reportData);
      const [first, ...rest] = data;
      session.tell(
        "NotifyReport",
        { requestId, generatedAt, seqNo, tbc: seqNo < parts - 1, ...(first && { reportData: [first, ...rest] }) },
        { priority: priority.report, instructed: true },
      );
    }
  }

  /** What a summary shows: what is available and what is wrong. */
  const summary = new Set([
    "availabilitystate",
    "problem",
    "available",
    "mode",
    "servicemode",
    "permitvalid",
    "alarms",
  ]);
  const bases: Record<RequestOf<"GetBaseReport">["reportBase"], (entry: Entry) => boolean> = {
    ConfigurationInventory: (entry) => entry.row[4] !== "ReadOnly",
    FullInventory: () => true,
    SummaryInventory: (entry) => summary.has(entry.variable.name.toLowerCase()),
  };

  /**
   * B08.FR.07–10: a criterion names components whose variable of that name is true; all but `Problem` also those that have no
   * such variable.
   */
  const meets = (entry: Entry, criterion: "Active" | "Available" | "Enabled" | "Problem"): boolean => {
    const found = model.find(entry.component, { name: criterion });
    return typeof found === "string" ? criterion !== "Problem" : model.value(found) === "true";
  };
  const same = (a: string | undefined, b: string | undefined): boolean =>
    (a ?? "").toLowerCase() === (b ?? "").toLowerCase();
  function matches(entry: Entry, wanted: NonNullable<RequestOf<"GetReport">["componentVariable"]>[number]): boolean {
    const { component, variable } = wanted;
    if (!same(component.name, entry.component.name)) return false;
    if (component.instance !== undefined && !same(component.instance, entry.component.instance)) return false;
    if (
      component.evse &&
      (component.evse.id !== entry.component.evse?.id ||
        (component.evse.connectorId !== undefined && component.evse.connectorId !== entry.component.evse.connectorId))
    )
      return false;
    if (!variable) return true;
    return (
      same(variable.name, entry.variable.name) &&
      (variable.instance === undefined || same(variable.instance, entry.variable.instance))
    );
  }

  return {
    report,
    handlers: {
      GetVariables({ getVariableData }) {
        const max = model.number("DeviceDataCtrlr", "ItemsPerMessage", "GetVariables");
        const results = getVariableData.map(({ component, variable, attributeType = "Actual" }, index) => ({
          component,
          variable,
          attributeType,
          ...(index < max
            ? get(component, variable, attributeType)
            : {
                attributeStatus: "Rejected" as const,
                attributeStatusInfo: info("TooManyElements", `At most ${max} in one message.`),
              }),
        }));
        return { getVariableResult: results as [(typeof results)[number], ...typeof results] };
      },
      SetVariables({ setVariableData }) {
        const max = model.number("DeviceDataCtrlr", "ItemsPerMessage", "SetVariables");
        const results = setVariableData.map(
          ({ component, variable, attributeType = "Actual", attributeValue }, index) => {
            const base = { component, variable, attributeType };
            if (index >= max)
              return {
                ...base,
                attributeStatus: "Rejected" as const,
                attributeStatusInfo: info("TooManyElements", `At most ${max} in one message.`),
              };
            const entry = model.find(component, variable);
            if (typeof entry === "string") return { ...base, attributeStatus: entry };
            if (attributeType !== "Actual") return { ...base, attributeStatus: "NotSupportedAttributeType" as const };
            const { status, reason } = model.write(entry, attributeValue);
            return {
              ...base,
              attributeStatus: status,
              ...(reason && { attributeStatusInfo: info(reason.reasonCode, reason.additionalInfo) }),
            };
          },
        );
        return { setVariableResult: results as [(typeof results)[number], ...typeof results] };
      },
      GetBaseReport({ requestId, reportBase }) {
        context.afterAnswer("base report", () => report(requestId, model.entries().filter(bases[reportBase])));
        return { status: "Accepted" };
      },
      GetReport({ requestId, componentCriteria, componentVariable }) {
        const max = model.number("DeviceDataCtrlr", "ItemsPerMessage", "GetReport");
        if ((componentVariable?.length ?? 0) > max)
          return { status: "Rejected", statusInfo: info("TooManyElements", `At most ${max} in one message.`) };
        const chosen = model.entries().filter((entry) => {
          const criteria = !componentCriteria || componentCriteria.some((criterion) => meets(entry, criterion));
          return criteria && (!componentVariable || componentVariable.some((wanted) => matches(entry, wanted)));
        });
        if (chosen.length === 0) return { status: "EmptyResultSet" };
        context.afterAnswer("custom report", () => report(requestId, chosen));
        return { status: "Accepted" };
      },
    },
  };
}

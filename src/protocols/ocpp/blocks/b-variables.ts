/** B05–B08: reading, writing and reporting the device model. */
import { type Block, type Context, info } from "../context.ts";
import type { Entry } from "../device-model/device-model.ts";
import type { Component, Variable } from "../transport/messages.table.ts";
import { bases, createReports, matches } from "./b-reports.ts";

type GetResult = {
  attributeStatus: "Accepted" | "Rejected" | "UnknownComponent" | "UnknownVariable" | "NotSupportedAttributeType";
  attributeValue?: string;
};

/** Reading, setting and reporting of the device model's variables. */
export interface Variables extends Block {
  /** Sends a report in parts. `instructed`: also while the registration is pending. */
  report(requestId: number, entries: readonly Entry[]): void;
}

/** Functional block of variables. */
export function createVariables(context: Context): Variables {
  const { model } = context;
  const reports = createReports(context);

  function get(component: Component, variable: Variable, attributeType: string): GetResult {
    const entry = model.find(component, variable);
    if (typeof entry === "string") return { attributeStatus: entry };
    if (attributeType !== "Actual") return { attributeStatus: "NotSupportedAttributeType" };
    if (entry.row[4] === "WriteOnly") return { attributeStatus: "Rejected" };
    return { attributeStatus: "Accepted", attributeValue: model.value(entry) };
  }

  return {
    report: reports.send,
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
        context.afterAnswer("base report", () => reports.send(requestId, model.entries().filter(bases[reportBase])));
        return { status: "Accepted" };
      },
      GetReport({ requestId, componentCriteria, componentVariable }) {
        const max = model.number("DeviceDataCtrlr", "ItemsPerMessage", "GetReport");
        if ((componentVariable?.length ?? 0) > max)
          return { status: "Rejected", statusInfo: info("TooManyElements", `At most ${max} in one message.`) };
        const chosen = model.entries().filter((entry) => {
          const criteria = !componentCriteria || componentCriteria.some((criterion) => reports.meets(entry, criterion));
          return criteria && (!componentVariable || componentVariable.some((wanted) => matches(entry, wanted)));
        });
        if (chosen.length === 0) return { status: "EmptyResultSet" };
        context.afterAnswer("custom report", () => reports.send(requestId, chosen));
        return { status: "Accepted" };
      },
    },
  };
}

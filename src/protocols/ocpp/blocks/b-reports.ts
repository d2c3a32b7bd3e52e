/** B07, B08: which variables a report holds, and sending it in parts. */
import type { Context } from "../context.ts";
import type { Entry } from "../device-model/device-model.ts";
import type { RequestOf } from "../transport/messages.table.ts";
import { priority } from "../transport/waiting.ts";

type ReportData = NonNullable<RequestOf<"NotifyReport">["reportData"]>[number];
/** Items in one NotifyReport; larger reports come in parts. */
const reportItems = 50;

/** What a summary shows: what is available and what is wrong. */
const summary = new Set(["availabilitystate", "problem", "available", "mode", "servicemode", "permitvalid", "alarms"]);
/** What each base report holds. */
export const bases: Record<RequestOf<"GetBaseReport">["reportBase"], (entry: Entry) => boolean> = {
  ConfigurationInventory: (entry) => entry.row[4] !== "ReadOnly",
  FullInventory: () => true,
  SummaryInventory: (entry) => summary.has(entry.variable.name.toLowerCase()),
};

const same = (a: string | undefined, b: string | undefined): boolean =>
  (a ?? "").toLowerCase() === (b ?? "").toLowerCase();
/** Whether a variable is one that a custom report asks for; names that are left out match all. */
export function matches(
  entry: Entry,
  wanted: NonNullable<RequestOf<"GetReport">["componentVariable"]>[number],
): boolean {
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

function reportData({ model }: Context, entry: Entry): ReportData {
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

/** Reports of the device model. */
export interface Reports {
  send(requestId: number, entries: readonly Entry[]): void;
  meets(entry: Entry, criterion: "Active" | "Available" | "Enabled" | "Problem"): boolean;
}

/** Reports of this station's device model; also while the registration is pending. */
export function createReports(context: Context): Reports {
  const { model, session } = context;

  /**
   * B08.FR.07–10: a criterion names components whose variable of that name is true; all but `Problem` also those that have no
   * such variable.
   */
  const meets = (entry: Entry, criterion: "Active" | "Available" | "Enabled" | "Problem"): boolean => {
    const found = model.find(entry.component, { name: criterion });
    return typeof found === "string" ? criterion !== "Problem" : model.value(found) === "true";
  };

  function report(requestId: number, entries: readonly Entry[]): void {
    const generatedAt = context.iso();
    const parts = Math.max(Math.ceil(entries.length / reportItems), 1);
    for (let seqNo = 0; seqNo < parts; seqNo++) {
      const data = entries
        .slice(seqNo * reportItems, (seqNo + 1) * reportItems)
        .map((entry) => reportData(context, entry));
      const [first, ...rest] = data;
      session.tell(
        "NotifyReport",
        { requestId, generatedAt, seqNo, tbc: seqNo < parts - 1, ...(first && { reportData: [first, ...rest] }) },
        { priority: priority.report, instructed: true },
      );
    }
  }

  return { send: report, meets };
}

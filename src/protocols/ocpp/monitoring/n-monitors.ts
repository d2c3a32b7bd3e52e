/** N04, N05: the monitors that the backend has set, each judged before it is taken and kept over restarts. */
import { collectionOf } from "../collection.ts";
import { type Context, info } from "../context.ts";
import type { Entry } from "../device-model/device-model.ts";
import type { Component, RequestOf, ResponseOf, Variable } from "../transport/messages.table.ts";

const monitorsMax = 500;
/** The least urgent severity. */
export const severityMax = 9;

type SetItem = RequestOf<"SetVariableMonitoring">["setMonitoringData"][number];
type SetResult = ResponseOf<"SetVariableMonitoring">["setMonitoringResult"][number];
/** What a monitor looks for. */
export type MonitorType = SetItem["type"];

/** A monitor of one variable. */
export interface Monitor {
  id: number;
  component: Component;
  variable: Variable;
  type: MonitorType;
  value: number;
  severity: number;
  /** Only while a transaction is running at its EVSE. */
  transaction: boolean;
}

/** The monitors that are set. */
export interface Monitors {
  all(): readonly Monitor[];
  set(item: SetItem): SetResult;
  /** False when there is none with this id. */
  drop(id: number): boolean;
}

/** Whether a variable's values are numbers. */
export const isNumeric = (entry: Entry): boolean => entry.row[3] === "decimal" || entry.row[3] === "integer";

/** One key for each variable, whatever the case of its names. */
export const keyOf = ({ component, variable }: { component: Component; variable: Variable }): string =>
  JSON.stringify([
    component.name.toLowerCase(),
    component.instance ?? "",
    component.evse?.id ?? 0,
    component.evse?.connectorId ?? 0,
    variable.name.toLowerCase(),
    variable.instance ?? "",
  ]);

/** The monitors on record. */
export function createMonitors(context: Context): Monitors {
  const { model } = context;
  const records = collectionOf<Monitor>(context.store, "monitor");
  const state = collectionOf<number | string>(context.store, "monitoring");
  const active = new Map<number, Monitor>(records.all().map(({ value }) => [value.id, value]));
  let nextId = Number(state.get("next-id") ?? 1);

  function judge(item: SetItem, entry: Entry): Pick<SetResult, "status" | "statusInfo"> | null {
    const reject = (reason: string, sentence: string) => ({
      status: "Rejected" as const,
      statusInfo: info(reason, sentence),
    });
    if (item.severity < 0 || item.severity > severityMax)
      return reject("InvalidValue", `The severity must be 0 to ${severityMax}.`);
    const threshold = item.type === "UpperThreshold" || item.type === "LowerThreshold";
    // Monitors for a distance from a target value came with 2.1; no variable here has a target.
    const target = item.type === "TargetDelta" || item.type === "TargetDeltaRelative";
    if (target || !entry.row[6]?.monitor || (threshold && !isNumeric(entry)))
      return { status: "UnsupportedMonitorType" };
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = entry.row[6] ?? {};
    if (threshold && (item.value < min || item.value > max))
      return reject("ValueOutOfRange", `The value must be between ${min} and ${max}.`);
    if (item.type === "Delta" && isNumeric(entry) && item.value <= 0)
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
      records.put(String(id), monitor);
      state.put("next-id", nextId);
    });
    active.set(id, monitor);
    return { ...base, id, status: "Accepted" };
  }

  function drop(id: number): boolean {
    if (!active.delete(id)) return false;
    records.remove(String(id));
    return true;
  }

  return { all: () => [...active.values()], set, drop };
}

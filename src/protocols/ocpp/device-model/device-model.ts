/**
 * The device model: what can be read, written, reported and watched. Values come from a row's default, from what a
 * backend or the station has stored, or live from the block that owns them. Names compare without regard to case.
 */

import type { OcppStore } from "../ports.ts";
import type { Component, Variable } from "../transport/messages.table.ts";
import {
  connectorRows,
  type DataType,
  evseRows,
  type Mutability,
  type VariableRow,
  variableRows,
} from "./device-model.table.ts";

const collection = "variable";
/** DeviceDataCtrlr ValueSize and the schema's limit for values that a backend sets. */
const valueMax = 1000;

/** A variable with its place in the model. */
export interface Entry {
  readonly component: Component;
  readonly variable: Variable;
  readonly row: VariableRow;
  readonly key: string;
}

/** What became of a variable that was set. */
export type SetStatus = "Accepted" | "Rejected" | "RebootRequired";
/** What became of a variable that was set, and why not. */
export interface SetOutcome {
  status: SetStatus;
  reason?: { reasonCode: string; additionalInfo: string };
}
/** Judges a value before it is stored: a sentence why not, or null. */
export type Guard = (value: string) => string | null;

/** The station's components and variables. */
export interface DeviceModel {
  find(component: Component, variable: Variable): Entry | "UnknownComponent" | "UnknownVariable";
  value(entry: Entry): string;
  /** A value from the backend: checked, stored, and told to whoever listens. */
  write(entry: Entry, value: string): SetOutcome;
  /** A value from the station itself: not checked. */
  put(component: string, variable: string, value: string, instance?: string): void;
  text(component: string, variable: string, instance?: string): string;
  number(component: string, variable: string, instance?: string): number;
  flag(component: string, variable: string, instance?: string): boolean;
  list(component: string, variable: string, instance?: string): string[];
  /** Names the reader of a computed variable, for the station or an EVSE (and connector). */
  provide(
    component: string,
    variable: string,
    read: () => string,
    evse?: { id: number; connectorId?: number },
    instance?: string,
  ): void;
  guard(component: string, variable: string, guard: Guard): void;
  onChange(component: string, variable: string, run: (value: string) => void): void;
  entries(): readonly Entry[];
  /** Configured values that are not used, each with a sentence why. */
  readonly complaints: readonly string[];
}

const lower = (text: string | undefined): string => (text ?? "").toLowerCase();
const componentKey = (component: Component): string =>
  `${lower(component.name)}/${lower(component.instance)}@${component.evse?.id ?? 0}.${component.evse?.connectorId ?? 0}`;
const keyOf = (component: Component, variable: Variable): string =>
  `${componentKey(component)}|${lower(variable.name)}/${lower(variable.instance)}`;

/** RFC 3339, as the schemas' date-time. */
const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
const splitList = (value: string): string[] => (value === "" ? [] : value.split(",").map((item) => item.trim()));

type Judge = (value: string, row: VariableRow) => string | null;
const inRange: Judge = (value, row) => {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = row[6] ?? {};
  return Number(value) < min || Number(value) > max ? `must be between ${min} and ${max}` : null;
};
const members: Judge = (value, row) => {
  const wrong = splitList(value).find((item) => !row[6]?.values?.includes(item));
  return wrong === undefined ? null : `does not know ${wrong.slice(0, 50)}`;
};
/** What is wrong with a text as a value of a data type, or null. */
const judges: Record<DataType, Judge> = {
  string: (value, row) => {
    const { min = 0, max = valueMax } = row[6] ?? {};
    return value.length < min || value.length > max ? `must have ${min} to ${max} characters` : null;
  },
  decimal: (value, row) => (/^-?\d+(\.\d+)?$/.test(value) ? inRange(value, row) : "must be a decimal number"),
  integer: (value, row) => (/^-?\d{1,15}$/.test(value) ? inRange(value, row) : "must be a whole number"),
  dateTime: (value) =>
    dateTime.test(value) && !Number.isNaN(Date.parse(value)) ? null : "must be a date and time (RFC 3339)",
  boolean: (value) => (value === "true" || value === "false" ? null : "must be true or false"),
  OptionList: (value, row) => (row[6]?.values?.includes(value) ? null : `must be one of ${row[6]?.values?.join(", ")}`),
  MemberList: (value, row) =>
    new Set(splitList(value)).size !== splitList(value).length ? "must name each member once" : members(value, row),
  SequenceList: (value, row) =>
    new Set(splitList(value)).size !== splitList(value).length ? "must name each member once" : members(value, row),
};

export interface DeviceModelOptions {
  store: OcppStore;
  evses: readonly { connectorType: string; supplyPhases: number }[];
  /** Configured values that replace a row's default: `Component.Variable` or `Component.Variable.Instance`. */
  overrides: Record<string, string>;
}

/** The model of a station with its EVSEs; values that were set are read from the store. */
export function createDeviceModel(options: DeviceModelOptions): DeviceModel {
  const { store } = options;
  const byKey = new Map<string, Entry>();
  const components = new Set<string>();
  const stored = new Map(store.entries(collection).map(({ key, value }) => [key, value]));
  const defaults = new Map<string, string>();
  const readers = new Map<string, () => string>();
  const guards = new Map<string, Guard>();
  const listeners = new Map<string, ((value: string) => void)[]>();

  const complaints: string[] = [];
  const unknown = new Set(Object.keys(options.overrides));

  /** The configured value of a row, if it has a good one. */
  function configured(row: VariableRow): string | undefined {
    const name = row[2] === "" ? `${row[0]}.${row[1]}` : `${row[0]}.${row[1]}.${row[2]}`;
    const value = options.overrides[name];
    if (value === undefined) return undefined;
    const known = unknown.delete(name);
    const wrong = judges[row[3]](value, row);
    if (wrong === null) return value;
    if (known) complaints.push(`${name} is ${JSON.stringify(value)}: it ${wrong}`);
    return undefined;
  }

  function define(row: VariableRow, evse?: { id: number; connectorId?: number }): void {
    const component: Component = { name: row[0], ...(evse && { evse }) };
    const variable: Variable = { name: row[1], ...(row[2] !== "" && { instance: row[2] }) };
    const key = keyOf(component, variable);
    byKey.set(key, { component, variable, row, key });
    components.add(componentKey(component));
    const value = configured(row) ?? row[5];
    if (value !== null) defaults.set(key, value);
  }
  for (const row of variableRows) define(row);
  options.evses.forEach((evse, index) => {
    const id = index + 1;
    for (const row of evseRows) define(row, { id });
    for (const row of connectorRows) define(row, { id, connectorId: 1 });
    const constant = (component: Component, name: string, value: string): void =>
      void defaults.set(keyOf(component, { name }), value);
    constant({ name: "EVSE", evse: { id } }, "SupplyPhases", String(evse.supplyPhases));
    constant({ name: "Connector", evse: { id, connectorId: 1 } }, "SupplyPhases", String(evse.supplyPhases));
    constant({ name: "Connector", evse: { id, connectorId: 1 } }, "ConnectorType", evse.connectorType);
  });

  for (const name of unknown) complaints.push(`${name}: this station has no such variable`);

  const keyFor = (component: string, variable: string, instance = ""): string =>
    keyOf({ name: component }, { name: variable, ...(instance !== "" && { instance }) });
  const read = (key: string): string => readers.get(key)?.() ?? stored.get(key) ?? defaults.get(key) ?? "";
  const keep = (key: string, value: string): void => {
    store.put(collection, key, value);
    stored.set(key, value);
    for (const run of listeners.get(key) ?? []) run(value);
  };

  return {
    find(component, variable) {
      const entry = byKey.get(keyOf(component, variable));
      if (entry) return entry;
      return components.has(componentKey(component)) ? "UnknownVariable" : "UnknownComponent";
    },
    value: (entry) => read(entry.key),
    write(entry, value) {
      const { row, key } = entry;
      const mutability: Mutability = row[4];
      const reject = (reasonCode: string, additionalInfo: string): SetOutcome => ({
        status: "Rejected",
        reason: { reasonCode, additionalInfo: `${row[0]}.${row[1]} ${additionalInfo}`.slice(0, 512) },
      });
      if (mutability === "ReadOnly") return reject("ReadOnly", "cannot be written");
      const wrong = judges[row[3]](value, row) ?? guards.get(key)?.(value) ?? null;
      if (wrong !== null) return reject("InvalidValue", wrong);
      keep(key, value);
      return { status: row[6]?.reboot ? "RebootRequired" : "Accepted" };
    },
    put: (component, variable, value, instance) => keep(keyFor(component, variable, instance), value),
    text: (component, variable, instance) => read(keyFor(component, variable, instance)),
    number: (component, variable, instance) => Number(read(keyFor(component, variable, instance))),
    flag: (component, variable, instance) => read(keyFor(component, variable, instance)) === "true",
    list: (component, variable, instance) => splitList(read(keyFor(component, variable, instance))),
    provide(component, variable, reader, evse, instance = "") {
      readers.set(
        keyOf({ name: component, ...(evse && { evse }) }, { name: variable, ...(instance !== "" && { instance }) }),
        reader,
      );
    },
    guard: (component, variable, guard) => void guards.set(keyFor(component, variable), guard),
    onChange(component, variable, run) {
      const key = keyFor(component, variable);
      listeners.set(key, [...(listeners.get(key) ?? []), run]);
    },
    entries: () => [...byKey.values()],
    complaints,
  };
}

/** The 22 kinds of DER control of 2.1: the field that carries each, the units that its curve may have, and its trips' faults. */
import type { RequestOf } from "../transport/messages.table.ts";

export type SetControl = RequestOf<"SetDERControl">;
/** A kind of DER control. */
export type DerType = SetControl["controlType"];
/** The field of a request that carries a control. */
export type DerField = Exclude<keyof SetControl, "isDefault" | "controlId" | "controlType" | "customData">;
type Unit = NonNullable<SetControl["curve"]>["yUnit"];

interface DerRow {
  readonly field: DerField;
  /** Of a curve. */
  readonly units?: readonly Unit[];
  /** Holds for good or not at all: it has no time window. */
  readonly onlyDefault?: true;
}

const none: readonly Unit[] = ["Not_Applicable"];
const watts: readonly Unit[] = ["PctMaxW", "PctWAvail"];
const vars: readonly Unit[] = ["PctMaxVar", "PctVarAvail"];

export const derRows: Readonly<Record<DerType, DerRow>> = {
  EnterService:            { field: "enterService", onlyDefault: true },
  FreqDroop:               { field: "freqDroop" },
  FreqWatt:                { field: "curve", units: watts },
  FixedPFAbsorb:           { field: "fixedPFAbsorb" },
  FixedPFInject:           { field: "fixedPFInject" },
  FixedVar:                { field: "fixedVar" },
  Gradients:               { field: "gradient", onlyDefault: true },
  HFMustTrip:              { field: "curve", units: none },
  HFMayTrip:               { field: "curve", units: none },
  HVMustTrip:              { field: "curve", units: none },
  HVMomCess:               { field: "curve", units: none },
  HVMayTrip:               { field: "curve", units: none },
  LimitMaxDischarge:       { field: "limitMaxDischarge" },
  LFMustTrip:              { field: "curve", units: none },
  LVMustTrip:              { field: "curve", units: none },
  LVMomCess:               { field: "curve", units: none },
  LVMayTrip:               { field: "curve", units: none },
  PowerMonitoringMustTrip: { field: "curve", units: none },
  VoltVar:                 { field: "curve", units: vars },
  VoltWatt:                { field: "curve", units: watts },
  WattPF:                  { field: "curve", units: none },
  WattVar:                 { field: "curve", units: vars },
};

export const derFields: readonly DerField[] = [
  "curve", "enterService", "fixedPFAbsorb", "fixedPFInject", "fixedVar", "freqDroop", "gradient", "limitMaxDischarge",
];

/** A trip of the grid protection, as 2.1 names its function and its fault. */
export interface GridFault {
  readonly controlType: DerType;
  readonly gridEventFault: NonNullable<RequestOf<"NotifyDERAlarm">["gridEventFault"]>;
}

/** Faults of the grid by what the protection has tripped on. */
export const gridFaults = {
  "over-voltage":    { controlType: "HVMustTrip", gridEventFault: "OverVoltage" },
  "under-voltage":   { controlType: "LVMustTrip", gridEventFault: "UnderVoltage" },
  "over-frequency":  { controlType: "HFMustTrip", gridEventFault: "OverFrequency" },
  "under-frequency": { controlType: "LFMustTrip", gridEventFault: "UnderFrequency" },
} as const satisfies Record<string, GridFault>;

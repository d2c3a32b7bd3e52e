/**
 * A device's registers as the control cycle uses them: facts to read and commands to write, each with its absolute address.
 * A SunSpec device gets its map from discovery (`sunspec-binding.ts`), another one from a map file (`map-file.ts`); the
 * cycle does not know the difference.
 */
import { flipSunSpecDer } from "../src/domain/sign.ts";
import type { NumericType } from "../src/protocols/sunspec/point-types.ts";

export const deviceKinds = ["stage", "meter", "transfer-device", "load-panel", "pv"] as const;
export type DeviceKind = (typeof deviceKinds)[number];

/** How often a fact is read. `cycle` facts belong together: the device's age is the age of these. */
export const paces = { cycle: 0, second: 1_000, slow: 5_000 } as const;
export type Pace = keyof typeof paces;

/** Which way the register counts power: `load` like ours (positive is taken), `generation` the other way. */
export type RegisterSign = "load" | "generation";

interface MapRow {
  readonly name: string;
  readonly address: number;
  readonly type: NumericType;
  /** Value = register × scale, in the unit that the name ends in. */
  readonly scale: number;
  readonly sign: RegisterSign;
}

export interface FactRow extends MapRow {
  readonly pace: Pace;
  /** Only this bit, as 0 or 1. */
  readonly bit?: number;
  /** Meaning of the register's numbers, in the words of the fact. Others count as unknown. */
  readonly codes?: Readonly<Record<number, number>>;
}

export interface CommandRow extends MapRow {
  /** Rows of one request; they must adjoin. */
  readonly request: string;
  /** Range in the unit of the name, after the sign has been turned to ours; what is outside is held at its end. */
  readonly min?: number;
  readonly max?: number;
  /** Our number → the register's. */
  readonly codes?: Readonly<Record<number, number>>;
  /** What the device does with it when the controller falls silent, for people. */
  readonly onHeartbeatLoss: string;
}

export interface DeviceMap {
  readonly kind: DeviceKind;
  readonly readFunction: 3 | 4;
  readonly writeFunction: 6 | 16;
  readonly facts: readonly FactRow[];
  readonly commands: readonly CommandRow[];
}

/** Names of the facts of each kind of device, in the order of the reader's numbers. */
export const factNames = {
  stage: [
    "roleCode",
    "powerW",
    "reactiveVar",
    "voltagePu",
    "lineVoltageV",
    "phaseVoltageV",
    "frequencyHz",
    "heartbeat",
    "alarmBits",
    "local",
    "antiIslanding",
    "watchdogTripped",
    "on",
    "forming",
    "maxChargeW",
    "maxDischargeW",
    "socPct",
    "clockMs",
    "executedSequence",
    "controllerHeartbeatAgeMs",
    "refused",
    "permitService",
    "vehicleConnected",
    "capacityWh",
    "importWh",
    "exportWh",
  ],
  meter: [
    "powerW",
    "reactiveVar",
    "voltageV",
    "frequencyHz",
    "powerAW",
    "powerBW",
    "powerCW",
    "voltageAV",
    "voltageBV",
    "voltageCV",
    "sampleCount",
    // Between two phases: what a fault between them pulls down while both phases keep half of theirs.
    "voltageABV",
    "voltageBCV",
    "voltageCAV",
  ],
  "transfer-device": [
    "contactNo",
    "contactNc",
    "gridVoltagePu",
    "gridFrequencyHz",
    "busVoltagePu",
    "busFrequencyHz",
    "phaseDeg",
    "syncRelay",
    "closeSequence",
    "clockMs",
    "refused",
    // Signals and contacts of the utility and of relays that the switchgear's controller reads.
    "transferTrip",
    "permissive",
    "upstreamClosed",
    "relayTripped",
  ],
  "load-panel": [
    "closedBits",
    "clockMs",
    "tier1W",
    "tier2W",
    "tier3W",
    "tier4W",
    "tier5W",
    "tier6W",
    "tier7W",
    "tier8W",
  ],
  pv: ["powerW", "ratedW"],
} as const satisfies Record<DeviceKind, readonly string[]>;

export const commandNames = {
  stage: [
    "token",
    "sequence",
    "roleCode",
    "powerW",
    "reactiveVar",
    "formVoltagePu",
    "formFrequencyHz",
    "heartbeat",
    "operate",
  ],
  meter: [],
  "transfer-device": ["token", "command", "closeSequence"],
  "load-panel": ["token", "closedBits"],
  pv: ["limitPct", "limitOn"],
} as const satisfies Record<DeviceKind, readonly string[]>;

export type FactName<K extends DeviceKind> = (typeof factNames)[K][number];
export type CommandName<K extends DeviceKind> = (typeof commandNames)[K][number];

/** Facts without which a device of the kind cannot be used; one of each inner list must be there. */
export const neededFacts: Readonly<Record<DeviceKind, readonly (readonly string[])[]>> = {
  stage: [["powerW"], ["frequencyHz"], ["voltagePu", "lineVoltageV", "phaseVoltageV"], ["roleCode", "on"]],
  meter: [["powerW"], ["frequencyHz"], ["voltageV", "voltageAV"]],
  "transfer-device": [
    ["contactNo"],
    ["contactNc"],
    ["gridVoltagePu"],
    ["busVoltagePu"],
    ["gridFrequencyHz"],
    ["closeSequence"],
  ],
  "load-panel": [["closedBits"]],
  pv: [["powerW"]],
};

export const neededCommands: Readonly<Record<DeviceKind, readonly string[]>> = {
  stage: ["powerW"],
  meter: [],
  "transfer-device": ["command", "closeSequence"],
  "load-panel": ["closedBits"],
  pv: ["limitPct"],
};

/** A register's power in our sign, or ours in the register's: the same flip both ways. */
export const turnSign = (sign: RegisterSign, power: number): number =>
  sign === "generation" ? flipSunSpecDer(power) : power;

/** What the map lacks for its kind; empty when it is complete. */
export function missingRows(map: DeviceMap): string[] {
  const missing: string[] = [];
  for (const choices of neededFacts[map.kind]) {
    if (!choices.some((name) => map.facts.some((row) => row.name === name))) missing.push(choices.join(" or "));
  }
  for (const name of neededCommands[map.kind]) {
    if (!map.commands.some((row) => row.name === name)) missing.push(name);
  }
  return missing;
}

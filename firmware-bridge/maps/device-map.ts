/**
 * A device's registers as the control cycle uses them: facts to read and commands to write, each with its absolute address.
 * A SunSpec device gets its map from discovery (`sunspec-binding.ts`), another one from a map file (`map-file.ts`); the
 * cycle does not know the difference.
 */

import { stageFacts } from "../../src/domain/facts.table.ts";
import { straightNames } from "../../src/domain/facts.ts";
import { flipSunSpecDer } from "../../src/domain/sign.ts";
import type { NumericType } from "../../src/protocols/sunspec/point-types.ts";

/** Kinds of devices that a map file may describe. */
export const mappedKinds = ["stage", "meter", "transfer-device", "load-panel", "pv", "io"] as const;
/** What a device is to the controller; an `io` module has single inputs and outputs and a file only to be recognised by. */
export type DeviceKind = (typeof mappedKinds)[number];

/** How often a fact is read. `cycle` facts belong together: the device's age is the age of these. */
export const paces = { cycle: 0, second: 1_000, slow: 5_000 } as const;
/** How often a fact is read; its period is in `paces`. */
export type Pace = keyof typeof paces;

/** Which way the register counts power: `load` like ours (positive is taken), `generation` the other way. */
export type RegisterSign = "load" | "generation";

/** Types of numbers in registers; those of SunSpec, single bytes, and single coils or inputs. */
export type NumberType = Exclude<NumericType, "pad"> | "int8" | "uint8" | "bit";

/**
 * Order of a number's bytes, with A the highest: `ABCD` is Modbus' own, `CDAB` has the low word first, `BADC` the bytes of
 * each word turned, `DCBA` both. Numbers of four words follow the same pattern.
 */
const byteOrders = ["ABCD", "CDAB", "BADC", "DCBA"] as const;
/** In which order a device sends the bytes of a number. */
export type ByteOrder = (typeof byteOrders)[number];

/** Functions that read: coils, discrete inputs, holding registers, input registers. */
export type ReadFunction = 1 | 2 | 3 | 4;
/** Functions that write: one coil, one register, several coils, several registers. */
export type WriteFunction = 5 | 6 | 15 | 16;

/** One number in a device's registers. */
export interface NumberPlace {
  readonly address: number;
  readonly type: NumberType;
  /** Value = register × scale + offset, in the unit that the fact's name ends in. May be negative. */
  readonly scale: number;
  /** Default `ABCD`. */
  readonly order?: ByteOrder;
  /** Of the types `int8` and `uint8`: which byte of the register. Default `low`. */
  readonly byte?: "high" | "low";
  /** Another unit behind the same link than the device's own. */
  readonly unit?: number;
}

/** A number that is read. */
export interface FactSource extends NumberPlace {
  readonly offset?: number;
  /** Default: the map's. */
  readonly readFunction?: ReadFunction;
  /** Register with a power of ten (`sunssf`) that applies as well; read with the number, so that the two belong together. */
  readonly scaleAt?: number;
  /** Name of that power of ten, for people: `203.W_SF`. */
  readonly scaleName?: string;
  /** What it was when the device was scanned. */
  readonly scaleThen?: number;
  /** Numbers in the register that mean "no value"; they replace those of the type. */
  readonly unknown?: readonly number[];
  /** Only this bit, as 0 or 1. */
  readonly bit?: number;
}

/** A fact and where its number stands in the registers. */
export interface FactRow extends FactSource {
  readonly name: string;
  readonly sign: RegisterSign;
  readonly pace: Pace;
  /** Meaning of the register's numbers (of the bit, where there is one), in the words of the fact. Others are unknown. */
  readonly codes?: Readonly<Record<number, number>>;
  /** More numbers that are added to this one: sums of phases, differences of two counters. Unknown if one is unknown. */
  readonly plus?: readonly FactSource[];
  /** Values outside are unknown. */
  readonly valid?: readonly [min: number, max: number];
  /** The numbers tell only an amount; this register tells its direction. */
  readonly direction?: Direction;
}

/** A register that says in which direction an amount of power flows, in our sign; other numbers make the power unknown. */
export interface Direction {
  readonly source: FactSource;
  readonly negative: readonly number[];
  /** Without it everything that is not negative is positive. */
  readonly positive?: readonly number[];
}

/** The numbers that a fact is made of, in the order in which they are read. */
export const sourcesOf = ({ plus = [], direction, ...row }: FactRow): readonly FactSource[] =>
  direction === undefined ? [row, ...plus] : [row, ...plus, direction.source];

/** A fact that no register tells: the map's author answers for it. */
export interface FixedFact {
  readonly name: string;
  readonly value: number;
}

/** A command and where its number is written. */
export interface CommandRow extends NumberPlace {
  readonly name: string;
  readonly sign: RegisterSign;
  /** Rows of one request; they must adjoin. */
  readonly request: string;
  /** Default: the map's. */
  readonly writeFunction?: WriteFunction;
  /** Register with a power of ten that applies as well; its latest value, as read, is used. */
  readonly scaleAt?: number;
  readonly scaleName?: string;
  readonly scaleThen?: number;
  /** Range in the unit of the name, after the sign has been turned to ours; what is outside is held at its end. */
  readonly min?: number;
  readonly max?: number;
  /** Our number → the register's. */
  readonly codes?: Readonly<Record<number, number>>;
  readonly offset?: number;
  /** Unit of the register where it is not that of the name: amperes in each phase, or percent of the rating. */
  readonly as?: "A" | "pct";
  /** Smallest magnitude that the device takes, in the unit of the name: what is smaller is written as zero… */
  readonly smallest?: number;
  /** … or, where the register must never say zero, not written: the map has another row that stops the device. */
  readonly zeroForbidden?: boolean;
  /** The register goes back to 0 after this time: an output that is a pulse. */
  readonly pulseMs?: number;
  /** Written again without a change after this time instead of the bridge's own. */
  readonly refreshMs?: number;
  /** Never written more often than this: registers in flash memory, devices that need time to settle. */
  readonly everyMs?: number;
  /** The device stores it for good: it is written when it changes, and never just to refresh it. */
  readonly stored?: true;
  /** Heartbeats: what is written at each beat. Default `counter`. */
  readonly beat?: "counter" | "toggle" | number;
  /** What the device does with it when the controller falls silent, for people. */
  readonly onHeartbeatLoss: string;
}

/** A number that is always the same: settings at take-over, enables and commits around a setpoint. */
export interface ConstantRow extends NumberPlace {
  readonly name: string;
  readonly value: number;
  readonly writeFunction?: WriteFunction;
  /**
   * `takeover`: once after the device was found or found again, in the order of the file. `release`: when the controller ends
   * and gives the device back, if it is at rest. Others: with each write of `of`.
   */
  readonly when: "takeover" | "before" | "after" | "release";
  /** Request that it belongs to, except at take-over. */
  readonly of?: string;
  /** Settings at take-over are read back unless the register cannot be read. */
  readonly readBack: boolean;
}

/** What the device does by itself when the controller falls silent, and how that is proven. */
export interface WatchdogRow {
  /** Time until it acts, s. */
  readonly seconds: number;
  /** What it does: power to zero (and ready again), or off until told to start. */
  readonly does: "zero" | "off";
  /** What keeps it quiet: any request, any write, or the heartbeat's change. */
  readonly fedBy: "any-request" | "any-write" | "heartbeat";
  /** Register of its time: written when `write`, and read back at verification. */
  readonly register?: FactSource & { readonly write: boolean; readonly writeFunction?: WriteFunction };
  /** Without a register: verification stays silent until the fact `watchdogTripped` or the role shows that it acted. */
  readonly waitOut: boolean;
}

/** A text that identifies a device: in registers, or the same for all that the map is made for. */
export type IdentityRow =
  | { readonly text: string }
  | { readonly address: number; readonly registers: number; readonly swapped: boolean; readonly readFunction: 3 | 4 }
  | FactSource;

/**
 * Something by which a device at an address without a label shows that this map is for it. Numbers that must be one of `is`,
 * and texts, name the device; numbers `between` two bounds are only what such a device would say. `absent`: it has nothing
 * there, where devices of the same family have a value. `answers`: it has something there, whatever it is, and refuses other
 * places: all that inputs and outputs can show.
 */
export type Mark =
  | (FactSource & {
      readonly is?: readonly number[];
      readonly between?: readonly [min: number, max: number];
      readonly absent?: true;
      readonly answers?: true;
    })
  | {
      readonly address: number;
      readonly registers: number;
      readonly swapped: boolean;
      readonly readFunction: 3 | 4;
      readonly text: string;
    }
  /** Of a SunSpec device: what its common model says. */
  | { readonly sunspec: "manufacturer" | "model"; readonly text: string };

/** How a device of the map's kind is found where nobody has said what is there. */
export interface Recognition {
  /** TCP ports besides 502. */
  readonly ports: readonly number[];
  readonly units: readonly number[];
  readonly marks: readonly Mark[];
}

/** How a device wants to be spoken to; what is not said is as usual. */
export interface LinkHabits {
  readonly replyTimeoutMs?: number;
  readonly pauseMs?: number;
  readonly connectDelayMs?: number;
  readonly maxInFlight?: number;
  readonly maxRegisters?: number;
  readonly mergeGaps?: false;
  readonly unitIdInReply?: "any";
  /** Exceptions besides 5 and 6 by which it says that it is busy. */
  readonly busyExceptions?: readonly number[];
}

/** How much further on each next connector of a device has its registers. */
export type ConnectorStep = Readonly<Partial<Record<"holding" | "input" | "coils" | "discrete", number>>>;

/** How often a meter has new values, over which time it averages them, and how late they are, ms. */
export interface Sampling {
  readonly updateMs?: number;
  readonly windowMs?: number;
  readonly latencyMs?: number;
}

/** Where a kind of device keeps what the controller reads and writes, in the controller's names and units. */
export interface DeviceMap {
  readonly kind: DeviceKind;
  /** Maker and model, for people. */
  readonly maker?: string;
  /** Firmware that the map was tried with on hardware, or that it was not. */
  readonly tested?: string;
  readonly readFunction: ReadFunction;
  readonly writeFunction: WriteFunction;
  readonly facts: readonly FactRow[];
  readonly fixed?: readonly FixedFact[];
  readonly commands: readonly CommandRow[];
  readonly constants?: readonly ConstantRow[];
  /** Time that it needs after each write before it takes the next one, ms. */
  readonly settleMs?: number;
  readonly watchdog?: WatchdogRow;
  readonly identity?: Readonly<Partial<Record<"manufacturer" | "model" | "version" | "serialNumber", IdentityRow>>>;
  readonly recognise?: Recognition;
  readonly link?: LinkHabits;
  /** Of meters. */
  readonly sampling?: Sampling;
  /** Of devices with several connectors, each a device to the controller. */
  readonly perConnector?: ConnectorStep;
}

/** `in1`, `in2` and so on: the points of an I/O module by their place in its map, not by their address. */
function numbered<P extends string>(prefix: P, count: number): readonly `${P}${number}`[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}` as const);
}

/** Names of the facts of each kind of device, in the order of the reader's numbers. */
export const factNames = {
  stage: [
    "roleCode",
    "powerW",
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
    "clockMs",
    "executedSequence",
    "controllerHeartbeatAgeMs",
    "refused",
    "permitService",
    "vehicleConnected",
    "portPhase",
    "pilot",
    "insulation",
    "portClosed",
    "portReady",
    "emergency",
    ...straightNames(stageFacts),
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
    "gridPhaseVoltageV",
    "gridLineVoltageV",
    "gridFrequencyHz",
    "busVoltagePu",
    "busPhaseVoltageV",
    "busLineVoltageV",
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
  io: numbered("in", 16),
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
    // The same power for devices that want its two directions, or its amount, in registers of their own. Never negative.
    "chargeW",
    "dischargeW",
    "magnitudeW",
    // The vehicle port of a stage whose sessions the controller speaks.
    "portToken",
    "portPhase",
    "portVoltageV",
    "portChargeA",
    "portDischargeA",
    "portDutyPct",
  ],
  meter: [],
  "transfer-device": ["token", "command", "closeSequence", "openCoil", "closeCoil"],
  "load-panel": ["token", "closedBits"],
  pv: ["limitPct", "limitOn", "limitW"],
  io: numbered("out", 8),
} as const satisfies Record<DeviceKind, readonly string[]>;

/** The facts that a kind of device can tell. */
export type FactName<K extends DeviceKind> = (typeof factNames)[K][number];
/** The commands that a kind of device can take. */
export type CommandName<K extends DeviceKind> = (typeof commandNames)[K][number];

/** The fact of the cycle that a device of the kind is there for: its block is read first in every cycle. */
export const leadingFact: Readonly<Record<DeviceKind, string>> = {
  stage: "powerW",
  meter: "powerW",
  "transfer-device": "contactNo",
  "load-panel": "closedBits",
  pv: "powerW",
  io: "in1",
};

/**
 * Facts without which a device of the kind cannot be used; one of each inner list must be there. What a stage or a meter
 * may lack, and where it is then taken from, is decided by the site: `src/app/site/map-checks.ts`.
 */
const neededFacts: Readonly<Record<DeviceKind, readonly (readonly string[])[]>> = {
  stage: [["powerW"], ["roleCode", "on"]],
  meter: [["powerW"]],
  "transfer-device": [
    ["contactNo"],
    ["contactNc"],
    ["gridVoltagePu", "gridPhaseVoltageV", "gridLineVoltageV"],
    ["busVoltagePu", "busPhaseVoltageV", "busLineVoltageV"],
    ["gridFrequencyHz"],
  ],
  "load-panel": [["closedBits"]],
  pv: [["powerW"]],
  io: [],
};

const neededCommands: Readonly<Record<DeviceKind, readonly (readonly string[])[]>> = {
  stage: [["powerW", "chargeW", "magnitudeW"]],
  meter: [],
  "transfer-device": [
    ["command", "openCoil"],
    ["command", "closeCoil"],
  ],
  "load-panel": [["closedBits"]],
  pv: [],
  io: [],
};

/** A register's power in our sign, or ours in the register's: the same flip both ways. */
export const turnSign = (sign: RegisterSign, power: number): number =>
  sign === "generation" ? flipSunSpecDer(power) : power;

/** Facts or commands of which a map must have one. */
export interface MissingRow {
  readonly part: "facts" | "commands";
  /** Any of these would do. */
  readonly names: readonly string[];
}

/** What the map lacks for its kind; empty when it is complete. */
export function missingRows(map: DeviceMap): MissingRow[] {
  const has = (rows: readonly { readonly name: string }[], names: readonly string[]): boolean =>
    names.some((name) => rows.some((row) => row.name === name));
  const facts = neededFacts[map.kind].filter((names) => !has(map.facts, names));
  const commands = neededCommands[map.kind].filter((names) => !has(map.commands, names));
  return [
    ...facts.map((names): MissingRow => ({ part: "facts", names })),
    ...commands.map((names): MissingRow => ({ part: "commands", names })),
  ];
}

/** What a power stage is: its ratings, its response, and which protections of its own it was built with. */
import type { PortConfig } from "./vehicle-port.ts";

/** One trip of its own: a deviation in Hz is from nominal. */
export interface TripRow {
  readonly name: string;
  readonly quantity: "voltagePu" | "deviationHz";
  readonly side: "above" | "below";
  readonly threshold: number;
  readonly clearingMs: number;
  readonly alarm: number;
}

/** Which protections a stage was set to: trips with the part of the clearing time after which it acts, and its windows. */
export interface ProtectionTable {
  readonly trips: readonly TripRow[];
  /** Left for detection and contactor, ms; undefined for a fifth of each clearing time. */
  readonly openingMs: number | undefined;
  readonly cessation: { readonly belowPu: number; readonly abovePu: number; readonly withinMs: number };
  readonly enterService: {
    readonly minPu: number;
    readonly maxPu: number;
    readonly minDeviationHz: number;
    readonly maxDeviationHz: number;
  };
}

export interface StageConfig {
  readonly serialNumber: string;
  readonly firmware: string;
  readonly ratedW: number;
  readonly ratedVA: number;
  readonly ratedVar: number;
  readonly nominalVoltageV: number;
  /** Lag of power behind the setpoint, ms. */
  readonly tauMs: number;
  /** From the arrival of a setpoint to the first movement, ms. */
  readonly deadTimeMs: number;
  /** It looks at what was written once in this time, ms; 0 at once. */
  readonly commandPeriodMs: number;
  /** Fastest change of power, W per second; Infinity for none. */
  readonly slewWPerS: number;
  /** From the command to the closed contactor, ms. */
  readonly startMs: number;
  /** Controller's heartbeat may be missing this long, s: while following, and while forming. */
  readonly watchdogS: number;
  readonly islandWatchdogS: number;
  /** Share of power that passes, each way, and what it draws while its contactor is closed, W. */
  readonly efficiency: number;
  readonly standbyW: number;
  /** The stage's own enter-service delay for discharging, s. */
  readonly enterServiceDelayS: number;
  /** What its protections were set to. */
  readonly protections: ProtectionTable;
  readonly antiIslanding: boolean;
  /** Time in which its anti-islanding function finds an island, ms. */
  readonly antiIslandingMs: number;
  /** K1's mirror contact wired into the gate enable: it cannot form unless K1 is truly open. */
  readonly gateInterlock: boolean;
  /** It can hold its angle: with K1's mirror contact open, so soon, for at most so long until it is told to form, ms. */
  readonly holdsAngle: boolean;
  readonly takeOverMs: number;
  readonly holdMs: number;
  /** It refuses to form on a live bus that no other forming stage holds. */
  readonly deadBusCheck: boolean;
  /** Voltage ramp of a black start, and the time to join a bus that another stage forms, ms. */
  readonly blackStartMs: number;
  readonly joinMs: number;
  /** Frequency droop over rated power while forming, percent of nominal. */
  readonly droopPct: number;
  /** While forming: it carries this multiple of its ability for `overloadMs`, then trips. */
  readonly overloadFactor: number;
  readonly overloadMs: number;
  /** While forming it takes this share of its rating more than its battery wants, for `overchargeMs`; then it trips. */
  readonly overchargePu: number;
  readonly overchargeMs: number;
  /** Its side towards the vehicle is driven by the controller's sessions; undefined: by itself. */
  readonly port: PortConfig | undefined;
  /** Its power instrument shows this multiple of the truth. */
  readonly instrumentGain: number;
}

/** SunSpec model 701 alarm bits that the simulated stage uses. */
export const alarmBit = {
  acDisconnect: 1 << 2,
  gridDisconnect: 1 << 4,
  manualShutdown: 1 << 6,
  overTemperature: 1 << 7,
  overFrequency: 1 << 8,
  underFrequency: 1 << 9,
  acOverVoltage: 1 << 10,
  acUnderVoltage: 1 << 11,
  groundFault: 1 << 0,
  manufacturer: 1 << 16,
} as const;

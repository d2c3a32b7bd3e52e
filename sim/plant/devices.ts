/**
 * What the plant's devices show to whoever talks to them: the register faces (Modbus servers), the in-memory adapter of
 * virtual-time scenarios, the control API. The plant implements these; it knows nothing of registers or of the controller.
 * Powers are positive from the grid towards the vehicle; the register face flips signs where its map says so.
 */
import type { Role } from "../../src/domain/modes.ts";

/** One command as a stage's firmware receives it. `sequence` must not go backwards: an older one is refused and counted. */
export interface PlantStageCommand {
  role: Role;
  powerW: number;
  reactiveVar: number;
  formVoltagePu: number;
  formFrequencyHz: number;
  sequence: number;
}

export type PlantPortPhase = "idle" | "cableCheck" | "precharge" | "energy" | "stopped";

/** One order to a vehicle port. */
export interface PlantPortOrder {
  phase: PlantPortPhase;
  voltageV: number;
  chargeA: number;
  dischargeA: number;
  dutyPct: number;
}

/** The side of a stage that the vehicle sees, where a session drives it. */
export interface PlantPort {
  readonly pilot: "A" | "B" | "C" | "D" | "E" | "F";
  readonly phase: PlantPortPhase;
  readonly insulation: "unknown" | "testing" | "valid" | "fault";
  readonly closed: boolean;
  readonly ready: boolean;
  readonly emergency: boolean;
  readonly voltageV: number;
  readonly minV: number;
  readonly maxV: number;
  readonly maxA: number;
  /** False for an order that is refused: out of range, or energy without a valid test or with the pilot elsewhere than C or D. */
  order(order: PlantPortOrder): boolean;
}

export interface PlantStage {
  /** Undefined where the stage speaks with vehicles by itself. */
  readonly port?: PlantPort | undefined;
  readonly ratedW: number;
  readonly ratedVA: number;
  readonly ratedVar: number;
  readonly nominalVoltageV: number;
  readonly serialNumber: string;
  readonly firmware: string;

  // what its own instruments report
  readonly role: Role;
  readonly powerW: number;
  readonly reactiveVar: number;
  readonly voltagePu: number;
  readonly frequencyHz: number;
  readonly dcVoltageV: number;
  readonly dcCurrentA: number;
  /** NaN when no vehicle tells it. */
  readonly socPct: number;
  readonly capacityWh: number;
  readonly vehicleConnected: boolean;
  readonly importWh: number;
  readonly exportWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly contactorClosed: boolean;
  readonly alarmBits: number;
  readonly local: boolean;
  readonly antiIslanding: boolean;
  /** Advances once a second while its firmware runs. */
  readonly heartbeat: number;
  /** Sequence number of the command in force, and how many stale ones were refused. */
  readonly executedSequence: number;
  readonly staleRefused: number;
  /** Seconds until the setpoint reverts; NaN while no reversion timer runs. */
  readonly reversionRemainingS: number;
  /** Latched reason of the watchdog: the controller's heartbeat stopped. */
  readonly watchdogTripped: boolean;

  // what may be done to it
  command(command: PlantStageCommand): void;
  /** The controller's heartbeat counter; only an advance counts as life. */
  controllerHeartbeat(value: number): void;
  setReversion(timeoutS: number, powerW: number): void;
  /** Its own limit of discharging (704.WMaxLimPct), a magnitude; the rating for none. */
  limitDischarge(powerW: number): void;
  setPermitService(on: boolean): void;
  resetAlarms(): void;
}

export interface PlantMeter {
  readonly nominalVoltageV: number;
  /** Advances with each new sample; frozen by a fault. */
  readonly sampleCount: number;
  readonly powerW: number;
  readonly reactiveVar: number;
  readonly voltagePu: number;
  readonly frequencyHz: number;
  readonly phasePowerW: readonly [number, number, number];
  readonly phaseVoltagePu: readonly [number, number, number];
  readonly importWh: number;
  readonly exportWh: number;
}

export interface PlantTransferDevice {
  /** Positions as the auxiliary contacts report them (they may lie under a fault). */
  readonly contactNo: "open" | "closed";
  readonly contactNc: "open" | "closed";
  readonly gridVoltagePu: number;
  readonly gridFrequencyHz: number;
  readonly busVoltagePu: number;
  readonly busFrequencyHz: number;
  /** Angle of the bus ahead of the grid, degrees in (-180, 180]; NaN when either side is dead. */
  readonly phaseDeg: number;
  readonly syncRelay: boolean;
  readonly closeSequence: number;
  readonly operations: number;
  /** Open is standing: repeated while wanted. */
  commandOpen(): void;
  /** Closes at most once for each sequence number; an old number is ignored. */
  commandClose(sequence: number): void;
  /** No standing command: stays where it is. */
  commandNone(): void;
}

/** A PV inverter that may stay on the island. */
export interface PlantPv {
  readonly ratedW: number;
  readonly nominalVoltageV: number;
  readonly serialNumber: string;
  readonly firmware: string;
  /** What it gives now, a magnitude. */
  readonly producedW: number;
  readonly voltagePu: number;
  readonly frequencyHz: number;
  /** Limit in force, a magnitude; its rating when not curtailed. */
  readonly limitW: number;
  /** Curtails it; reverts to `fallbackW` after `timeoutS` without a new command (0: never). */
  limit(powerW: number, timeoutS: number, fallbackW: number): void;
}

/** The panel with the tiers of critical load behind K1, each with its breaker and load measurement. */
export interface PlantLoadPanel {
  readonly tierCount: number;
  /** Measured now; 0 while the breaker is open. */
  loadW(tier: number): number;
  closed(tier: number): boolean;
  command(tier: number, closed: boolean): void;
}

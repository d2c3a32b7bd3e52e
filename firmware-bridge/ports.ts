/**
 * The shapes that the bridge fills and obeys. They are the parts of the process image and of the commands that devices are
 * concerned with; the core's own types fit them. Powers are positive from the grid towards the vehicle.
 */
import type { MeterFacts, PortPhase, Reduction, StageFacts, TransferDeviceFacts } from "../src/domain/facts.table.ts";
import type { BondCommand, Role, TransferCommand } from "../src/domain/modes.ts";

/** Where the bridge puts what it has read. */
export interface SnapshotPort {
  transferDevice: TransferDeviceFacts;
  meter: MeterFacts;
  stages: StageFacts[];
  site: { panelLiveAtMs: number; tierLoadW: number[]; pvPowerW: number; reduction: Reduction };
}

/**
 * What a stage is commanded: role, power, W (charging positive), reactive power, var, voltage and frequency while it
 * forms.
 */
export interface StageCommandPort {
  role: Role;
  powerW: number;
  reactiveVar: number;
  formVoltagePu: number;
  formFrequencyHz: number;
  /** The vehicle port: step of the session, voltage and the most current each way, and the pilot's duty cycle. */
  portPhase: PortPhase;
  portVoltageV: number;
  portChargeA: number;
  portDischargeA: number;
  portDutyPct: number;
  leaseUntilMs: number;
}

/** A command that says nothing to the vehicle port. */
export const noPort = {
  portPhase: "none",
  portVoltageV: 0,
  portChargeA: 0,
  portDischargeA: 0,
  portDutyPct: 100,
} as const;

/** Where the bridge finds what is to be written. */
export interface CommandsPort {
  commandsEnabled: boolean;
  stages: StageCommandPort[];
  transferDevice: TransferCommand;
  closeSequence: number;
  bond: BondCommand;
  pvLimitW: number;
  tierClosed: boolean[];
}

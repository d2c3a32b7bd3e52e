/**
 * The shapes that the bridge fills and obeys. They are the parts of the process image and of the commands that devices are
 * concerned with; the core's own types fit them. Powers are positive from the grid towards the vehicle.
 */
import type { MeterFacts, StageFacts, TransferDeviceFacts } from "../src/domain/facts.table.ts";
import type { Role, TransferCommand } from "../src/domain/modes.ts";

/** Where the bridge puts what it has read. */
export interface SnapshotPort {
  transferDevice: TransferDeviceFacts;
  meter: MeterFacts;
  stages: StageFacts[];
  site: { panelLiveAtMs: number; tierLoadW: number[]; pvPowerW: number };
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
  leaseUntilMs: number;
}

/** Where the bridge finds what is to be written. */
export interface CommandsPort {
  commandsEnabled: boolean;
  stages: StageCommandPort[];
  transferDevice: TransferCommand;
  closeSequence: number;
  pvLimitW: number;
  tierClosed: boolean[];
}

/**
 * The shapes that the bridge fills and obeys. They are the parts of the process image and of the commands that devices are
 * concerned with; the core's own types fit them. Powers are positive from the grid towards the vehicle.
 */
import type { Role, TransferCommand } from "../src/domain/modes.ts";

/** An auxiliary contact's position as the device reports it. */
export type Contact = "open" | "closed" | "unknown";

/** What the transfer device tells: contacts, voltage and frequency of both sides, and its trip inputs. */
export interface TransferDevicePort {
  atMs: number;
  liveAtMs: number;
  contactNo: Contact;
  contactNc: Contact;
  gridVoltagePu: number;
  gridFrequencyHz: number;
  busVoltagePu: number;
  busFrequencyHz: number;
  phaseDeg: number;
  syncRelay: boolean;
  closeSequence: number;
  transferTrip: boolean;
  permissive: boolean;
  upstreamClosed: boolean;
  relayTripped: boolean;
}

/** What the meter at the PCC tells: power, W (import positive), voltages, frequency, and its samples. */
export interface MeterPort {
  atMs: number;
  sampleCount: number;
  countsSamples: boolean;
  sampleAtMs: number;
  powerW: number;
  reactiveVar: number;
  voltagePu: number;
  frequencyHz: number;
  phasePowerW: [number, number, number];
  phaseVoltagePu: [number, number, number];
  lineVoltagePu: [number, number, number];
}

/** What a power stage tells of itself and of the vehicle behind it. */
export interface StagePort {
  atMs: number;
  liveAtMs: number;
  role: Role;
  powerW: number;
  reactiveVar: number;
  voltagePu: number;
  frequencyHz: number;
  alive: boolean;
  alarmBits: number;
  local: boolean;
  verified: boolean;
  antiIslanding: boolean;
  maxChargeW: number;
  maxDischargeW: number;
  socPct: number;
  capacityWh: number;
  vehicleConnected: boolean;
  importWh: number;
  exportWh: number;
  executedSequence: number;
}

/** Where the bridge puts what it has read. */
export interface SnapshotPort {
  transferDevice: TransferDevicePort;
  meter: MeterPort;
  stages: StagePort[];
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

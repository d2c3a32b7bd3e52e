/**
 * The shapes that the bridge fills and obeys. They are the parts of the process image and of the commands that devices are
 * concerned with; the core's own types fit them. Powers are positive from the grid towards the vehicle.
 */
import type { Role, TransferCommand } from "../src/domain/modes.ts";

export type Contact = "open" | "closed" | "unknown";

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

export interface SnapshotPort {
  transferDevice: TransferDevicePort;
  meter: MeterPort;
  stages: StagePort[];
  site: { panelLiveAtMs: number; tierLoadW: number[]; pvPowerW: number };
}

export interface StageCommandPort {
  role: Role;
  powerW: number;
  reactiveVar: number;
  formVoltagePu: number;
  formFrequencyHz: number;
  leaseUntilMs: number;
}

export interface CommandsPort {
  commandsEnabled: boolean;
  stages: StageCommandPort[];
  transferDevice: TransferCommand;
  closeSequence: number;
  pvLimitW: number;
  tierClosed: boolean[];
}

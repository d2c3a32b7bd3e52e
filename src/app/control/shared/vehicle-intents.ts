/**
 * What the sessions with vehicles ask for, for the control process: one row of numbers, latest values only, written by the
 * vehicle thread and by nobody else. Two ages: of the vehicle's own word (`heardAtMs`, good for `forMs`) and of the thread that
 * carries the session (`orderAtMs`); either may stop without the other.
 */
import { type PortPhase, portPhaseNames } from "../../../domain/facts.table.ts";
import { type Struct, struct } from "./struct.ts";

export interface VehicleIntent {
  /** The controller speaks with vehicles at this EVSE. */
  served: boolean;
  /** Contactors are closed and the session is in its loop: energy may flow. */
  inEnergy: boolean;
  orderAtMs: number;
  heardAtMs: number;
  forMs: number;
  portPhase: PortPhase;
  portVoltageV: number;
  portChargeA: number;
  portDischargeA: number;
  portDutyPct: number;
  /** What the vehicle allows, magnitudes, W. */
  maxChargeW: number;
  minChargeW: number;
  maxDischargeW: number;
  minDischargeW: number;
  bidirectional: boolean;
  /** NaN where the vehicle has not said. */
  socPct: number;
  capacityWh: number;
}

const intentRow: Struct<VehicleIntent> = struct<VehicleIntent>([
  ["served", "flag"],
  ["inEnergy", "flag"],
  ["orderAtMs", "number"],
  ["heardAtMs", "number"],
  ["forMs", "number"],
  ["portPhase", portPhaseNames],
  ["portVoltageV", "number"],
  ["portChargeA", "number"],
  ["portDischargeA", "number"],
  ["portDutyPct", "number"],
  ["maxChargeW", "number"],
  ["minChargeW", "number"],
  ["maxDischargeW", "number"],
  ["minDischargeW", "number"],
  ["bidirectional", "flag"],
  ["socPct", "number"],
  ["capacityWh", "number"],
]);

export const intentsLength = (evseCount: number): number => evseCount * intentRow.length;

/** Nobody speaks with vehicles: what an EVSE without a vehicle link always says. */
export const createIntent = (): VehicleIntent => ({ ...intentRow.create(), orderAtMs: Number.NEGATIVE_INFINITY });

export function writeIntents(target: Float64Array, intents: readonly VehicleIntent[]): void {
  for (let i = 0; i < intents.length; i++) intentRow.write(target, i * intentRow.length, intents[i]!);
}

export function readIntents(source: Float64Array, intents: readonly VehicleIntent[]): void {
  for (let i = 0; i < intents.length; i++) intentRow.read(source, i * intentRow.length, intents[i]!);
}

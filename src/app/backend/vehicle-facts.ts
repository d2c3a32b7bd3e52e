/**
 * A vehicle as the power stage knows it, for sessions that tell less than ISO 15118-20 does: plugged in, state of charge,
 * what stage and battery can do now. Renewed with each good read of the stage.
 */
import { type EvseFacts, never, type StageFacts } from "../../core/snapshot.ts";

export function fillVehicleFacts(evse: EvseFacts, stage: StageFacts, nowMs: number): void {
  if (stage.vehicleConnected && !evse.connected) evse.pluggedAtMs = nowMs;
  if (!stage.vehicleConnected) evse.pluggedAtMs = never;
  evse.connected = stage.vehicleConnected;
  evse.vehicleAtMs = stage.atMs;
  evse.socPct = stage.socPct;
  evse.capacityWh = stage.capacityWh;
  evse.vehicleMaxChargeW = stage.maxChargeW;
  evse.vehicleMaxDischargeW = stage.maxDischargeW;
  // What a stage cannot discharge now it may well be able to later: only "never" makes a vehicle one-way, and that a session tells.
  evse.bidirectional = stage.vehicleConnected;
}

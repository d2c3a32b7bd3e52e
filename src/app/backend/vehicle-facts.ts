/**
 * A vehicle as the core knows it: from its session where the controller speaks with vehicles, otherwise from the power stage,
 * which tells less: plugged in, state of charge, what stage and battery can do now. Renewed in each cycle.
 */
import { type EvseFacts, never, type StageFacts } from "../../core/snapshot.ts";
import type { VehicleIntent } from "../control/shared/vehicle-intents.ts";

/** What a stage tells of a vehicle counts for so long, ms. */
const stageForMs = 5_000;

export function fillVehicleFacts(evse: EvseFacts, stage: StageFacts, intent: VehicleIntent, nowMs: number): void {
  // While the pilot shows F, as it does to wake a vehicle, nobody sees whether the plug is in: it is as it was.
  const isConnected = intent.served && stage.pilot === "F" ? evse.connected : isPlugged(stage, intent);
  if (isConnected && !evse.connected) evse.pluggedAtMs = nowMs;
  if (!isConnected) evse.pluggedAtMs = never;
  evse.connected = isConnected;
  evse.served = intent.served;
  if (intent.served) fromSession(evse, stage, intent);
  else fromStage(evse, stage);
}

/** The pilot knows best; a stage without one says it otherwise. */
const isPlugged = ({ pilot, vehicleConnected }: StageFacts, { served }: VehicleIntent): boolean =>
  served && pilot !== "unknown" ? pilot === "B" || pilot === "C" || pilot === "D" : vehicleConnected;

function fromStage(evse: EvseFacts, stage: StageFacts): void {
  evse.vehicleAtMs = stage.atMs;
  evse.vehicleForMs = stageForMs;
  evse.inEnergy = false;
  evse.socPct = stage.socPct;
  evse.capacityWh = stage.capacityWh;
  evse.vehicleMaxChargeW = stage.maxChargeW;
  evse.vehicleMaxDischargeW = stage.maxDischargeW;
  // What a stage cannot discharge now it may well be able to later: only "never" makes a vehicle one-way, and that a session tells.
  evse.bidirectional = stage.vehicleConnected;
}

function fromSession(evse: EvseFacts, stage: StageFacts, intent: VehicleIntent): void {
  evse.vehicleAtMs = intent.heardAtMs;
  evse.vehicleForMs = intent.forMs;
  evse.inEnergy = intent.inEnergy;
  evse.orderAtMs = intent.orderAtMs;
  evse.portPhase = intent.portPhase;
  evse.portVoltageV = intent.portVoltageV;
  evse.portChargeA = intent.portChargeA;
  evse.portDischargeA = intent.portDischargeA;
  evse.portDutyPct = intent.portDutyPct;
  evse.vehicleMinChargeW = intent.minChargeW;
  evse.vehicleMaxChargeW = intent.maxChargeW;
  evse.vehicleMinDischargeW = intent.minDischargeW;
  evse.vehicleMaxDischargeW = intent.maxDischargeW;
  evse.bidirectional = intent.bidirectional;
  evse.socPct = Number.isNaN(intent.socPct) ? stage.socPct : intent.socPct;
  evse.capacityWh = Number.isNaN(intent.capacityWh) ? stage.capacityWh : intent.capacityWh;
}

/**
 * What a session asks of core and stage, from what the vehicle has said: its limits and its demand as bounds, the step of the
 * session as an order to the stage's vehicle port. The core decides what flows.
 */
import type { Session } from "../../protocols/iso15118/sessions/session.ts";
import type { VehicleIntent } from "../control/shared/vehicle-intents.ts";

/** Duty cycle of the control pilot: speak with the charger; nothing is offered. */
const sessionPct = 5;
const nothingPct = 100;
/** Below this there is no battery at the outlet to reckon a current with, V. */
const batteryFromV = 20;

/** What a session tells of itself, and no more. */
export type Told = Pick<Session, "protocol" | "vehicle" | "order" | "loop">;

/** Nobody is in session: the port idle, nothing may flow. `offered`: a vehicle may begin one. */
export function intendNothing(intent: VehicleIntent, offered: boolean, nowMs: number): void {
  intent.served = true;
  intent.inEnergy = false;
  intent.orderAtMs = nowMs;
  intent.portPhase = "idle";
  intent.portVoltageV = 0;
  intent.portChargeA = 0;
  intent.portDischargeA = 0;
  intent.portDutyPct = offered ? sessionPct : nothingPct;
  intent.maxChargeW = intent.minChargeW = 0;
  intent.maxDischargeW = intent.minDischargeW = 0;
  intent.bidirectional = false;
  intent.socPct = Number.NaN;
  intent.capacityWh = Number.NaN;
}

/** The outlet that a session is at: its voltage now, the most current, and the phases of an AC one (0 for DC). */
export interface Outlet {
  readonly voltageV: number;
  readonly maxA: number;
  readonly phases: number;
}

/** A session is under way. Currents of an AC outlet are the sum of its phases. */
export function intend(intent: VehicleIntent, told: Told, outlet: Outlet, nowMs: number): void {
  const { vehicle, order, loop } = told;
  intent.served = true;
  intent.orderAtMs = nowMs;
  intent.heardAtMs = loop.heardAtMs;
  intent.forMs = loop.silentMs;
  intent.inEnergy = loop.isIn && order.phase === "energy";
  intent.portPhase = order.phase;
  intent.portVoltageV = order.voltageV;
  intent.portDutyPct = sessionPct;
  intent.bidirectional = loop.choice.bidirectional;
  intent.socPct = vehicle.socPct;
  intent.capacityWh = vehicle.capacityWh;
  const mayCharge = intent.inEnergy && vehicle.error === "";
  const mayDischarge = mayCharge && loop.choice.bidirectional;
  const demandW = demandOf(told, outlet);
  intent.maxChargeW = mayCharge ? lowest(vehicle.maxW, Math.max(0, demandW)) : 0;
  intent.maxDischargeW = mayDischarge ? lowest(-vehicle.minW, Math.max(0, -demandW)) : 0;
  boundLeast(intent, told, outlet);
  boundCurrents(intent, told, outlet);
}

/** Where the site decides how much: nothing, or at least what the vehicle can do with; never more than it takes at most. */
function boundLeast(intent: VehicleIntent, { vehicle, loop, protocol }: Told, { phases }: Outlet): void {
  const siteDecides = loop.choice.dynamic || (phases > 0 && protocol !== "ISO 15118-20");
  intent.minChargeW = siteDecides ? Math.min(vehicle.leastChargeW, intent.maxChargeW) : 0;
  intent.minDischargeW = siteDecides ? Math.min(vehicle.leastDischargeW, intent.maxDischargeW) : 0;
}

/**
 * Where the vehicle decides, its demand bounds what flows; NaN leaves it to the site. On AC its limits say all there is, until the
 * charger stops.
 */
function demandOf({ order, vehicle, protocol }: Told, { voltageV, phases }: Outlet): number {
  if (phases > 0) return protocol === "ISO 15118-20" && order.currentA === 0 && vehicle.maxW > 0 ? 0 : Number.NaN;
  return order.currentA * (voltageV > batteryFromV ? voltageV : order.voltageV);
}

/** What is not known does not bound; nothing that is known to be wrong permits anything. */
const lowest = (powerW: number, demandW: number): number =>
  Math.max(0, Number.isNaN(demandW) ? powerW : Math.min(powerW, demandW)) || 0;

/** The most current each way, for the port: as the vehicle says it, or what its power makes at the outlet's voltage. */
function boundCurrents(intent: VehicleIntent, { order, vehicle }: Told, { voltageV, maxA, phases }: Outlet): void {
  if (order.phase === "precharge") {
    intent.portChargeA = Math.min(maxA, Math.max(0, order.currentA || 0));
    intent.portDischargeA = 0;
    return;
  }
  const ofPowerA = (powerW: number): number => (voltageV > batteryFromV ? powerW / voltageV : 0);
  const saysMost = vehicle.maxCurrentA >= 0 ? vehicle.maxCurrentA * Math.max(1, phases) : Number.POSITIVE_INFINITY;
  intent.portChargeA = Math.min(maxA, saysMost, ofPowerA(intent.maxChargeW));
  intent.portDischargeA = Math.min(maxA, ofPowerA(intent.maxDischargeW));
}

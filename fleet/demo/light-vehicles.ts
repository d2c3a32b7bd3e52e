/**
 * The vehicles of a light site as one store: what they would do by themselves, what a fleet's request makes of it, and what they can
 * offer. The site's own word stands above any request: its permit, the energy that is kept back, and what departures need.
 */
import { hourMs } from "../../src/domain/units.ts";

/** How a light site departs from what it is asked for; each is there in every fleet. */
export interface LightFault {
  /** Share that is delivered. */
  readonly gain: number;
  /** The owner lets no request through. */
  readonly refuses: boolean;
  /** From here on its vehicles do nothing, ms; infinite: never. */
  readonly deadFromMs: number;
  /** From here on nothing is heard of it, ms; it goes on until its lease ends. */
  readonly silentFromMs: number;
}
export const noFault: LightFault = {
  gain: 1,
  refuses: false,
  deadFromMs: Number.POSITIVE_INFINITY,
  silentFromMs: Number.POSITIVE_INFINITY,
};

export interface LightVehicles {
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly capacityWh: number;
  readonly reserveWh: number;
  readonly departMs: number;
  readonly departWh: number;
  /** Positive from the grid. */
  powerW: number;
  energyWh: number;
}

/** From standstill to full power, s. */
const rampS = 8;
/** A departure is kept with so much of the charging power: the rest is margin. */
const departureShare = 0.8;

/** Vehicles that can feed back at site `index`: one to three of them, each site a little different. */
export function createLightVehicles(index: number, evses: number, startMs: number): LightVehicles {
  const bidirectional = 1 + (index % 3);
  const capacityWh = bidirectional * 60_000;
  // A third of the sites has a departure within hours, one of twenty within the hour.
  const departH = index % 20 === 4 ? 0.5 : index % 3 === 0 ? 2 + (index % 7) : 14 + (index % 5);
  const filled = 0.45 + ((index * 37) % 50) / 100;
  return {
    ...{ maxChargeW: evses * 11_000, maxDischargeW: bidirectional * 5_000, capacityWh, reserveWh: capacityWh * 0.3 },
    ...{ departMs: startMs + departH * hourMs, departWh: capacityWh * Math.min(filled, 0.7) },
    ...{ powerW: 0, energyWh: capacityWh * filled },
  };
}

/** Least energy at a moment: the reserve, and what the departure needs less what can still be charged by then. */
function floorWh({ reserveWh, departWh, departMs, maxChargeW, capacityWh }: LightVehicles, atMs: number): number {
  if (atMs > departMs) return reserveWh;
  const chargeable = (Math.min(maxChargeW, capacityWh / 4) * departureShare * (departMs - atMs)) / hourMs;
  return Math.max(reserveWh, departWh - chargeable);
}

/** What it can give back or take within an hour; `exportRoomW`: what its permit leaves for power back to the grid. */
export function offersOf(vehicles: LightVehicles, exportRoomW: number, importRoomW: number, nowMs: number) {
  const { energyWh, capacityWh, maxDischargeW, maxChargeW, departMs } = vehicles;
  const floor = Math.max(floorWh(vehicles, nowMs), floorWh(vehicles, Math.min(nowMs + hourMs, departMs)));
  const rampMs = rampS * 1_000;
  if (nowMs >= departMs) return { dischargeW: 0, chargeW: 0, dischargeWh: 0, chargeWh: 0, untilMs: departMs, rampMs };
  const dischargeWh = Math.max(0, energyWh - floor);
  const chargeWh = Math.max(0, capacityWh - energyWh);
  return {
    dischargeW: dischargeWh > 0 ? Math.max(0, Math.min(maxDischargeW, exportRoomW)) : 0,
    chargeW: chargeWh > 0 ? Math.max(0, Math.min(maxChargeW, capacityWh / 2, importRoomW)) : 0,
    ...{ dischargeWh, chargeWh, untilMs: departMs, rampMs },
  };
}

/** One step: towards what is asked for (null: their own plan), within the permit's room, the reserve and the departure. */
export function stepVehicles(
  vehicles: LightVehicles,
  { askedW, ownW, exportRoomW, importRoomW, fault }: LightStep,
  fromMs: number,
  toMs: number,
): void {
  const dtS = (toMs - fromMs) / 1_000;
  const floor = floorWh(vehicles, Math.min(toMs + 60_000, vehicles.departMs));
  const isAsked = askedW !== null && !fault.refuses;
  let wantedW = isAsked ? askedW * fault.gain : ownW;
  // Below the floor it charges, whatever is asked for.
  if (vehicles.energyWh <= floor) wantedW = Math.max(wantedW, vehicles.energyWh < floor ? vehicles.capacityWh / 4 : 0);
  if (vehicles.energyWh >= vehicles.capacityWh) wantedW = Math.min(wantedW, 0);
  wantedW = Math.min(wantedW, vehicles.maxChargeW, importRoomW);
  wantedW = Math.max(wantedW, -vehicles.maxDischargeW, -exportRoomW);
  if (toMs >= fault.deadFromMs) wantedW = 0;
  const fullW = vehicles.powerW > 0 ? vehicles.maxChargeW : vehicles.maxDischargeW;
  const rampW = (Math.max(fullW, Math.abs(wantedW)) / rampS) * dtS;
  const aimW = Math.max(vehicles.powerW - rampW, Math.min(vehicles.powerW + rampW, wantedW));
  // The permit has no ramp: what its room does not hold ends at once.
  vehicles.powerW = Math.max(-exportRoomW, Math.min(Math.max(importRoomW, 0), aimW));
  vehicles.energyWh = Math.min(vehicles.capacityWh, vehicles.energyWh + (vehicles.powerW * dtS) / 3_600);
}

export interface LightStep {
  /** A fleet's request; null: none. */
  readonly askedW: number | null;
  readonly ownW: number;
  readonly exportRoomW: number;
  readonly importRoomW: number;
  readonly fault: LightFault;
}

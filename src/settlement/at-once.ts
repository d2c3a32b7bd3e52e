/**
 * What would have happened without a planner: the same vehicles come and go with the same energy, the building and the sun are as
 * they were measured, the same import limit holds, and each vehicle charges from its arrival on, first come first served, until it
 * has what it left with. Nobody discharges.
 */
import { chargeable, energyAfter, type PlanningStay } from "../planning/problem.ts";

/** A stay that has happened, with what the vehicle truly left with as its need. */
export interface MeasuredStay {
  readonly vehicleId: string;
  readonly evseId: string;
  /** In quarters of the period; a vehicle that was there before it has a negative one. */
  readonly arrivalSlot: number;
  readonly departureSlot: number;
  readonly arrivalWh: number;
  readonly leftWithWh: number;
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly chargeEfficiency: number;
  readonly taperFromWh: number;
  readonly taperFullW: number;
}

export interface AtOnce {
  /** AC power of each stay in each quarter of the period, W. */
  readonly powerW: readonly (readonly number[])[];
  /** All stays together, W. */
  readonly totalW: readonly number[];
  /** What each vehicle would have left with, Wh. */
  readonly leftWithWh: readonly number[];
}

/** `baseW`: the site without its vehicles, net of PV, by quarters. */
export function chargeAtOnce(stays: readonly MeasuredStay[], baseW: readonly number[], importLimitW: number): AtOnce {
  const quarterH = 0.25;
  const powerW = stays.map(() => new Array<number>(baseW.length).fill(0));
  const energyWh = stays.map(({ arrivalWh }) => arrivalWh);
  const queue = stays.map((_, i) => i).sort((a, b) => stays[a]!.arrivalSlot - stays[b]!.arrivalSlot || a - b);
  const totalW = new Array<number>(baseW.length).fill(0);
  let next = 0;
  let present: number[] = [];
  for (let t = 0; t < baseW.length; t++) {
    let freeW = Math.max(0, importLimitW - baseW[t]!);
    while (next < queue.length && stays[queue[next]!]!.arrivalSlot <= t) present.push(queue[next++]!);
    if (present.some((i) => t >= stays[i]!.departureSlot)) present = present.filter((i) => t < stays[i]!.departureSlot);
    for (const i of present) {
      const stay = stays[i]!;
      const battery = batteryOf(stay);
      const goalWh = Math.max(stay.leftWithWh, stay.arrivalWh);
      const power = Math.min(freeW, chargeable(battery, energyWh[i]!, goalWh, quarterH));
      if (power < 1) continue;
      powerW[i]![t] = power;
      totalW[t]! += power;
      energyWh[i] = energyAfter(battery, energyWh[i]!, power, quarterH);
      freeW -= power;
    }
  }
  return { powerW, totalW, leftWithWh: energyWh };
}

/** The battery in the planner's terms. */
function batteryOf(stay: MeasuredStay): PlanningStay {
  return {
    ...stay,
    minWh: 0,
    reserveWh: 0,
    maxWh: stay.capacityWh,
    neededWh: stay.leftWithWh,
    priority: 2,
    maxDischargeW: 0,
    minChargeW: 0,
    minDischargeW: 0,
    dischargeEfficiency: 1,
    wearPerKWh: 0,
  };
}

/** What happens at a light site between two moments: powers, and the energies that they come to. */
import type { Lease } from "../../src/protocols/fleet/orders.ts";
import { type LightPlant, powersOf, type QuarterSums, underLeases } from "./light-plant.ts";
import { type LightFault, type LightVehicles, stepVehicles } from "./light-vehicles.ts";

/** A longer time between two steps is not lived through, ms. */
const stepMaxMs = 60_000;
export const exportLimitW = 40_000;
export const importLimitW = 120_000;
const noSums = (): QuarterSums => ({ building: 0, pv: 0, charged: 0, discharged: 0 });

export interface LightLife {
  /** On to a moment, under the leases that run. */
  move(nowMs: number, running: readonly Lease[]): void;
  /** Energies since the last time that they were taken. */
  takeSums(): QuarterSums;
  /** Energy of the vehicles while a lease for power ran, Wh; null where none did. */
  givenWh(id: string): number | null;
}

export function createLightLife(
  plant: LightPlant,
  vehicles: LightVehicles,
  fault: LightFault,
  startMs: number,
): LightLife {
  const given = new Map<string, number>();
  let sums = noSums();
  let movedMs = startMs;
  return {
    move(nowMs, running) {
      const fromMs = Math.max(movedMs, nowMs - stepMaxMs);
      movedMs = nowMs;
      if (nowMs <= fromMs) return;
      const { building, pv, vehicles: ownW } = powersOf(plant, nowMs);
      const rooms = { exportRoomW: exportLimitW + building - pv, importRoomW: importLimitW - building + pv };
      const asked = underLeases(nowMs > vehicles.departMs ? 0 : ownW, running);
      stepVehicles(vehicles, { ...asked, ...rooms, fault }, fromMs, nowMs);
      const hours = (nowMs - fromMs) / 3_600_000;
      sums.building += building * hours;
      sums.pv += pv * hours;
      sums.charged += Math.max(0, vehicles.powerW) * hours;
      sums.discharged += Math.max(0, -vehicles.powerW) * hours;
      for (const { id, kind } of running)
        if (kind === "power") given.set(id, (given.get(id) ?? 0) + vehicles.powerW * hours);
    },
    takeSums() {
      const taken = sums;
      sums = noSums();
      return taken;
    },
    givenWh: (id) => given.get(id) ?? null,
  };
}

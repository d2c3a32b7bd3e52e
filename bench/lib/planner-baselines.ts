/** What sites do without a planner, on the same day: everything at once, and each vehicle's cheapest slots without the others. */
import { chargeable, energyAfter, type PlanningProblem, type PlanningStay } from "../../src/planning/problem.ts";

type Powers = Record<string, number[]>;

const goalOf = ({ maxWh, neededWh, reserveWh }: PlanningStay): number => Math.min(maxWh, Math.max(neededWh, reserveWh));

/** Every vehicle charges on arrival up to its need, first come first served inside the import limit. */
export const chargeAtOnce = (problem: PlanningProblem): Powers => drive(problem, () => true);

/** Every vehicle takes the cheapest slots that it needs alone, as a charger with a price plan of its own does. */
export function perVehicle(problem: PlanningProblem): Powers {
  const wanted = new Map(problem.stays.map((stay) => [stay, cheapestSlots(problem, stay)]));
  return drive(problem, (stay, slot) => wanted.get(stay)!.has(slot));
}

function cheapestSlots({ slots, slotMinutes, tariff }: PlanningProblem, stay: PlanningStay): Set<number> {
  const present = Array.from({ length: slots }, (_, t) => t).filter(
    (t) => t >= stay.arrivalSlot && t < stay.departureSlot,
  );
  const order = [...present].sort((a, b) => tariff.importPerKWh[a]! - tariff.importPerKWh[b]! || a - b);
  const chosen = new Set<number>();
  for (const slot of order) {
    chosen.add(slot);
    let energyWh = stay.arrivalWh;
    for (const t of present) {
      if (chosen.has(t))
        energyWh = energyAfter(
          stay,
          energyWh,
          chargeable(stay, energyWh, goalOf(stay), slotMinutes / 60),
          slotMinutes / 60,
        );
    }
    if (energyWh >= goalOf(stay) - 1) break;
  }
  return chosen;
}

function drive(problem: PlanningProblem, wants: (stay: PlanningStay, slot: number) => boolean): Powers {
  const { slots, site } = problem;
  const hours = problem.slotMinutes / 60;
  const powers: Powers = Object.fromEntries(
    problem.stays.map(({ evseId }) => [evseId, new Array<number>(slots).fill(0)]),
  );
  const energy = new Map(problem.stays.map((stay) => [stay, stay.arrivalWh]));
  const queue = [...problem.stays].sort((a, b) => a.arrivalSlot - b.arrivalSlot);
  for (let t = 0; t < slots; t++) {
    let freeW = site.importLimitW - site.loadW[t]! + site.pvW[t]!;
    for (const stay of queue) {
      if (t < stay.arrivalSlot || t >= stay.departureSlot || !wants(stay, t)) continue;
      const power = Math.min(Math.max(0, freeW), chargeable(stay, energy.get(stay)!, goalOf(stay), hours));
      if (power < Math.max(stay.minChargeW, 1)) continue;
      powers[stay.evseId]![t] = power;
      energy.set(stay, energyAfter(stay, energy.get(stay)!, power, hours));
      freeW -= power;
    }
  }
  return powers;
}

/** Invented bus depots for the planner's bench: seeded, mostly bidirectional, with everything in them that makes a day hard. */

import type { Random } from "../../sim/random.ts";
import type { PlanningProblem, PlanningStay } from "../../src/planning/problem.ts";

const slots = 96;

/** A day from noon to noon. Odd seeds have a demand charge, even ones time-of-use prices. */
export function depotDay(random: Random, vehicles: number, withDemandCharge: boolean): PlanningProblem {
  const between = (from: number, to: number): number => from + (to - from) * random.uniform();
  const hourOf = (t: number): number => (12 + t / 4) % 24;
  const loadBaseW = vehicles * between(500, 2_000);
  const loadW = Array.from(
    { length: slots },
    (_, t) => loadBaseW * (1 + (hourOf(t) > 7 && hourOf(t) < 18 ? 1.5 : 0)) * between(0.9, 1.1),
  );
  const sun = (t: number): number => Math.max(0, Math.cos(((hourOf(t) - 12.5) / 7) * (Math.PI / 2)));
  const pvW = Array.from({ length: slots }, (_, t) => vehicles * 2_500 * sun(t) * between(0.7, 1));
  const importPerKWh = Array.from({ length: slots }, (_, t) =>
    hourOf(t) >= 16 && hourOf(t) < 21 ? 0.496 : hourOf(t) < 6 ? 0.11 : 0.16,
  );
  const importLimitW = Math.round(vehicles * between(14_000, 20_000) + Math.max(...loadW));
  const event = {
    id: "event",
    fromSlot: 20,
    toSlot: 24,
    baselineW: loadW.slice(20, 24).map((load) => load + vehicles * 4_000),
    committedW: Math.round(vehicles * between(1_000, 6_000)),
    payPerKWh: 1,
    penaltyPerKWh: 0,
  };
  return {
    slotMinutes: 15,
    slots,
    site: {
      importLimitW,
      exportLimitW: Array.from({ length: slots }, (_, t) => (hourOf(t) < 8 ? vehicles * 2_000 : vehicles * 6_000)),
      loadW,
      pvW,
      pvCurtailable: true,
      backup: { requiredWh: Array.from({ length: slots }, (_, t) => (t > 40 && t < 64 ? vehicles * 9_000 : 0)) },
    },
    tariff: {
      importPerKWh,
      exportPerKWh: importPerKWh.map((price) => price * 0.4),
      demand: withDemandCharge
        ? [
            {
              id: "all-hours",
              perKW: 15.75,
              slots: Array.from({ length: slots }, (_, t) => t),
              peakSoFarW: importLimitW * between(0.1, 0.4),
            },
          ]
        : [],
    },
    events: [event],
    stays: Array.from({ length: vehicles }, (_, index) => bus(index, between)),
  };
}

function bus(index: number, between: (from: number, to: number) => number): PlanningStay {
  const capacityWh = between(0, 1) < 0.5 ? 155_000 : 226_000;
  const bidirectional = between(0, 1) < 0.7;
  return {
    evseId: `evse-${String(index + 1).padStart(3, "0")}`,
    arrivalSlot: Math.round(between(12, 28)),
    departureSlot: Math.round(between(66, 82)),
    capacityWh,
    minWh: capacityWh * 0.1,
    reserveWh: capacityWh * between(0.2, 0.3),
    maxWh: capacityWh,
    arrivalWh: capacityWh * between(0.18, 0.55),
    neededWh: capacityWh * between(0.75, 0.95),
    priority: (1 + Math.floor(between(0, 3))) as 1 | 2 | 3,
    maxChargeW: 60_000,
    maxDischargeW: bidirectional ? 60_000 : 0,
    minChargeW: 0,
    minDischargeW: 0,
    chargeEfficiency: 0.95,
    dischargeEfficiency: 0.94,
    taperFromWh: capacityWh * 0.8,
    taperFullW: 9_000,
    wearPerKWh: 0.05,
  };
}

/** The same day a moment later: forecasts and energies a little off, the plan in force known. */
export function news(
  day: PlanningProblem,
  powerW: Readonly<Record<string, readonly number[]>>,
  random: Random,
): PlanningProblem {
  const near = (share: number): number => 1 + share * (2 * random.uniform() - 1);
  return {
    ...day,
    site: { ...day.site, loadW: day.site.loadW.map((load) => load * near(0.03)) },
    stays: day.stays.map((stay) => ({ ...stay, arrivalWh: stay.arrivalWh * near(0.01) })),
    previous: { powerW },
  };
}

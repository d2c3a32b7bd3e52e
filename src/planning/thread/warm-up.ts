/** A small day on which the engine is compiled before anybody waits for a plan. */
import type { PlanningProblem } from "../problem.ts";

const slots = 24;
const series = (value: (t: number) => number): number[] => Array.from({ length: slots }, (_, t) => value(t));

export const warmUpProblem: PlanningProblem = {
  slotMinutes: 60,
  slots,
  site: {
    importLimitW: 50_000,
    exportLimitW: series(() => 0),
    loadW: series(() => 5_000),
    pvW: series(() => 0),
    pvCurtailable: true,
    backup: null,
  },
  tariff: {
    importPerKWh: series((t) => 0.1 + (t % 7) / 50),
    exportPerKWh: series(() => 0),
    demand: [{ id: "all", perKW: 10, slots: series((t) => t), peakSoFarW: 5_000 }],
  },
  events: [],
  stays: ["a", "b", "c"].map((evseId, index) => ({
    evseId,
    arrivalSlot: index,
    departureSlot: 20 + index,
    capacityWh: 80_000,
    minWh: 8_000,
    reserveWh: 16_000,
    maxWh: 80_000,
    arrivalWh: 30_000,
    neededWh: 70_000,
    priority: 1,
    maxChargeW: 22_000,
    maxDischargeW: 22_000,
    minChargeW: 0,
    minDischargeW: 0,
    chargeEfficiency: 0.94,
    dischargeEfficiency: 0.94,
    taperFromWh: 64_000,
    taperFullW: 4_000,
    wearPerKWh: 0.03,
  })),
};

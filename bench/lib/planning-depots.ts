/** Depots for the rolling week: what really happens in them, and what their timetable says. Seeded. */
import type { Random } from "../../sim/random.ts";
import type { Vehicle, Vehicles } from "../../src/app/vehicles/vehicles.ts";
import { vehicleSettings } from "../../src/config/site/fleet.ts";
import { departuresOf } from "../../src/domain/fleet/timetable.ts";
import { dayMs, hourMs } from "../../src/domain/units.ts";
import { calendar } from "./forecast-trials.ts";

export interface Depot {
  readonly name: string;
  readonly buses: number;
  /** Share of the office's load, and rating of its PV, W. */
  readonly loadShare: number;
  readonly pvW: number;
  readonly demandPerKW: number;
  readonly exportW: number;
  readonly bidirectional: boolean;
  readonly importPerBusW: number;
}

export const depots: readonly Depot[] = [
  {
    name: "5 buses, demand charge",
    buses: 5,
    loadShare: 0.3,
    pvW: 0,
    demandPerKW: 15,
    exportW: 0,
    bidirectional: true,
    importPerBusW: 25_000,
  },
  {
    name: "8 buses, time of use",
    buses: 8,
    loadShare: 0.4,
    pvW: 0,
    demandPerKW: 0,
    exportW: 0,
    bidirectional: true,
    importPerBusW: 22_000,
  },
  {
    name: "10 buses, PV, no export",
    buses: 10,
    loadShare: 0.5,
    pvW: 150_000,
    demandPerKW: 0,
    exportW: 0,
    bidirectional: true,
    importPerBusW: 22_000,
  },
  {
    name: "12 buses, PV, demand charge",
    buses: 12,
    loadShare: 0.6,
    pvW: 100_000,
    demandPerKW: 12,
    exportW: 30_000,
    bidirectional: true,
    importPerBusW: 20_000,
  },
  {
    name: "6 buses that only charge, export",
    buses: 6,
    loadShare: 0.3,
    pvW: 80_000,
    demandPerKW: 8,
    exportW: 50_000,
    bidirectional: false,
    importPerBusW: 25_000,
  },
];

/** One stay as it really comes. */
export interface TrueStay {
  readonly evse: number;
  readonly arrivesAtMs: number;
  readonly departsAtMs: number;
  readonly arrivalWh: number;
  readonly neededWh: number;
  /** Not quite what was entered for the vehicle. */
  readonly chargeEfficiency: number;
}

export const capacityWh = 200_000;
export const chargerW = 60_000;
const neededShare = 0.85;
const usedShare = 0.55;

export interface DepotWeek {
  readonly vehicles: readonly Vehicle[];
  readonly fleet: Pick<Vehicles, "departures" | "routes">;
  readonly stays: readonly TrueStay[];
}

/** From noon of the first day to noon `days` later; each bus is out by day, and back when traffic lets it. */
export function depotWeek(random: Random, depot: Depot, startsAtMs: number, days: number): DepotWeek {
  const between = (from: number, to: number): number => from + (to - from) * random.uniform();
  const clock = (hour: number): string =>
    `${String(Math.floor(hour)).padStart(2, "0")}:${String(Math.floor((hour % 1) * 4) * 15).padStart(2, "0")}`;
  const routes = new Map([["r", { id: "r", name: "Route", energyWh: usedShare * capacityWh }]]);
  const stays: TrueStay[] = [];
  const vehicles = Array.from({ length: depot.buses }, (_, i): Vehicle => {
    const leaves = between(5, 7.5);
    const back = between(16, 19);
    const entry = vehicleSettings.parse({
      id: `bus-${i + 1}`,
      name: `Bus ${i + 1}`,
      capacityWh,
      wearPerKWh: 0.05,
      chargeEfficiencyPct: 95,
      dischargeEfficiencyPct: 94,
      bidirectional: depot.bidirectional,
      weekly: [
        {
          days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
          leavesAt: clock(leaves),
          backAt: clock(back),
          needWh: neededShare * capacityWh,
        },
      ],
    });
    for (const { leavesAtMs } of departuresOf(
      entry,
      calendar.zone,
      startsAtMs + 12 * hourMs,
      startsAtMs + days * dayMs,
    )) {
      const backAtMs = leavesAtMs - (leaves - back + 24) * hourMs;
      stays.push({
        evse: i + 1,
        arrivesAtMs: backAtMs + between(-0.6, 0.6) * hourMs,
        departsAtMs: leavesAtMs,
        arrivalWh: (neededShare - usedShare + between(-0.08, 0.08)) * capacityWh,
        neededWh: neededShare * capacityWh,
        chargeEfficiency: 0.95 + between(-0.02, 0.02),
      });
    }
    return {
      entry: entry as Vehicle["entry"],
      enteredBy: null,
      learned: { usedWh: { value: usedShare * capacityWh, from: "history", atMs: 0 } },
    };
  });
  const departures: Vehicles["departures"] = (entry, fromMs, untilMs) =>
    departuresOf(entry, calendar.zone, fromMs, untilMs);
  return { vehicles, fleet: { routes, departures }, stays };
}

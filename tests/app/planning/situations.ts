/** Situations for tests of planning: one charger or several, everything known, nothing in the way. */
import type { SituatedEvse, Situation } from "../../../src/app/planning/situation.ts";
import type { Vehicles } from "../../../src/app/vehicles/vehicles.ts";

export const hourMs = 3_600_000;
export const startMs = Date.parse("2026-06-01T00:00:00Z");
const slots = 96;

export const evse = (number: number, more: Partial<SituatedEvse> = {}): SituatedEvse => ({
  evse: number,
  name: `Bus ${number}`,
  vehicle: null,
  awaited: null,
  usualArrivals: [],
  connected: true,
  socPct: 40,
  capacityWh: 100_000,
  need: { departsAtMs: startMs + 8 * hourMs, neededWh: 80_000, priority: 2, from: "timetable", atMs: 0, label: "" },
  priority: 2,
  ratedChargeW: 50_000,
  ratedDischargeW: 50_000,
  nowChargeW: 50_000,
  minW: 0,
  backendMinW: Number.NEGATIVE_INFINITY,
  backendMaxW: Number.POSITIVE_INFINITY,
  held: 0,
  heldBy: "",
  chargeNow: false,
  askedW: Number.NaN,
  mayDischarge: false,
  mayBackUp: false,
  reservePct: 30,
  ...more,
});

const flat = (valueW: number | null): Situation["load"] => ({
  startsAtMs: startMs,
  powerW: new Array<number | null>(slots).fill(valueW),
  lowW: [],
  highW: [],
  basis: "flat",
  errors: null,
});

export const situation = (evses: readonly SituatedEvse[], more: Partial<Situation> = {}): Situation => ({
  nowMs: startMs,
  startsAtMs: startMs,
  slots,
  evses,
  importLimitW: 200_000,
  operatorImportW: Number.POSITIVE_INFINITY,
  configuredImportW: 200_000,
  exportLimitW: new Array<number>(slots).fill(0),
  groups: [],
  load: flat(10_000),
  pv: flat(0),
  pvCurtailable: false,
  tariff: {
    importPerKWh: Array.from({ length: slots }, (_, t) => (t < 8 ? 0.5 : 0.1)),
    exportPerKWh: new Array<number>(slots).fill(0),
    demand: [],
    knownSlots: slots,
  },
  currency: "EUR",
  wearPerKWh: 0.05,
  events: [],
  backupWh: 0,
  backupFromSlot: 0,
  ...more,
});

export const noVehicles: Pick<Vehicles, "departures" | "routes"> = { departures: () => [], routes: new Map() };

/** The plan while there is none: said, never guessed. */
import type { PlanAnswer } from "./plan-api.ts";

/** `why`: a sentence. */
export const noPlan = (why: string): PlanAnswer => ({
  method: "none",
  fallback: why,
  version: 0,
  madeAtMs: null,
  ageMs: null,
  inForce: false,
  startsAtMs: null,
  slotMs: 15 * 60_000,
  slots: 0,
  currency: "",
  importPerKWh: [],
  exportPerKWh: [],
  knownPriceSlots: 0,
  loadW: [],
  pvW: [],
  vehiclesW: [],
  netW: [],
  gridCapW: [],
  importLimitW: null,
  exportLimitW: [],
  basis: { load: "unknown", pv: "unknown", prices: "unknown" },
  errors: { load: null, pv: null },
  vehicles: [],
  cost: { energy: 0, demand: 0, wear: 0, events: 0, total: 0, atOnce: null },
  faults: [],
  sentence: why,
});

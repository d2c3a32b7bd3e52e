/** The physics of a light site: powers by the hour of the day, what leases leave of them, and what a quarter-hour of it is. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import type { Lease } from "../../src/protocols/fleet/orders.ts";
import type { FleetRecord } from "../../src/protocols/fleet/payloads.ts";

export const quarterMs = 900_000;

/** Which of the light sites it is, and how many chargers it has. */
export interface LightPlant {
  readonly index: number;
  readonly evses: number;
}
interface Powers {
  readonly building: number;
  readonly pv: number;
  readonly vehicles: number;
}
type EnergyRow = Extract<FleetRecord["body"], { kind: "energy" }>["row"];

/** Building, PV and what the vehicles would do by themselves at a moment, W: each site a little different. */
export function powersOf({ index, evses }: LightPlant, atMs: number): Powers {
  const hour = (((atMs / 3_600_000 + index * 0.05) % 24) + 24) % 24;
  const noise = Math.sin(atMs / 60_000 + index * 7) * 0.08 + 1;
  const building = (6_000 + 14_000 * Math.exp(-(((hour - 11) / 5) ** 2))) * noise * (1 + (index % 3));
  const pv = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI)) * 30_000 * (0.7 + 0.3 * Math.sin(index));
  const night = hour > 20 || hour < 5;
  return { building, pv, vehicles: night ? evses * 1_500 * noise : evses * 300 };
}

/** What the leases that run leave of the vehicles' own power; `askedW` null: no lease asks for a power. */
export function underLeases(
  ownW: number,
  running: readonly Lease[],
): { readonly ownW: number; readonly askedW: number | null } {
  const asked = running.find(({ kind }) => kind === "power")?.valueW ?? null;
  const capped = (powerW: number): number => {
    for (const { kind, valueW } of running) {
      if (kind === "cap-charge") powerW = Math.min(powerW, valueW);
      if (kind === "cap-discharge") powerW = Math.max(powerW, -valueW);
      if (kind === "stop") powerW = 0;
    }
    return powerW;
  };
  return { ownW: capped(ownW), askedW: asked === null ? null : capped(asked) };
}

/** Energy of a quarter-hour, Wh. */
export interface QuarterSums {
  building: number;
  pv: number;
  charged: number;
  discharged: number;
}

/** A quarter-hour of before the start: powers as in its middle. */
export function pastQuarter(plant: LightPlant, fromMs: number): QuarterSums {
  const { building, pv, vehicles } = powersOf(plant, fromMs + quarterMs / 2);
  return { building: building / 4, pv: pv / 4, charged: vehicles / 4, discharged: 0 };
}

/** The quarter-hour that follows `before` in the chain. */
export function quarterOf(
  site: string,
  fromMs: number,
  before: { readonly sequence: number; readonly hash: string },
  { building, pv, charged, discharged }: QuarterSums,
): EnergyRow {
  const mWh = (energyWh: number): number => Math.round(energyWh * 1_000);
  const toBuilding = Math.min(pv, building);
  const fromVehicles = Math.min(discharged, building - toBuilding);
  const flows = {
    pv: { building: mWh(toBuilding), export: mWh(pv - toBuilding) },
    grid: { building: mWh(building - toBuilding - fromVehicles), "v:fleet": mWh(charged) },
    "v:fleet": { building: mWh(fromVehicles), export: mWh(discharged - fromVehicles) },
  };
  const unsealed = {
    format: "islet-fleet-energy-1" as const,
    ...{ site, sequence: before.sequence + 1, fromMs, toMs: fromMs + quarterMs },
    ...{ flows, origins: {}, estimatedMWh: 0, prev: before.hash },
  } as const;
  return { ...unsealed, hash: createHash("sha256").update(canonicalJson(unsealed)).digest("hex") };
}

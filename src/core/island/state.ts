/** What the island is told and what it remembers: configuration, state, phases. `island.ts` runs it. */
import type { BatteryGauge } from "./battery-gauge.ts";
import { createBatteryGauge } from "./battery-gauge.ts";
import type { Runway, RunwayInputs } from "./runway.ts";
import { createRunway, createRunwayInputs } from "./runway.ts";
import type { IslandSupply, IslandTier, TierState, TierTuning } from "./tiers.ts";
import { createTierState } from "./tiers.ts";

/** What the island reckons with: tiers, stages' ratings, reserves, PV. */
export interface IslandConfig {
  readonly nominalFrequencyHz: number;
  readonly tiers: readonly IslandTier[];
  readonly tierTuning: TierTuning;
  /** Age from which the load panel's readings are old, by its own clock, ms. */
  readonly panelFreshMs: number;
  /** Rating of each stage, discharging, W. */
  readonly ratedW: readonly number[];
  /** PV that may join: 0 W when there is none, and the only way to curtail it. */
  readonly pv: { readonly ratedW: number; readonly curtail: "command" | "frequency-shift" };
  /** State of charge kept in the vehicle at each stage, percent; the vehicle's own request may be higher. */
  readonly reservePct: readonly number[];
  /** Share of stored energy that arrives at the AC side. */
  readonly efficiency: number;
}

/** What people see of it. */
export type IslandPhase = "none" | "starting" | "stepping" | "steady" | "ending" | "ended";

/** Indexes are wire values: append only. */
export const islandPhases: readonly IslandPhase[] = ["none", "starting", "stepping", "steady", "ending", "ended"];

/** What the island remembers from cycle to cycle; written in place. */
export interface IslandState {
  phase: IslandPhase;
  /** 1 for each stage that is commanded to form. */
  readonly forms: Uint8Array;
  /** 1 for each stage that holds the bus and has proven it, and since when each reports that it forms, ms (NaN: it doesn't). */
  readonly carries: Uint8Array;
  readonly formsSinceMs: Float64Array;
  /** Stages passed over in this start because they did not form. */
  readonly failed: Uint8Array;
  readonly tiers: TierState;
  /** Tiers that may be fed at all, from the first: what brought the island down stays off (`black-start.ts`). */
  tiersTrusted: number;
  beganMs: number;
  joinedMs: number;
  idleSinceMs: number;
  /** Correction of the common frequency reference, Hz. */
  trimHz: number;
  shiftHz: number;
  /** How long PV has been too much with all of the shift, and how long the last step still stands (0: it has not come), ms. */
  surplusMs: number;
  shiftLastMs: number;
  /** A small move of the frequency that asks whether the grid side follows (`backfeed-watch.ts`), Hz. */
  nudgeHz: number;
  pvLimitW: number;
  /** Hours that the energy above reserve lasts at the present load; NaN unknown, Infinity without load. */
  runwayH: number;
  energyWh: number;
  /** Its only source has to go and nobody takes over: it ends in order. */
  finishing: boolean;
  /** Energy has run out: it ends in order, and may begin again with more. */
  spent: boolean;
  readonly supply: IslandSupply;
  readonly gauge: BatteryGauge;
  /** How long each tier is fed: the one forecast that people see and scenarios judge. */
  readonly runway: Runway;
  readonly runwayInputs: RunwayInputs;
  forecastAtMs: number;
  /** PV as it was in each hour of the day (UTC), W. */
  readonly pvOfHourW: Float64Array;
  lastMs: number;
}

/** No island: no stage forms, loads and batteries as configured until they are measured. */
export const createIsland = (config: IslandConfig, stageCount: number): IslandState => ({
  phase: "none",
  forms: new Uint8Array(stageCount),
  carries: new Uint8Array(stageCount),
  formsSinceMs: new Float64Array(stageCount).fill(Number.NaN),
  failed: new Uint8Array(stageCount),
  tiers: createTierState(config.tiers),
  tiersTrusted: Number.POSITIVE_INFINITY,
  beganMs: Number.NaN,
  joinedMs: Number.NEGATIVE_INFINITY,
  idleSinceMs: Number.NaN,
  trimHz: 0,
  shiftHz: 0,
  surplusMs: 0,
  shiftLastMs: 0,
  nudgeHz: 0,
  pvLimitW: Number.POSITIVE_INFINITY,
  runwayH: Number.NaN,
  energyWh: Number.NaN,
  finishing: false,
  spent: false,
  supply: { loadW: 0, atMs: Number.NEGATIVE_INFINITY, abilityW: 0, sagging: false, energyWh: Number.NaN, pvW: 0 },
  gauge: createBatteryGauge(stageCount, config.efficiency),
  runway: createRunway(stageCount, config.tiers.length),
  runwayInputs: createForecastInputs(config, stageCount),
  forecastAtMs: Number.NEGATIVE_INFINITY,
  pvOfHourW: new Float64Array(24),
  lastMs: Number.NaN,
});

function createForecastInputs({ tiers, tierTuning }: IslandConfig, stageCount: number): RunwayInputs {
  const inputs = createRunwayInputs(
    tiers.map(({ sheddable }) => sheddable),
    stageCount,
  );
  inputs.shedBelowH = tierTuning.shedBelowH;
  return inputs;
}

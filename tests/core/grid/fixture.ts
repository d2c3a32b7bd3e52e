/** One stage of 10 kW at nominal grid, and a short way to step its grid functions. */
import { type GridSettings, standardGridProfile } from "../../../src/config/grid-profiles.ts";
import {
  createGridFunctions,
  type GridFunctions,
  type GridFunctionsOptions,
  type GridOutcome,
  stepGridFunctions,
} from "../../../src/core/grid/der.ts";
import { type Connection, createGridMeasurement, type GridMeasurement } from "../../../src/core/grid/measurement.ts";
import type { GridRatings } from "../../../src/core/grid/pq-priority.ts";
import { Quality } from "../../../src/domain/quality.ts";

export const ratings: GridRatings = {
  ratedW: 10_000,
  ratedVA: 10_000,
  maxChargeW: 8_000,
  maxChargeVA: 8_000,
  maxInjectVar: 4_400,
  maxAbsorbVar: 4_400,
  currentMaxPu: 1.2,
  openingS: 0,
};

/** Nothing but trips and ride-through, so that a test turns on what it is about. */
const quiet: Partial<GridSettings> = {
  droopEnabled: false,
  islandingBackupEnabled: false,
  reactiveMode: "none",
  activePowerLimitRampS: 0,
};

export interface Bench {
  readonly der: GridFunctions;
  readonly measurement: GridMeasurement;
  nowMs: number;
  requestedW: number;
  requestedVar: number;
  exportCapW: number;
}

export function createBench(
  settings: Partial<GridSettings> = {},
  { connection = "single", ...options }: GridFunctionsOptions & { connection?: Connection } = {},
  rated: GridRatings = ratings,
): Bench {
  const profile = { settings: { ...standardGridProfile.settings, ...quiet, ...settings } };
  const measurement = createGridMeasurement();
  measurement.quality = Quality.good;
  measurement.frequencyHz = profile.settings.nominalFrequencyHz;
  measurement.phaseVoltagePu.fill(1);
  return {
    der: createGridFunctions(profile, rated, connection, { inService: true, ...options }),
    measurement,
    nowMs: 0,
    requestedW: 0,
    requestedVar: 0,
    exportCapW: Number.POSITIVE_INFINITY,
  };
}

export const stepMs = 20;

/** Steps for a time and returns the last outcome. */
export function run(bench: Bench, durationS: number): GridOutcome {
  const steps = Math.max(1, Math.round((durationS * 1_000) / stepMs));
  for (let step = 0; step < steps; step++) {
    bench.nowMs += stepMs;
    Object.assign(bench.der.inputs, {
      requestedInjectedW: bench.requestedW,
      requestedInjectedVar: bench.requestedVar,
      exportCapW: bench.exportCapW,
    });
    stepGridFunctions(bench.der, bench.measurement, bench.nowMs);
  }
  return bench.der.outcome;
}

/** Steps until the status is a trip; the time it took, or Infinity. */
export function timeToTripS(bench: Bench, atMostS: number): number {
  const startMs = bench.nowMs;
  while (bench.nowMs - startMs < atMostS * 1_000) {
    if (run(bench, stepMs / 1_000).status === "trip") return (bench.nowMs - startMs) / 1_000;
  }
  return Number.POSITIVE_INFINITY;
}

export const setVoltage = (bench: Bench, voltagePu: number): void =>
  void bench.measurement.phaseVoltagePu.fill(voltagePu);

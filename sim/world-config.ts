/**
 * What the simulated site is made of, apart from what the controller knows about it: the true response times, batteries,
 * losses, noise and habits. `worldFor` makes a whole site from a few facts and a seed; every detail can be overridden.
 */
import { localToUtcMs } from "./calendar.ts";
import type { GridConfig } from "./plant/grid.ts";
import type { BuildingConfig, TierConfig } from "./plant/loads.ts";
import type { MeterConfig } from "./plant/meter.ts";
import type { PvConfig } from "./plant/pv.ts";
import type { StageConfig } from "./plant/stage/stage-config.ts";
import { makersProtections } from "./plant/stage/stage-trips.table.ts";
import type { TransferDeviceConfig } from "./plant/transfer-device.ts";
import type { VehicleConfig } from "./plant/vehicle.ts";
import { Random } from "./random.ts";
import { dataUtcOffsetMinutes } from "./site-data.ts";

export interface WorldConfig {
  readonly seed: number;
  /** UTC at the start, ms, and the site's offset from it. */
  readonly wallStartMs: number;
  readonly utcOffsetMinutes: number;
  readonly grid: GridConfig;
  readonly meter: MeterConfig;
  readonly transferDevice: TransferDeviceConfig;
  readonly building: BuildingConfig;
  readonly tiers: readonly TierConfig[];
  readonly stages: readonly StageConfig[];
  readonly pvs: readonly PvConfig[];
  /** Who is plugged in at the start, by EVSE. */
  readonly vehicles: readonly (VehicleConfig | undefined)[];
}

/** The facts that a world cannot do without. */
export interface WorldSketch {
  readonly seed: number;
  /** Local time at the start, as "2006-06-14 15:30". */
  readonly startsAt: string;
  readonly stageW: readonly number[];
  readonly nominalVoltageV: number;
  readonly phases: 1 | 2 | 3;
  readonly nominalFrequencyHz?: number;
  readonly utcOffsetMinutes?: number;
  /** For all stages, or for each by its index. */
  readonly stage?: Partial<StageConfig> | ((index: number) => Partial<StageConfig>);
  readonly grid?: Partial<GridConfig>;
  readonly meter?: Partial<MeterConfig>;
  readonly transferDevice?: Partial<TransferDeviceConfig>;
  readonly building?: Partial<BuildingConfig>;
  readonly tiers?: readonly (Partial<TierConfig> & { readonly name: string; readonly loadW: number })[];
  readonly pvs?: readonly (Partial<PvConfig> & { readonly ratedW: number })[];
  readonly vehicles?: readonly (VehicleConfig | undefined)[];
}

export function worldFor(sketch: WorldSketch): WorldConfig {
  const random = new Random(sketch.seed).stream("world");
  const utcOffsetMinutes = sketch.utcOffsetMinutes ?? dataUtcOffsetMinutes;
  const nominalFrequencyHz = sketch.nominalFrequencyHz ?? 60;
  let ratedW = 0;
  for (const powerW of sketch.stageW) ratedW += powerW;
  return {
    seed: sketch.seed,
    wallStartMs: localToUtcMs(sketch.startsAt, utcOffsetMinutes),
    utcOffsetMinutes,
    grid: {
      nominalFrequencyHz,
      sourceImpedancePu: 0.02,
      referenceW: ratedW,
      wanderPu: 0.004,
      wanderHz: 0.012,
      ...sketch.grid,
    },
    meter: {
      nominalVoltageV: sketch.nominalVoltageV,
      updateMs: 20,
      windowMs: 20,
      latencyMs: 10,
      jitterMs: 3,
      rangeW: 1.25 * ratedW,
      noise: 0.0015,
      offsetW: 0,
      gain: 1 + 0.002 * random.normal(),
      lsbW: ratedW > 100_000 ? 10 : 1,
      lossShare: 0.005,
      phases: sketch.phases,
      gridPowered: false,
      ...sketch.meter,
    },
    transferDevice: {
      openTravelMs: random.between(40, 90),
      closeTravelMs: random.between(40, 90),
      contactLagMs: 8,
      syncVoltagePu: 0.1,
      syncFrequencyHz: 0.3,
      syncPhaseDeg: 20,
      syncHoldMs: 200,
      closeInterlock: false,
      handoverMs: 0,
      voltmeterNoisePu: 0.002,
      frequencyNoiseHz: 0,
      angleNoiseDeg: 0,
      ...sketch.transferDevice,
    },
    building: {
      demand: undefined,
      scale: 1,
      powerFactor: 0.97,
      flicker: 0.01,
      motorW: 0,
      motorStartsPerHour: 0,
      motorRunS: 60,
      motorInrush: 4,
      ...sketch.building,
    },
    tiers: (sketch.tiers ?? []).map((tier) => ({
      powerFactor: 0.95,
      inrush: 3,
      inrushTauMs: 150,
      wander: 0,
      wanderTauS: 900,
      course: undefined,
      ...tier,
    })),
    stages: sketch.stageW.map((powerW, i) => ({
      ...stageOf(powerW, i, sketch, random),
      ...(typeof sketch.stage === "function" ? sketch.stage(i) : sketch.stage),
    })),
    pvs: (sketch.pvs ?? []).map((pv) => ({
      nominalVoltageV: sketch.nominalVoltageV,
      sun: undefined,
      side: "grid" as const,
      reconnectDelayS: 300,
      droopDeadbandHz: 0.036,
      droopSpanHz: 1.8,
      ...pv,
    })),
    vehicles: sketch.vehicles ?? sketch.stageW.map(() => undefined),
  };
}

/** A stage as the trade sells it: no two respond quite alike. */
function stageOf(ratedW: number, index: number, sketch: WorldSketch, random: Random): StageConfig {
  return {
    serialNumber: `SIM-${String(index + 1).padStart(3, "0")}`,
    firmware: "1.0.0",
    ratedW,
    ratedVA: ratedW,
    ratedVar: 0.44 * ratedW,
    nominalVoltageV: sketch.nominalVoltageV,
    tauMs: random.between(40, 60),
    deadTimeMs: random.between(5, 30),
    commandPeriodMs: 0,
    slewWPerS: Number.POSITIVE_INFINITY,
    startMs: random.between(150, 500),
    watchdogS: 5,
    islandWatchdogS: 10,
    efficiency: random.between(0.955, 0.965),
    standbyW: 0.0015 * ratedW,
    enterServiceDelayS: 300,
    protections: makersProtections,
    antiIslanding: true,
    antiIslandingMs: random.between(120, 350),
    gateInterlock: false,
    holdsAngle: false,
    takeOverMs: 4,
    holdMs: 2_000,
    deadBusCheck: true,
    blackStartMs: random.between(600, 1_200),
    joinMs: random.between(300, 700),
    droopPct: 1,
    overloadFactor: 1.2,
    overloadMs: 500,
    overchargePu: 0.25,
    overchargeMs: 2_000,
    port: undefined,
    instrumentGain: 1 + 0.003 * random.normal(),
  };
}

/** What a device that is listed for closed transition brings: the relay in its coil, the timer, instruments that err a little. */
export const listedForClosedTransition = {
  closeInterlock: true,
  handoverMs: 100,
  frequencyNoiseHz: 0.005,
  angleNoiseDeg: 0.5,
} as const satisfies Partial<TransferDeviceConfig>;

/** A school bus: 155 kWh, tapering towards full. */
export const schoolBus: VehicleConfig = {
  capacityWh: 155_000,
  socPct: 80,
  bidirectional: true,
  maxChargeW: 60_000,
  maxDischargeW: 60_000,
  minChargeW: 1_500,
  minDischargeW: 1_500,
  batteryEfficiency: 0.985,
  chargeCurve: [
    [0, 0.5],
    [5, 1],
    [85, 1],
    [95, 0.35],
    [99.5, 0.05],
    [100, 0],
  ],
  dischargeCurve: [
    [0, 0],
    [2, 0.1],
    [10, 1],
    [100, 1],
  ],
};

/** A transit bus: 226 kWh. */
export const transitBus: VehicleConfig = { ...schoolBus, capacityWh: 226_000 };

/** A car on an AC level-2 charger: its own rectifier takes up to 11.5 kW and gives nothing back. */
export const acCar: VehicleConfig = {
  ...schoolBus,
  capacityWh: 75_000,
  socPct: 40,
  bidirectional: false,
  maxChargeW: 11_500,
  maxDischargeW: 0,
  minChargeW: 1_380,
  minDischargeW: 0,
  batteryEfficiency: 0.93,
};

/** A pick-up truck at home: 131 kWh. */
export const homeTruck: VehicleConfig = {
  ...schoolBus,
  capacityWh: 131_000,
  socPct: 85,
  maxChargeW: 11_000,
  maxDischargeW: 9_600,
  minChargeW: 300,
  minDischargeW: 100,
};

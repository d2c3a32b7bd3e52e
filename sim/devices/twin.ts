/** What an emulated device stands in, and what every twin offers. */
import type { DeviceBank } from "./bank.ts";

/** The electrical truth at a device, positive where power is taken from the grid or by the vehicle. */
export interface Truth {
  phasePowerW: [number, number, number];
  phaseVoltageV: [number, number, number];
  frequencyHz: number;
  reactiveVar: number;
  importWh: number;
  exportWh: number;
  /** Of PV: what it gives. */
  productionW: number;
  /** Of stages and batteries. */
  socPct: number;
  vehicleConnected: boolean;
}

export const plainTruth = (): Truth => ({
  phasePowerW: [1_500, -9_000, 3_000],
  phaseVoltageV: [229.4, 231.2, 230.1],
  frequencyHz: 49.9,
  reactiveVar: 420,
  importWh: 4_711_000,
  exportWh: 815_000,
  productionW: 5_250,
  socPct: 56,
  vehicleConnected: true,
});

export const totalW = ({ phasePowerW: [a, b, c] }: Truth): number => a + b + c;

/** A device of a maker, emulated from what is publicly known of it and from nothing of ours. */
export interface Twin {
  /** Units behind its address and their registers. */
  readonly units: ReadonlyMap<number, DeviceBank>;
  readonly truth: Truth;
  /** Of stages and PV: the setpoint or limit in force, W, positive where power is taken; NaN while there is none. */
  readonly inForceW?: () => number;
  /** Time goes on, ms: watchdogs run. */
  readonly pass?: (elapsedMs: number) => void;
}

/** Makes a twin around the truth that it shows. */
export type TwinMaker = (truth: Truth) => Twin;

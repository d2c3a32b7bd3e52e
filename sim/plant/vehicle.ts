/**
 * A vehicle at an EVSE as the plant sees it: a battery with a charge curve, losses and a management system that says how
 * much it takes and gives. The stage moves energy through its DC side; what is stored changes exactly by that, minus loss.
 */
import { hourMs } from "../../src/domain/units.ts";

export interface VehicleConfig {
  readonly capacityWh: number;
  /** What it says its capacity is, as a multiple of the truth: an aged battery still tells its rating. */
  readonly toldCapacityShare?: number;
  readonly socPct: number;
  /** It tells its charge in steps of this many percent, rounded down; 0 tells all. */
  readonly toldStepPct?: number;
  readonly bidirectional: boolean;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** Smallest powers that it accepts, W. */
  readonly minChargeW: number;
  readonly minDischargeW: number;
  /** The battery's share of energy that arrives, each way. */
  readonly batteryEfficiency: number;
  /** [state of charge %, share of maxChargeW]: straight lines between rows. */
  readonly chargeCurve: readonly (readonly [number, number])[];
  /** Likewise for discharging. */
  readonly dischargeCurve: readonly (readonly [number, number])[];
}

/** A value read from rows of [x, y] by straight lines, flat outside. */
export function readCurve(rows: readonly (readonly [number, number])[], x: number): number {
  const first = rows[0]!;
  if (x <= first[0]) return first[1];
  for (let i = 1; i < rows.length; i++) {
    const right = rows[i]!;
    if (x <= right[0]) {
      const left = rows[i - 1]!;
      return left[1] + ((right[1] - left[1]) * (x - left[0])) / (right[0] - left[0]);
    }
  }
  return rows[rows.length - 1]![1];
}

export class Vehicle {
  connected = false;
  bidirectional = false;
  capacityWh = 0;
  /** What it says its capacity is, Wh. */
  toldCapacityWh = 0;
  storedWh = 0;
  /** What the battery takes and gives now, W, magnitudes at the DC side. */
  canChargeW = 0;
  canDischargeW = 0;
  minChargeW = 0;
  minDischargeW = 0;
  /** Whether the vehicle renews its limits (a fault stops it). */
  silent = false;
  /** The driver has paused the session from inside the vehicle. */
  paused = false;
  /** How it misbehaves in its session: a name of the table of habits, given as a fault; empty for not at all. */
  habit = "";
  /** State of the control pilot that its session holds; empty: it follows the charger's session. */
  pilot: "" | "B" | "C" | "D" | "E" | "F" = "";
  /** Its battery's voltage as its session knows it, V; 0: whatever it asks for. */
  voltageV = 0;
  /** Lost in the battery since the start of the simulation, Wh. */
  lossWh = 0;
  /** Energy that came and left inside plugged vehicles' batteries, Wh: part of the site's books. */
  arrivedWh = 0;
  leftWh = 0;
  #config: VehicleConfig | undefined;
  #efficiency = 0;

  get socPct(): number {
    return (100 * this.storedWh) / this.capacityWh;
  }

  /** What it says of its charge, percent. */
  get toldSocPct(): number {
    const stepPct = this.#config?.toldStepPct ?? 0;
    return stepPct > 0 ? Math.floor(this.socPct / stepPct) * stepPct : this.socPct;
  }

  plug(config: VehicleConfig): void {
    if (this.connected) this.unplug();
    this.#config = config;
    this.connected = true;
    this.silent = false;
    this.paused = false;
    this.habit = "";
    this.pilot = "";
    this.voltageV = 0;
    this.bidirectional = config.bidirectional;
    this.capacityWh = config.capacityWh;
    this.toldCapacityWh = config.capacityWh * (config.toldCapacityShare ?? 1);
    this.storedWh = (config.capacityWh * config.socPct) / 100;
    this.minChargeW = config.minChargeW;
    this.minDischargeW = config.minDischargeW;
    this.#efficiency = config.batteryEfficiency;
    this.arrivedWh += this.storedWh;
    this.renewLimits();
  }

  /** A person's doing, for tests: the books take the difference as energy that came or left with the vehicle. */
  setSoc(socPct: number): void {
    const storedWh = (this.capacityWh * socPct) / 100;
    if (!this.connected) return;
    this.arrivedWh += storedWh - this.storedWh;
    this.storedWh = storedWh;
    this.renewLimits();
  }

  unplug(): void {
    if (!this.connected) return;
    this.connected = false;
    this.leftWh += this.storedWh;
    this.storedWh = 0;
    this.canChargeW = 0;
    this.canDischargeW = 0;
  }

  /** The management system's view, about once a second. */
  renewLimits(): void {
    const config = this.#config;
    if (!this.connected || config === undefined) return;
    const socPct = this.socPct;
    this.canChargeW = this.paused ? 0 : config.maxChargeW * readCurve(config.chargeCurve, socPct);
    this.canDischargeW =
      this.paused || !config.bidirectional ? 0 : config.maxDischargeW * readCurve(config.dischargeCurve, socPct);
  }

  /** Energy through the DC side, W·ms, positive into the vehicle. */
  move(energyWms: number): void {
    const energyWh = energyWms / hourMs;
    const storedWh = energyWh >= 0 ? energyWh * this.#efficiency : energyWh / this.#efficiency;
    this.lossWh += energyWh - storedWh;
    this.storedWh += storedWh;
  }
}

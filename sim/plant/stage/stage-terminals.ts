/**
 * A stage's terminals and what its instruments show of them: ratings, both sides of the conversion, the battery as far as the
 * vehicle tells. The firmware (`power-stage.ts`) builds on this.
 */
import { hourMs } from "../../../src/domain/units.ts";
import type { Node } from "../node.ts";
import type { Vehicle } from "../vehicle.ts";
import { Conversion } from "./conversion.ts";
import type { StageConfig } from "./stage-config.ts";
import { StageFaults } from "./stage-faults.ts";
import { VehiclePort } from "./vehicle-port.ts";

export class StageTerminals {
  readonly config: StageConfig;
  readonly vehicle: Vehicle;
  readonly node: Node;
  readonly conversion: Conversion;
  readonly faults = new StageFaults();
  readonly port: VehiclePort | undefined;
  contactorClosed = false;
  /** Mean power of the last step, W: what its instrument is built on. */
  meanW = 0;

  constructor(config: StageConfig, vehicle: Vehicle, node: Node) {
    this.config = config;
    this.vehicle = vehicle;
    this.node = node;
    this.port = config.port && new VehiclePort(config.port, vehicle);
    if (this.port !== undefined) this.port.loadA = () => Math.abs(this.dcCurrentA);
    this.conversion = new Conversion(config.efficiency, config.standbyW);
  }

  get ratedW(): number {
    return this.config.ratedW;
  }
  get ratedVA(): number {
    return this.config.ratedVA;
  }
  get ratedVar(): number {
    return this.config.ratedVar;
  }
  get nominalVoltageV(): number {
    return this.config.nominalVoltageV;
  }
  get serialNumber(): string {
    return this.config.serialNumber;
  }
  get firmware(): string {
    return this.config.firmware;
  }
  get powerW(): number {
    return this.meanW * this.config.instrumentGain;
  }
  get voltagePu(): number {
    return this.node.voltagePu;
  }
  get frequencyHz(): number {
    return this.node.frequencyHz;
  }
  get dcVoltageV(): number {
    if (this.port !== undefined) return this.port.voltageV;
    return this.vehicle.connected ? 620 + 1.6 * this.vehicle.socPct : 0;
  }
  get dcCurrentA(): number {
    if (this.port !== undefined && !this.port.closed) return 0;
    return this.contactorClosed && this.vehicle.connected ? this.conversion.dcW(this.meanW) / this.dcVoltageV : 0;
  }
  get socPct(): number {
    // Behind a port the vehicle tells its session, not the stage.
    return this.vehicle.connected && this.port === undefined ? this.vehicle.toldSocPct : Number.NaN;
  }
  get capacityWh(): number {
    return this.vehicle.connected && this.port === undefined ? this.vehicle.toldCapacityWh : Number.NaN;
  }
  get vehicleConnected(): boolean {
    return this.vehicle.connected;
  }
  get importWh(): number {
    return this.conversion.importWms / hourMs;
  }
  get exportWh(): number {
    return this.conversion.exportWms / hourMs;
  }
  get local(): boolean {
    return this.faults.local;
  }
  get antiIslanding(): boolean {
    return this.config.antiIslanding && !this.faults.antiIslandingOff;
  }
  /** The most it can give to a bus that it forms, W. */
  get formAbilityW(): number {
    const ratedW = this.config.ratedW * this.faults.derating;
    const canDischargeW = this.dischargeAbleW;
    return canDischargeW < ratedW ? canDischargeW : ratedW;
  }

  /** What battery and port give now, W at the AC terminals. */
  get dischargeAbleW(): number {
    if (this.port === undefined) return this.vehicle.canDischargeW;
    return Math.max(0, (this.port.dischargeCapW - this.config.standbyW) * this.config.efficiency);
  }
  /** Likewise what they take. */
  get chargeAbleW(): number {
    if (this.port === undefined) return this.vehicle.canChargeW;
    const capW = this.port.chargeCapW;
    return capW > 0 ? (capW + this.config.standbyW) / this.config.efficiency : 0;
  }

  /** Reactive power that the circle leaves beside an active power, Var; what is not a number is zero. */
  reactiveWithin(powerW: number, wantedVar: number): number {
    const { ratedVA, ratedVar } = this.config;
    const roomVar = Math.sqrt(Math.max(0, ratedVA * ratedVA - powerW * powerW));
    const mostVar = roomVar < ratedVar ? roomVar : ratedVar;
    return wantedVar > mostVar ? mostVar : wantedVar >= -mostVar ? wantedVar : wantedVar < 0 ? -mostVar : 0;
  }
}

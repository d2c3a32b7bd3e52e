/**
 * A site's hardware, composed from a configuration and moved by `advance`. Steps are as long as the caller's tick while
 * nothing fast happens, and at most 1 ms long around transfers, outages and inrush; every device integrates its own step
 * exactly, so the length decides nothing but the moment at which things are looked at. Nothing is allocated while it runs.
 */

import { firstMs } from "./clock.ts";
import { BusWatch } from "./plant/bus-watch.ts";
import type { PlantLoadPanel } from "./plant/devices.ts";
import { EnergyBooks } from "./plant/energy-books.ts";
import { Grid, type GridEvent } from "./plant/grid.ts";
import { Building, Tier } from "./plant/loads.ts";
import { Meter } from "./plant/meter.ts";
import { Network } from "./plant/network.ts";
import { Node } from "./plant/node.ts";
import { OpeningWatch } from "./plant/opening-watch.ts";
import { Pv } from "./plant/pv.ts";
import { PowerStage } from "./plant/stage/power-stage.ts";
import { TransferDevice } from "./plant/transfer-device.ts";
import { Truth } from "./plant/truth.ts";
import type { VehicleConfig } from "./plant/vehicle.ts";
import { Vehicle } from "./plant/vehicle.ts";
import { Random } from "./random.ts";
import type { WorldConfig } from "./world-config.ts";

const fastStepMs = 1;
/** After something fast, steps stay short for this long, ms. */
const fastForMs = 300;
const renewMs = 100;
const renewSlowMs = 1_000;

export class World {
  readonly config: WorldConfig;
  readonly random: Random;
  readonly grid: Grid;
  readonly gridSide: Node;
  readonly bus: Node;
  readonly transferDevice: TransferDevice;
  readonly meter: Meter;
  readonly building: Building;
  readonly tiers: Tier[];
  readonly stages: PowerStage[];
  readonly vehicles: Vehicle[];
  readonly pvs: Pv[];
  /** The breakers of the tiers, as the load panel shows and moves them. */
  readonly loadPanel: PlantLoadPanel;
  readonly network: Network;
  readonly truth: Truth;
  readonly busWatch: BusWatch;
  readonly openingWatch: OpeningWatch;
  readonly books: EnergyBooks;
  /** Monotonic time, ms. */
  nowMs: number;
  /** Steps taken, for whoever measures. */
  steps = 0;
  /** Added to the wall clock by a story that turns the calendar, ms. */
  calendarShiftMs = 0;

  readonly #phaseShares: Float64Array;
  readonly #startMs: number;
  #fastUntilMs: number;
  #renewAtMs: number;
  #renewSlowAtMs: number;

  constructor(config: WorldConfig, startMs = firstMs) {
    this.config = config;
    const random = new Random(config.seed);
    this.random = random;
    const nominalHz = config.grid.nominalFrequencyHz;
    this.nowMs = startMs;
    this.#startMs = startMs;
    this.#fastUntilMs = startMs;
    this.#renewAtMs = startMs;
    this.#renewSlowAtMs = startMs;
    this.grid = new Grid(config.grid, random.stream("grid"));
    this.gridSide = new Node(nominalHz);
    this.bus = new Node(nominalHz);
    this.transferDevice = new TransferDevice(
      config.transferDevice,
      this.gridSide,
      this.bus,
      random.stream("transfer device"),
      startMs,
    );
    this.meter = new Meter(config.meter, random.stream("meter"), startMs);
    this.building = new Building(config.building, random.stream("building"), startMs);
    this.tiers = config.tiers.map((tier, t) => new Tier(tier, random.stream(`tier ${t}`)));
    this.vehicles = config.stages.map(() => new Vehicle());
    this.stages = config.stages.map(
      (stage, i) => new PowerStage(stage, this.vehicles[i]!, this.bus, nominalHz, startMs),
    );
    this.pvs = config.pvs.map((pv, i) => new Pv(pv, pv.side === "grid" ? this.gridSide : this.bus, nominalHz, i));
    this.loadPanel = {
      tierCount: this.tiers.length,
      loadW: (tier) => this.tiers[tier]!.powerW,
      closed: (tier) => this.tiers[tier]!.breakerClosed,
      command: (tier, closed) => this.setTierClosed(tier, closed),
    };
    const driftSign = random.stream("island drift").uniform() < 0.5 ? -1 : 1;
    this.network = new Network(
      this.grid,
      this.gridSide,
      this.bus,
      this.transferDevice,
      this.building,
      this.tiers,
      this.stages,
      this.pvs,
      driftSign,
    );
    this.truth = new Truth(this.network);
    this.busWatch = new BusWatch(this.network);
    this.openingWatch = new OpeningWatch(this.network);
    this.books = new EnergyBooks(this.network);
    this.#phaseShares = new Float64Array(phaseShares(config.meter.phases));
    for (const [i, vehicle] of config.vehicles.entries()) if (vehicle !== undefined) this.plug(i, vehicle);
    this.step(startMs + 1e-3);
  }

  /** UTC, ms. */
  get wallMs(): number {
    return this.config.wallStartMs + (this.nowMs - this.#startMs) + this.calendarShiftMs;
  }

  get simulatedMs(): number {
    return this.nowMs - this.#startMs;
  }

  /** When something fast last went on, ms. */
  get stirredAtMs(): number {
    return this.#fastUntilMs - fastForMs;
  }

  advance(durationMs: number): void {
    this.advanceTo(this.nowMs + durationMs);
  }

  advanceTo(endMs: number): void {
    while (this.nowMs < endMs) {
      let toMs = endMs;
      if (this.nowMs < this.#fastUntilMs && this.nowMs + fastStepMs < toMs) toMs = this.nowMs + fastStepMs;
      if (this.meter.nextSampleMs < toMs && this.meter.nextSampleMs > this.nowMs) toMs = this.meter.nextSampleMs;
      if (this.transferDevice.moving) {
        const eventMs = this.transferDevice.nextEventMs;
        if (eventMs < toMs && eventMs > this.nowMs) toMs = eventMs;
      }
      this.step(toMs);
    }
  }

  /** One step, no longer than the caller has made sure is right. */
  step(toMs: number): void {
    const fromMs = this.nowMs;
    const durationMs = toMs - fromMs;
    this.steps++;
    if (fromMs >= this.#renewAtMs) this.#renew(fromMs);
    const { network, truth, meter } = this;
    this.grid.step(durationMs, network.pccW);
    truth.before();
    network.step(fromMs, toMs);
    this.transferDevice.step(toMs);
    this.nowMs = toMs;
    truth.after(toMs, durationMs);
    this.busWatch.after(durationMs);
    this.openingWatch.after(durationMs);
    this.books.add(durationMs);
    meter.add(network.pccW * durationMs);
    meter.step(
      toMs,
      network.pccVar,
      this.gridSide.voltagePu,
      this.gridSide.frequencyHz,
      this.#phaseShares,
      this.grid.phaseShare,
    );
    if (network.lively) this.#fastUntilMs = toMs + fastForMs;
  }

  /** Shortens the steps because something is about to happen. */
  stir(): void {
    this.#fastUntilMs = this.nowMs + fastForMs;
  }

  setGrid(event: GridEvent): void {
    this.grid.apply(event);
    this.stir();
  }

  plug(evse: number, vehicle: VehicleConfig): void {
    this.vehicles[evse]!.plug(vehicle);
    this.stages[evse]!.renewAbility();
  }

  unplug(evse: number): void {
    this.vehicles[evse]!.unplug();
    this.stages[evse]!.renewAbility();
  }

  setTierClosed(tier: number, closed: boolean): void {
    const breaker = this.tiers[tier]!;
    if (breaker.breakerClosed === closed || breaker.breakerStuck) return;
    breaker.breakerClosed = closed;
    this.stir();
  }

  #renew(nowMs: number): void {
    this.#renewAtMs = nowMs + renewMs;
    const wallMs = this.wallMs;
    this.building.renew(nowMs, wallMs);
    this.transferDevice.flicker();
    for (let i = 0; i < this.pvs.length; i++) this.pvs[i]!.renew(wallMs);
    if (nowMs < this.#renewSlowAtMs) return;
    this.#renewSlowAtMs = nowMs + renewSlowMs;
    this.grid.wander();
    for (let t = 0; t < this.tiers.length; t++) this.tiers[t]!.renew(renewSlowMs, wallMs);
    for (let i = 0; i < this.stages.length; i++) {
      this.vehicles[i]!.renewLimits();
      this.stages[i]!.renewAbility();
    }
  }
}

/** How a service's power spreads over its phases: a little uneven, as buildings are. */
function phaseShares(phases: 1 | 2 | 3): readonly [number, number, number] {
  if (phases === 1) return [1, 0, 0];
  if (phases === 2) return [0.53, 0.47, 0];
  return [0.35, 0.33, 0.32];
}

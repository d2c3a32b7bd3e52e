/** Small worlds for the plant's tests, and a controller's hand that moves stages without a controller. */
import type { PlantStageCommand } from "../../sim/plant/devices.ts";
import { World } from "../../sim/world.ts";
import { schoolBus, type WorldSketch, worldFor } from "../../sim/world-config.ts";

/** Two 60 kW stages with buses at 80 %, a quiet building of `buildingW`, one tier of 20 kW; no noise unless asked for. */
export function smallWorld(sketch: Partial<WorldSketch> = {}, buildingW = 50_000): World {
  const world = new World(
    worldFor({
      seed: 1,
      startsAt: "2006-06-14 12:00",
      stageW: [60_000, 60_000],
      nominalVoltageV: 480,
      phases: 3,
      grid: { wanderPu: 0, wanderHz: 0, sourceImpedancePu: 0 },
      building: { flicker: 0 },
      tiers: [{ name: "Critical", loadW: 20_000, inrush: 2 }],
      vehicles: [schoolBus, schoolBus],
      ...sketch,
    }),
  );
  world.building.hold(buildingW);
  world.advance(200);
  return world;
}

export class Hand {
  readonly world: World;
  #sequence = 0;
  #heartbeat = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** One command with a fresh sequence number and a sign of life. */
  command(stage: number, command: Partial<PlantStageCommand>): void {
    this.#sequence++;
    this.alive(stage);
    this.world.stages[stage]!.command({
      role: "charge",
      powerW: 0,
      reactiveVar: 0,
      formVoltagePu: 1,
      formFrequencyHz: 60,
      sequence: this.#sequence,
      ...command,
    });
  }

  alive(stage: number): void {
    this.#heartbeat++;
    this.world.stages[stage]!.controllerHeartbeat(this.#heartbeat);
  }

  /** Time passes while the controller lives: heartbeats go on. */
  wait(ms: number): void {
    for (let left = ms; left > 0; left -= 100) {
      for (let i = 0; i < this.world.stages.length; i++) this.alive(i);
      this.world.advance(Math.min(100, left));
    }
  }

  /** Time passes without a sign of life. */
  silence(ms: number): void {
    this.world.advance(ms);
  }

  /** The grid fails, K1 opens, stage 0 forms: a running island. */
  island(): void {
    this.world.setGrid({ present: false });
    this.command(0, { role: "off" });
    this.command(1, { role: "off" });
    this.wait(500);
    this.world.transferDevice.commandOpen();
    this.wait(500);
    this.command(0, { role: "forming" });
    this.wait(2_500);
  }
}

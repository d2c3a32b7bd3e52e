/**
 * A whole site in virtual time: plant, bridge, station and a controller that can be killed and started again. Stories act on
 * it, probes look at it.
 */

import { type Commands, createCommands } from "../../src/core/commands.ts";
import type { BlackStart } from "../../src/core/island/black-start.ts";
import type { IslandState } from "../../src/core/island/state.ts";
import { createSnapshot, type Snapshot } from "../../src/core/snapshot.ts";
import { Faults } from "../faults.ts";
import type { SessionUse } from "../peers/vehicle/plugged.ts";
import type { Random } from "../random.ts";
import { World } from "../world.ts";
import type { WorldConfig } from "../world-config.ts";
import { InMemoryBridge } from "./in-memory-bridge.ts";
import { SessionPlaces, type SessionSource } from "./session-places.ts";
import { StationStub } from "./station-stub.ts";

/** What the simulator needs of a controller. `explain` gives the keys of what binds an EVSE's setpoint, if it can. */
export interface Controller {
  step(snapshot: Snapshot, nowMs: number): Commands;
  explain?(evse: number): readonly string[];
  /** The present mode's name, for reports. */
  readonly mode?: string;
  /** The row of the mode machine that led there, and whether a person has been told that the return failed. */
  readonly row?: string;
  readonly returnBlocked?: boolean;
  /** Why it starts no island although one is wanted, what its auxiliary battery has left by its own count, and tiers that stay off. */
  readonly blackStart?: Pick<BlackStart, "refusal" | "leftWh" | "fedMax">;
  /** What people see of its island: phase, energy, how long each tier is fed. */
  readonly island?: Pick<IslandState, "phase" | "energyWh" | "runwayH" | "runway" | "tiers" | "pvLimitW">;
  /** For those who speak with vehicles; nobody does without. */
  readonly sessions?: SessionSource | undefined;
}

/** Starts a controller. `stored` is what survives its death: the same object each time within one site. */
export type StartController = (boot: ControllerBoot) => Controller;

export interface ControllerBoot {
  readonly stageCount: number;
  readonly tierCount: number;
  readonly tickMs: number;
  /** The site's configuration file, as the scenario names it. */
  readonly siteFile: string;
  readonly world: WorldConfig;
  readonly stored: Map<string, unknown>;
  /** The controller's disk: while it is full, nothing reaches it. */
  readonly disk: { readonly full: boolean };
  /** Monotonic time of the start, ms. */
  readonly nowMs: number;
}

/** How late the controller's loop wakes up: usually a little, sometimes much, now and then not at all. */
const oftenLateMs = 0.4;
const seldomLateMs = 8;
const seldomShare = 0.01;
const skippedShare = 0.0002;
const laterMax = 1_000;

export class Site {
  readonly world: World;
  readonly bridge: InMemoryBridge;
  readonly station: StationStub;
  /** Everything of the table of faults, by name. */
  readonly faults: Faults;
  readonly tickMs: number;
  snapshot: Snapshot;
  /** The last commands; all off while no controller runs. */
  commands: Commands;
  controller: Controller | undefined;
  readonly disk = { full: false };
  /** How each plugged vehicle speaks with the controller, by EVSE; null: it leaves that to its charger. */
  readonly uses: (SessionUse | null)[];
  sessions: SessionPlaces | undefined;
  ticks = 0;
  ticksSkipped = 0;

  /** What a story lets happen a while after an event of its own, soonest first. */
  readonly #later: { readonly atMs: number; readonly act: (site: Site) => void }[] = [];
  readonly #start: StartController;
  readonly #boot: ControllerBoot;
  readonly #silence: Commands;
  readonly #random: Random;
  readonly #startMs: number;

  constructor(world: WorldConfig, siteFile: string, tickMs: number, start: StartController) {
    this.world = new World(world);
    this.bridge = new InMemoryBridge(this.world);
    this.station = new StationStub(this.world);
    const { meterLink: meter, transferDeviceLink: transferDevice, loadPanelLink: loadPanel, stagePorts } = this.bridge;
    this.faults = new Faults(this.world, {
      meter,
      transferDevice,
      loadPanel,
      stages: stagePorts.map(({ link }) => link),
    });
    this.tickMs = tickMs;
    this.uses = world.stages.map(() => null);
    this.#start = start;
    const stageCount = world.stages.length;
    const tierCount = world.tiers.length;
    this.#boot = {
      stageCount,
      tierCount,
      tickMs,
      siteFile,
      world,
      stored: new Map(),
      disk: this.disk,
      nowMs: this.world.nowMs,
    };
    this.#silence = createCommands(stageCount, tierCount);
    this.commands = this.#silence;
    this.snapshot = createSnapshot(stageCount, tierCount);
    this.#random = this.world.random.stream("loop");
    this.#startMs = this.world.nowMs;
    this.startController();
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  /** Since the start of the simulation, ms. */
  get elapsedMs(): number {
    return this.world.nowMs - this.#startMs;
  }

  startController(): void {
    this.bridge.restart();
    this.snapshot = createSnapshot(this.#boot.stageCount, this.#boot.tierCount);
    this.controller = this.#start({ ...this.#boot, nowMs: this.nowMs });
    const { sessions } = this.controller;
    if (sessions !== undefined) this.sessions = new SessionPlaces(this.world, sessions, this.uses, this.sessions?.told);
  }

  /** No goodbye: nothing is written any more. */
  killController(): void {
    this.controller = undefined;
    this.sessions?.stop();
    this.commands = this.#silence;
  }

  /** Does something so long from now, between two ticks. */
  after(delayMs: number, act: (site: Site) => void): void {
    if (this.#later.length >= laterMax) throw new RangeError(`at most ${laterMax} acts can wait`);
    this.#later.push({ atMs: this.nowMs + delayMs, act });
    this.#later.sort((a, b) => a.atMs - b.atMs);
  }

  /** Moves the plant to a moment and, if the loop wakes up, runs one cycle. `dueMs` is the tick's deadline. */
  tick(dueMs: number): void {
    const { world, bridge, snapshot } = this;
    while (this.#later.length > 0 && this.#later[0]!.atMs <= dueMs) {
      const { atMs, act } = this.#later.shift()!;
      if (atMs > world.nowMs) world.advanceTo(atMs);
      act(this);
    }
    const chance = this.#random.uniform();
    if (chance < skippedShare) {
      this.ticksSkipped++;
      world.advanceTo(dueMs);
      return;
    }
    const span = chance < seldomShare ? seldomLateMs : oftenLateMs;
    const nowMs = dueMs + span * this.#random.uniform();
    const readAtMs = nowMs - bridge.timing.readMs;
    if (readAtMs > world.nowMs) world.advanceTo(readAtMs);
    const controller = this.controller;
    if (controller !== undefined) bridge.read(snapshot, world.nowMs, nowMs - 0.5);
    world.advanceTo(nowMs);
    if (controller !== undefined) {
      this.station.fill(snapshot, nowMs);
      this.sessions?.fill(snapshot, nowMs);
      const commands = controller.step(snapshot, nowMs);
      this.commands = commands;
      bridge.write(commands, nowMs);
      this.sessions?.refresh(snapshot, nowMs);
    }
    this.ticks++;
  }
}

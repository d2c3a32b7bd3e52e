/**
 * A simulated site as its operators see it: the world, its faults, what vehicles and people do at the EVSEs, and actions that
 * are due later. Whoever moves the time calls `advanceTo`; the control API and the terminal call the rest.
 */
import { Faults } from "../faults.ts";
import { Link } from "../link.ts";
import type { SessionUse } from "../peers/vehicle/plugged.ts";
import { alarmBit } from "../plant/stage/stage-config.ts";
import type { VehicleConfig } from "../plant/vehicle.ts";
import type { World } from "../world.ts";

/** How an EVSE's cable is used, beyond what the plant knows. */
export interface EvseUse {
  mode: "iec" | "iso-ac" | "iso-dc";
  currentA: number;
  phases: number;
  payment: string;
  /** When the driver wants to leave, as told at plug-in. */
  departure: string;
  /** Null: it says nothing by itself. */
  session: SessionUse | null;
  lockFailed: boolean;
  emergencyStopped: boolean;
}

/** The vehicle asks for energy this long after the cable is in, ms. */
const askAfterMs = 1_000;
const actionsMax = 1_000;

interface LaterAction {
  readonly atMs: number;
  readonly name: string;
  readonly act: () => void;
}

export class Simulation {
  readonly world: World;
  readonly faults: Faults;
  readonly meterLink = new Link();
  readonly transferDeviceLink = new Link();
  readonly loadPanelLink = new Link();
  readonly stageLinks: readonly Link[];
  readonly uses: readonly EvseUse[];
  #later: LaterAction[] = [];

  constructor(world: World) {
    this.world = world;
    this.stageLinks = world.stages.map(() => new Link());
    this.faults = new Faults(world, {
      meter: this.meterLink,
      transferDevice: this.transferDeviceLink,
      loadPanel: this.loadPanelLink,
      stages: this.stageLinks,
    });
    this.uses = world.stages.map(() => ({
      mode: "iso-dc",
      currentA: 0,
      phases: 3,
      payment: "",
      departure: "",
      session: null,
      lockFailed: false,
      emergencyStopped: false,
    }));
  }

  /** Names of what is still to come, for people. */
  get pending(): readonly string[] {
    return this.#later.map(({ name }) => name);
  }

  after(delayMs: number, name: string, act: () => void): void {
    if (this.#later.length >= actionsMax) throw new RangeError(`at most ${actionsMax} actions can wait`);
    this.#later.push({ atMs: this.world.nowMs + delayMs, name, act });
    this.#later.sort((a, b) => a.atMs - b.atMs);
  }

  advanceTo(endMs: number): void {
    while (this.#later.length > 0 && this.#later[0]!.atMs <= endMs) {
      const due = this.#later.shift()!;
      if (due.atMs > this.world.nowMs) this.world.advanceTo(due.atMs);
      due.act();
    }
    this.world.advanceTo(endMs);
  }

  /** Cable in. The vehicle asks for energy about a second later. */
  plug(evse: number, vehicle: VehicleConfig, use: Partial<EvseUse> = {}): void {
    Object.assign(this.uses[evse]!, use);
    this.world.plug(evse, vehicle);
    this.#hold(evse, true);
    this.after(askAfterMs, `vehicle at EVSE ${evse + 1} asks for energy`, () => this.#hold(evse, false));
  }

  unplug(evse: number): void {
    this.world.unplug(evse);
  }

  /** The vehicle pauses or resumes. */
  setPaused(evse: number, paused: boolean): void {
    this.#hold(evse, paused);
  }

  /** A person presses or releases the emergency stop of one EVSE; released alarms still wait for a reset. */
  setEmergencyStop(evse: number, pressed: boolean): void {
    this.uses[evse]!.emergencyStopped = pressed;
    const stage = this.world.stages[evse]!;
    if (pressed) stage.trip(alarmBit.manualShutdown);
    else stage.resetAlarms();
  }

  #hold(evse: number, paused: boolean): void {
    const vehicle = this.world.vehicles[evse]!;
    vehicle.paused = paused;
    vehicle.renewLimits();
    this.world.stages[evse]!.renewAbility();
  }
}

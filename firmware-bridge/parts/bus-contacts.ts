/**
 * Contacts on an I/O module: whether a generator runs, the bond between neutral and ground with its coil, and whether the grid
 * operator asks for less.
 */
import type { BridgeDevice } from "../device/device.ts";
import type { CommandsPort, SnapshotPort } from "../ports.ts";
import type { BusContactSettings } from "./settings.ts";

/** Reads the contacts of generator, bond and grid operator, and moves the bond. */
export class BusContacts {
  readonly #settings: BusContactSettings;
  readonly #devices: readonly BridgeDevice[];

  constructor(settings: BusContactSettings, devices: readonly BridgeDevice[]) {
    this.#settings = settings;
    this.#devices = devices;
  }

  /** Puts what the contacts say into the process image; a contact that is old is not known. */
  compose({ transferDevice: into, site }: SnapshotPort, nowMs: number): void {
    const { generator, bond, reduction } = this.#settings;
    if (reduction !== undefined) {
      const on = this.#input(reduction.device, reduction.input, reduction.freshMs, nowMs);
      site.reduction = Number.isNaN(on) ? "unknown" : on === reduction.activeWhen ? "asked" : "none";
    }
    if (generator !== undefined) {
      const rests = this.#input(generator.device, generator.rests, generator.freshMs, nowMs);
      into.otherSource = rests === 1 ? "rests" : rests === 0 ? "runs" : "unknown";
    }
    if (bond === undefined) return;
    const bonded = this.#input(bond.device, bond.bonded, bond.freshMs, nowMs);
    const unbonded = this.#input(bond.device, bond.unbonded, bond.freshMs, nowMs);
    into.bond = bonded === 1 && unbonded === 0 ? "bonded" : bonded === 0 && unbonded === 1 ? "unbonded" : "unknown";
  }

  /** What the bond's output shall be. */
  aim({ bond: command }: CommandsPort): void {
    const { bond } = this.#settings;
    const writer = bond === undefined ? undefined : this.#devices[bond.device]!.writer;
    if (bond === undefined || writer === undefined) return;
    writer.targets[bond.output] = command === "keep" ? Number.NaN : command === "on" ? 1 : 0;
  }

  #input(device: number, place: number, freshMs: number, nowMs: number): number {
    const { reader } = this.#devices[device]!;
    if (reader === undefined || !(nowMs - reader.factsAtMs <= freshMs)) return Number.NaN;
    return reader.values[place]!;
  }
}

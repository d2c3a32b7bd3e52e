/**
 * Setpoints on their way through a stage's firmware: accepted at arrival, in force after the dead time. A fixed ring, so
 * that a stream of setpoints allocates nothing; when it is full the newest replaces the last.
 */
import { type Role, roleNames } from "../../../src/domain/modes.ts";
import type { PlantStageCommand } from "../devices.ts";

const waitingMax = 16;
const fieldCount = 7;

export class CommandQueue {
  count = 0;
  readonly #rows = new Float64Array(waitingMax * fieldCount);
  #head = 0;

  /** When the oldest takes effect; only valid while `count` is above zero. */
  get nextAtMs(): number {
    return this.#rows[this.#head * fieldCount]!;
  }

  push(atMs: number, command: PlantStageCommand): void {
    if (this.count === waitingMax) this.count--;
    const rows = this.#rows;
    const slot = (this.#head + this.count) % waitingMax;
    const base = slot * fieldCount;
    // Never overtakes an earlier one: firmware works its inbox in order.
    const previous = ((slot + waitingMax - 1) % waitingMax) * fieldCount;
    rows[base] = this.count > 0 && rows[previous]! > atMs ? rows[previous]! : atMs;
    rows[base + 1] = roleNames.indexOf(command.role);
    rows[base + 2] = command.powerW;
    rows[base + 3] = command.reactiveVar;
    rows[base + 4] = command.formVoltagePu;
    rows[base + 5] = command.formFrequencyHz;
    rows[base + 6] = command.sequence;
    this.count++;
  }

  /** Moves the oldest into `into`. */
  take(into: PlantStageCommand): void {
    const rows = this.#rows;
    const base = this.#head * fieldCount;
    into.role = roleNames[rows[base + 1]!] as Role;
    into.powerW = rows[base + 2]!;
    into.reactiveVar = rows[base + 3]!;
    into.formVoltagePu = rows[base + 4]!;
    into.formFrequencyHz = rows[base + 5]!;
    into.sequence = rows[base + 6]!;
    this.#head = (this.#head + 1) % waitingMax;
    this.count--;
  }

  clear(): void {
    this.count = 0;
  }
}

/** Whether two commands ask for the same thing. */
export function sameRequest(a: PlantStageCommand, b: PlantStageCommand): boolean {
  return (
    a.powerW === b.powerW &&
    a.role === b.role &&
    a.reactiveVar === b.reactiveVar &&
    a.formVoltagePu === b.formVoltagePu &&
    a.formFrequencyHz === b.formFrequencyHz
  );
}

export function copyCommand(from: PlantStageCommand, to: PlantStageCommand): void {
  to.role = from.role;
  to.powerW = from.powerW;
  to.reactiveVar = from.reactiveVar;
  to.formVoltagePu = from.formVoltagePu;
  to.formFrequencyHz = from.formFrequencyHz;
  to.sequence = from.sequence;
}

export function orderOff(command: PlantStageCommand): void {
  command.role = "off";
  command.powerW = 0;
}

export function emptyCommand(): PlantStageCommand {
  return { role: "off", powerW: 0, reactiveVar: 0, formVoltagePu: 1, formFrequencyHz: 60, sequence: 0 };
}

/**
 * How far `candidate` is ahead of `current`: serial numbers of 32 bits, as the registers hold them; half the circle ahead is
 * newer, the other half older, and negative.
 */
export function sequenceAdvance(candidate: number, current: number): number {
  return (candidate - current) | 0;
}

/** The last sequence number before it begins again at 0: 0xFFFFFFFF in a register means that there is none. */
const sequenceMax = 0xffff_fffe;

/** The sequence number `steps` after this one. */
export const sequenceAfter = (sequence: number, steps: number): number => (sequence + steps) % (sequenceMax + 1);

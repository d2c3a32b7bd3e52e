/**
 * How K1 is moved by the outputs of an I/O module. A close is given once for each sequence number and never again by itself;
 * an open stands until the contacts prove it. No output is on for longer than its time, and none goes on before the module
 * has acknowledged that the other one is off.
 */
import type { TransferCommand } from "../../src/domain/modes.ts";
import type { DriveSettings } from "./settings.ts";

/** Beyond its time, an output whose acknowledgement stays away is taken back after this, ms. */
const unansweredMaxMs = 2_000;
/** Between two tries to open, ms; it doubles, so that a stuck device does not burn its coil. */
const againMinMs = 2_000;
const againMaxMs = 60_000;

/** What the module has acknowledged of one output: 0 or 1, NaN for nothing yet, and when, ms. */
export interface OutputState {
  value: number;
  atMs: number;
}

/** What is known of K1's position by both contacts. */
export interface Position {
  open: boolean;
  closed: boolean;
}

/** Moves K1 by one output, or by one for each direction. Written in place; allocates nothing. */
export class SwitchDrive {
  /** What the outputs shall be: 1, 0, or NaN for leaving them as they are. */
  close = Number.NaN;
  open = Number.NaN;
  /** Sequence number of the last close that the module has acknowledged. */
  closeSequence = 0;
  readonly #settings: DriveSettings;
  #command: TransferCommand = "none";
  #run: TransferCommand = "none";
  #beganMs = Number.NEGATIVE_INFINITY;
  #onMs = Number.NaN;
  #openTries = 0;
  #openFromMs = Number.NEGATIVE_INFINITY;

  constructor(settings: DriveSettings) {
    this.#settings = settings;
  }

  /** `mayClose`: the close with `sequence` has not been given yet. */
  update(
    command: TransferCommand,
    sequence: number,
    mayClose: boolean,
    closeOutput: OutputState,
    openOutput: OutputState,
    position: Position,
    nowMs: number,
  ): void {
    if (command !== this.#command) {
      this.#command = command;
      if (!this.#finishes(command)) this.#run = "none";
      this.#openTries = 0;
      this.#openFromMs = nowMs;
    }
    if (this.#run === "none") this.#begin(mayClose, position, nowMs);
    const output = this.#run === "close" ? closeOutput : openOutput;
    if (this.#run !== "none" && output.value === 1 && output.atMs >= this.#beganMs) {
      if (Number.isNaN(this.#onMs)) this.#onMs = output.atMs;
      if (this.#run === "close") this.closeSequence = sequence;
    }
    if (this.#settings.drive === "coil") this.#coil();
    else this.#twoOutputs(closeOutput, openOutput, position, nowMs);
  }

  /** A pulse that is out is as long as it should be, and an opening goes on; a motor does not close without a command. */
  #finishes(command: TransferCommand): boolean {
    const isOut = this.#run === "open" || (this.#settings.drive === "pulse" && !Number.isNaN(this.#onMs));
    return command === "none" && isOut;
  }

  #begin(mayClose: boolean, position: Position, nowMs: number): void {
    const command = this.#command;
    const begins = command === "close" ? mayClose : command === "open" && !position.open && nowMs >= this.#openFromMs;
    if (!begins) return;
    this.#run = command;
    this.#beganMs = nowMs;
    this.#onMs = Number.NaN;
  }

  /** On until it is acknowledged, and not said again: a module that restarts must not close K1 by itself. */
  #coil(): void {
    const isGiven = this.#run === "close" && !Number.isNaN(this.#onMs);
    if (this.#command === "open") this.close = 0;
    else this.close = this.#run === "close" && !isGiven ? 1 : Number.NaN;
  }

  #twoOutputs(closeOutput: OutputState, openOutput: OutputState, position: Position, nowMs: number): void {
    if (this.#run !== "none" && this.#isOver(position, nowMs)) this.#end(nowMs);
    this.close = this.#run === "close" && openOutput.value === 0 ? 1 : 0;
    this.open = this.#run === "open" && closeOutput.value === 0 ? 1 : 0;
  }

  #isOver(position: Position, nowMs: number): boolean {
    const { drive, onMs } = this.#settings;
    if (nowMs - this.#beganMs >= onMs + unansweredMaxMs) return true;
    const arrived = this.#run === "close" ? position.closed : position.open;
    return (drive === "hold-to-run" && arrived) || nowMs - this.#onMs >= onMs;
  }

  #end(nowMs: number): void {
    if (this.#run === "open") {
      this.#openFromMs = nowMs + Math.min(againMaxMs, againMinMs * 2 ** this.#openTries);
      this.#openTries += 1;
    }
    this.#run = "none";
  }
}

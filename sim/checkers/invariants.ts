/**
 * What must hold on every tick between what the controller knew and what it commanded. Judged from the snapshot and the
 * commands alone, with rules of their own: a mistake shared with the controller would not be found.
 */
import type { Commands } from "../../src/core/commands.ts";
import type { Snapshot } from "../../src/core/snapshot.ts";

const invariantNames = [
  "forming only while both contacts say open",
  "powers are finite and inside the rating",
  "no discharge without a valid permit",
  "no discharge on stale facts",
  "leases are short and not already over",
  "no close command while a stage forms",
  "nothing for an empty EVSE",
] as const;

const transferStaleMs = 500;
/** A device that answers while its own clock stands is found out by then. */
const frozenMaxMs = 2_000;
/** One contact may say otherwise for so long while the voltages prove K1 open: a grid side without voltage beside a live bus. */
const glitchMaxMs = 140;
const livePu = 0.5;
const deadPu = 0.1;
/** A meter's reading is old after this, or after so many of its own updates where it is slow. */
const meterStaleMs = 2_000;
const meterUpdatesMax = 3;
const leaseMaxMs = 5_000;
const brokenMax = 50;

export interface BrokenInvariant {
  readonly name: string;
  readonly atMs: number;
  readonly evse: number;
}

export class Invariants {
  readonly counts = new Uint32Array(invariantNames.length);
  readonly broken: BrokenInvariant[] = [];
  readonly #ratedVA: Float64Array;
  /** A closed transition closes K1 onto a forming stage on purpose, after a synchronism check. */
  readonly #closedTransition: boolean;
  readonly #meterStaleMs: number;
  #provenOpenAtMs = Number.NEGATIVE_INFINITY;

  /** `meterUpdateMs`: how often the meter has a new value. */
  constructor(ratedVA: readonly number[], closedTransition: boolean, meterUpdateMs = 0) {
    this.#ratedVA = Float64Array.from(ratedVA);
    this.#closedTransition = closedTransition;
    this.#meterStaleMs = Math.max(meterStaleMs, meterUpdatesMax * meterUpdateMs);
  }

  get total(): number {
    let sum = 0;
    for (let i = 0; i < this.counts.length; i++) sum += this.counts[i]!;
    return sum;
  }

  check(snapshot: Snapshot, commands: Commands, nowMs: number): void {
    if (!commands.commandsEnabled) return;
    const device = snapshot.transferDevice;
    const permit = snapshot.site.permit;
    const parallel = permit.mode === "parallel-non-export" || permit.mode === "parallel-export";
    const permitted =
      parallel &&
      !permit.revoked &&
      snapshot.wallMs >= permit.validFromMs &&
      snapshot.wallMs <= permit.validUntilMs &&
      snapshot.site.serviceEnabled;
    const provenOpen = device.contactNo === "open" && device.contactNc === "open";
    const provenClosed = device.contactNo === "closed" && device.contactNc === "closed";
    const deviceFresh = nowMs - device.atMs <= transferStaleMs && nowMs - device.liveAtMs <= frozenMaxMs;
    if (provenOpen) this.#provenOpenAtMs = nowMs;
    const witnessed = device.gridVoltagePu <= deadPu && device.busVoltagePu >= livePu;
    const glitch = witnessed && !provenClosed && nowMs - this.#provenOpenAtMs <= glitchMaxMs;
    const meterFresh = nowMs - snapshot.meter.atMs <= this.#meterStaleMs;
    let forming = false;
    for (let i = 0; i < commands.stages.length; i++) {
      const command = commands.stages[i]!;
      const role = command.role;
      if (role === "forming") {
        forming = true;
        // In a closed transition the contacts change one after the other while the bus is still held up.
        const handingOver = this.#closedTransition && commands.transferDevice === "close" && !provenClosed;
        if (!(provenOpen || glitch || handingOver) || !deviceFresh) this.#note(0, nowMs, i);
      }
      const square = command.powerW * command.powerW + command.reactiveVar * command.reactiveVar;
      const most = 1.001 * this.#ratedVA[i]!;
      if (!(square <= most * most)) this.#note(1, nowMs, i);
      if ((role === "discharge" || role === "hold") && command.powerW < 0 && !provenOpen) {
        if (!permitted) this.#note(2, nowMs, i);
        if (!deviceFresh || !meterFresh) this.#note(3, nowMs, i);
      }
      if (command.leaseUntilMs > nowMs + leaseMaxMs || command.leaseUntilMs < nowMs) this.#note(4, nowMs, i);
      if (role !== "off" && command.powerW !== 0 && !snapshot.evses[i]!.connected) this.#note(6, nowMs, i);
    }
    if (forming && commands.transferDevice === "close" && !this.#closedTransition) this.#note(5, nowMs, -1);
  }

  #note(index: number, nowMs: number, evse: number): void {
    this.counts[index] = this.counts[index]! + 1;
    if (this.broken.length < brokenMax) this.broken.push({ name: invariantNames[index]!, atMs: nowMs, evse });
  }
}

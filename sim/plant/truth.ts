/**
 * What must never happen at a real site, judged on the plant's true state and not on anybody's report: energy where a crew
 * expects none, two sources out of step on one bus, discharge without right, more export or import than permitted.
 */
import { hourMs } from "../../src/domain/units.ts";
import { wrapDeg } from "./grid.ts";
import type { Network } from "./network.ts";
import { deadPu } from "./node.ts";

/** The forbidden, in words that a report can print. */
export const forbidden = [
  "forming-with-k1-closed",
  "grid-side-energised-in-outage",
  "k1-closed-out-of-synchronism",
  "k1-closed-onto-undecayed-bus",
  "two-sources-unsynchronized",
  "discharge-without-right",
] as const;
export type Forbidden = (typeof forbidden)[number];

export interface Violation {
  readonly kind: Forbidden;
  readonly atMs: number;
  /** How long it has lasted so far, ms, and its measure (W, degrees or pu by kind). */
  durationMs: number;
  readonly value: number;
}

const violationsMax = 100;
/** Cease to energize must be complete in this time after the grid has gone (R18), ms. */
const ceaseWithinMs = 2_000;
/** The physical end of a discharge that has just lost its right, ms. */
const rightGraceMs = 500;
/** Below this share of the rating a stage counts as not discharging. */
const idleShare = 0.01;
/** Reactance between K1's sides over which an asynchronous closing drives its surge, pu. */
const closingReactancePu = 0.1;

/** The device's timer looks once in each of the plant's steps, ms. */
const timerStepsMs = 2;
/** K1's mirror contact has blocked the gates by then, ms. */
const mirrorContactMs = 10;
/** Below this a load is dark, pu. */
const darkPu = 0.7;

/** The two sides of K1 at the moment in which it last closed between two live sides. */
export interface Touch {
  atMs: number;
  /** Bus less grid. */
  differencePu: number;
  slipHz: number;
  angleDeg: number;
  /** Surge, as a multiple of rated current. */
  surgePu: number;
  /** A stage formed the bus: two sources. */
  formed: boolean;
  /** Inside the windows of the device's synchronism check. */
  inStep: boolean;
}

/** Time above a limit, and the longest stretch of it. */
class Excess {
  forMs = 0;
  longestMs = 0;
  totalMs = 0;
  peakW = 0;
  energyWh = 0;
  events = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.forMs = 0;
    this.longestMs = 0;
    this.totalMs = 0;
    this.peakW = 0;
    this.energyWh = 0;
    this.events = 0;
  }

  add(excessW: number, durationMs: number): void {
    if (!(excessW > 0)) {
      this.forMs = 0;
      return;
    }
    if (this.forMs === 0) this.events++;
    this.forMs += durationMs;
    this.totalMs += durationMs;
    if (this.forMs > this.longestMs) this.longestMs = this.forMs;
    if (excessW > this.peakW) this.peakW = excessW;
    this.energyWh += (excessW * durationMs) / hourMs;
  }
}

export class Truth {
  /** What the permit in force really allows at the PCC; the story sets it together with the permit. */
  mayDischarge = false;
  exportLimitW = Number.POSITIVE_INFINITY;
  importLimitW = Number.POSITIVE_INFINITY;
  toleranceW = 100;
  readonly exportExcess = new Excess();
  readonly importExcess = new Excess();
  readonly violations: Violation[] = [];
  readonly counts: Record<Forbidden, number>;
  /** Largest surge of a closing onto a bus that a stage forms, as a multiple of rated current. */
  worstSurgePu = 0;
  /** Closings between two live sides, and the last of them. */
  touches = 0;
  /**
   * Closings of a listed device whose contact travel began in synchronism and did not end in it: the grid moved, failed, or the stages
   * stopped while the contact travelled. A contact travel under way cannot be stopped, so they are counted apart from the forbidden.
   */
  overtaken = 0;
  readonly touch: Touch = {
    atMs: Number.NaN,
    differencePu: Number.NaN,
    slipHz: Number.NaN,
    angleDeg: Number.NaN,
    surgePu: Number.NaN,
    formed: false,
    inStep: false,
  };
  /** Longest time that stages have formed the bus beside the grid with K1 closed, ms. */
  longestParallelMs = 0;
  /** Time in which the first tier, the critical load, had no voltage to work with, ms. */
  darkMs = 0;
  /** From the loss of the grid to the last watt of discharge into it, ms; the longest so far. */
  longestBackfeedMs = 0;
  ratedW = 0;

  readonly #network: Network;
  #closingsSeen = 0;
  #backfeedMs = 0;
  #wrongfulMs = 0;
  #parallelMs = 0;
  /** K1 is listed for closed transition and has closed in synchronism: the handover is under way. */
  #handingOver = false;
  /** K1's mirror contact ends all forming by itself. */
  readonly #interlocked: boolean;
  #open: (Violation | undefined)[] = forbidden.map(() => undefined);
  #busBeforePu = 0;
  #gridBeforePu = 0;
  #angleBeforeDeg = 0;
  #slipBeforeHz = 0;

  constructor(network: Network) {
    this.#network = network;
    this.#interlocked = network.stages.every(({ config }) => config.gateInterlock);
    this.counts = Object.fromEntries(forbidden.map((kind) => [kind, 0])) as Record<Forbidden, number>;
    for (let i = 0; i < network.stages.length; i++) this.ratedW += network.stages[i]!.ratedW;
  }

  get violationCount(): number {
    let sum = 0;
    for (let i = 0; i < forbidden.length; i++) sum += this.counts[forbidden[i]!];
    return sum;
  }

  /** Called before the step in which K1 may close: remembers what its sides were. */
  before(): void {
    const { bus, gridSide } = this.#network;
    this.#busBeforePu = bus.voltagePu;
    this.#gridBeforePu = gridSide.voltagePu;
    this.#angleBeforeDeg = wrapDeg(bus.phaseDeg - gridSide.phaseDeg);
    this.#slipBeforeHz = bus.frequencyHz - gridSide.frequencyHz;
  }

  after(nowMs: number, durationMs: number): void {
    const network = this.#network;
    const { transferDevice, bus, grid } = network;
    if (transferDevice.closings !== this.#closingsSeen) {
      this.#closingsSeen = transferDevice.closings;
      this.#judgeClosing(nowMs);
    }
    const gridLive = grid.present && grid.voltagePu > deadPu;
    const joined = transferDevice.closed;
    const first = network.tiers[0];
    if (bus.voltagePu < darkPu || (first !== undefined && !first.breakerClosed)) this.darkMs += durationMs;
    if (bus.formers > 0 && joined) this.#judgeForming(nowMs, durationMs, gridLive);
    else {
      this.#parallelMs = 0;
      this.#handingOver = false;
      this.#end(0, 1, 4);
    }
    const givenW = network.stagesW < 0 ? -network.stagesW : 0;
    if (joined && !gridLive && givenW > idleShare * this.ratedW) {
      this.#backfeedMs += durationMs;
      if (this.#backfeedMs > this.longestBackfeedMs) this.longestBackfeedMs = this.#backfeedMs;
      if (this.#backfeedMs > ceaseWithinMs) this.#record(1, nowMs, durationMs, givenW);
    } else this.#backfeedMs = 0;
    this.#judgeRight(nowMs, durationMs, joined && gridLive);
    this.exportExcess.add(-network.pccW - this.exportLimitW - this.toleranceW, durationMs);
    this.importExcess.add(network.pccW - this.importLimitW - this.toleranceW, durationMs);
  }

  #judgeForming(nowMs: number, durationMs: number, gridLive: boolean): void {
    const network = this.#network;
    this.#parallelMs += durationMs;
    if (this.#parallelMs > this.longestParallelMs) this.longestParallelMs = this.#parallelMs;
    if (this.#interlocked && this.#parallelMs <= mirrorContactMs) return;
    // After a closing in synchronism a listed device has its time for the handover; then it is on its way open, by command or by
    // its own timer. All others may not form at all.
    const { config, opening } = network.transferDevice;
    if (this.#handingOver && (this.#parallelMs <= config.handoverMs + timerStepsMs || opening)) return;
    this.#record(0, nowMs, durationMs, this.#parallelMs);
    if (!gridLive) this.#record(1, nowMs, durationMs, -network.stagesW);
  }

  #judgeRight(nowMs: number, durationMs: number, onGrid: boolean): void {
    if (!onGrid || this.mayDischarge) {
      this.#wrongfulMs = 0;
      this.#open[5] = undefined;
      return;
    }
    const { stages } = this.#network;
    let worstW = 0;
    for (let i = 0; i < stages.length; i++) {
      const stage = stages[i]!;
      const givesW = -stage.truePowerW - idleShare * stage.ratedW;
      if (givesW > worstW) worstW = givesW;
    }
    if (worstW === 0) {
      this.#wrongfulMs = 0;
      this.#open[5] = undefined;
      return;
    }
    this.#wrongfulMs += durationMs;
    if (this.#wrongfulMs > rightGraceMs) this.#record(5, nowMs, durationMs, worstW);
  }

  #judgeClosing(nowMs: number): void {
    const { transferDevice, gridSide, bus } = this.#network;
    const { handoverMs } = transferDevice.config;
    const listed = handoverMs > 0;
    const overtakable = listed && transferDevice.beganInStep;
    const formed = bus.formers > 0;
    const gridLive = this.#gridBeforePu > deadPu || gridSide.source === "grid";
    if (!gridLive || this.#busBeforePu < deadPu) {
      if (!formed || !overtakable) return;
      // The grid has died while the contact travels: the site feeds it until the handover ends.
      this.overtaken++;
      this.#handingOver = true;
      return;
    }
    this.#recordTouch(nowMs, formed);
    const { touch } = this;
    this.#handingOver = listed && formed && (touch.inStep || overtakable);
    if (touch.inStep) return;
    if (overtakable) this.overtaken++;
    else if (formed) {
      this.#record(2, nowMs, 0, Math.abs(touch.angleDeg));
      this.#record(4, nowMs, 0, Math.abs(touch.angleDeg));
    } else this.#record(3, nowMs, 0, this.#busBeforePu);
    this.#end(2, 3, 4);
  }

  #recordTouch(nowMs: number, formed: boolean): void {
    const { touch } = this;
    const { syncVoltagePu, syncFrequencyHz, syncPhaseDeg } = this.#network.transferDevice.config;
    this.touches++;
    touch.atMs = nowMs;
    touch.differencePu = this.#busBeforePu - this.#gridBeforePu;
    touch.slipHz = this.#slipBeforeHz;
    touch.angleDeg = this.#angleBeforeDeg;
    touch.surgePu = surge(this.#gridBeforePu, this.#busBeforePu, this.#angleBeforeDeg) / closingReactancePu;
    touch.formed = formed;
    touch.inStep =
      Math.abs(touch.differencePu) <= syncVoltagePu &&
      Math.abs(touch.slipHz) <= syncFrequencyHz &&
      Math.abs(touch.angleDeg) <= syncPhaseDeg;
    if (formed && touch.surgePu > this.worstSurgePu) this.worstSurgePu = touch.surgePu;
  }

  #end(a: number, b: number, c: number): void {
    this.#open[a] = undefined;
    this.#open[b] = undefined;
    this.#open[c] = undefined;
  }

  /** One violation per stretch of time; what goes on only grows longer. */
  #record(kind: number, nowMs: number, durationMs: number, value: number): void {
    const open = this.#open[kind];
    if (open !== undefined) {
      open.durationMs += durationMs;
      return;
    }
    const name = forbidden[kind]!;
    this.counts[name]++;
    const violation: Violation = { kind: name, atMs: nowMs, durationMs, value };
    this.#open[kind] = violation;
    if (this.violations.length < violationsMax) this.violations.push(violation);
  }
}

/** Voltage across K1's open contact, pu: what drives the surge when it closes. */
function surge(gridPu: number, busPu: number, angleDeg: number): number {
  const angle = (angleDeg * Math.PI) / 180;
  const x = busPu * Math.cos(angle) - gridPu;
  const y = busPu * Math.sin(angle);
  return Math.sqrt(x * x + y * y);
}
